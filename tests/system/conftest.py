# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures of the system tests, and the proof that nothing is left of them."""

import glob
import os
import shutil
import subprocess

import pytest

import world as world_module
from process import wait_until
from world import HELPER, World

NEEDED_TOOLS = ("ip", "bridge", "strace", "setpriv", "unshare", "dbus-daemon", "dbus-send",
                "systemd-sysusers")


def missing_requirement():
    """Why the system tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "the system tests need root"
    stage = os.environ.get("VMGRANT_STAGE")
    if not stage:
        return "VMGRANT_STAGE names no folder filled by `make install DESTDIR=...`"
    helper = stage + HELPER
    if not os.path.exists(helper):
        return f"{helper} is missing"
    if os.stat(helper).st_mode & 0o7777 != 0o4755 or os.stat(helper).st_uid != 0:
        return f"{helper} is not setuid root"
    for tool in NEEDED_TOOLS:
        if not shutil.which(tool):
            return f"the program {tool} is not installed"
    return None


@pytest.fixture(scope="session")
def stage():
    reason = missing_requirement()
    if reason and os.environ.get("CI"):
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    return os.path.realpath(os.environ["VMGRANT_STAGE"])


@pytest.fixture
def world(stage):
    """A fresh world with bridge br0, without policy, bus or log."""
    with World(stage) as fresh:
        fresh.bridge("br0")
        yield fresh


@pytest.fixture
def open_world(world):
    """The same with a policy that lets alice, and only her, use br0 without polkit."""
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    return world


@pytest.fixture
def polkit_world(stage):
    """A world with system bus and polkitd, where everybody may ask for br0 and br1."""
    with World(stage, polkit=True) as fresh:
        fresh.bridge("br0")
        fresh.bridge("br1")
        fresh.write_acl("allow bridge br0\nallow bridge br1\n")
        yield fresh


def links():
    answer = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True)
    return sorted(line.split(":")[1].strip() for line in answer.stdout.splitlines())


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return sorted(line.split(" ", 4)[4] for line in table)


def is_of_world(folder):
    """Does a process live in a namespace of a world? A zombie lives nowhere."""
    try:
        with open(f"{folder}/stat", encoding="utf-8", errors="replace") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return False
        return any(os.readlink(f"{folder}/ns/{kind}") in world_module.made_namespaces
                   for kind in ("net", "mnt", "pid"))
    except OSError:
        return False


def processes_of_worlds():
    """Processes that live in a namespace of any world made so far."""
    return [folder for folder in glob.glob("/proc/[0-9]*") if is_of_world(folder)]


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as table:
        return table.read().split()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    """No link, mount, process or child more at the end than at the beginning."""
    before = links(), mounts(), children()
    yield
    wait_until(lambda: not processes_of_worlds(), "the processes of all worlds to be gone")
    assert (links(), mounts(), children()) == before
