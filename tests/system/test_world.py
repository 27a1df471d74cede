# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The worlds themselves: what every other test relies on."""

import os
import signal
import subprocess
import sys
import time

import pytest

import namespaces as ns
from process import wait_until
from world import HELPER

INTERRUPTED = """
import sys, time
sys.path.insert(0, {folder!r})
from world import World
world = World({stage!r}, polkit=True)
world.bridge("br0")
world.spawn(["sleep", "1000"], "alice")
print(world.pid, flush=True)
time.sleep(1000)
"""


def test_users_are_really_unprivileged(world):
    status = world.run_as("alice", ["cat", "/proc/self/status"]).stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["1000"] * 4
    assert fields["Gid"].split() == ["1000"] * 4
    assert fields["Groups"].split() == ["1000", "2000"]
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(fields[name], 16) == 0
    assert world.run_as("alice", ["ip", "link", "add", "x0", "type", "dummy"]).code != 0


def test_the_installed_helper_is_setuid_and_its_account_exists(world):
    helper = world.path(HELPER).stat()
    assert helper.st_mode & 0o7777 == 0o4755 and helper.st_uid == 0
    account = world.run(["getent", "passwd", "vmgrant"])
    assert account.code == 0 and b"vmgrant" in account.stdout


def test_network_and_processes_are_private(world):
    assert sorted(world.interfaces()) == ["br0", "lo"]
    assert world.path("/proc/1/comm").exists()
    assert world.run(["sh", "-c", "echo $PPID"]).stdout == b"0\n"


def test_a_signal_goes_to_one_process():
    """What a pidfd says of one that has gone is -1, which is all of the machine to kill()."""
    for pid in (-1, 0, -os.getpgrp()):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_world_is_built_whichever_of_its_processes_is_late(monkeypatch):
    """On a busy machine process 1 may be ready before the one that made it goes on."""
    fork = os.fork
    for parent_s, child_s in ((0.3, 0), (0, 0.3)):
        def slow_fork(parent_s=parent_s, child_s=child_s):
            pid = fork()
            time.sleep(parent_s if pid else child_s)
            return pid
        monkeypatch.setattr(os, "fork", slow_fork)
        keeper, first = ns.boot(lambda: None)
        try:
            with open(f"/proc/{first}/status", encoding="ascii") as status:
                assert any(line.split() == ["NSpid:", str(first), "1"] for line in status)
        finally:
            os.kill(keeper, signal.SIGKILL)
            os.waitpid(keeper, 0)


def test_nothing_survives_an_interrupted_run(stage):
    """Also when the test process is killed without any chance to clean up."""
    for number in (signal.SIGKILL, signal.SIGINT, signal.SIGTERM):
        script = INTERRUPTED.format(folder=os.path.dirname(__file__), stage=stage)
        run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL)
        with run:
            held = ns.hold_namespaces(int(run.stdout.readline()))
            assert ns.inhabitants(held)
            run.send_signal(number)
            run.wait()
        wait_until(lambda: not ns.inhabitants(held), "the processes of a killed run to be gone")
        for fd in held:
            os.close(fd)
