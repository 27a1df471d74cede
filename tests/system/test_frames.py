# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 46 and 47: what frames pass between ports that a rule limits."""

import errno
import fcntl
import os
import struct

import pytest

import protocol_client as client
from frames import BROADCAST, close, drain, frame, mac, receive, send
from tun import IFF_MULTI_QUEUE, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR
from world import World

TUNSETIFF, SIOCSIFHWADDR = 0x400454CA, 0x8924
LOCKED = client.MAC | client.VNET
OWN, OTHER, STRANGER = mac("52:54:00:00:00:01"), mac("52:54:00:00:00:02"), mac("52:54:00:00:00:99")
PEER = mac("02:00:00:00:00:0b")
MARK = b"vmgrant-frames-test"
ACL_TEXT = ("allow bridge lock user alice polkit=no lock-mac queues=4\n"
            "allow bridge lock user bob polkit=no\n"
            "allow bridge apart user alice polkit=no isolated\n"
            "allow bridge apart user bob polkit=no\n"
            "allow bridge plain user alice polkit=no queues=4\n"
            "allow bridge rough user alice polkit=no port=direct\n")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        for name in ("lock", "apart", "plain", "rough"):
            world.bridge(name)
        yield world


@pytest.fixture
def ask(shared):
    """ask(user, bridge, ...): a reply that is granted; all are closed behind the test."""
    connections, replies = {}, []

    def asking(user, bridge, **options):
        if user not in connections:
            connections[user] = shared.start_request(user, channel=client.pair,
                                                     arguments=["--fd=9"])
        reply = client.ask(connections[user].socket, len(replies), bridge, **options)
        assert reply.code == 0, reply.sentence
        replies.append(reply)
        return reply

    yield asking
    close(*replies)
    for request in connections.values():
        request.socket.close()
        assert request.finish().code == 0
    shared.wait_no_taps()


def fdb(world, bridge="lock"):
    """The entries that are not the interfaces' own."""
    lines = world.run(["bridge", "fdb", "show", "br", bridge]).stdout.decode().splitlines()
    return sorted(line for line in lines if "permanent" not in line)


def hears(fd, payload):
    return receive(fd, lambda data: payload in data) is not None


def silent_until(fd, marker, payload):
    """Everything up to a frame that is known to arrive: is payload not among it?"""
    heard = []
    assert receive(fd, lambda data: heard.append(data) or marker in data)
    return not any(payload in data for data in heard)


# ---- lock-mac: ATTACKS 47 ----

@pytest.fixture
def locked(ask):
    """(locked port of alice's guest OWN, ordinary port of bob's)"""
    guest = ask("alice", "lock", flags=LOCKED, mac=OWN)
    return guest, ask("bob", "lock")


def test_a_locked_port_has_its_protections_and_says_so(shared, locked):
    guest, _ = locked
    flags = shared.port(guest.port)
    assert guest.flags & client.LOCK_MAC and guest.flags & client.SEALED
    assert (flags["locked"], flags["learning"], flags["flood"]) == (True, False, False)
    assert flags["guard"] and flags["root_block"] and flags["bcast_flood"] and flags["mcast_flood"]
    assert fdb(shared) == [f"52:54:00:00:00:01 dev {guest.port} master lock sticky static"] or \
        fdb(shared) == [f"52:54:00:00:00:01 dev {guest.port} sticky master lock static"]


def test_the_guest_s_own_address_passes_both_ways(locked):
    guest, other = (reply.fds[0] for reply in locked)
    for to in (BROADCAST, mac("33:33:00:00:00:42"), STRANGER):
        send(guest, frame(to, OWN, MARK + to))
        assert hears(other, MARK + to)
    send(other, frame(OWN, PEER, MARK + b"back"))
    assert hears(guest, MARK + b"back")
    for to in (BROADCAST, mac("33:33:00:00:00:42")):  # without these no ARP and no IPv6
        send(other, frame(to, PEER, MARK + b"all" + to))
        assert hears(guest, MARK + b"all" + to)


@pytest.mark.parametrize("source", ("52:54:00:00:00:02", "02:00:00:00:00:0b", "00:00:00:00:00:01",
                                    "fe:00:00:00:00:01", "52:54:00:00:01:01"))
@pytest.mark.parametrize("to", ("02:00:00:00:00:0b", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"))
def test_attack_47_a_frame_with_another_source_is_dropped(shared, locked, source, to):
    guest, other = (reply.fds[0] for reply in locked)
    send(other, frame(BROADCAST, PEER, b"here I am"))
    before = fdb(shared)
    send(guest, frame(mac(to), mac(source), MARK))
    send(guest, frame(BROADCAST, OWN, b"the marker"))
    assert silent_until(other, b"the marker", MARK)
    assert fdb(shared) == before


def test_attack_47_every_queue_of_a_locked_port_is_locked(ask):
    guest = ask("alice", "lock", flags=LOCKED, mac=OWN, queues=4)
    other = ask("bob", "lock").fds[0]
    for number, fd in enumerate(guest.fds):
        send(fd, frame(BROADCAST, OTHER, MARK))
        send(fd, frame(BROADCAST, OWN, b"queue %d" % number))
        assert silent_until(other, b"queue %d" % number, MARK)


@pytest.mark.parametrize("last", (0x00, 0x01, 0x02, 0x03, 0x0E, 0x0F))
def test_attack_47_link_local_frames_teach_the_bridge_nothing(shared, locked, last):
    """They are worked off before the bridge looks at the lock."""
    guest, other = (reply.fds[0] for reply in locked)
    before = fdb(shared)
    send(guest, frame(mac("01:80:c2:00:00:00")[:5] + bytes((last,)), OTHER, MARK))
    send(guest, frame(BROADCAST, OWN, b"the marker"))
    assert silent_until(other, b"the marker", MARK)
    assert fdb(shared) == before


def test_attack_47_the_holder_s_change_of_the_tap_s_address_unlocks_nothing(shared, locked):
    guest, other = (reply.fds[0] for reply in locked)
    before = fdb(shared)
    fcntl.ioctl(guest, SIOCSIFHWADDR, struct.pack("16sH6s16x", b"", 1, OTHER))
    send(guest, frame(BROADCAST, OTHER, MARK))
    send(guest, frame(BROADCAST, OWN, b"the marker"))
    assert silent_until(other, b"the marker", MARK)
    assert fdb(shared) == before


def test_attack_47_nobody_takes_a_locked_address_by_using_it(shared, locked):
    """Neither for the guest's frames to go elsewhere, nor for the guest to be cut off."""
    guest, other = (reply.fds[0] for reply in locked)
    before = fdb(shared)
    send(other, frame(BROADCAST, OWN, b"I am the guest"))
    assert hears(guest, b"I am the guest")
    assert fdb(shared) == before
    send(other, frame(OWN, PEER, MARK + b"to"))
    assert hears(guest, MARK + b"to")
    send(guest, frame(PEER, OWN, MARK + b"from"))
    assert hears(other, MARK + b"from")


def test_unknown_addresses_are_not_flooded_to_a_locked_port(ask, locked):
    guest, other = (reply.fds[0] for reply in locked)
    third = ask("bob", "lock").fds[0]
    send(other, frame(STRANGER, PEER, MARK))
    assert hears(third, MARK)
    send(other, frame(BROADCAST, PEER, b"the marker"))
    assert silent_until(guest, b"the marker", MARK)


def test_locked_guests_reach_each_other(ask):
    guests = [ask("alice", "lock", flags=LOCKED, mac=address).fds[0] for address in (OWN, OTHER)]
    send(guests[0], frame(OTHER, OWN, MARK + b"1"))
    assert hears(guests[1], MARK + b"1")
    send(guests[1], frame(OWN, OTHER, MARK + b"2"))
    assert hears(guests[0], MARK + b"2")


# ---- isolated: ATTACKS 47 ----

def test_attack_47_isolated_ports_are_mute_to_each_other_and_reach_the_others(ask):
    one, two = (ask("alice", "apart").fds[0] for _ in range(2))
    uplink = ask("bob", "apart").fds[0]
    addresses = {one: OWN, two: OTHER}
    for fd, source in addresses.items():
        send(fd, frame(BROADCAST, source, b"hello" + source))
        assert hears(uplink, b"hello" + source)
        send(uplink, frame(source, PEER, b"answer" + source))
        assert hears(fd, b"answer" + source)
    for fd, to in ((one, OTHER), (two, OWN)):
        for address in (to, BROADCAST, STRANGER, mac("33:33:00:00:00:01")):
            send(fd, frame(address, addresses[fd], MARK))
    send(uplink, frame(BROADCAST, PEER, b"the marker"))
    assert silent_until(one, b"the marker", MARK)
    assert silent_until(two, b"the marker", MARK)
    # All but those that the bridge knows to be behind the other port came here.
    assert sum(MARK in data for data in drain(uplink)) == 6


# ---- foreign queues: ATTACKS 46 ----

def attach(name, flags):
    """0 or the errno of attaching another queue to a TAP of that name."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    try:
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        return 0
    except OSError as error:
        return error.errno
    finally:
        os.close(fd)


@pytest.mark.parametrize("user", ("alice", "bob"))
@pytest.mark.parametrize("bridge, queues", (("plain", 4), ("plain", 1), ("rough", 1)))
@pytest.mark.parametrize("more", (0, IFF_MULTI_QUEUE))
def test_attack_46_nobody_attaches_a_queue_by_the_name(shared, ask, user, bridge, queues, more):
    """A sealed TAP's name leads to the port outside; a direct TAP has one queue, which is taken."""
    reply = ask("alice", bridge, queues=queues)
    flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | more
    got = shared.call(lambda: attach(reply.port, flags), user=user)
    assert got in (errno.EPERM, errno.EBUSY, errno.EINVAL)
    assert shared.interfaces().count(reply.port) == 1
    kind = shared.links()[reply.port]["linkinfo"]
    assert kind["info_kind"] == ("tun" if bridge == "rough" else "veth")
    if bridge == "rough":
        assert kind["info_data"]["user"] == "alice" and not kind["info_data"]["multi_queue"]
