# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 56: what a judge in somebody else's hand gets from the helper.

The judge here is tests/attack/hostile-judge.c, which passes on what the test says: every
order with every field wrong, in every order, floods, its own descriptors, its death. What
it can get is the list in doc/security.md.
"""

import errno
import os
import resource
import shutil
import signal
import stat
import struct
import time

import pytest

import orders
import protocol_client
import replies
from looking import files_of
from process import wait_until
from tun import tungetiff
from usbtree import Loop
from world import JOURNAL, World

HOSTILE = "/usr/libexec/vmgrant/hostile-helper"
ETH_MULTICAST, ETH_LOCAL = b"\x01\0\x5e\0\0\1", b"\x52\x54\0\0\0\1"


@pytest.fixture(scope="module")
def shared(stage):
    built = os.path.join(os.environ.get("VMGRANT_BUILD", "."), "tests/attack/hostile-helper")
    with World(stage) as world:
        world.bridge("br0")
        # Nobody may have anything: no rule stands between the judge and the helper.
        world.write_acl("")
        shutil.copy(built, world.path(HOSTILE))
        os.chown(world.path(HOSTILE), 0, 0)
        world.path(HOSTILE).chmod(0o4755)
        yield world


class Judge:
    """A helper, and the test in its judge's place."""

    def __init__(self, world, arguments=("--fd=9",), channel=protocol_client.pair, **options):
        self.request = world.start_request("alice", helper=HOSTILE, argv0="vmgrant-helper",
                                           channel=channel, arguments=list(arguments), **options)
        self.socket, self.pid = self.request.socket, self.request.pid

    def give(self, data):
        return orders.give(self.socket, data)

    def status(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)

    def end(self):
        self.socket.close()
        return self.request.finish()


@pytest.fixture
def judge(shared):
    judge = Judge(shared)
    yield judge
    judge.end()
    shared.wait_no_taps()


def look(judge):
    """An order that changes nothing and is answered."""
    answer = judge.give(orders.order(orders.ASKED))
    assert answer.kind == orders.ASKED and answer.result == 0
    return answer


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


# ---- orders in every order, floods, descriptors, death ----

# Each with what it may bring: no device that is asked for is there.
WELL_FORMED = (
    (orders.order(orders.KEEP, struct.pack("=I", 15)), None),
    (orders.order(orders.BEGIN, struct.pack("=I", 1)), None),
    (orders.order(orders.FINISH), None),
    (orders.order(orders.MEMLOCK_UNDO), None),
    (orders.walk(orders.ROOT), 1),
    (orders.walk(orders.ENTER, b"etc"), 1),
    (orders.usb(b"1-1"), 0),
    (orders.disk(b"none"), 0),
    (orders.block(b"none"), 0),
    (orders.vfio(999999), 0),
    (orders.memlock(0), 0),
    (orders.order(orders.ASK), 1),
    (orders.order(orders.ASKED), 0),
)


def test_attack_56_orders_in_every_order_bring_what_each_brings_alone(shared):
    """Every pair of them one after the other, as an honest judge never sends them, with ports between."""
    judge = Judge(shared)
    shared.write("/usr/libexec/vmgrant/vmgrant-authorize", "#!/bin/sh\nexit 1\n", 0o755)
    kept = []
    for first in WELL_FORMED:
        for pair in ((first, second) for second in WELL_FORMED):
            for data, most in pair:
                if most is None:
                    judge.socket.send(data)
                    continue
                answer = judge.give(data)
                assert answer.kind == struct.unpack_from("=I", data)[0], (data[:16], answer.data)
                assert len(answer.fds) <= most, (data[:16], answer.result)
                for fd in answer.fds:
                    os.close(fd)
        made = judge.give(orders.port())
        assert made.result == 0 and shared.sysfs(made.port_name, "ifalias").endswith("(uid 1000) on br0")
        for fd in kept:
            os.close(fd)
        kept = made.fds
    status = judge.status()
    assert "0" not in status["Uid"].split() and int(status["CapEff"], 16) == 0
    assert int(status["CapPrm"], 16) & ~(1 << 12 | 1 << 1 | 1 << 24) == 0
    # What it keeps lives as long as it does, and no longer.
    judge.end()
    assert made.port_name in shared.taps()
    for fd in kept:
        os.close(fd)
    shared.wait_no_taps()

def test_attack_56_a_flood_of_orders_leaves_nothing_behind(shared, judge):
    look(judge)
    before = len(files_of(judge.pid))
    for _ in range(2000):
        look(judge)
    for _ in range(50):
        assert judge.give(orders.walk(orders.ENTER, b"etc")).result == -errno.EINVAL
    wait_until(lambda: len(files_of(judge.pid)) <= before, "every descriptor to be closed")


def test_attack_56_descriptors_that_come_with_an_order_are_not_taken(judge):
    look(judge)
    before = len(files_of(judge.pid))
    with open("/dev/null", "rb") as null:
        for _ in range(10):
            judge.socket.sendmsg([orders.order(orders.ASKED)], [
                (1, 1, struct.pack("3i", *[null.fileno()] * 3))])
            assert orders.Answer(*orders.receive(judge.socket)).result == 0
    wait_until(lambda: len(files_of(judge.pid)) <= before, "every descriptor to be closed")


def test_attack_56_one_asker_at_a_time_and_only_as_the_account(shared, judge):
    shared.path("/usr/libexec/vmgrant/vmgrant-authorize").unlink()
    shared.write("/usr/libexec/vmgrant/vmgrant-authorize",
                 "#!/bin/sh\nid -u >/tmp/asker-uid\nexec sleep 1000\n", 0o755)
    first = judge.give(orders.order(orders.ASK))
    assert first.result == 0 and len(first.fds) == 1
    assert judge.give(orders.order(orders.ASK)).result == -errno.EALREADY
    wait_until(shared.path("/tmp/asker-uid").exists, "the asker")
    service = shared.run(["id", "-u", "vmgrant"]).stdout
    wait_until(lambda: shared.path("/tmp/asker-uid").read_bytes() == service, "its uid")
    assert judge.give(orders.order(orders.ASKED)).result == 0
    os.close(first.fds[0])


def test_attack_56_a_judge_that_dies_is_a_refusal(shared):
    result = Judge(shared).end()
    assert result.code == replies.INTERNAL and b"has ended" in result.stderr


def test_attack_56_a_judge_that_never_ends_is_ended(shared):
    judge = Judge(shared)
    start = time.monotonic()
    judge.socket.send(b"sleep")
    # Half a minute for a request; whoever waits is not held for ever.
    result = judge.request.finish(120)
    assert result.code == -signal.SIGKILL and time.monotonic() - start > 20
