# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Block devices: what is granted, what is claimed, and what is not given."""

import errno
import fcntl
import os
import shutil
import struct

import pytest

import disk_client as client
import namespaces as ns
import replies
from disks import NAME, RULE, DiskWorld, need_loops
from usbtree import Loop
from world import World

BLKDISCARD, BLKZEROOUT = 0x1277, 0x127F
UUID = "01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def world(stage, tmp_path):
    need_loops()
    with DiskWorld(stage, tmp_path) as world:
        yield world


def need(tool):
    if not shutil.which(tool):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


# ---- what is granted ----

def test_a_granted_disk_is_the_disk_itself_and_claimed(world):
    reply = world.granted()
    fd, = reply.fds
    assert os.fstat(fd).st_rdev == os.makedev(*world.disk.number)
    assert reply.node == f"/dev/loop{world.disk.index}"
    assert reply.bytes == 64 << 20
    assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    os.pwrite(fd, b"written by a guest", 4096)
    assert os.pread(fd, 18, 4096) == b"written by a guest"
    with pytest.raises(OSError) as busy:
        os.open(world.disk.path, os.O_RDONLY | os.O_EXCL)
    assert busy.value.errno == errno.EBUSY
    reply.close()
    os.close(os.open(world.disk.path, os.O_RDONLY | os.O_EXCL))


def test_any_name_that_leads_there_will_do(world):
    world.link("/dev/disk/by-label/whatever", world.disk)
    world.link("/dev/disk/by-id/wwn-0x5000", world.disk)
    for name in (f"/dev/loop{world.disk.index}", "/dev/disk/by-label/whatever",
                 "/dev/disk/by-id/wwn-0x5000"):
        world.granted(name=name).close()


def test_a_disk_is_held_by_one_guest_at_a_time(world):
    reply = world.granted()
    world.refused(replies.OBJECT, "in use", "another guest")
    reply.close()
    world.granted().close()


def test_a_node_that_a_unit_keeps_closed_is_named(world):
    """The control group answers EPERM: for the disk, and for what may stand on it."""
    other = world.add_disk()
    for loop, words in ((world.disk, f"DeviceAllow=/dev/loop{world.disk.index} rw"),
                        (other, "DeviceAllow=block-loop rw")):
        world.refused(replies.OBJECT, "is forbidden to this service or container", words,
                      strace=["-f", "-qq", "-o", "/tmp/trace", "-P", f"/dev/loop{loop.index}",
                              "-e", "inject=openat2:error=EPERM"])


def test_a_mount_says_busy_while_a_guest_has_the_disk(world):
    need("mkfs.ext4")
    path = f"/dev/loop{world.disk.index}"
    assert world.run(["mkfs.ext4", "-q", path]).code == 0
    reply = world.granted()
    world.call(lambda: os.makedirs("/mnt/disk", exist_ok=True))
    with pytest.raises(AssertionError, match="resource busy"):
        world.call(lambda: ns.mount(path, "/mnt/disk", "ext4"))
    reply.close()
    world.call(lambda: ns.mount(path, "/mnt/disk", "ext4"))
    world.call(lambda: ns.umount("/mnt/disk"))


def test_attack_88_a_read_only_rule_gives_what_cannot_be_written(world):
    world.write_acl(f"allow disk {NAME} user alice ro polkit=no\n")
    world.refused(replies.UNSUPPORTED, "read-only", ",ro")
    reply = world.granted(flags=client.READ_ONLY)
    fd, = reply.fds
    assert reply.flags & client.NODE_READ_ONLY
    assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    with pytest.raises(OSError):
        os.pwrite(fd, b"x", 0)
    reply.close()


def test_a_rule_that_may_write_also_gives_it_read_only(world):
    reply = world.granted(flags=client.READ_ONLY)
    assert fcntl.fcntl(reply.fds[0], fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
    reply.close()


def test_a_query_says_and_opens_nothing(world):
    reply = world.granted(flags=client.QUERY)
    assert (reply.fds, reply.bytes) == ([], 64 << 20)
    assert reply.node == f"/dev/loop{world.disk.index}"


def test_a_partition_by_its_id_in_a_gpt(world):
    number = world.disk.partition()
    part = f"loop{world.disk.index}p1"
    world.add_node(part, number)
    world.link(f"/dev/disk/by-partuuid/{UUID}", part)
    world.write_acl(f"allow disk /dev/disk/by-partuuid/{UUID} user alice polkit=no\n")
    reply = world.granted(name=f"/dev/disk/by-partuuid/{UUID}")
    assert (os.fstat(reply.fds[0]).st_rdev, reply.bytes) == (os.makedev(*number), 32 << 20)
    # Its disk has another owner: this one.
    world.write_acl(RULE)
    world.refused(replies.OBJECT, "in use")
    reply.close()
    # A link by that name to a whole disk is no partition.
    world.link(f"/dev/disk/by-partuuid/{UUID}", world.disk)
    world.write_acl(f"allow disk /dev/disk/by-partuuid/{UUID} user alice polkit=no\n")
    world.refused(replies.DENIED, name=f"/dev/disk/by-partuuid/{UUID}")


# ---- rules ----

def test_who_has_no_rule_hears_the_same_of_what_is_and_is_not_there(world):
    there = world.refused(replies.DENIED, user="bob")
    missing = world.refused(replies.DENIED, user="bob", name="/dev/disk/by-id/ata-none")
    assert missing == there.replace(NAME, "/dev/disk/by-id/ata-none")


def test_who_has_a_rule_hears_that_the_disk_is_missing(world):
    world.write_acl("allow disk /dev/disk/by-id/ata-none user alice polkit=no\n")
    world.refused(replies.OBJECT, "no such disk", name="/dev/disk/by-id/ata-none")


@pytest.mark.parametrize("deny", (f"deny disk {NAME}", "deny disk *"))
def test_a_deny_wins(world, deny):
    world.write_acl(RULE + deny + "\n")
    world.refused(replies.DENIED)


def test_attack_64_a_deny_is_about_all_that_shares_bytes(world):
    """A partition of a forbidden disk, the disk of a forbidden partition."""
    part = f"loop{world.disk.index}p1"
    world.add_node(part, world.disk.partition())
    world.link(f"{NAME}-part1", part)
    world.write_acl(f"allow disk {NAME}-part1 user alice polkit=no\ndeny disk {NAME}\n")
    world.refused(replies.DENIED, name=f"{NAME}-part1")
    world.write_acl(RULE + f"deny disk {NAME}-part1\n")
    world.refused(replies.DENIED)


def test_attack_64_a_rule_for_a_disk_gives_no_partition_of_it(world):
    part = f"loop{world.disk.index}p1"
    world.add_node(part, world.disk.partition())
    world.refused(replies.DENIED, name=f"/dev/{part}")


@pytest.mark.parametrize("name, part", (
    ("/dev/disk/by-label/data", "chooses its label"),
    ("/dev/disk/by-uuid/1234-5678", "chooses its label"),
    ("/dev/disk/by-partlabel/data", "chooses its label"),
    ("/dev/disk/by-id/lvm-pv-uuid-abc", "chooses this name"),
    ("/dev/disk/by-partuuid/0a1b2c3d-01", "GPT"),
    ("/dev/disk/by-diskseq/5", "a rule may use by-id"),
    ("/dev/sda", "in the order in which disks are found"),
    ("/dev/mapper/control", "expected a name"),
    ("/dev/vg/../sda", "expected a name"),
    ("/dev/bus/usb", "expected a name"),
    ("/etc/passwd", "expected a name"),
))
def test_attack_86_names_that_no_rule_may_use(world, name, part):
    world.write("/tmp/draft.conf", f"allow disk {name} user alice\n")
    result = world.run(["vmgrant", "check-acl", "/tmp/draft.conf"])
    assert result.code == replies.POLICY and part in result.stderr.decode(), result.stderr


def test_attack_86_a_name_that_others_than_root_can_make(world):
    """A link that alice made, and one in a folder that everybody may write to."""
    path = f"/dev/loop{world.disk.index}"
    world.call(lambda: os.symlink(path, "/dev/shm/disk"), user="alice")
    world.refused(replies.DENIED, name="/dev/shm/disk")
    world.call(lambda: os.makedirs("/dev/vg", exist_ok=True))
    world.call(lambda: os.chmod("/dev/vg", 0o777))
    world.call(lambda: os.symlink(path, "/dev/vg/lv"))
    world.write_acl("allow disk /dev/vg/lv user alice polkit=no\n")
    world.refused(replies.OBJECT, "others than root", name="/dev/vg/lv")
    world.refused(replies.DENIED, name=path)


def test_attack_86_a_volumes_name_that_leads_to_something_else(world):
    """Only what device-mapper calls so is meant by the names of volumes."""
    world.link("/dev/vg/lv", world.disk)
    world.link("/dev/mapper/data", world.disk)
    for name in ("/dev/vg/lv", "/dev/mapper/data"):
        world.write_acl(f"allow disk {name} user alice polkit=no\n")
        world.refused(replies.DENIED, name=name)


# ---- in use (attack 86) ----

def test_attack_86_a_mounted_disk_and_its_partition(world):
    """By whoever, and also in another namespace: that is the kernel's word."""
    need("mkfs.ext4")
    part = f"loop{world.disk.index}p1"
    world.add_node(part, world.disk.partition())
    world.link(f"{NAME}-part1", part)
    world.write_acl(RULE + f"allow disk {NAME}-part1 user alice polkit=no\n")
    assert world.run(["mkfs.ext4", "-q", f"/dev/{part}"]).code == 0
    world.call(lambda: os.makedirs("/mnt/part", exist_ok=True))
    world.call(lambda: ns.mount(f"/dev/{part}", "/mnt/part", "ext4"))
    try:
        for name in (NAME, f"{NAME}-part1"):
            world.refused(replies.OBJECT, f"in use: {part} is mounted on /mnt/part", name=name)
            # A question says so, too.
            world.refused(replies.OBJECT, "mounted on", name=name, flags=client.QUERY)
    finally:
        world.call(lambda: ns.umount("/mnt/part"))
    for name in (NAME, f"{NAME}-part1"):
        world.granted(name=name).close()


def test_attack_86_a_disk_that_another_namespace_has_mounted(world, stage):
    need("mkfs.ext4")
    path = f"/dev/loop{world.disk.index}"
    assert world.run(["mkfs.ext4", "-q", path]).code == 0
    with World(stage) as other:
        other.call(lambda: os.mknod(path, 0o060600, os.makedev(*world.disk.number)))
        other.call(lambda: os.makedirs("/mnt/disk"))
        other.call(lambda: ns.mount(path, "/mnt/disk", "ext4"))
        world.refused(replies.OBJECT, "in use", "another namespace")
        other.call(lambda: ns.umount("/mnt/disk"))
    world.granted().close()


def test_attack_86_a_partition_of_a_disk_in_use_as_a_whole(world):
    part = f"loop{world.disk.index}p1"
    world.add_node(part, world.disk.partition())
    world.link(f"{NAME}-part1", part)
    world.write_acl(f"allow disk {NAME}-part1 user alice polkit=no\n")
    claim = os.open(world.disk.path, os.O_RDONLY | os.O_EXCL)
    world.refused(replies.OBJECT, "in use", name=f"{NAME}-part1")
    os.close(claim)
    world.granted(name=f"{NAME}-part1").close()


def test_attack_86_swap(world):
    need("mkswap")
    path = f"/dev/loop{world.disk.index}"
    assert world.run(["mkswap", "-q", path]).code == 0
    assert world.run(["swapon", path]).code == 0
    try:
        world.refused(replies.OBJECT, f"in use: loop{world.disk.index} is swap")
    finally:
        assert world.run(["swapoff", path]).code == 0


def test_attack_86_a_loop_device_on_the_disk(world):
    second = Loop(world.disk.path, 0)
    world.add_node(f"loop{second.index}", second.number)
    try:
        world.refused(replies.OBJECT, f"in use: loop{second.index} stands on it")
    finally:
        second.close()
    world.granted().close()


# ---- read-only (attack 88) ----

def test_attack_88_a_read_only_disk_is_not_opened_for_writing_again(world):
    """By /proc, as the user who has it; nor do the calls write that need no write()."""
    node = f"/dev/loop{world.disk.index}"
    world.call(lambda: os.chmod(node, 0o660))
    reply = world.granted(flags=client.READ_ONLY)
    fd, = reply.fds

    def reopen():
        try:
            os.close(os.open(f"/proc/self/fd/{fd}", os.O_RDWR))
        except OSError as error:
            return error.errno
        return 0
    assert world.call(reopen, user="alice", keep=(fd,)) == errno.EACCES
    for call in (BLKDISCARD, BLKZEROOUT):
        with pytest.raises(OSError) as refused:
            fcntl.ioctl(fd, call, struct.pack("QQ", 0, 4096))
        assert refused.value.errno in (errno.EBADF, errno.EPERM, errno.EOPNOTSUPP)
    reply.close()
