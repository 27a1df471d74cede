# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant attach --follow: the installed helper, made-up USB devices, udev's messages."""

import os
import signal
from pathlib import Path

import pytest

import fakeqemu
import namespaces as ns
import replies
from process import wait_until
from test_clients_qemu import MACHINE, QEMU
from test_native_client import need
from uevents import Uevents
from usbtree import UsbTree
from world import World, environment

STICK = "0951:1666"
SOCKET, LOG = "/home/alice/qmp", "/home/alice/log"
PLUGGED = ["add-fd vmgrant-vmgrant0", "qom-list", "device_add vmgrant0"]
REMOVED = ["qom-get", "query-fdsets", "device_del vmgrant0", "query-fdsets", "remove-fd"]


@pytest.fixture
def follow_world(stage):
    with World(stage) as world:
        world.write_acl("allow usb *:* user alice polkit=no\n")
        world.udev = Uevents(world, UsbTree(world))
        world.qemu = fakeqemu.start(world, SOCKET, LOG)
        wait_until(world.path(SOCKET).exists, "the monitor")
        yield world


def start_follower(world, device):
    # libudev does not believe in devices outside of a real sysfs.
    env = {**environment("alice"), "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
    return world.spawn(["vmgrant", "attach", "--qmp", SOCKET, "--usb", device, "--follow"],
                       "alice", env=env)


def follow(world, device, *, is_there=True):
    """A vmgrant that has plugged the device in and waits."""
    process = start_follower(world, device)
    if is_there:
        wait_until(lambda: commands(world)[-1:] == ["device_add vmgrant0"], "the device")
    # It listens when it has let the monitor go.
    def listens():
        with open(f"/proc/{process.pid}/net/netlink", encoding="ascii") as table:
            pid = str(process.inner_pid)
            return any(line.split()[1:4] == ["15", pid, "00000002"] for line in table)
    wait_until(listens, "it to listen")
    return process


def commands(world):
    """What QEMU was told, without greetings."""
    lines = world.path(LOG).read_text(encoding="ascii").splitlines()
    return [line for line in lines if line != "qmp_capabilities"]


def wait_commands(world, before, expected):
    wait_until(lambda: commands(world)[before:] == expected, f"{expected}")


def end(process):
    process.signal(signal.SIGINT)
    return process.wait()


@pytest.mark.parametrize("device", (STICK, f"{STICK},serial=A1", "bus=1,device=4"))
def test_a_device_comes_back_at_any_port(follow_world, device):
    udev = follow_world.udev
    node = udev.plug("1-1", 4, STICK, serial="A1")
    process = follow(follow_world, device)
    for port, number in (("1-2", 5), ("1-1", 6)):
        before = len(commands(follow_world))
        udev.unplug("1-1" if number == 5 else "1-2", node)
        wait_commands(follow_world, before, REMOVED)
        # Others are let go by: another serial number, another model.
        udev.plug("1-3", 30 + number, STICK, serial="A2")
        udev.plug("1-4", 40 + number, "0951:1667", serial="A1")
        before = len(commands(follow_world))
        node = udev.plug(port, number, STICK, serial="A1")
        wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
        assert len(commands(follow_world)[before:]) <= len(PLUGGED) + 2
    done = end(process)
    assert done.code == 0 and done.stdout == b"vmgrant0\n"
    said = done.stderr.decode().splitlines()
    assert said == ["vmgrant: vmgrant0: unplugged: waiting for it to come back",
                    "vmgrant: vmgrant0: plugged in again"] * 2


def test_a_port_is_followed_whatever_is_plugged_in(follow_world):
    udev = follow_world.udev
    node = udev.plug("1-1", 4, STICK, serial="A1")
    process = follow(follow_world, "1-1")
    before = len(commands(follow_world))
    udev.unplug("1-1", node)
    wait_commands(follow_world, before, REMOVED)
    udev.plug("1-2", 5, STICK, serial="A1")
    udev.plug("1-1", 6, "abcd:0001")
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
    assert end(process).code == 0


def test_what_may_not_be_had_any_more_is_said_and_waited_for(follow_world):
    udev = follow_world.udev
    node = udev.plug("1-1", 4, STICK)
    process = follow(follow_world, STICK)
    before = len(commands(follow_world))
    udev.unplug("1-1", node)
    wait_commands(follow_world, before, REMOVED)
    follow_world.write_acl("deny usb *:* user alice\n")
    node = udev.plug("1-1", 5, STICK)
    wait_until(lambda: commands(follow_world)[-1] != "remove-fd", "the question")
    udev.unplug("1-1", node)
    follow_world.write_acl("allow usb *:* user alice polkit=no\n")
    udev.plug("1-1", 6, STICK)
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
    done = end(process)
    assert b"not allowed" in done.stderr and done.code == 0


def test_a_device_that_is_gone_before_it_is_plugged_in_is_waited_for(follow_world):
    udev = follow_world.udev
    node = udev.plug("1-1", 4, STICK)
    follow_world.write(fakeqemu.HOLD, "")
    process = start_follower(follow_world, STICK)
    wait_until(lambda: commands(follow_world)[-1:] == ["device_add vmgrant0"], "the device")
    before = len(commands(follow_world))
    udev.unplug("1-1", node)
    follow_world.call(lambda: os.unlink(fakeqemu.HOLD))
    wait_commands(follow_world, before, REMOVED)
    udev.plug("1-2", 5, STICK)
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
    done = end(process)
    assert done.code == 0 and b"waiting for it to come back" in done.stderr


def test_it_ends_with_qemu(follow_world):
    follow_world.udev.plug("1-1", 4, STICK)
    process = follow(follow_world, STICK)
    follow_world.qemu.kill()
    done = process.wait()
    assert done.code == 0 and done.stderr == b""


# ---- before the first plug ----

@pytest.mark.parametrize("device", (STICK, "1-1", f"{STICK},serial=A1"))
def test_a_device_that_is_not_there_yet_is_waited_for(follow_world, device):
    process = follow(follow_world, device, is_there=False)
    assert "device_add vmgrant0" not in commands(follow_world)
    udev = follow_world.udev
    udev.plug("1-3", 9, "abcd:0001", serial="A1")
    assert "device_add vmgrant0" not in commands(follow_world)
    node = udev.plug("1-1", 4, STICK, serial="A1")
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be plugged in")
    # From now on it is that one.
    before = len(commands(follow_world))
    udev.unplug("1-1", node)
    wait_commands(follow_world, before, REMOVED)
    udev.plug("1-2", 5, STICK, serial="A2")
    udev.plug("1-1", 6, STICK, serial="A1")
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
    done = end(process)
    assert done.code == 0 and done.stdout == b"vmgrant0\n"
    said = done.stderr.decode().splitlines()
    assert said == ["vmgrant: vmgrant0: waiting for it to be plugged in",
                    "vmgrant: vmgrant0: plugged in",
                    "vmgrant: vmgrant0: unplugged: waiting for it to come back",
                    "vmgrant: vmgrant0: plugged in again"]


def test_what_is_not_allowed_is_not_waited_for(follow_world):
    follow_world.write_acl("deny usb *:* user alice\n")
    follow_world.udev.plug("1-1", 4, STICK)
    words = ["vmgrant", "attach", "--qmp", SOCKET, "--usb", "1-1", "--follow"]
    done = follow_world.run_as("alice", words)
    assert done.code == replies.DENIED and done.stdout == b""


# ---- the two sides of a socket ----

def pair(world, one, other):
    """Root ports that are one socket, as sysfs shows it."""
    def folder(place):
        bus, port = place.split("-")
        return f"{world.udev.usb.folder(f'usb{bus}')}/{bus}-0:1.0/usb{bus}-port{port}"
    for place, peer in ((one, other), (other, one)):
        world.path(folder(place)).mkdir(parents=True, exist_ok=True)
        bus = place.split("-")[0]
        world.udev.usb.link(f"/sys/bus/usb/devices/usb{bus}",
                            world.udev.usb.folder(f"usb{bus}"))
        world.udev.usb.link(f"{folder(place)}/peer", folder(peer))


@pytest.mark.parametrize("behind", ("", ".3"))
def test_a_device_comes_back_as_the_other_side_of_its_socket(follow_world, behind):
    """A stick that was plugged in slowly is a USB 2 one, and USB 3 the next time."""
    udev, slow, fast = follow_world.udev, f"1-1{behind}", f"2-4{behind}"
    pair(follow_world, "1-1", "2-4")
    pair(follow_world, "1-2", "2-1")
    node = udev.plug(slow, 4, STICK)
    process = follow(follow_world, slow)
    for place, old, number in ((fast, slow, 7), (slow, fast, 8)):
        before = len(commands(follow_world))
        udev.unplug(old, node)
        wait_commands(follow_world, before, REMOVED)
        udev.plug(f"2-1{behind}", 20 + number, STICK)
        node = udev.plug(place, number, STICK)
        wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back")
        assert len(commands(follow_world)[before:]) <= len(REMOVED) + len(PLUGGED) + 2
        udev.unplug(f"2-1{behind}", f"/dev/bus/usb/002/0{20 + number}")
    assert end(process).code == 0


# ---- vmgrant run ----

@pytest.fixture
def started(follow_world):
    """A function that starts a QEMU that takes every device, by vmgrant run."""
    for name in ("fakeqemu", "process", "namespaces"):
        follow_world.write(f"/home/alice/lib/{name}.py",
                           (Path(__file__).parent / f"{name}.py").read_bytes())
    follow_world.write("/home/alice/qemu-system-fake", mode=0o755, content="""#!/usr/bin/python3
import os, re, socket, sys
sys.path.insert(0, "/home/alice/lib")
import fakeqemu
if "--version" in sys.argv:
    sys.exit(1)
print(*sys.argv[1:], flush=True)
(fd,) = re.findall(r"socket,id=vmgrant-qmp[0-9]+,fd=([0-9]+)", " ".join(sys.argv))
state = fakeqemu.State(open("/home/alice/log", "w", encoding="ascii"))
for known in re.findall(r"opaque=vmgrant-([a-z0-9-]+)", " ".join(sys.argv)):
    state.take(known)
for known in re.findall("-add-fd fd=([0-9]+)", " ".join(sys.argv)):
    os.close(int(known))
fakeqemu.serve_one(state, socket.socket(fileno=int(fd)))
""")

    def start(device):
        env = {**environment("alice"), "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
        process = follow_world.spawn(["vmgrant", "run", "--usb", device, "--",
                                      "/home/alice/qemu-system-fake"], "alice", env=env)
        wait_until(lambda: any(map(listens, followers(follow_world))), "it to listen")
        return process
    return start


def followers(world):
    """/proc folders of the processes that follow devices."""
    found = []
    for folder in ns.inhabitants(world.namespaces):
        try:
            if Path(f"{folder}/comm").read_text(encoding="ascii") == "vmgrant-follow\n":
                found.append(folder)
        except OSError:
            pass
    return found


def listens(folder):
    try:
        status = Path(f"{folder}/status").read_text(encoding="ascii")
        inner = status.split("NSpid:")[1].splitlines()[0].split()[-1]
        table = Path(f"{folder}/net/netlink").read_text(encoding="ascii")
    except OSError:
        return False
    return any(line.split()[1:4] == ["15", inner, "00000002"] for line in table.splitlines())


def log_of(world):
    place = world.path("/home/alice/log")
    if not place.exists():
        return []
    return [line for line in place.read_text(encoding="ascii").splitlines()
            if line != "qmp_capabilities"]


RUN_PLUGGED = ["add-fd vmgrant-vmgrant-usb0", "qom-list", "device_add vmgrant-usb0"]


@pytest.mark.parametrize("is_there", (True, False))
def test_a_guest_gets_its_device_whenever_it_comes(follow_world, started, is_there):
    udev = follow_world.udev
    node = udev.plug("1-1", 4, STICK) if is_there else None
    process = started(f"{STICK},follow")
    (folder,) = followers(follow_world)
    # It is nobody's child that QEMU knows, without a file of the guest's.
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert children.read_text(encoding="ascii") == ""
    names = [os.readlink(f"{folder}/fd/{fd}") for fd in os.listdir(f"{folder}/fd")]
    assert not [name for name in names if name.startswith("/dev/") and name != "/dev/null"]
    if is_there:
        udev.unplug("1-1", node)
        wait_until(lambda: log_of(follow_world)[-1:] == ["remove-fd"], "it to be removed")
    node = udev.plug("1-2", 5, STICK)
    wait_until(lambda: log_of(follow_world)[-3:] == RUN_PLUGGED, "it to be plugged in")
    udev.unplug("1-2", node)
    wait_until(lambda: log_of(follow_world)[-1:] == ["remove-fd"], "it to be removed")
    process.kill()
    wait_until(lambda: not followers(follow_world), "the process that follows to end")


def test_a_real_qemu_starts_with_a_device_that_may_come(follow_world):
    need(QEMU)
    words = ["vmgrant", "run", "--usb", f"{STICK},follow", "--", *MACHINE, "-S"]
    process = follow_world.spawn(words, "alice")
    wait_until(lambda: any(map(listens, followers(follow_world))), "QEMU to answer it")
    assert process.running()
    process.kill()
    wait_until(lambda: not followers(follow_world), "the process that follows to end")
    # One that does not start leaves nobody either.
    done = follow_world.run_as("alice", [*words[:5], QEMU, "-no-such-option"])
    assert done.code == 1
    wait_until(lambda: not followers(follow_world), "the process that follows to end")


def test_the_monitor_is_an_object_where_qemu_wants_that(follow_world):
    """From 11.1 on -mon says on standard error that it is deprecated."""
    for version, word in (("11.0.2", "-mon chardev=vmgrant-qmp0,mode=control"),
                          ("11.1.0", "-object monitor-qmp,id=vmgrant-qmp0,chardev=vmgrant-qmp0")):
        follow_world.write("/home/alice/qemu-system-x86_64", mode=0o755, content=(
            f"#!/bin/sh\necho 'QEMU emulator version {version}'\n"))
        done = follow_world.run_as("alice", ["vmgrant", "run", "--dry-run", "--usb",
                                             f"{STICK},follow", "--",
                                             "/home/alice/qemu-system-x86_64"])
        assert word in done.stdout.decode(), done
