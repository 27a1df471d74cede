# SPDX-License-Identifier: LGPL-2.1-or-later
"""vmgrant attach --follow: the installed helper, made-up USB devices, udev's messages."""

import signal

import pytest

import fakeqemu
from process import wait_until
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


def follow(world, device):
    """A vmgrant that has plugged the device in and waits."""
    # libudev does not believe in devices outside of a real sysfs.
    env = {**environment("alice"), "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}
    process = world.spawn(["vmgrant", "attach", "--qmp", SOCKET, "--usb", device, "--follow"],
                          "alice", env=env)
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
    wait_until(lambda: commands(world)[before:] == expected, f"{expected}", 20)


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
        wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back", 20)
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
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back", 20)
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
    wait_until(lambda: commands(follow_world)[-1] != "remove-fd", "the question", 20)
    udev.unplug("1-1", node)
    follow_world.write_acl("allow usb *:* user alice polkit=no\n")
    udev.plug("1-1", 6, STICK)
    wait_until(lambda: commands(follow_world)[-3:] == PLUGGED, "it to be back", 20)
    done = end(process)
    assert b"not allowed" in done.stderr and done.code == 0


def test_it_ends_with_qemu(follow_world):
    follow_world.udev.plug("1-1", 4, STICK)
    process = follow(follow_world, STICK)
    follow_world.qemu.kill()
    done = process.wait()
    assert done.code == 0 and done.stderr == b""
