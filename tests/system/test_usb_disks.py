# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB devices with disks: none is given whose disk the machine uses (attack 30).

Loop devices of the machine stand in for the disks: what claims them, and how the
kernel says so, is the same for all block devices.
"""

import collections
import contextlib
import os
import shutil
import struct

import pytest

import namespaces as ns
import protocol_client
import replies
import usb_client as client
from test_usb import STICK, ask, refused
from usbtree import STORAGE, Loop, UsbTree
from world import World

IN_USE = "this machine uses its disk"
LOOKS = 30  # of the calls that open something, so many of the last are for one request


@pytest.fixture
def stick(stage):
    """A world with a stick that alice may have: world.stick is its port."""
    if not os.path.exists("/dev/loop-control"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("this machine has no loop devices")
    with World(stage) as world:
        world.write_acl(f"allow usb {STICK} user alice polkit=no\n")
        world.usb = UsbTree(world)
        world.usb.add("1-1", 3, STICK, classes=(STORAGE,))
        yield world


@pytest.fixture
def loop(tmp_path):
    device = Loop(tmp_path / "disk", 64 << 20)
    yield device
    device.close()


def granted(world):
    reply = ask(world, ids=STICK)
    assert reply.code == 0, reply.sentence
    reply.close()
    world.usb.reset("1-1", world.usb.path(1, 3))


def need(tool):
    if not shutil.which(tool):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


def test_an_idle_disk_is_no_obstacle(stick, loop):
    stick.usb.add_disk("1-1", "sdz", loop.number)
    granted(stick)


@contextlib.contextmanager
def mounted(world, path):
    world.call(lambda: os.makedirs("/mnt/stick", exist_ok=True))
    world.call(lambda: ns.mount(path, "/mnt/stick", "ext4"))
    yield
    world.call(lambda: ns.umount("/mnt/stick"))


def test_attack_30_a_mounted_disk(stick, loop):
    need("mkfs.ext4")
    stick.usb.add_disk("1-1", "sdz", loop.number)
    assert stick.run(["mkfs.ext4", "-q", "/dev/sdz"]).code == 0
    with mounted(stick, "/dev/sdz"):
        refused(stick, replies.OBJECT, IN_USE + " sdz", ids=STICK)
        # To look claims the disk for a moment: a question alone does not.
        assert ask(stick, ids=STICK, flags=client.QUERY).code == 0
    granted(stick)


def test_attack_30_a_disk_that_another_namespace_has_mounted(stick, loop, stage):
    need("mkfs.ext4")
    stick.usb.add_disk("1-1", "sdz", loop.number)
    assert stick.run(["mkfs.ext4", "-q", "/dev/sdz"]).code == 0
    with World(stage) as other:
        other.call(lambda: os.mknod("/dev/sdz", 0o060600, os.makedev(*loop.number)))
        with mounted(other, "/dev/sdz"):
            refused(stick, replies.OBJECT, IN_USE, ids=STICK)
    granted(stick)


def test_attack_30_a_mounted_partition_of_a_disk(stick, loop):
    need("mkfs.ext4")
    part = loop.partition()
    stick.usb.add_disk("1-1", "sdz", loop.number)
    stick.usb.add_disk("1-1", "sdz1", part, partition=1)
    assert stick.run(["mkfs.ext4", "-q", "/dev/sdz1"]).code == 0
    with mounted(stick, "/dev/sdz1"):
        refused(stick, replies.OBJECT, IN_USE + " sdz", ids=STICK)
    granted(stick)


def test_attack_30_a_disk_that_is_swap(stick, loop):
    need("mkswap")
    stick.usb.add_disk("1-1", "sdz", loop.number)
    assert stick.run(["mkswap", "-q", "/dev/sdz"]).code == 0
    assert stick.run(["swapon", "/dev/sdz"]).code == 0
    try:
        refused(stick, replies.OBJECT, IN_USE, ids=STICK)
    finally:
        assert stick.run(["swapoff", "/dev/sdz"]).code == 0
    granted(stick)


def test_attack_30_a_disk_that_another_layer_claims(stick, loop):
    """What device-mapper, md and bcache do in the kernel, a program can do, too."""
    stick.usb.add_disk("1-1", "sdz", loop.number)
    claim = os.open(loop.path, os.O_RDONLY | os.O_EXCL)
    refused(stick, replies.OBJECT, IN_USE, ids=STICK)
    os.close(claim)
    granted(stick)


@pytest.mark.parametrize("name", ("sdz", "sdz1"))
def test_attack_30_a_disk_or_partition_with_holders(stick, loop, name):
    stick.usb.add_disk("1-1", "sdz", loop.number)
    folder = stick.usb.add_disk("1-1", name, loop.number, node=False,
                                partition=1 if name == "sdz1" else None)
    stick.path(f"{folder}/holders/dm-0").touch()
    refused(stick, replies.OBJECT, f"{IN_USE} {name}:", ids=STICK)
    stick.path(f"{folder}/holders/dm-0").unlink()
    granted(stick)


def test_attack_30_a_loop_device_on_a_disk(stick, loop):
    stick.usb.add_disk("1-1", "sdz", loop.number)
    second = Loop(loop.path, 0)
    try:
        stick.usb.add_loop(second)
        refused(stick, replies.OBJECT, f"{IN_USE} loop{second.index}", ids=STICK)
    finally:
        second.close()
    # As the kernel does with what is bound to nothing any more.
    assert stick.run(["rm", "-r", f"/sys/devices/virtual/block/loop{second.index}/loop"]).code == 0
    granted(stick)


def test_loop_devices_on_other_disks_are_no_obstacle(stick, loop, tmp_path):
    other = Loop(tmp_path / "other")
    second = Loop(other.path, 0)
    try:
        stick.usb.add_disk("1-1", "sdz", loop.number)
        stick.usb.add("1-10", 4, "ffff:0001", node=False)
        stick.usb.add_disk("1-10", "sdy", other.number)
        stick.usb.add_loop(second)
        granted(stick)
    finally:
        second.close()
        other.close()


def test_a_disk_that_cannot_be_looked_at_is_an_obstacle(stick, loop):
    stick.usb.add_disk("1-1", "sdz", loop.number, node=False)
    refused(stick, replies.OBJECT, "cannot tell whether this machine uses its disk sdz", ids=STICK)
    stick.call(lambda: os.symlink(loop.path, "/dev/sdz"))
    refused(stick, replies.OBJECT, "cannot tell", ids=STICK)
    stick.call(lambda: os.unlink("/dev/sdz"))
    stick.call(lambda: os.mknod("/dev/sdz", 0o060600, os.makedev(loop.number[0], 200)))
    refused(stick, replies.OBJECT, "cannot tell", ids=STICK)
    stick.call(lambda: ns.mount("proc", "/sys/class/block", "tmpfs", 0, "mode=000"))
    refused(stick, replies.OBJECT, "cannot tell", ids=STICK)


def holder_of_a_partition(world, loop):
    world.usb.add_disk("1-1", "sdz", loop.number)
    folder = world.usb.add_disk("1-1", "sdz1", loop.number, node=False, partition=1)
    world.path(f"{folder}/holders/dm-0").touch()


def loop_device_on_it(world, loop):
    world.usb.add_disk("1-1", "sdz", loop.number)
    second = Loop(loop.path, 0)
    world.keep(second)
    world.usb.add_loop(second)


def test_nodes_that_a_unit_keeps_closed_are_named(stick, loop):
    """The control group answers EPERM: for the disk that is only looked at, and the device."""
    need("strace")
    stick.usb.add_disk("1-1", "sdz", loop.number)
    for node, allowed in (("/dev/sdz", "block-sd"), (stick.usb.path(1, 3), "char-usb_device")):
        reply = traced(stick, "-P", node, "-e", "inject=openat2:error=EPERM")
        assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence
        assert (f"{node} is forbidden to this service or container: DeviceAllow={allowed} rw"
                in reply.sentence), reply.sentence


@pytest.mark.parametrize("use", (holder_of_a_partition, loop_device_on_it))
def test_attack_36_a_look_that_fails_never_means_free(stick, loop, use):
    """Whichever look at a disk that is in use fails, it is not given."""
    need("strace")
    use(stick, loop)
    opened, *counts = (count_of(stick, call) for call in ("openat", "readlinkat", "getdents64"))
    first = opened - LOOKS
    calls = [("openat", number) for number in range(max(first, 1), opened + 1)]
    calls += [(name, number) for name, count in zip(("readlinkat", "getdents64"), counts)
              for number in range(1, count + 1)]
    assert min(counts) > 0
    for name, number in calls:
        reply = traced(stick, "-e", f"trace={name}", "-e",
                       f"inject={name}:error=ENOMEM:when={number}")
        assert reply is None or (reply.code != 0 and reply.fds == []), (name, number, reply)


def traced(world, *options):
    """The reply to one request under strace, None if there was none."""
    world.usb.reset("1-1", world.usb.path(1, 3))
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                                  strace=["-f", "-qq", "-o", "/tmp/trace", *options])
    try:
        reply = client.ask(request.socket, ids=STICK)
    except (AssertionError, OSError, struct.error):  # it ended before
        reply = None
    request.socket.close()
    request.finish()
    return reply


def count_of(world, call):
    reply = traced(world, "-e", f"trace={call}")
    assert reply.code == replies.OBJECT and IN_USE in reply.sentence, reply.sentence
    lines = world.path("/tmp/trace").read_text(encoding="utf-8").splitlines()
    # strace counts the calls of each process separately: those of the one that makes most.
    counts = collections.Counter(line.split()[0] for line in lines if f" {call}(" in line)
    return max(counts.values(), default=0)


def test_looking_leaves_the_disk_as_it_was(stick, loop):
    """Opened for reading alone, so that udev looks at nothing again; and not kept."""
    need("strace")
    stick.usb.add_disk("1-1", "sdz", loop.number)
    request = stick.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                                  strace=["-f", "-o", "/tmp/trace", "-e", "trace=openat"])
    reply = client.ask(request.socket, ids=STICK)
    request.socket.close()
    assert request.finish().code == 0 and reply.code == 0, reply.sentence
    reply.close()
    opened = [line for line in stick.path("/tmp/trace").read_text(encoding="ascii").splitlines()
              if "O_EXCL" in line]
    assert len(opened) == 2 and all("O_RDONLY" in line for line in opened), opened
    os.close(os.open(loop.path, os.O_RDONLY | os.O_EXCL))
