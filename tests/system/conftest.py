# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Fixtures of the system tests, and the proof that nothing is left of them."""

import os
import shutil
import subprocess
from collections import Counter

import pytest

import guard
import namespaces as ns
from reporting import Reporting
from world import HELPER, CapableStage, World

NEEDED_TOOLS = ("ip", "bridge", "strace", "setpriv", "unshare", "dbus-daemon", "dbus-send",
                "systemd-sysusers")
HOST_NETWORK = pytest.StashKey()
# Only when it is named: it wants the programs of a desktop.
collect_ignore = ["test_desktop.py"]


def pytest_addoption(parser):
    parser.addoption("--pictures", metavar="FOLDER", help="keep pictures of the windows that tests use")


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): how long each phase of the test may take")
    config.pluginmanager.register(Reporting(config))
    guard.same_everywhere()
    if os.geteuid() == 0:
        report = config.option.xmlpath
        folders = [os.path.dirname(os.path.abspath(report))] if report else []
        if config.option.pictures:
            folders.append(os.path.abspath(config.option.pictures))
        config.stash[HOST_NETWORK] = guard.shut_in(writable=folders)


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
    installed = os.path.realpath(os.environ["VMGRANT_STAGE"])
    return CapableStage(installed) if os.environ.get("VMGRANT_FILE_CAPABILITIES") else installed


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
def native_world(world):
    """alice may have br0 with what the rule gives, and nobody is asked."""
    world.write_acl("allow bridge br0 user alice polkit=no queues=4 quota=8\n")
    return world


@pytest.fixture
def polkit_world(stage):
    """A world with system bus and polkitd, where everybody may ask for br0 and br1."""
    with World(stage, polkit=True) as fresh:
        fresh.bridge("br0")
        fresh.bridge("br1")
        fresh.write_acl("allow bridge br0\nallow bridge br1\n")
        yield fresh


@pytest.fixture
def fake_world(world):
    """polkit is to be asked, and the test brings the asker or the bus. No bus."""
    world.write_acl("allow bridge br0\nallow bridge br1\n")
    return world


@pytest.fixture(autouse=True)
def give_back(request):
    """A test must not leave its TAPs to the next one in a world that they share."""
    yield
    if "shared" in request.fixturenames:
        request.getfixturevalue("shared").give_back()


def short(value):
    """A test's name for a value that may be long or unprintable."""
    return ascii(value)[:30]


@pytest.fixture(scope="session")
def outside_network(request):
    """For preexec_fn: a program that fetches something needs the machine's network."""
    fd = request.config.stash[HOST_NETWORK]
    return lambda: ns.setns(fd, ns.CLONE_NEWNET)


def links():
    answer = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True)
    return sorted(line.split(":")[1].strip() for line in answer.stdout.splitlines())


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return sorted(line.split(" ", 4)[4] for line in table)


def children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as table:
        return table.read().split()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    """No link, mount or child more at the end than at the beginning.

    That no process is left in a world is checked whenever one is closed.
    """
    before = links() + mounts() + children()
    yield
    left = Counter(links() + mounts() + children()) - Counter(before)
    assert not left
