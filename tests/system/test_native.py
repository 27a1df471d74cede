# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The native protocol against the installed helper, by a client written from its document."""

import os
import socket

import pytest

import protocol_client as client
import replies
from askers import RECORD, install_asker
from looking import files_of
from process import wait_until
from tun import tungetiff
from world import World

IFF_MULTI_QUEUE = 0x0100
ACL_TEXT = ("allow bridge br0 user alice polkit=no queues=8 vhost\n"
            "allow bridge direct user alice polkit=no queues=4 port=direct\n"
            "allow bridge few user alice polkit=no quota=3 isolated\n"
            "allow bridge locked user alice polkit=no lock-mac\n"
            "allow bridge asked user alice\n"
            "allow bridge gone user alice polkit=no\n")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        for name in ("br0", "direct", "few", "locked", "asked"):
            world.bridge(name, mtu=9000 if name == "br0" else None)
        yield world


@pytest.fixture
def native(shared):
    """A connection of alice's. The helper ends with it, with status 0 unless it has ended."""
    shared.write_acl(ACL_TEXT)
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    yield request.socket
    request.socket.close()
    assert request.finish().code == 0
    shared.wait_no_taps()


def close(reply):
    for fd in reply.fds:
        os.close(fd)
    reply.fds = []


# ---- what is granted ----

def test_a_tap_is_sealed_and_set_up_as_asked(shared, native):
    reply = client.ask(native, 7, "br0")
    assert (reply.code, reply.serial, reply.kind) == (0, 7, client.TAP), reply.sentence
    assert len(reply.fds) == reply.queues == 1 and reply.vhosts == 0
    assert reply.flags == client.SEALED | client.VNET and reply.mtu == 9000
    assert tungetiff(reply.fds[0])[0] == reply.tap
    port = shared.links()[reply.port]
    assert port["linkinfo"]["info_kind"] == "veth" and port["master"] == "br0"
    assert port["mtu"] == 9000 and port["address"].startswith("fe:")
    assert port["ifalias"] == "vmgrant: user alice (uid 1000) on br0"
    flags = shared.port(reply.port)
    assert flags["guard"] and flags["root_block"] and flags["state"] == "forwarding"
    close(reply)


def test_port_direct_in_the_rule_gives_a_tap_on_the_bridge_itself(shared, native):
    reply = client.ask(native, 1, "direct")
    assert reply.code == 0 and reply.flags == client.VNET
    port = shared.links()[reply.port]
    assert port["linkinfo"]["info_kind"] == "tun" and port["master"] == "direct"
    close(reply)


@pytest.mark.parametrize("bridge, queues", (("br0", 1), ("br0", 2), ("br0", 8)))
def test_as_many_queues_as_asked(native, bridge, queues):
    reply = client.ask(native, 1, bridge, queues=queues)
    assert reply.code == 0 and len(reply.fds) == reply.queues == queues, reply.sentence
    names = {tungetiff(fd)[0] for fd in reply.fds}
    assert names == {reply.tap}
    assert all(bool(tungetiff(fd)[1] & IFF_MULTI_QUEUE) == (queues > 1) for fd in reply.fds)
    close(reply)


def test_several_requests_on_one_connection(native):
    kept = [client.ask(native, serial, "br0") for serial in range(20)]
    assert [reply.serial for reply in kept] == list(range(20))
    assert len({reply.port for reply in kept}) == 20
    for reply in kept:
        close(reply)


def test_a_tap_outlives_its_connection(shared):
    shared.write_acl(ACL_TEXT)
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    reply = client.ask(request.socket, 1, "br0")
    request.socket.close()
    assert request.finish().code == 0
    assert reply.port in shared.interfaces()
    close(reply)
    shared.wait_no_taps()


def test_an_isolated_rule_makes_an_isolated_port(shared, native):
    reply = client.ask(native, 1, "few")
    assert reply.code == 0 and reply.flags & client.ISOLATED
    assert shared.port(reply.port)["isolated"]
    close(reply)


def test_a_query_tells_the_offer_and_makes_nothing(shared, native):
    taken = client.ask(native, 1, "few")
    offer = client.ask(native, 2, "few", kind=client.QUERY)
    assert (offer.code, offer.kind, offer.fds) == (0, client.QUERY, [])
    assert (offer.quota, offer.used, offer.queues) == (3, 1, 1)
    assert offer.flags == client.VNET | client.SEALED | client.ISOLATED
    close(taken)
    shared.wait_no_taps()
    offer = client.ask(native, 3, "asked", kind=client.QUERY)
    assert offer.code == 0 and offer.flags & 32  # polkit will be asked
    assert client.ask(native, 4, "br9", kind=client.QUERY).code == replies.DENIED


# ---- what is refused ----

@pytest.mark.parametrize("bridge, options, code", (
    ("br0", {"queues": 9}, replies.DENIED),
    ("few", {"queues": 2}, replies.DENIED),
    ("direct", {"queues": 2}, replies.DENIED),
    ("few", {"flags": client.VHOST}, replies.DENIED),
    ("locked", {}, replies.UNSUPPORTED),
    ("gone", {}, replies.OBJECT),
    ("br9", {}, replies.DENIED),
    ("", {}, replies.USAGE),
    ("a/b", {}, replies.USAGE),
    ("vmg%d", {}, replies.USAGE),
    ("br0", {"flags": client.MAC, "mac": b"\1\0\0\0\0\0"}, replies.USAGE)))
def test_refusals_have_their_code_and_a_sentence(shared, native, bridge, options, code):
    reply = client.ask(native, 5, bridge, **options)
    assert (reply.code, reply.serial, reply.fds) == (code, 5, []), reply.sentence
    assert reply.sentence and reply.sentence.isprintable()
    shared.wait_no_taps()
    close(client.ask(native, 6, "few"))


@pytest.mark.parametrize("queues", (0, 17, 256, 65535))
def test_attack_33_impossible_numbers_of_queues(native, queues):
    assert client.ask(native, 1, "br0", queues=queues).code == replies.USAGE


def test_attack_44_the_quota_is_exact_under_fifty_requests_at_once(shared):
    shared.write_acl(ACL_TEXT)
    requests = [shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
                for _ in range(50)]
    for request in requests:
        request.socket.send(client.encode(1, "few"))
    answers = [client.receive(request.socket) for request in requests]
    assert sorted(answer.code for answer in answers) == [0] * 3 + [replies.QUOTA] * 47
    for request, answer in zip(requests, answers):
        close(answer)
        request.socket.close()
        assert request.finish().code == 0
    shared.wait_no_taps()


# ---- what is no request: ATTACKS 48 ----

GOOD = client.encode(3, "br0")
BROKEN = {
    "trailing byte": GOOD + b"\0",
    "a byte short": GOOD[:-1],
    "longer than any": GOOD + bytes(5000),
    "another length inside": GOOD[:12] + b"\x2f" + GOOD[13:],
    "unknown version": client.encode(3, "br0", version=2),
    "unknown type": client.encode(3, "br0", kind=3),
    "unknown flag": client.encode(3, "br0", flags=16),
    "reserved byte": GOOD[:-1] + b"\1",
    "string without end": GOOD[:16] + b"b" * 16 + GOOD[32:],
    "text behind the end of the string": GOOD[:16] + b"br0\0x" + GOOD[21:],
}


@pytest.mark.parametrize("name", BROKEN)
def test_attack_48_a_broken_message_is_answered_and_the_connection_goes_on(native, name):
    native.send(BROKEN[name])
    reply = client.receive(native)
    assert (reply.code, reply.serial, reply.fds) == (replies.USAGE, 3, []), reply.sentence
    again = client.ask(native, 4, "few")
    assert again.code == 0
    close(again)


@pytest.mark.parametrize("data", (b"x", GOOD[:15], b"VMGR" + GOOD[4:]))
def test_attack_48_what_is_no_message_ends_the_connection(native, data):
    native.send(data)
    assert client.receive(native) is None


def test_attack_48_files_that_come_with_a_request_are_closed_unseen(shared):
    shared.write_acl(ACL_TEXT)
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    # An answer shows that the helper runs and has what it keeps.
    client.ask(request.socket, 0, "few", kind=client.QUERY)
    before = len(files_of(request.pid))
    reader, writer = os.pipe()
    for serial in range(50):
        socket.send_fds(request.socket, [client.encode(serial, "few")], [writer] * 30)
        reply = client.receive(request.socket)
        assert reply.code == 0
        close(reply)
        shared.wait_no_taps()
    wait_until(lambda: len(files_of(request.pid)) <= before + 1,
               "no fd to be left in the helper")
    os.close(writer)
    os.set_blocking(reader, False)
    assert os.read(reader, 1) == b""  # nobody holds the other end
    os.close(reader)
    request.socket.close()
    assert request.finish().code == 0


def test_attack_5_a_client_that_goes_away_leaves_nothing(shared):
    shared.write_acl(ACL_TEXT)
    for _ in range(20):
        request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
        request.socket.send(GOOD)
        request.socket.close()
        assert request.finish().code == 0
    shared.wait_no_taps()


# ---- around ----

def test_a_changed_policy_ends_the_connection_before_the_next_request(shared):
    shared.write_acl(ACL_TEXT)
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    close(client.ask(request.socket, 1, "br0"))
    shared.write_acl("deny bridge * user alice\n")
    request.socket.send(GOOD)
    assert client.receive(request.socket) is None
    assert request.finish().code == 0


def test_an_unusable_policy_is_told_by_exit_status_and_stderr(shared):
    shared.write_acl("nonsense\n")
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    result = request.finish()
    assert result.code == replies.POLICY and "line 1, column 1" in result.text


def test_a_stream_socket_is_no_native_channel(shared):
    shared.write_acl(ACL_TEXT)
    result = shared.request("alice", arguments=["--fd=9"])
    assert result.refused and result.code == replies.CHANNEL


def test_polkit_is_asked_with_the_number_of_queues(world):
    world.bridge("asked")
    world.write_acl("allow bridge asked user alice queues=4\n")
    install_asker(world, f'echo $QUESTION >{RECORD}; exit 10')
    request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    reply = client.ask(request.socket, 1, "asked", queues=4, flags=client.INTERACTIVE)
    assert reply.code == replies.POLKIT_DENIED
    words = world.path(RECORD).read_text(encoding="ascii").split()
    assert "detail=queues=4" in words and "interactive=yes" in words
    request.socket.close()
    assert request.finish().code == 0


# ---- the sealed port: ATTACKS 45 ----

def test_attack_45_the_holder_changes_nothing_outside(shared, native):
    """TUNSETPERSIST and a MAC change succeed, and nobody notices."""
    import fcntl
    import struct
    reply = client.ask(native, 1, "br0")
    before = shared.links()
    fcntl.ioctl(reply.fds[0], 0x400454cb, 1)  # TUNSETPERSIST
    request = struct.pack("16sH6s16x", b"", 1, bytes.fromhex("020000000001"))
    fcntl.ioctl(reply.fds[0], 0x8924, request)  # SIOCSIFHWADDR
    after = shared.links()
    assert after["br0"]["address"] == before["br0"]["address"]
    assert after[reply.port]["address"] == before[reply.port]["address"]
    close(reply)
    shared.wait_no_taps()


def test_attack_44_two_hundred_sealed_ports_come_and_go(native, shared):
    kept = [client.ask(native, serial, "br0") for serial in range(200)]
    assert {reply.code for reply in kept} == {0}
    for reply in kept:
        close(reply)
    shared.wait_no_taps()


# ---- what a hostile reading found ----

def test_attack_23_an_include_that_is_not_for_the_caller_is_no_change_of_policy(world):
    world.write("/etc/qemu/bridge.conf", "include /etc/qemu/bob.conf\n")
    world.write("/etc/qemu/bob.conf", "deny br0\n", mode=0o640, owner=(0, 1001))
    world.write_acl("allow bridge br0 user alice polkit=no\nimport-qemu /etc/qemu/bridge.conf\n")
    request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    reply = client.ask(request.socket, 1, "br0")
    assert reply is not None and reply.code == 0
    close(reply)
    world.path("/etc/qemu/bob.conf").chmod(0o644)
    request.socket.send(GOOD)
    assert client.receive(request.socket) is None
    assert request.finish().code == 0


def test_attack_48_process_descriptors_do_not_pile_up_in_the_helper(shared):
    """The client can switch SO_PASSPIDFD on, on the helper's own end."""
    shared.write_acl(ACL_TEXT)

    def pair():
        near, far = client.pair()
        try:
            far.setsockopt(socket.SOL_SOCKET, 76, 1)
        except OSError:
            pass  # before Linux 6.5
        return near, far

    request = shared.start_request("alice", channel=pair, arguments=["--fd=9"])
    client.ask(request.socket, 0, "few", kind=client.QUERY)
    before = len(files_of(request.pid))
    for serial in range(30):
        client.ask(request.socket, serial, "few", kind=client.QUERY)
    # After its last answer the helper still has to close what came with the request.
    wait_until(lambda: len(files_of(request.pid)) <= before,
               "no descriptor to be left in the helper")
    request.socket.close()
    assert request.finish().code == 0


def test_every_grant_is_recorded_before_it_is_handed_over(world):
    """Also that of a client who ends his helper as soon as he has the TAP."""
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    sink = world.sink()
    for number in range(1, 31):
        request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
        request.socket.send(GOOD)
        reply = client.receive(request.socket)
        request.signal(9)
        assert reply.code == 0
        close(reply)
        request.close()
        wait_until(lambda number=number: sum(b"granted" in record for record in sink.records())
                   >= number, "the record of the grant")
