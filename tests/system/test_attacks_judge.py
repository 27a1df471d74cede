# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 56: what a judge in somebody else's hand gets from the helper.

Every order with every field wrong: hostile_judge.py is in the judge's place. What it can get is
the list in doc/security.md.
"""

import errno
import os
import resource
import stat
import struct

import pytest

import orders
import replies
from hostile_judge import Judge, look, judge, shared  # pylint: disable=unused-import
from tun import tungetiff
from usbtree import Loop
from world import JOURNAL

ETH_MULTICAST, ETH_LOCAL = b"\x01\0\x5e\0\0\1", b"\x52\x54\0\0\0\1"


# ---- what it can get: a port, for the caller, on the record ----

def test_attack_56_a_port_is_always_the_callers_and_on_the_record(shared, judge):
    sink = shared.sink(JOURNAL)
    answer = judge.give(orders.port())
    assert answer.result == 0 and len(answer.fds) == 1
    name = answer.port_name
    assert tungetiff(answer.fds[0])[0] == name
    assert "(uid 1000) on br0" in shared.sysfs(name, "ifalias")
    (record,) = sink.records()
    assert b"VMGRANT_RESULT=granted" in record and b"VMGRANT_UID=1000" in record
    assert f"VMGRANT_GIVEN=port {name} on bridge br0".encode() in record
    for fd in answer.fds:
        os.close(fd)


def test_attack_56_no_order_makes_it_root(judge):
    look(judge)
    for data in (orders.order(orders.BEGIN, struct.pack("=I", 1)),
                 orders.walk(orders.ROOT), orders.order(orders.ASKED), orders.port(),
                 orders.order(orders.FINISH)):
        judge.socket.send(data)
        status = judge.status()
        assert status["Uid"].split()[0] == "1000" and "0" not in status["Uid"].split()
        assert int(status["CapEff"], 16) & ~(1 << 12 | 1 << 1 | 1 << 24) == 0
        assert int(status["CapPrm"], 16) & ~(1 << 12 | 1 << 1 | 1 << 24) == 0
        assert status["NoNewPrivs"] == "1" and status["Groups"].split() == []


def test_attack_56_locked_memory_is_on_the_record(shared):
    """A process may have a soft limit below its hard one; up to that no capability is needed."""
    limits = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    judge = Judge(shared, as_root=lambda: resource.setrlimit(resource.RLIMIT_MEMLOCK,
                                                             (65536, limits[1])))
    sink = shared.sink(JOURNAL)
    assert judge.give(orders.memlock(131072)).result == 0
    (record,) = sink.records()
    assert b"VMGRANT_RESULT=granted" in record and b"VMGRANT_UID=1000" in record
    assert b"VMGRANT_GIVEN=locked memory up to 131072 bytes for process " in record
    judge.end()


# ---- what is none ends the helper, and gives nothing ----

BAD_PORTS = {
    "unknown flag": {"flags": orders.SEALED | 1 << 6},
    "all flags": {"flags": 2**32 - 1},
    "direct with two queues": {"flags": 0, "queues": 2},
    "delivered with vhost": {"flags": orders.DELIVER | orders.VHOST},
    "direct and locked": {"flags": orders.LOCK_MAC, "mac": ETH_LOCAL},
    "no queue": {"queues": 0},
    "seventeen queues": {"queues": 17},
    "VLAN 4095": {"vlan": 4095},
    "slot 1024": {"slot_first": 1024},
    "no slot": {"slot_count": 0},
    "1,025 slots": {"slot_count": 1025},
    "a multicast address": {"flags": orders.SEALED | orders.LOCK_MAC, "mac": ETH_MULTICAST},
    "a manufacturer's address": {"flags": orders.SEALED | orders.LOCK_MAC, "mac": b"\0\x11\x22345"},
    "an address without the flag": {"mac": ETH_LOCAL},
    "padding": {"zero": bytes(5) + b"\1"},
    "no name": {"bridge": b""},
    "a name without an end": {"bridge": b"x" * 16},
    "something behind the name": {"bridge": b"br0\0x"},
    "a path": {"bridge": b"../br0"},
    "a format": {"bridge": b"br%d"},
    "an alias": {"bridge": b"br0:1"},
    "a control character": {"bridge": b"br\x1b"},
    "words with a newline": {"text": orders.words(user=b"a\nb")},
    "words without an end": {"text": orders.words(rule=b"x" * 320)},
    "words that are not ASCII": {"text": orders.words(object_="ü".encode())},
}


@pytest.mark.parametrize("name", BAD_PORTS)
def test_attack_56_a_port_with_a_wrong_field_is_not_made(shared, name):
    judge = Judge(shared)
    judge.socket.send(orders.port(**BAD_PORTS[name]))
    result = judge.end()
    assert result.code == replies.INTERNAL and b"broken the rules" in result.stderr, result
    assert not result.fds
    shared.wait_no_taps()


MALFORMED = {
    "an answer of its own": struct.pack("=IiII", orders.PORT, 0, 0, 1).ljust(orders.ANSWER_SIZE, b"\0"),
    "nothing of an order": b"x",
    "a short one": orders.order(orders.FINISH)[:-1],
    "a long one": orders.order(orders.FINISH) + b"\0",
    "type 0": orders.order(0),
    "type 15": orders.order(15),
    "type 2^31": orders.order(2**31),
    "a reserved word": orders.order(orders.FINISH, zero=1),
    "something behind": orders.order(orders.FINISH, b"\1"),
    "rights that there are not": orders.order(orders.KEEP, struct.pack("=I", 16)),
    "a step that there is not": orders.walk(4),
    "the way up": orders.walk(orders.ENTER, b".."),
    "the folder itself": orders.walk(orders.ENTER, b"."),
    "two components": orders.walk(orders.ENTER, b"etc/shadow"),
    "an empty component": orders.walk(orders.ENTER, b""),
    "a component without an end": orders.walk(orders.ENTER, b"x" * 256),
    "a name of the root": orders.walk(orders.ROOT, b"etc"),
    "a USB port up": orders.usb(b"../../block/sda"),
    "a hidden USB port": orders.usb(b".."),
    "no USB port": orders.usb(b""),
    "bus 0": orders.usb(b"1-1", bus=0),
    "device 1000": orders.usb(b"1-1", device=1000),
    "a disk elsewhere": orders.disk(b"../sda"),
    "a look that there is not": orders.disk(b"sda", 3),
    "a block device elsewhere": orders.block(b"../sda"),
    "no block device": orders.block(b""),
    "a name without an end": orders.block(b"x" * 31),
    "half a flag": orders.block(b"sda", read_only=2),
    "a flag that is none": orders.vfio(1, iommufd=2),
    "memory with words that do not end": orders.memlock(1, orders.words(rule=b"x" * 320)),
    "a status that there is not": orders.end(99, b"x"),
    "a yes with a sentence": orders.end(0, b"x"),
    "a no without one": orders.end(7),
    "a sentence with an escape": orders.end(7, b"\x1b[31m"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_attack_56_what_is_no_order_ends_the_helper(shared, name):
    judge = Judge(shared)
    judge.socket.send(MALFORMED[name])
    result = judge.end()
    assert result.code == replies.INTERNAL and b"broken the rules" in result.stderr, result
    assert not result.fds
    shared.wait_no_taps()


# ---- what is compared with what the helper knows ----

@pytest.mark.parametrize("name", (b"lo", b"nothere", b"port0", b"second"))
def test_attack_56_what_is_no_bridge_gets_no_port(shared, judge, name):
    """Also a bridge by its second name: the policy was asked about another."""
    shared.ip("link add port0 type veth peer name port1", "link property add dev br0 altname second")
    answer = judge.give(orders.port(name))
    shared.ip("link del port0", "link property del dev br0 altname second")
    assert answer.result in (-errno.ENODEV, -errno.ENOTSUP) and not answer.fds
    shared.wait_no_taps()


def test_attack_56_a_judgement_of_long_ago_or_of_the_future(shared, judge):
    for judged_ms in (0, orders.now_ms() - 6000, orders.now_ms() + 60000, 2**64 - 1):
        answer = judge.give(orders.port(judged_ms=judged_ms))
        assert answer.result == -errno.ETIME and not answer.fds


def test_attack_56_a_native_helper_delivers_nothing_by_itself(judge):
    answer = judge.give(orders.port(flags=orders.DELIVER))
    assert answer.result == -errno.EINVAL and not answer.fds


def test_attack_56_what_was_given_up_does_not_come_back(shared, judge):
    judge.socket.send(orders.order(orders.KEEP, struct.pack("=I", 0)))
    judge.socket.send(orders.order(orders.KEEP, struct.pack("=I", 15)))
    assert judge.give(orders.port()).result == -errno.EPERM
    assert judge.give(orders.disk(b"loop0")).result < 0
    assert judge.give(orders.block(b"loop0")).result == -errno.EPERM
    assert int(judge.status()["CapPrm"], 16) == 0
    shared.wait_no_taps()


def test_attack_56_a_drop_in_has_nothing_but_ports(shared):
    judge = Judge(shared, ["--br=br0", "--fd=9"], channel=None)
    # A stream: the relay keeps the borders only as long as one side waits for the other.
    for data in (orders.usb(b"1-1"), orders.vfio(1), orders.disk(b"loop0"), orders.block(b"loop0")):
        judge.socket.send(data)
        answer = orders.Answer(*orders.receive(judge.socket))
        assert answer.result in (-errno.EPERM, -errno.ENOENT) and not answer.fds
    assert int(judge.status()["CapPrm"], 16) == 1 << 12
    assert judge.end().code == replies.INTERNAL


# ---- disks ----

@pytest.fixture
def loop(shared, tmp_path):
    if not os.path.exists("/dev/loop-control"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("this machine has no loop devices")
    loop = Loop(tmp_path / "disk", 1 << 20)
    node = f"/dev/loop{loop.index}"
    shared.call(lambda: os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(*loop.number)))
    yield loop
    shared.call(lambda: os.unlink(node))
    loop.close()


def sequence(loop):
    with open(f"/sys/block/loop{loop.index}/diskseq", encoding="ascii") as file:
        return int(file.read())


def test_attack_56_a_disk_that_nothing_claims_on_the_record(shared, judge, loop):
    """Also of no rule: the honest judge gives the right to disks up before it reads a request."""
    name = f"loop{loop.index}".encode()
    sink = shared.sink(JOURNAL)
    answer = judge.give(orders.block(name, sequence(loop)))
    assert (answer.result, answer.fd_count) == (0, 1)
    (record,) = sink.records()
    assert b"VMGRANT_ACTION=org.vmgrant.disk" in record and b"VMGRANT_UID=1000" in record
    assert b"VMGRANT_GIVEN=/dev/" + name in record
    assert os.fstat(answer.fds[0]).st_rdev == os.makedev(*loop.number)
    assert judge.give(orders.block(name, sequence(loop))).result == -errno.EBUSY
    os.close(answer.fds[0])


def test_attack_56_a_disk_is_claimed_by_others_another_one_or_judged_long_ago(judge, loop):
    name = f"loop{loop.index}".encode()
    claim = os.open(loop.path, os.O_RDONLY | os.O_EXCL)
    assert judge.give(orders.block(name)).result == -errno.EBUSY
    os.close(claim)
    assert judge.give(orders.block(name, sequence(loop) + 1)).result == -errno.ESTALE
    assert judge.give(orders.block(name, judged_ms=0)).result == -errno.ETIME
    assert judge.give(orders.block(b"nothere")).result == -errno.ENOENT


def test_attack_56_no_disk_after_that_right_alone_was_given_up(judge, loop):
    judge.socket.send(orders.order(orders.KEEP, struct.pack("=I", orders.PORTS | orders.NODES)))
    assert judge.give(orders.block(f"loop{loop.index}".encode())).result == -errno.EPERM


# ---- files, as the caller and no more ----

def open_by_walk(judge, path):
    parts = path.strip("/").split("/")
    fds = judge.give(orders.walk(orders.ROOT)).fds
    for part in parts[:-1]:
        answer = judge.give(orders.walk(orders.ENTER, part.encode()))
        fds += answer.fds
        if answer.result < 0:
            break
    answer = judge.give(orders.walk(orders.OPEN, parts[-1].encode()))
    for fd in fds:
        # A place, from which nothing can be read.
        with pytest.raises(OSError):
            os.read(fd, 1)
        os.close(fd)
    return answer


@pytest.mark.parametrize("path, problem", (
    ("/etc/shadow", errno.EACCES), ("/tmp/of-root", errno.EACCES), ("/tmp/fifo", errno.EINVAL),
    ("/dev/net/tun", errno.EINVAL), ("/tmp/folder", errno.EINVAL), ("/tmp/link", errno.EINVAL),
    ("/tmp/closed/file", errno.EACCES), ("/nowhere", errno.ENOENT)))
def test_attack_56_a_walk_opens_what_the_caller_may_read_and_nothing_else(shared, judge, path,
                                                                          problem):
    shared.write("/tmp/of-root", "secret", 0o600)
    shared.write("/tmp/closed/file", "secret", 0o644)
    shared.path("/tmp/closed").chmod(0o700)
    shared.run(["sh", "-c", "cd /tmp; rm -rf fifo folder link; mkfifo -m 666 fifo; mkdir folder;"
                "ln -s /etc/passwd link"])
    answer = open_by_walk(judge, path)
    assert answer.result == -problem and not answer.fds


def test_attack_56_what_a_walk_opens_is_for_reading(shared, judge):
    shared.write("/tmp/mine", "words", 0o666)
    (fd,) = open_by_walk(judge, "/tmp/mine").fds
    assert os.read(fd, 9) == b"words" and stat.S_ISREG(os.fstat(fd).st_mode)
    with pytest.raises(OSError):
        os.write(fd, b"x")
    os.close(fd)
