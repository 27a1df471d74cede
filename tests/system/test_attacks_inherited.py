# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 59: every attribute of a process that survives execve(2), a row of helper/process.h each.

Descriptors, environment, signals, timers, limits, directory and umask have their tests in
test_attacks_process.py.
"""

import ctypes
import os
import signal
import struct

import pytest

import replies
from askers import start_held

# prctl(2)
(SET_TSC, SET_TIMERSLACK, SET_MCE_KILL, SET_THP_DISABLE, SET_CHILD_SUBREAPER, SET_SPECULATION,
 SET_MDWE, SET_PDEATHSIG, SET_NAME, SET_DUMPABLE) = 26, 29, 33, 41, 36, 53, 65, 1, 15, 4
SET_MEMORY_MERGE, SCHED_CORE, CORE_CREATE = 67, 62, 1
SCHED_SETATTR, UTIL_CLAMP_MAX, KEEP_POLICY = 314, 0x40, 0x18
TSC_SIGSEGV, SPEC_STORE_BYPASS, SPEC_DISABLE, MDWE_REFUSE_EXEC_GAIN = 2, 0, 4, 1
IOPRIO_SET, IOPRIO_GET, IOPRIO_IDLE = 251, 252, 3 << 13
SET_MEMPOLICY, MPOL_PREFERRED = 238, 1
PER_LINUX32, ADDR_NO_RANDOMIZE, UNAME26 = 8, 0x40000, 0x20000
KEYCTL, JOIN_SESSION_KEYRING = 250, 1


def libc():
    return ctypes.CDLL(None, use_errno=True)


def prctl(option, *arguments):
    values = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return libc().prctl(option, *values)


def syscall(number, *arguments):
    return libc().syscall(ctypes.c_long(number), *(ctypes.c_long(value) for value in arguments))


def must(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@pytest.fixture
def asked(world):
    world.write_acl("allow bridge br0 user alice\nallow bridge br1 user alice polkit=no\n")
    world.bridge("br1")
    return world


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:")),
                    None)


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


# ---- reset: what the caller set is not what the helper has ----

RESET = {
    "scheduling class idle": (
        lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),
        lambda pid: os.sched_getscheduler(pid), os.SCHED_OTHER),
    "scheduling class batch": (
        lambda: os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0)),
        lambda pid: os.sched_getscheduler(pid), os.SCHED_OTHER),
    "nice": (lambda: os.setpriority(os.PRIO_PROCESS, 0, 19),
             lambda pid: os.getpriority(os.PRIO_PROCESS, pid), 0),
    "affinity": (lambda: os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]),
                 lambda pid: len(os.sched_getaffinity(pid)), len(os.sched_getaffinity(0))),
    "I/O priority": (lambda: must(syscall(IOPRIO_SET, 1, 0, IOPRIO_IDLE)),
                     lambda pid: syscall(IOPRIO_GET, 1, pid) >> 13 == 3, False),
    "timer slack": (lambda: must(prctl(SET_TIMERSLACK, 2**40)),
                    lambda pid: read(f"/proc/{pid}/timerslack_ns"), "50000"),
    "transparent huge pages": (lambda: must(prctl(SET_THP_DISABLE, 1)),
                               lambda pid: status_of(pid, "THP_enabled"), "1"),
    "memory that is merged": (lambda: prctl(SET_MEMORY_MERGE, 1),
                              lambda pid: "ksm_merge_any: yes" in read(f"/proc/{pid}/ksm_stat"), False),
    "personality": (lambda: libc().personality(ctypes.c_ulong(ADDR_NO_RANDOMIZE | UNAME26)),
                    lambda pid: read(f"/proc/{pid}/personality"), "00000000"),
}


@pytest.mark.parametrize("name", RESET)
def test_attack_59_what_helps_a_stopper_is_reset(asked, name):
    prepare, look, expected = RESET[name]
    request = start_held(asked, prepare=prepare)
    assert look(request.pid) == expected
    request.close()


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="only x86 has it")
def test_attack_59_a_time_stamp_counter_that_kills_is_no_grant_by_accident(asked):
    """The dynamic linker may read it before the program can do anything about it."""
    result = asked.request("alice", "br1", prepare=lambda: must(prctl(SET_TSC, TSC_SIGSEGV)))
    assert result.granted or (result.code == -signal.SIGSEGV and not result.fds), result
    result.close()


# ---- harmless: a grant as ever, and a refusal as ever ----

HARMLESS = {
    "speculation": lambda: prctl(SET_SPECULATION, SPEC_STORE_BYPASS, SPEC_DISABLE),
    "memory that stays as it was mapped": lambda: prctl(SET_MDWE, MDWE_REFUSE_EXEC_GAIN),
    "memory errors": lambda: prctl(SET_MCE_KILL, 1, 1),
    "a subreaper": lambda: must(prctl(SET_CHILD_SUBREAPER, 1)),
    "a core for itself": lambda: prctl(SCHED_CORE, CORE_CREATE, 0, 0),
    "little use of a processor": lambda: libc().syscall(
        ctypes.c_long(SCHED_SETATTR), 0, struct.pack("=IIQiIQQQII", 56, 0, KEEP_POLICY | UTIL_CLAMP_MAX,
                                                     0, 0, 0, 0, 0, 0, 1), 0),
    "a name": lambda: libc().prctl(SET_NAME, b"init"),
    "a death signal": lambda: must(prctl(SET_PDEATHSIG, signal.SIGUSR1)),
    "memory policy": lambda: syscall(SET_MEMPOLICY, MPOL_PREFERRED, 0, 0),
    "a session keyring": lambda: syscall(KEYCTL, JOIN_SESSION_KEYRING, 0),
    "an older architecture": lambda: libc().personality(ctypes.c_ulong(PER_LINUX32)),
    "not dumpable": lambda: must(prctl(SET_DUMPABLE, 0)),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_attack_59_what_is_left_is_harmless(asked, name):
    granted = asked.request("alice", "br1", prepare=HARMLESS[name])
    assert granted.granted, granted
    granted.close()
    refused = asked.request("bob", "br1", prepare=HARMLESS[name])
    assert refused.refused and refused.code == replies.DENIED, refused


def test_attack_59_a_preferred_victim_is_served_as_ever(asked):
    """A process of the tests is not dumpable after it has become alice: root sets it."""
    def victim():
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")

    result = asked.request("alice", "br1", as_root=victim)
    assert result.granted, result
