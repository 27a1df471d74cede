# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 11 and 12: what a caller can do to a helper, or its asker, that runs."""

import ctypes
import errno
import os
import resource
import signal

import pytest

from askers import held_asker, start_held
from process import wait_until
from world import World

PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
PROCESS_VM_READV, PIDFD_GETFD = 310, 438


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl("allow bridge br0\n")
        yield world


@pytest.fixture(params=("helper", "asker"))
def victim(shared, request):
    """(request, pid inside) of a helper that waits, or of the asker that it waits for."""
    held = start_held(shared)
    if request.param == "asker":
        pid = held_asker(shared)
    else:
        with open(f"/proc/{held.pid}/status", encoding="ascii") as status:
            pid = int(next(line for line in status if line.startswith("NSpid:")).split()[-1])
    yield held, pid
    held.close()
    shared.run(["pkill", "-KILL", "-x", "sleep"])


def attempts(pid):
    """{what: errno or 0} of everything that needs power over another process."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    # Without types the seventh argument, which lies on the stack, would have 32 bits only.
    libc.syscall.argtypes = [ctypes.c_long] * 7
    libc.syscall.restype = ctypes.c_long
    outcome = {}

    def call(what, result):
        outcome[what] = ctypes.get_errno() if result < 0 else 0

    def attempt(what, function):
        try:
            function()
            outcome[what] = 0
        except OSError as error:
            outcome[what] = error.errno

    class IoVector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    buffer = ctypes.create_string_buffer(8)
    local = IoVector(ctypes.addressof(buffer), 8)
    remote = IoVector(0x400000, 8)
    call("process_vm_readv", libc.syscall(PROCESS_VM_READV, pid, ctypes.addressof(local), 1,
                                          ctypes.addressof(remote), 1, 0))
    call("ptrace attach", libc.ptrace(PTRACE_ATTACH, pid, 0, 0))
    call("ptrace seize", libc.ptrace(PTRACE_SEIZE, pid, 0, 0))
    pidfd = os.pidfd_open(pid)
    for fd in (0, 1, 2, 3, 9):
        call(f"pidfd_getfd {fd}", libc.syscall(PIDFD_GETFD, pidfd, fd, 0, 0, 0, 0))
    for name in ("mem", "environ", "auxv", "maps", "pagemap", "syscall", "stack", "io"):
        attempt(f"open {name}", lambda name=name: open(f"/proc/{pid}/{name}", "rb").read(1))
    attempt("write mem", lambda: open(f"/proc/{pid}/mem", "r+b"))
    for name in ("fd", "fdinfo", "map_files", "task/%d/fd" % pid):
        attempt(f"list {name}", lambda name=name: os.listdir(f"/proc/{pid}/{name}"))
    for name in ("exe", "cwd", "root", "fd/9", "ns/net"):
        attempt(f"readlink {name}", lambda name=name: os.readlink(f"/proc/{pid}/{name}"))
    for name in ("CORE", "NOFILE", "AS", "CPU", "FSIZE"):
        limit = getattr(resource, f"RLIMIT_{name}")
        attempt(f"set {name}", lambda limit=limit: resource.prlimit(pid, limit, (0, 0)))
        attempt(f"get {name}", lambda limit=limit: resource.prlimit(pid, limit))
    attempt("write oom_score_adj",
            lambda: open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii").write("1000"))
    attempt("write coredump_filter",
            lambda: open(f"/proc/{pid}/coredump_filter", "w", encoding="ascii").write("ff"))
    return outcome


@pytest.mark.parametrize("user", ("alice", "bob"))
def test_attack_12_no_way_into_a_running_helper_or_asker(shared, victim, user):
    _, pid = victim
    outcome = shared.call(lambda: attempts(pid), user)
    assert len(outcome) > 30
    possible = {what: code for what, code in outcome.items()
                if code not in (errno.EPERM, errno.EACCES)}
    assert not possible, possible


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP,
                                    signal.SIGUSR1))
def test_attack_12_nobody_but_root_and_the_account_may_signal_the_asker(shared, number):
    held = start_held(shared)
    asker = held_asker(shared)
    for user in ("alice", "bob"):
        killed = shared.run_as(user, ["sh", "-c", f"kill -{int(number)} {asker}"])
        assert killed.code != 0
    held.close()


def test_attack_12_others_may_not_even_signal_the_helper(shared):
    held = start_held(shared)
    with open(f"/proc/{held.pid}/status", encoding="ascii") as status:
        pid = int(next(line for line in status if line.startswith("NSpid:")).split()[-1])
    assert shared.run_as("bob", ["sh", "-c", f"kill -9 {pid}"]).code != 0
    held.close()


DEADLY = [number for number in range(1, 32) if number not in (
    signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT,
    signal.SIGCHLD, signal.SIGURG, signal.SIGWINCH)]


def test_attack_11_a_helper_that_its_caller_ends_leaves_no_interface(shared):
    """The caller may end it, since it is his."""
    for number in DEADLY:
        held = start_held(shared)
        held.signal(number)
        result = held.finish()
        # SIGALRM may be its own: then it has something to say before it ends.
        assert result.code == -number or number == signal.SIGALRM and result.refused, result
        assert not result.payload and not result.fds
        shared.wait_no_taps()
    shared.run(["pkill", "-KILL", "-x", "sleep"])


def test_attack_11_the_asker_ends_with_its_helper(shared):
    """Or a caller could heap up processes that nobody counts as his."""
    held = start_held(shared)
    asker = held_asker(shared)
    held.signal(signal.SIGKILL)
    held.finish()
    try:
        wait_until(lambda: not shared.path(f"/proc/{asker}").exists(), "the asker to end")
    finally:
        shared.run(["pkill", "-KILL", "-x", "sleep"])
