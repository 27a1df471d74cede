# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The kernel's audit log: what is sent to it, by whom, and that it holds nobody up.

The helper here is the one of a build --with-audit. Messages are seen as system calls, so that
nothing depends on what this machine's kernel makes of them; the test VM has a real auditd.
"""

import ctypes
import os
import re
import select
import shutil
import signal
import socket
import struct

import pytest

import namespaces as ns
import protocol_client as client
import replies
from looking import descendants_of, files_of, permitted, status_of
from process import wait_until
from service import NETWORK, Service
from test_service import connected
from tracing import TRACE
from world import World

AUDITED = "/usr/libexec/vmgrant/audited-helper"
AUDIT_WRITE, NET_ADMIN = 1 << 29, 1 << 12
SYS_PIDFD_GETFD = 438
STRACE = ["-f", "-qq", "-s", "4096", "-e", "trace=sendto", "-e", "signal=none", "-o", TRACE]
# netlink's header of 16 bytes comes first; strace decodes it.
MESSAGE = re.compile(r'sendto\(\d+, \[?\{.*?(?:0x9c5|VIRT_RESOURCE).*?"(.*?)(?<!\\)"\]?[,.]', re.DOTALL)
ACL_TEXT = ("allow bridge br0 user alice polkit=no quota=64\n"
            "allow bridge locked user alice polkit=no lock-mac\n")
EVENT = struct.Struct("=I32s18s160s64s160s2x")
GRANTED, DENIED = replies.GRANTED, replies.DENIED


def prepare(world):
    built = os.path.join(os.environ.get("VMGRANT_BUILD", "."), "tests/attack/audited-helper")
    world.bridge("br0")
    world.bridge("locked")
    world.write_acl(ACL_TEXT)
    shutil.copy(built, world.path(AUDITED))
    os.chown(world.path(AUDITED), 0, 0)
    world.path(AUDITED).chmod(0o4755)


@pytest.fixture(scope="module")
def shared(stage):
    # The setuid bit, whatever the other tests are run with.
    with World(str(stage), helper=AUDITED) as world:
        prepare(world)
        yield world
        world.wait_no_taps()


def written(world):
    """The messages that went to the kernel."""
    said = world.path(TRACE).read_text(encoding="utf-8")
    # With the NUL: older kernels write one over the last byte.
    return [text.encode().decode("unicode_escape").removesuffix("\0") for text in MESSAGE.findall(said)]


def fields(text):
    """{name: value} of a message, with what is encoded decoded as ausearch does."""
    found = {}
    for name, quoted, plain in re.findall(r'(\S+?)=(?:"([^"]*)"|(\S+))', text):
        if plain and name in ("path", "acct", "device", "bridge", "new-net", "new-disk"):
            plain = bytes.fromhex(plain).decode("ascii")
        found[name] = quoted or plain
    return found


def auditor_of(pid):
    """The process of the helper's that has that capability alone, and the others."""
    def able():
        return [one for one in descendants_of(pid) if permitted(one) == AUDIT_WRITE]

    (found,) = wait_until(able, "the process that writes audit records")
    # A judge that has not become powerless yet has the helper's.
    wait_until(lambda: [one for one in descendants_of(pid) if permitted(one) == 0], "the judge")
    return found, [pid, *(one for one in descendants_of(pid) if one != found)]


@pytest.fixture
def native(shared):
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    yield request
    request.socket.close()
    request.finish()
    shared.wait_no_taps()


def test_a_grant_is_written_in_libvirts_words(shared):
    result = shared.request("alice", strace=STRACE)
    assert result.granted, result
    name = result.name
    result.close()
    (text,) = written(shared)
    assert text.startswith('virt=qemu resrc=net reason=open vm="?" uuid=? old-net="?" new-net="br0"')
    said = fields(text)
    assert said["bridge"] == "br0" and said["path"] == f"port {name} on bridge br0"
    assert said["acct"] == "alice" and said["id"] == "1000" and said["res"] == "success"


def test_the_only_address_that_a_port_passes_is_written(shared):
    result = shared.request("alice", strace=STRACE,
                            arguments=["--br=locked", "--fd=9", "--mac=52:54:00:12:34:56"])
    assert result.granted, result
    result.close()
    (text,) = written(shared)
    assert fields(text)["new-net"] == "52:54:00:12:34:56"


def test_a_refusal_is_written_as_failed(shared):
    assert shared.request("bob", strace=STRACE).code == DENIED
    (text,) = written(shared)
    said = fields(text)
    assert said["res"] == "failed" and said["bridge"] == "br0" and said["path"] == "?"
    assert said["acct"] == "bob" and said["id"] == "1001"


def test_neither_helper_nor_judge_has_the_capability(native):
    pid, others = auditor_of(native.pid)
    assert len(others) >= 2
    for other in others:
        assert permitted(other) & AUDIT_WRITE == 0
    status = status_of(pid)
    assert int(status["CapEff"], 16) == 0 and int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1" and status["Groups"].split() == []
    account = status["Uid"].split()[0]
    assert set(status["Uid"].split()) == {account} and account not in ("0", "1000")


def test_it_holds_no_descriptor_of_the_callers(native):
    pid, _ = auditor_of(native.pid)
    held = set(files_of(pid).values())
    assert len(held) == 2 and all(name.startswith("socket:") for name in held), held


def test_the_caller_cannot_end_it(shared, native):
    pid, _ = auditor_of(native.pid)
    inside = int(status_of(pid)["NSpid"].split()[-1])

    def try_it():
        try:
            os.kill(inside, signal.SIGKILL)
        except PermissionError:
            return "refused"
        return "killed"

    assert shared.call(try_it, "alice") == "refused"


def test_attack_78_a_log_that_stands_still_holds_nobody_up(shared, native):
    """The kernel lets a writer wait while its backlog is full: as long as this one is stopped."""
    pid, _ = auditor_of(native.pid)
    os.kill(pid, signal.SIGSTOP)
    # More than the socket's queue takes.
    for serial in range(1, 400):
        reply = client.ask(native.socket, serial, "br0" if serial % 20 == 0 else "other")
        assert reply.code == (GRANTED if serial % 20 == 0 else DENIED), reply.sentence
        for fd in reply.fds:
            os.close(fd)
    os.kill(pid, signal.SIGCONT)


def test_attack_78_it_ends_when_all_is_written(shared):
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    pid, _ = auditor_of(request.pid)
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGSTOP)
    request.socket.close()
    assert request.finish().code == 0
    # Nobody else keeps it.
    signal.pidfd_send_signal(pidfd, signal.SIGCONT)
    wait_until(lambda: select.select([pidfd], [], [], 0)[0], "its end")
    os.close(pidfd)


def judges_socket(strace):
    """A copy of the judge's end: it is older than that of the orders."""
    (judge,) = [pid for pid in descendants_of(strace) if permitted(pid) == 0]
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(judge)
    try:
        for number, name in sorted(files_of(judge).items()):
            if number < 3 or not name.startswith("socket:"):
                continue
            fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, number, 0)
            assert fd >= 0, os.strerror(ctypes.get_errno())
            copy = socket.socket(fileno=fd)
            if copy.type == socket.SOCK_SEQPACKET:
                return copy
            copy.close()
    finally:
        os.close(pidfd)
    raise AssertionError("the judge has no such socket")


def event(code=DENIED, action=b"org.vmgrant.tap", mac=b"", given=b"", user=b"alice",
          object_=b"bridge br0"):
    return EVENT.pack(code, action, mac, given, user, object_)


def test_attack_78_a_judge_in_wrong_hands_writes_refusals_of_its_caller_alone(shared):
    """By a copy of its socket. What is none is dropped, what claims a grant too."""
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"],
                                   strace=STRACE)
    reply = client.ask(request.socket, 1, "br0")
    assert reply.code == GRANTED
    os.close(*reply.fds)
    socket_ = judges_socket(request.pid)
    try:
        for data in (event(code=GRANTED), event(code=99), event()[:-1], event() + b"x",
                     event(user=b"x" * 64), event(user=b"a\nb"), event(object_=b"bridge b\0r"),
                     event(user=b"root' res=success", object_=b"bridge b\" id=0"), event()):
            socket_.send(data)
    finally:
        socket_.close()
    request.socket.close()
    request.finish()
    first, *others = written(shared)
    assert fields(first)["res"] == "success" and len(others) == 2, others
    for text in others:
        assert text.count(" res=") == 1 and text.endswith(" res=failed"), text
        assert text.count(" id=") == 1 and " id=1000 " in text and "'" not in text
    assert fields(others[0])["acct"] == "root' res=success"
    shared.wait_no_taps()


@pytest.mark.parametrize("capabilities, count", ((NETWORK, 0), ((*NETWORK, "audit_write"), 1)),
                         ids=("without", "with"))
def test_the_service_writes_where_it_has_the_capability(stage, capabilities, count):
    with World(str(stage), helper=AUDITED) as world:
        prepare(world)
        Service(world, capabilities=capabilities)
        reply = client.ask(connected(world, "alice"), 1, "br0")
        assert reply.code == GRANTED, reply.sentence
        pids = [os.path.basename(folder) for folder in ns.inhabitants(world.namespaces)]
        # Not what only starts it.
        held = [permitted(pid) for pid in pids if status_of(pid).get("Name") != "vmgrant-listen"]
        assert held.count(AUDIT_WRITE) == count and held.count(NET_ADMIN) == 1
        os.close(*reply.fds)
