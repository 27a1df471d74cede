# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Disks that change while polkit asks, what polkit and the log are told, and stopped helpers."""

import ctypes
import fcntl
import contextlib
import os
import signal
import struct

import pytest

import disk_client as client
import protocol_client
import replies
from askers import RUNNING, TOKEN, install_asker
from disks import NAME, DiskWorld, need_loops
from process import wait_until
from usbtree import LOOP_CLR_FD, LOOP_SET_FD, Loop
from world import JOURNAL

ASKED, GO = "/tmp/asked", "/tmp/go"
WRITING = f'printf "%s\\n" "$QUESTION" >{ASKED}; printf "{TOKEN}"'
HELD = f'echo >{RUNNING}; while [ ! -e {GO} ]; do sleep 0.01; done; printf "{TOKEN}"'
BLKPG, BLKPG_DEL, BLKPG_ADD = 0x1269, 2, 1


@pytest.fixture
def world(stage, tmp_path):
    need_loops()
    with DiskWorld(stage, tmp_path) as world:
        world.write_acl(f"allow disk {NAME} user alice\n")
        yield world


def start_held(world, name=NAME, flags=client.INTERACTIVE):
    """A request of alice's that waits for polkit's answer."""
    install_asker(world, HELD)
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    request.socket.send(client.encode(1, name, flags))
    wait_until(lambda: world.path(RUNNING).exists(), "the asker to run")
    return request


def answer_of(world, request):
    """Let polkit say yes; the helper's answer to that."""
    world.path(GO).touch()
    reply = client.receive(request.socket)
    request.socket.close()
    assert request.finish().code == 0
    return reply


def partition_call(loop, operation, start=1 << 20, size=32 << 20):
    part = ctypes.create_string_buffer(struct.pack("qqi64s64s4x", start, size, 1, b"", b""))
    fcntl.ioctl(loop.fd, BLKPG, struct.pack("iiiP", operation, 0, len(part) - 1,
                                            ctypes.addressof(part)))


def test_a_disk_that_stays_is_given_after_the_prompt(world):
    reply = answer_of(world, start_held(world))
    assert reply.code == 0, reply.sentence
    reply.close()


def bind_again(world, path):
    """Another file behind the same loop device: the same number, the next diskseq."""
    fcntl.ioctl(world.disk.fd, LOOP_CLR_FD)
    os.close(world.disk.fd)
    world.disk.fd = os.open(world.disk.path, os.O_RDWR)
    os.close(world.disk.backing)
    world.disk.backing = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.ftruncate(world.disk.backing, 64 << 20)

    def bound():
        try:
            fcntl.ioctl(world.disk.fd, LOOP_SET_FD, world.disk.backing)
        except OSError:
            return False
        return True
    wait_until(bound, "the loop device to be free")


def test_attack_87_another_disk_of_the_same_name_and_number(world, tmp_path):
    request = start_held(world)
    bind_again(world, tmp_path / "other")
    reply = answer_of(world, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence
    assert "exchanged or unplugged meanwhile" in reply.sentence


def test_attack_87_the_link_leads_elsewhere_by_now(world):
    """What was judged is given, not what the name leads to afterwards."""
    request = start_held(world)
    world.link(NAME, world.add_disk())
    reply = answer_of(world, request)
    assert reply.code == 0, reply.sentence
    assert os.fstat(reply.fds[0]).st_rdev == os.makedev(*world.disk.number)
    reply.close()


def test_attack_87_a_partition_that_moves(world):
    """The same number and the same diskseq, other bytes."""
    part = f"loop{world.disk.index}p1"
    world.add_node(part, world.disk.partition())
    world.link(f"{NAME}-part1", part)
    world.write_acl(f"allow disk {NAME}-part1 user alice\n")
    request = start_held(world, f"{NAME}-part1")
    partition_call(world.disk, BLKPG_DEL)
    partition_call(world.disk, BLKPG_ADD, start=2 << 20)
    reply = answer_of(world, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence


def test_attack_87_a_node_of_another_disk(world):
    request = start_held(world)
    world.add_node(f"loop{world.disk.index}", world.add_disk().number)
    reply = answer_of(world, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence


def test_attack_87_a_disk_that_is_used_by_now(world):
    """Claimed, or below a loop device: also after the question."""
    request = start_held(world)
    claim = os.open(world.disk.path, os.O_RDONLY | os.O_EXCL)
    reply = answer_of(world, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, []) and "in use" in reply.sentence
    os.close(claim)
    world.path(GO).unlink()
    world.path(RUNNING).unlink()
    request = start_held(world)
    second = Loop(world.disk.path, 0)
    world.add_node(f"loop{second.index}", second.number)
    try:
        reply = answer_of(world, request)
        assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence
        assert "stands on it" in reply.sentence
    finally:
        second.close()


def test_attack_55_a_policy_that_changes_while_polkit_asks(world):
    request = start_held(world)
    world.write_acl("")
    reply = answer_of(world, request)
    assert (reply.code, reply.fds) == (replies.POLICY, [])


# ---- what is told ----

def test_attack_31_the_details_name_the_disk(world):
    install_asker(world, WRITING)
    world.link("/dev/disk/by-label/harmless", world.disk)
    world.granted(name="/dev/disk/by-label/harmless").close()
    words = world.path(ASKED).read_text(encoding="ascii").splitlines()
    pairs = [word.removeprefix("detail=").partition("=") for word in words
             if word.startswith("detail=")]
    assert "action=org.vmgrant.disk" in words
    assert {key: value for key, _, value in pairs} == {
        "device": NAME, "name": f"loop{world.disk.index}", "size": str(64 << 20),
        "read-only": "no", "serial": "", "user": "alice"}


def test_attack_60_the_record_names_the_disk_and_the_rule(world):
    world.write_acl(f"allow disk {NAME} user alice polkit=no\n")
    sink = world.sink(JOURNAL)
    world.granted().close()
    world.refused(replies.DENIED, user="bob")
    records = [record.decode() for record in sink.records()]
    granted, = (record for record in records if "VMGRANT_RESULT=granted" in record)
    name = f"loop{world.disk.index}"
    assert "VMGRANT_ACTION=org.vmgrant.disk" in granted and f"VMGRANT_GIVEN=/dev/{name}" in granted
    assert f"VMGRANT_OBJECT=disk {NAME}" in granted and "VMGRANT_RULE=/etc/vmgrant/" in granted
    with open(f"/sys/block/{name}/diskseq", encoding="ascii") as file:
        sequence = file.read().strip()
    major, minor = world.disk.number
    assert (f"VMGRANT_DEVICE={name} {major}:{minor} diskseq {sequence} {64 << 20} bytes"
            in granted), granted
    refused, = (record for record in records if "VMGRANT_RESULT=refused" in record)
    assert f"VMGRANT_OBJECT=disk {NAME}" in refused


# ---- stopped ----

def holds(pid, number):
    """Does a process have the disk open?"""
    folder = f"/proc/{pid}/fd"
    try:
        return any(os.stat(f"{folder}/{fd}").st_rdev == os.makedev(*number)
                   for fd in os.listdir(folder))
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_attack_51_a_helper_stopped_with_the_disk_in_its_hand(world):
    """Its own timer ends it, and the disk is free again; tried until it is caught at it."""
    world.write_acl(f"allow disk {NAME} user alice polkit=no\n")

    def free():
        try:
            os.close(os.open(world.disk.path, os.O_RDONLY | os.O_EXCL))
        except OSError:
            return False
        return True
    for _ in range(int(os.environ.get("VMGRANT_STOPS", "5"))):
        request = world.start_request("alice", channel=protocol_client.pair,
                                      arguments=["--fd=9"])
        request.socket.send(client.encode(1, NAME))
        with contextlib.suppress(ProcessLookupError):
            for _ in range(2000):
                request.signal(signal.SIGSTOP)
                if holds(request.pid, world.disk.number):
                    break
                request.signal(signal.SIGCONT)
        request.socket.close()
        # Left as it is, stopped or not: nobody helps it to its end.
        wait_until(free, "the disk to be free")
        with contextlib.suppress(ProcessLookupError):
            request.signal(signal.SIGCONT)
        request.finish()
