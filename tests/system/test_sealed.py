# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The sealed port: every frame passes, nothing else does, nothing is left."""

import errno
import fcntl
import os
import select
import struct
import time

import pytest

import protocol_client as client
import replies
from frames import VNET, close, frame, receive, send
from process import wait_until
from tun import TUNSETPERSIST
from world import World

TUNSETOFFLOAD, TUNSETQUEUE, TUNSETCARRIER = 0x400454D0, 0x400454D9, 0x400454E2
TUNGETDEVNETNS, SIOCGSKNS, SIOCSIFHWADDR = 0x54E3, 0x894C, 0x8924
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
IFF_DETACH_QUEUE, IFF_ATTACH_QUEUE = 0x0400, 0x0200
NEEDS_CSUM, DATA_VALID, GSO_NONE, GSO_TCPV4 = 1, 2, 0, 1
A, B = bytes.fromhex("020000000a01"), bytes.fromhex("020000000b02")
MARK = b"vmgrant-sealed-port-test"
ACL_TEXT = ("allow bridge br0 user alice polkit=no queues=8\n"
            "allow bridge one user alice polkit=no quota=1\n"
            "allow bridge tree user alice polkit=no\n"
            "allow bridge rough user alice polkit=no port=direct\n")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        world.bridge("br0", mtu=9000)
        world.bridge("one")
        for name in ("tree", "rough"):
            world.bridge(name)
            world.ip(f"link set dev {name} type bridge stp_state 1 forward_delay 200")
        yield world


def connect(world, **options):
    return world.start_request("alice", channel=client.pair, arguments=["--fd=9"], **options)


@pytest.fixture
def native(shared):
    request = connect(shared)
    yield request.socket
    request.socket.close()
    assert request.finish().code == 0
    shared.wait_no_taps()


@pytest.fixture
def ends(native):
    """Two sealed ports of br0; the bridge knows that A is behind one and B behind the other."""
    pair = [client.ask(native, serial, "br0") for serial in (1, 2)]
    assert [reply.code for reply in pair] == [0, 0]
    a, b = (reply.fds[0] for reply in pair)
    send(a, frame(B, A, b"I am A"))
    send(b, frame(A, B, b"I am B"))
    assert receive(a, lambda data: b"I am B" in data), "the very first frame was lost"
    yield a, b
    close(*pair)


def checksum(data, start=0):
    total = start + sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def pseudo_sum(segment_bytes):
    return checksum(IPS + struct.pack(">HH", 6, segment_bytes))


IPS = bytes((10, 9, 9, 1, 10, 9, 9, 2))


def tcp_frame(payload):
    """From A to B, with the pseudo header's sum where offload wants it."""
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(payload), 1, 0, 64, 6, 0) + IPS
    ip = ip[:10] + struct.pack(">H", checksum(ip) ^ 0xFFFF) + ip[12:]
    tcp = struct.pack(">HHIIBBHHH", 4097, 4098, 1000, 1, 0x50, 0x10, 8192,
                      pseudo_sum(20 + len(payload)), 0)
    return B + A + b"\x08\x00" + ip + tcp + payload


def is_tcp(data):
    return data[:12] == B + A and data[12:14] == b"\x08\x00"


def has_correct_sum(data):
    length = struct.unpack(">H", data[16:18])[0]
    segment = data[34:14 + length]
    return checksum(segment, pseudo_sum(len(segment))) == 0xFFFF


# ---- every frame passes ----

@pytest.mark.parametrize("kind", (b"\x88\xb5", b"\x81\x00\x00\x2a\x88\xb5",
                                  b"\x81\x00\xe0\x00\x88\xb5",
                                  b"\x88\xa8\x00\x07\x81\x00\x00\x2a\x88\xb5"),
                         ids=("plain", "vlan", "priority", "qinq"))
@pytest.mark.parametrize("payload_bytes", (24, 1000, 1500, 8990))
def test_frames_arrive_unchanged_both_ways(ends, kind, payload_bytes):
    payload = MARK.ljust(payload_bytes, b"x")
    for from_fd, to_fd, to, source in ((*ends, B, A), (*reversed(ends), A, B)):
        sent = frame(to, source, payload, kind)
        send(from_fd, sent)
        _, got = receive(to_fd, lambda data: MARK in data)
        assert got == sent


@pytest.mark.parametrize("to", ("ffffffffffff", "333300000042", "01005e000042", "02ffffffffff"))
def test_broadcast_multicast_and_unknown_addresses_pass(ends, to):
    sent = frame(bytes.fromhex(to), A, MARK)
    send(ends[0], sent)
    assert receive(ends[1], lambda data: MARK in data)[1] == sent


def test_the_very_first_frame_is_not_lost(native):
    peer = client.ask(native, 0, "br0")
    for serial in range(50):
        reply = client.ask(native, serial, "br0")
        sent = frame(b"\xff" * 6, A, MARK + b"%d" % serial)
        send(reply.fds[0], sent)
        assert receive(peer.fds[0], lambda data: data == sent)
        send(peer.fds[0], frame(A, B, MARK))
        assert receive(reply.fds[0], lambda data: MARK in data)
        close(reply)
    close(peer)


def test_frames_keep_their_order(ends):
    for number in range(400):
        to = b"\xff" * 6 if number % 3 == 0 else B
        send(ends[0], frame(to, A, MARK + struct.pack(">I", number)))
    got = [struct.unpack(">I", receive(ends[1], lambda data: MARK in data)[1][38:42])[0]
           for _ in range(400)]
    assert got == list(range(400))


def test_a_large_segment_passes_in_one_piece_with_its_metadata(ends):
    fcntl.ioctl(ends[1], TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
    sent = tcp_frame(os.urandom(60000))
    send(ends[0], sent, VNET.pack(NEEDS_CSUM, GSO_TCPV4, 54, 1448, 34, 16))
    header, got = receive(ends[1], is_tcp)
    assert got == sent
    assert header[:2] == (NEEDS_CSUM, GSO_TCPV4) and header[3:] == (1448, 34, 16)


def test_a_large_segment_is_cut_for_a_guest_that_cannot_take_it(ends):
    fcntl.ioctl(ends[1], TUNSETOFFLOAD, 0)
    payload = os.urandom(14480)
    send(ends[0], tcp_frame(payload), VNET.pack(NEEDS_CSUM, GSO_TCPV4, 54, 1448, 34, 16))
    pieces = [receive(ends[1], is_tcp) for _ in range(10)]
    assert all(header[1] == GSO_NONE and not header[0] & NEEDS_CSUM for header, _ in pieces)
    assert all(has_correct_sum(data) for _, data in pieces)
    assert b"".join(data[54:] for _, data in pieces) == payload


@pytest.mark.parametrize("offload", (0, TUN_F_CSUM))
def test_a_checksum_left_to_the_other_side_arrives_done_or_marked(ends, offload):
    fcntl.ioctl(ends[1], TUNSETOFFLOAD, offload)
    send(ends[0], tcp_frame(MARK), VNET.pack(NEEDS_CSUM, GSO_NONE, 0, 0, 34, 16))
    header, got = receive(ends[1], is_tcp)
    assert bool(header[0] & NEEDS_CSUM) == bool(offload)
    assert header[4:] == (34, 16) if offload else has_correct_sum(got)


def test_every_queue_sends_and_receives(native):
    many = client.ask(native, 1, "br0", queues=4)
    peer = client.ask(native, 2, "br0")
    for number, fd in enumerate(many.fds):
        source = bytes((2, 0, 0, 0, 12, number))
        send(fd, frame(b"\xff" * 6, source, MARK + b"%d" % number))
        assert receive(peer.fds[0], lambda data: MARK in data)[1][38:39] == b"%d" % number
        send(peer.fds[0], frame(source, B, MARK))
        assert select.select(many.fds, [], [], 5)[0]
    close(many, peer)


BPDU = bytes.fromhex("0180c2000000") + A + b"\x00\x26\x42\x42\x03" + bytes(40) + MARK


def test_a_bridge_protocol_frame_from_the_guest_stays_inside(shared, ends):
    """A bridge without the protocol would pass it on to the network outside."""
    for tag in (b"", b"\x81\x00\x00\x2a"):
        send(ends[0], BPDU[:12] + tag + BPDU[12:])
    # What switches of Cisco say to each other: PVST+, which a bridge passes on, CDP, DTP, VTP.
    for group in ("01000ccccccd", "01000ccccccc"):
        send(ends[0], frame(bytes.fromhex(group), A, MARK))
    others = [bytes.fromhex("01000ccccccb"), bytes.fromhex("01000cccccce"),
              bytes.fromhex("01010ccccccd"), bytes.fromhex("0180c2000000")[:5] + b"\x10", bytes.fromhex("0180c2000100"),
              bytes.fromhex("0280c2000000"), bytes.fromhex("0380c2000000")]
    for to in others:
        send(ends[0], frame(to, A, MARK))
    heard = [receive(ends[1], lambda data: MARK in data)[1][:6] for _ in others]
    assert heard == others
    assert shared.port(shared.taps()[0])["state"] == "forwarding"


def test_the_guard_does_not_see_it_either(shared, native):
    reply, peer = client.ask(native, 1, "tree"), client.ask(native, 2, "tree")
    wait_until(lambda: all(shared.port(each.port)["state"] == "forwarding"
                           for each in (reply, peer)), "both ports to forward")
    send(reply.fds[0], BPDU)
    send(reply.fds[0], frame(b"\xff" * 6, A, MARK))
    assert receive(peer.fds[0], lambda data: MARK in data)[1][:6] == b"\xff" * 6
    assert shared.port(reply.port)["state"] == "forwarding"
    close(reply, peer)


def test_the_guard_shuts_a_direct_port(shared, native):
    reply = client.ask(native, 1, "rough")
    send(reply.fds[0], BPDU)
    wait_until(lambda: shared.port(reply.port)["state"] == "disabled", "the guard to shut the port")
    close(reply)


def test_the_namespace_itself_says_nothing(shared, ends):
    """No neighbour or router solicitation with an address that nobody knows."""
    known = {bytes.fromhex(link["address"].replace(":", "")) for link in shared.links().values()}
    heard, end = set(), time.monotonic() + 3
    while (left := end - time.monotonic()) > 0:
        for fd in select.select(ends, [], [], left)[0]:
            heard.add(os.read(fd, 70000)[VNET.size + 6:VNET.size + 12])
    assert heard <= known | {A, B}


# ---- nothing else passes ----

def outside(world):
    return {name: (link["address"], link["mtu"], link.get("master"), link["operstate"])
            for name, link in world.links().items()}


def test_attack_45_what_the_holder_may_do_stays_inside(shared, ends):
    """All that the kernel lets a holder of the fd do, with all power; nobody outside notices."""
    before = outside(shared), shared.run(["bridge", "fdb", "show", "br", "br0"]).stdout
    fd = ends[0]
    fcntl.ioctl(fd, TUNSETPERSIST, 1)
    for mac in (B, bytes.fromhex("000000000001"), bytes.fromhex("fe0000000000")):
        fcntl.ioctl(fd, SIOCSIFHWADDR, struct.pack("16sH6s16x", b"", 1, mac))
    fcntl.ioctl(fd, TUNSETCARRIER, struct.pack("i", 0))
    fcntl.ioctl(fd, TUNSETCARRIER, struct.pack("i", 1))
    assert (outside(shared), shared.run(["bridge", "fdb", "show", "br", "br0"]).stdout) == before
    send(ends[1], frame(A, B, MARK))
    assert receive(ends[0], lambda data: MARK in data)


def test_attack_45_the_holder_cannot_enter_the_namespace(shared, ends):
    """Neither call that hands out the namespace of an fd works for the user."""
    fd = ends[0]

    def attempt():
        found = []
        for request in (TUNGETDEVNETNS, SIOCGSKNS):
            try:
                fcntl.ioctl(fd, request, 0)
                found.append(0)
            except OSError as error:
                found.append(error.errno)
        return found

    assert shared.call(attempt, user="alice", keep=(fd,)) == [errno.EPERM, errno.EPERM]


# ---- nothing is left ----

def test_attack_44_five_hundred_sealed_ports_at_once_and_gone(shared, native):
    kept = [client.ask(native, serial, "br0") for serial in range(500)]
    assert {reply.code for reply in kept} == {0}
    assert len(shared.taps()) == 500
    fcntl.ioctl(kept[0].fds[0], TUNSETPERSIST, 1)
    close(*kept)
    shared.wait_no_taps()


def test_a_quota_of_one_lets_a_machine_be_restarted_at_once(native):
    """The kernel needs a moment to remove a port that was closed."""
    for serial in range(10):
        reply = client.ask(native, serial, "one")
        assert reply.code == 0, reply.sentence
        full = client.ask(native, serial, "one") if serial == 0 else None
        assert full is None or full.code == replies.QUOTA
        close(reply)


FAULTS = [(call, fault) for call in ("unshare", "socket", "bind", "openat", "sendmsg")
          for fault in ("signal=KILL", "error=ENOMEM")] + [("exit_group", "signal=KILL")]


@pytest.mark.parametrize("call, fault", FAULTS)
def test_attack_5_whichever_process_dies_or_fails_nothing_is_left(shared, call, fault):
    wrong = []
    for number in (1, 2, 3):
        path = shared.path("/tmp/trace")
        path.unlink(missing_ok=True)
        request = connect(shared, strace=["-f", "-qq", "-o", "/tmp/trace", "-e",
                                          f"inject={call}:{fault}:when={number}"])
        # The call may be the helper's own, which then has gone before the request or behind it.
        reply = client.receive(request.socket) if client.sent(
            request.socket, client.encode(number, "br0")) else None
        if reply is not None and reply.code == 0 and len(reply.fds) != 1:
            wrong.append((number, reply.fds))
        if reply is not None:
            close(reply)
        request.socket.close()
        request.finish()
        shared.wait_no_taps()
    assert not wrong


@pytest.mark.parametrize("name", ("ENOSPC", "EPERM", "EINVAL"))
def test_forbidden_user_namespaces_are_refused_with_what_to_do(shared, name):
    request = connect(shared, strace=["-f", "-qq", "-o", "/tmp/trace", "-e",
                                      f"inject=unshare:error={name}"])
    reply = client.ask(request.socket, 1, "br0")
    assert reply.code != 0 and not reply.fds
    assert "namespace" in reply.sentence and "port=direct" in reply.sentence, reply.sentence
    request.socket.close()
    request.finish()
    shared.wait_no_taps()
