# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The control group of a confined program: what is asked of the person's systemd, and what if there is none.

A real one is in the virtual machine: tests/vm/check-confine.py.
"""

import re
import struct

import pytest

import fakebus
import replies
from world import World, environment

RUNTIME = "/run/user/1000"
BUS = RUNTIME + "/bus"
SESSION = {**environment("alice"), "XDG_RUNTIME_DIR": RUNTIME}
WITHOUT = b"vmgrant: --confine: without a control group of its own: "


@pytest.fixture
def world(stage):
    with World(stage) as world:
        yield world


def confined(world, words="", env=None):
    option = "--confine=" + words if words else "--confine"
    return world.run(["vmgrant", "run", option, "--", "echo", "started"], "alice", env=env or SESSION)


def limit(world, **files):
    """What the kernel says of the group that everything here is in."""
    group = world.run(["sed", "-n", "s/^0:://p", "/proc/self/cgroup"]).stdout.decode().strip()
    assert world.run(["mount", "-t", "tmpfs", "none", "/sys/fs/cgroup"]).code == 0
    for name, text in files.items():
        world.write(f"/sys/fs/cgroup{group}/{name.replace('_', '.')}", text)


def property_of(body, name, kind):
    """A number of a message's list of properties."""
    start = body.index(name.encode() + b"\0" + b"\1" + kind + b"\0") + len(name) + 4
    size = {b"t": 8, b"u": 4}[kind]
    return int.from_bytes(body[start + -start % size:][:size], "little")


@pytest.mark.parametrize("address, env", (
    (BUS, SESSION), (RUNTIME + "/systemd/private", SESSION),
    (RUNTIME + "/systemd/private", environment("alice"))), ids=("bus", "direct", "no variable"))
def test_a_scope_with_the_limits_is_asked_for(world, address, env):
    """Over the bus, and where there is none by systemd's own socket, which libvirt's QEMU is not told of."""
    limit(world, pids_max="99\n", memory_max="67108864\n")
    if address != BUS:
        world.path(RUNTIME + "/systemd").mkdir()
        world.path(RUNTIME + "/systemd").chmod(0o755)
    fakebus.start(world, fakebus.job_reply("done"), address)
    done = confined(world, "memory=64M,tasks=99", env)
    assert done.code == 0 and done.stdout == b"started\n" and b"control group" not in done.stderr, done
    body = world.path(fakebus.BODY).read_bytes()
    assert re.search(rb"vmgrant-[0-9]+\.scope\0", body)
    assert property_of(body, "TasksMax", b"t") == 99
    assert property_of(body, "MemoryMax", b"t") == 64 << 20
    pid = int(re.search(rb"vmgrant-([0-9]+)\.scope", body)[1])
    assert struct.pack("<II", 4, pid) in body


def test_by_default_the_tasks_are_limited_and_the_memory_is_not(world):
    limit(world, pids_max="4096\n")
    fakebus.start(world, fakebus.job_reply("done"), BUS)
    done = confined(world)
    assert done.code == 0 and b"control group" not in done.stderr, done
    body = world.path(fakebus.BODY).read_bytes()
    assert property_of(body, "TasksMax", b"t") == 4096 and b"MemoryMax" not in body


@pytest.mark.parametrize("files,words,said", (
    ({"pids_max": "4096\n", "memory_max": "max\n"}, "memory=1G", b"memory: systemd does not limit it"),
    ({"pids_max": "4096\n"}, "memory=1G", b"memory: systemd does not limit it"),
    ({"pids_max": "4097\n"}, "tasks=4096", b"tasks: systemd does not limit it"),
))
def test_a_limit_that_does_not_hold_is_not_passed_over(world, files, words, said):
    limit(world, **files)
    fakebus.start(world, fakebus.job_reply("done"), BUS)
    done = confined(world, words)
    assert done.code == replies.UNSUPPORTED and done.stdout == b"" and said in done.stderr, done
    done = confined(world, words + ",best")
    assert done.code == 0 and said in done.stderr, done


@pytest.mark.parametrize("reply,said", (
    (fakebus.job_reply("failed"), b"systemd: the scope's start: failed"),
    (fakebus.error_reply, b"systemd: not today"),
    (fakebus.string_reply, b"systemd: "),
    (fakebus.short_reply, b"systemd: "),
))
def test_a_manager_that_refuses_stops_it_unless_the_best_is_asked_for(world, reply, said):
    fakebus.start(world, reply, BUS)
    done = confined(world)
    assert done.code == replies.UNSUPPORTED and done.stdout == b"" and said in done.stderr, done
    done = confined(world, "best")
    assert done.code == 0 and done.stdout == b"started\n" and said in done.stderr, done


@pytest.mark.parametrize("env", (SESSION, environment("alice")))
def test_without_a_manager_the_rest_still_holds_and_that_is_said(world, env):
    for words in ("", "best", "best,memory=1G"):
        done = confined(world, words, env)
        assert done.code == 0 and done.stdout == b"started\n" and WITHOUT in done.stderr, done
    for words in ("memory=1G", "tasks=10"):
        done = confined(world, words, env)
        assert done.code == replies.UNSUPPORTED and done.stdout == b"" and WITHOUT in done.stderr, done


@pytest.mark.parametrize("words", ("memory=", "memory=0", "memory=64", "memory=1X", "memory=99999999999T", "tasks=0",
                                   "tasks=-1", "tasks=4194305", "tasks=1M", "cpu=1", "best,", "memory"))
def test_words_that_are_none_are_refused(world, words):
    done = confined(world, words)
    assert done.code == replies.USAGE and b"memory=SIZE (1M or more) and tasks=NUMBER" in done.stderr, done


def test_a_dry_run_and_the_check_say_it(world):
    dry = ["vmgrant", "run", "--dry-run", "--confine=memory=1G", "--", "true"]
    assert b"# control group: that of the person: " in world.run(dry, "alice", env=SESSION).stdout
    done = world.run(["vmgrant", "check", "--confine"], "alice", env=SESSION)
    assert done.code == 0 and b"info  control groups: none of its own: " in done.stdout, done
    fakebus.start(world, fakebus.job_reply("done"), BUS)
    line = b"# control group: a scope of the person's systemd, of at most 4096 tasks, memory: 1073741824 bytes"
    assert line in world.run(dry, "alice", env=SESSION).stdout
    assert b"StartTransientUnit" not in world.path(fakebus.CALLS).read_bytes()
    done = world.run(["vmgrant", "check", "--confine"], "alice", env=SESSION)
    assert b"ok    control groups: scopes of the person's systemd" in done.stdout, done
