# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 1, 2, 6, 8, 9, 13 to 16: what a program inherits from whoever starts it."""

import ctypes
import itertools
import os
import resource
import signal

import pytest

import namespaces as ns
import replies
from conftest import short
from askers import TOKEN, install_asker, start_held
from process import wait_until
from world import HELPER, World, helper_arguments


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl("allow bridge br0 user alice polkit=no\n"
                        "allow bridge br1 user alice\n")
        yield world


def raw_exec(argv, env, path=HELPER):
    """execve() as the kernel takes it: any argv, any environment, in any number."""
    def vector(strings):
        return (ctypes.c_char_p * (len(strings) + 1))(*strings, None)

    def execute():
        ctypes.CDLL(None).execve(path.encode(), vector(argv), vector(env))
    return execute


# ---- 1 and 2: no arguments, no streams ----

def test_attack_1_no_arguments_at_all(shared):
    for argv in ([], [b""], [b"vmgrant-helper"]):
        result = shared.request("alice", prepare=raw_exec(argv, []))
        assert result.refused and result.code == replies.USAGE, (argv, result)


STREAM_SUBSETS = [closed for count in range(4) for closed in itertools.combinations(range(3), count)]


def close_streams(closed):
    def close():
        for fd in closed:
            os.close(fd)
    return close


@pytest.mark.parametrize("closed", STREAM_SUBSETS)
def test_attack_2_closed_streams_a_grant_and_a_refusal_as_ever(shared, closed):
    result = shared.request("alice", prepare=close_streams(closed))
    assert result.granted, result
    result.close()
    # The message must not go where the socket or the TAP is.
    result = shared.request("bob", prepare=close_streams(closed))
    assert result.refused and result.code == replies.DENIED, result


def test_attack_2_no_privileged_fd_lands_on_0_to_2(world):
    world.write_acl("allow bridge br0\n")
    for closed in STREAM_SUBSETS:
        request = start_held(world, prepare=close_streams(closed))
        for fd in closed:
            # libc itself takes /dev/full for some of them before main().
            assert os.readlink(f"/proc/{request.pid}/fd/{fd}") in ("/dev/null", "/dev/full")
        request.close()


# ---- 6: environment ----

HOSTILE = {
    "NLCB": "debug", "NLDBG": "9", "G_DEBUG": "fatal-criticals", "G_MESSAGES_DEBUG": "all",
    "GIO_USE_VFS": "x", "GIO_EXTRA_MODULES": "/tmp", "GIO_MODULE_DIR": "/tmp",
    "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/tmp/bus", "DBUS_SESSION_BUS_ADDRESS": "x",
    "LD_PRELOAD": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp:.", "LD_AUDIT": "/tmp/a",
    "LD_DEBUG": "all", "LD_BIND_NOW": "1", "LD_SHOW_AUXV": "1",
    "LD_ORIGIN_PATH": "/tmp", "GLIBC_TUNABLES": "glibc.malloc.check=3",
    "MALLOC_CHECK_": "3", "MALLOC_TRACE": "/tmp/trace", "TZ": ":/etc/shadow", "TZDIR": "/tmp",
    "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de", "LOCPATH": "/tmp",
    "NLSPATH": "/tmp/%N", "HOSTALIASES": "/tmp/h", "RES_OPTIONS": "debug", "TMPDIR": "/nowhere",
    "PATH": ".:/tmp", "HOME": "/tmp", "IFS": "x", "POSIXLY_CORRECT": "1", "LISTEN_FDS": "3",
    "LISTEN_PID": "1", "NOTIFY_SOCKET": "@x", "GCONV_PATH": "/tmp", "GETCONF_DIR": "/tmp",
    "NSS_WRAPPER_PASSWD": "/tmp/passwd", "ASAN_OPTIONS": "log_path=/tmp/x", "PYTHONPATH": "/tmp",
}


def environments():
    words = [f"{name}={value}".encode() for name, value in HOSTILE.items()]
    yield "hostile", words
    yield "duplicates", [b"NLDBG=9", b"NLDBG=4", b"PATH=/a", b"PATH=/b"] * 50
    yield "a megabyte", [f"V{number}=".encode() + b"x" * 100_000 for number in range(10)] + words
    yield "no names", [b"", b"=", b"=x", b"NLDBG", b"\xff\xfe=\x1b[31m"]
    yield "empty", []


@pytest.mark.parametrize("name, env", environments(), ids=lambda value: value
                         if isinstance(value, str) else "")
def test_attack_6_a_hostile_environment_changes_not_a_byte(shared, name, env):
    for user, bridge in (("alice", "br0"), ("bob", "br0"), ("alice", "br9"), ("alice", "br1")):
        plain = shared.request(user, bridge)
        argv = [word.encode() for word in [HELPER, *helper_arguments(bridge, 9)]]
        hostile = shared.request(user, bridge, prepare=raw_exec(argv, env))
        assert plain.granted == hostile.granted and plain.code == hostile.code, (name, hostile)
        assert (plain.stdout, plain.stderr) == (hostile.stdout, hostile.stderr)
        plain.close()
        hostile.close()


@pytest.mark.parametrize("name, value", (("LD_TRACE_LOADED_OBJECTS", "1"),
                                         ("LD_PRELOAD", "libnl-3.so.200"),
                                         ("LD_PROFILE", "libc.so.6"), ("LD_VERBOSE", "1")))
def test_attack_6_what_the_dynamic_linker_says_before_main_is_no_grant(shared, name, value):
    """With some variables ld.so leaves, or speaks, before the program can do anything."""
    for user in ("alice", "bob"):
        result = shared.request(user, env={name: value})
        assert result.granted == (user == "alice") or result.refused, result
        assert result.stdout == b""
        result.close()


# ---- 8 and 9: limits, signals, timers ----

def limited(*limits):
    def prepare():
        for number, value in limits:
            resource.setrlimit(number, (value, value))
    return prepare


def check_limited(world, result):
    """Limits may make a grant impossible, even the start of the program; never half of one."""
    whole_refusal = result.code != 0 and result.payload == b"" and not result.fds
    assert result.granted or whole_refusal, result
    result.close()
    world.wait_no_taps()


@pytest.mark.parametrize("count", range(17))
def test_attack_8_few_descriptors(shared, count):
    check_limited(shared, shared.request("alice", fd=3, prepare=limited(
        (resource.RLIMIT_NOFILE, count))))


@pytest.mark.parametrize("name", ("AS", "DATA", "STACK"))
@pytest.mark.parametrize("size", (0, 1 << 12, 1 << 16, 1 << 20, 1 << 21, 1 << 22, 3 << 21, 1 << 23,
                                  1 << 24))
def test_attack_8_little_memory(shared, name, size):
    check_limited(shared, shared.request("alice", prepare=limited(
        (getattr(resource, f"RLIMIT_{name}"), size))))


@pytest.mark.parametrize("name, value", (
    ("FSIZE", 0), ("CPU", 1), ("MEMLOCK", 0), ("MSGQUEUE", 0), ("NICE", 0), ("RTPRIO", 0)))
def test_attack_8_other_limits_do_not_matter(shared, name, value):
    result = shared.request("alice", prepare=limited((getattr(resource, f"RLIMIT_{name}"), value)))
    assert result.granted, result
    result.close()


@pytest.mark.parametrize("name, words", (("NPROC", b"ulimit -u"), ("SIGPENDING", b"ulimit -i")))
def test_attack_8_no_process_and_no_timer(shared, name, words):
    """The helper raises both for itself, where the machine lets root do that."""
    result = shared.request("alice", prepare=limited((getattr(resource, f"RLIMIT_{name}"), 0)))
    assert result.granted or (result.code == replies.INTERNAL and words in result.stderr), result
    check_limited(shared, result)


def test_attack_8_limits_with_the_question_to_polkit(world):
    world.write_acl("allow bridge br0\n")
    install_asker(world, f"printf '{TOKEN}'")
    for name, values in (("NPROC", (0, 1)), ("NOFILE", range(3, 16)), ("FSIZE", (0,)),
                         ("AS", (1 << 21, 1 << 22, 1 << 23))):
        for value in values:
            check_limited(world, world.request("alice", fd=3, prepare=limited(
                (getattr(resource, f"RLIMIT_{name}"), value))))


def test_attack_8_a_crash_leaves_no_core_file(world):
    world.write_acl("allow bridge br0\n")
    world.run(["mkdir", "-m", "777", "/tmp/cores"])
    for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT):
        request = start_held(world, cwd="/tmp/cores", prepare=limited(
            (resource.RLIMIT_CORE, resource.RLIM_INFINITY)))
        request.signal(number)
        result = request.finish()
        assert result.code == -number, result
    found = world.run(["sh", "-c", "find / /tmp -xdev -name 'core*' -newer /etc/passwd -type f"])
    assert b"core" not in found.stdout


def test_attack_9_every_signal_blocked_or_ignored(shared):
    numbers = set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}

    def ignore():
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    for prepare in (ignore, lambda: signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))):
        result = shared.request("alice", prepare=prepare)
        assert result.granted, result
        result.close()


def test_attack_9_an_ignored_sigchld_does_not_lose_the_askers_answer(world):
    world.write_acl("allow bridge br0\n")
    install_asker(world, f"printf '{TOKEN}'")
    result = world.request("alice", prepare=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert result.granted, result
    install_asker(world, f"printf '{TOKEN}'; exit 1")
    result = world.request("alice", prepare=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert result.refused, result


@pytest.mark.parametrize("timer", (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF))
def test_attack_9_a_running_timer_does_not_end_the_helper(world, timer):
    world.write_acl("allow bridge br0\n")
    install_asker(world, f"sleep 1.5; printf '{TOKEN}'")
    result = world.request("alice", prepare=lambda: signal.setitimer(timer, 1))
    assert result.granted, result


@pytest.mark.parametrize("number", (signal.SIGALRM, signal.SIGTERM, signal.SIGCHLD,
                                    signal.SIGPIPE, signal.SIGVTALRM,
                                    signal.SIGRTMIN, signal.SIGRTMAX))
def test_attack_9_a_pending_signal_is_reset_first(shared, number):
    def pending():
        signal.pthread_sigmask(signal.SIG_BLOCK, [number])
        os.kill(os.getpid(), number)
    result = shared.request("alice", prepare=pending)
    assert result.granted, result
    result.close()


# ---- 13: where setuid has no power ----

def map_root_in_new_user_namespace():
    uid = os.getuid()
    # After a change of ids a process may not write its own maps.
    ns.prctl(ns.PR_SET_DUMPABLE, 1)
    ns.unshare(ns.CLONE_NEWUSER)
    for path, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {uid} 1")):
        with open(f"/proc/self/{path}", "w", encoding="ascii") as file:
            file.write(text)


def without_setuid(world):
    """{way: result} for each way to lose the setuid bit's power."""
    results = {}
    results["no_new_privs"] = world.request(
        "alice", prepare=lambda: ns.prctl(ns.PR_SET_NO_NEW_PRIVS, 1))
    results["user namespace"] = world.request("alice", prepare=map_root_in_new_user_namespace)
    results["user namespace without ids"] = world.request(
        "alice", prepare=lambda: ns.unshare(ns.CLONE_NEWUSER))
    world.path(HELPER).chmod(0o755)
    results["file mode"] = world.request("alice")
    world.path(HELPER).chmod(0o4755)
    folder = os.path.dirname(HELPER)
    assert world.run(["sh", "-c", f"mount --bind {folder} {folder} && "
                      f"mount -o remount,bind,nosuid {folder}"]).code == 0
    results["nosuid"] = world.request("alice")
    return results


def test_attack_13_each_way_to_lose_setuid_has_its_message_and_the_exit_code(open_world):
    results = without_setuid(open_world)
    for way, result in results.items():
        assert result.refused and result.code == replies.NO_PRIVILEGE, (way, result)
    texts = {way: result.text for way, result in results.items()}
    assert "no_new_privs" in texts["no_new_privs"], texts
    assert "nosuid" in texts["nosuid"], texts
    assert "user namespace" in texts["user namespace"], texts
    assert "user namespace" in texts["user namespace without ids"], texts
    different = {texts[way] for way in ("no_new_privs", "nosuid", "user namespace", "file mode")}
    assert len(different) == 4, texts
    open_world.wait_no_taps()


def test_attack_13_setpriv_and_unshare_as_people_use_them(open_world):
    for words in (["setpriv", "--no-new-privs"], ["unshare", "-Ur"]):
        run = open_world.run_as("alice", [*words, HELPER, "--br=br0", "--fd=9"])
        assert run.code == replies.NO_PRIVILEGE, run.stderr


# ---- 14: network namespaces ----

def test_attack_14_acts_only_in_the_network_namespace_of_the_caller(open_world):
    def keep_namespace():
        ns.unshare(ns.CLONE_NEWNET)
        os.mkdir("/tmp/ready")
        signal.pause()

    keeper = open_world.spawn(keep_namespace)
    wait_until(lambda: open_world.path("/tmp/ready").exists(), "the other namespace")
    inner = keeper.inner_pid

    def enter():
        fd = os.open(f"/proc/{inner}/ns/net", os.O_RDONLY)
        ns.setns(fd, ns.CLONE_NEWNET)
        os.close(fd)

    # There is no br0 there; that there is one here must not matter.
    result = open_world.request("alice", as_root=enter)
    assert result.refused and result.code == replies.OBJECT, result
    assert open_world.run(["nsenter", f"--net=/proc/{inner}/ns/net", "ip", "link", "add", "br0",
                           "type", "bridge"]).code == 0
    result = open_world.request("alice", as_root=enter)
    assert result.granted, result
    open_world.wait_no_taps()
    with open(f"/proc/{keeper.pid}/net/dev", encoding="ascii") as table:
        assert result.name in table.read()


# ---- 15 and 16: paths, names, folders ----

FAKE_ASKER = f"#!/bin/sh\necho >/tmp/fake-was-run\nprintf '{TOKEN}'\n"


@pytest.fixture
def trap(world):
    """A fake asker wherever a careless program would look for one; the real one says no."""
    world.write_acl("allow bridge br0\n")
    install_asker(world, "exit 10")
    for folder in ("/tmp", "/home/alice", "/tmp/bin"):
        world.write(f"{folder}/vmgrant-authorize", FAKE_ASKER, mode=0o755)
        world.write(f"{folder}/sh", FAKE_ASKER, mode=0o755)
    world.path("/home/alice/vmgrant-helper").hardlink_to(world.path(HELPER))
    world.run(["ln", "-s", HELPER, "/home/alice/link"])
    world.run(["chmod", "755", "/home/alice"])
    yield world
    assert not world.path("/tmp/fake-was-run").exists()
    world.wait_no_taps()


@pytest.mark.parametrize("path", ("/home/alice/vmgrant-helper", "/home/alice/link",
                                  "./vmgrant-helper", "../alice/vmgrant-helper",
                                  "/proc/self/cwd/vmgrant-helper"))
def test_attack_15_links_and_relative_paths_of_the_helper(trap, path):
    result = trap.request("alice", helper=path, cwd="/home/alice",
                          env={"PATH": "/tmp/bin:.:/home/alice"})
    assert result.refused and result.code == replies.POLKIT_DENIED, result


@pytest.mark.parametrize("argv0", ("", "-sh", "../../tmp/x", "/tmp/vmgrant-helper", "%s%n%s%n",
                                   "a\nb\x1b[31m", "x" * 100_000), ids=short)
def test_attack_15_an_odd_argv_0(trap, argv0):
    argv = [argv0.encode(), b"--br=br0", b"--fd=9"]
    result = trap.request("alice", cwd="/tmp", prepare=raw_exec(argv, [b"PATH=/tmp/bin:."]))
    assert result.refused and result.code == replies.POLKIT_DENIED, result
    assert result.text.startswith("vmgrant-helper: bridge br0: "), result


def test_attack_16_a_deleted_or_forbidden_working_directory(open_world):
    def deleted():
        os.mkdir("/tmp/gone")
        os.chdir("/tmp/gone")
        os.rmdir("/tmp/gone")

    def forbidden():
        os.mkdir("/tmp/forbidden")
        os.chdir("/tmp/forbidden")
        os.chmod("/tmp/forbidden", 0)

    for prepare in (deleted, forbidden):
        result = open_world.request("alice", prepare=prepare)
        assert result.granted, result


def test_attack_16_the_helper_stands_at_the_root_with_a_strict_umask(world):
    world.write_acl("allow bridge br0\n")
    request = start_held(world, cwd="/tmp", prepare=lambda: os.umask(0))
    assert os.readlink(f"/proc/{request.pid}/cwd") == "/"
    with open(f"/proc/{request.pid}/status", encoding="ascii") as status:
        assert "Umask:\t0077\n" in status.read()
    request.close()
