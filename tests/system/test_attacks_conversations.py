# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 48 and 44: long conversations of good and spoiled messages with a real helper.

A model, written from doc/protocol.md, says of each message how it is answered, knowing what is
held at that moment. VMGRANT_CONVERSATIONS is how many there are (15), VMGRANT_CONVERSATIONS_SEED
the seed.
"""

import os
import random
import socket
import struct

import pytest

import protocol_client as tap
import replies
import usb_client as usb
from looking import files_of, judge_of
from process import wait_until
from seeds import seed_of
from usbtree import UsbTree
from world import World

QUOTA = 3
ACL = f"""allow bridge br0 user alice polkit=no queues=2 quota={QUOTA}
deny bridge br1
allow bridge br2 user alice polkit=no lock-mac queues=4
allow bridge br9 user alice polkit=no
allow usb 0951:1666 user alice polkit=no
"""
BRIDGES = ("br0", "br0", "br0", "br1", "br2", "br9", "none")
LOCAL, FOREIGN, GROUP = bytes.fromhex("525400123456"), bytes.fromhex("00163e112233"), b"\1" * 6
SIZES = {1: 48, 2: 48, 3: 192, 4: 48, 5: 280}
ENDS = "the connection ends"
REFUSED = frozenset(range(1, 15))


# ---- the model ----

def is_string(field):
    """Ended and filled by NULs, printable ASCII."""
    text, end, rest = field.partition(b"\0")
    return bool(end) and not rest.strip(b"\0") and all(32 <= byte < 127 for byte in text)


def answer_to(data, held):
    """ENDS, or (codes that the reply may have, descriptors that come with a yes)."""
    if len(data) < 16 or data[:4] != b"VMGQ":
        return ENDS
    version, kind, _, length = struct.unpack_from("<HHII", data, 4)
    if version != 1 or kind not in SIZES or length != len(data) or length != SIZES[kind]:
        return {replies.USAGE}, 0
    if kind in (tap.TAP, tap.QUERY):
        return answer_to_tap(data[16:], kind == tap.QUERY, held)
    if kind == usb.USB:
        return answer_to_usb(data[16:])
    # No rule gives anything of the other kinds.
    return REFUSED, 0


def answer_to_tap(body, is_query, held):
    name, flags, queues, mac, zero = struct.unpack("<16sIH6s4s", body)
    if not is_string(name) or flags & ~15 or any(zero) or not 1 <= queues <= 16:
        return {replies.USAGE}, 0
    if flags & tap.MAC and (mac[0] & 1 or not any(mac)):
        return {replies.USAGE}, 0
    bridge = name.rstrip(b"\0").decode()
    if bridge not in ("br0", "br2"):
        return REFUSED, 0
    if is_query:
        return ({0} if queues == 1 and not flags & (tap.VHOST | tap.MAC) else {0} | REFUSED), 0
    if queues > (2 if bridge == "br0" else 4) or flags & tap.VHOST:
        # What the rule does not give is refused; vhost may be left out instead.
        return ({0} if flags & tap.VHOST else set()) | REFUSED, queues
    if bridge == "br2":
        is_local = flags & tap.MAC and mac[0] & 2
        # An address that a port has already is somebody's.
        return ({0} | REFUSED if is_local else REFUSED), queues
    return ({0} if held < QUOTA else {replies.QUOTA}), queues


def answer_to_usb(body):
    flags, vendor, product, bus, device, zero = struct.unpack_from("<IHHHH4s", body)
    if flags & ~(usb.INTERACTIVE | usb.QUERY | usb.IDS | usb.SERIAL | usb.PORT | usb.NUMBER | 4) or \
            any(zero) or not is_string(body[16:48]) or not is_string(body[48:176]):
        return {replies.USAGE}, 0
    if not flags & (usb.IDS | usb.PORT | usb.NUMBER):
        return REFUSED, 0
    right = all((not flags & usb.IDS or (vendor, product) == (0x951, 0x1666),
                 not flags & usb.SERIAL or body[48:176].rstrip(b"\0") == b"GOOD",
                 not flags & usb.PORT or body[16:48].rstrip(b"\0") == b"1-1",
                 not flags & usb.NUMBER or (bus, device) == (1, 2)))
    fields = {usb.IDS: body[4:8], usb.NUMBER: body[8:12], usb.PORT: body[16:48],
              usb.SERIAL: body[48:176]}
    # What has no meaning without its flag may be refused.
    plain = flags in (usb.IDS, usb.PORT, usb.NUMBER, usb.IDS | usb.QUERY) and not any(
        any(field) for flag, field in fields.items() if not flags & flag)
    return ({0} if plain and right else {0} | REFUSED if right else REFUSED), \
        0 if flags & usb.QUERY else 1


# ---- messages ----

def good_message(chance, number):
    if chance.random() < 0.25:
        options = chance.choice(({"ids": "0951:1666"}, {"port": "1-1"}, {"bus": 1, "device": 2},
                                 {"ids": "0951:1666", "flags": usb.QUERY}, {"ids": "dead:beef"},
                                 {"ids": "0951:1666", "serial": "EVIL"}))
        return usb.encode(number, **options)
    flags = chance.choice((0, tap.VNET, tap.VNET, tap.VNET | tap.INTERACTIVE, tap.VNET | tap.MAC,
                           tap.VHOST))
    mac = chance.choice((LOCAL, FOREIGN, GROUP)) if flags & tap.MAC else bytes(6)
    return tap.encode(number, chance.choice(BRIDGES), chance.choice((tap.TAP, tap.TAP, tap.QUERY)),
                      chance.choice((1, 1, 1, 2, 3, 16)), flags, mac)


def spoil(chance, data):
    what, data = chance.randrange(6), bytearray(data)
    if what == 0:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif what == 1:
        del data[chance.randrange(len(data)):]
    elif what == 2:
        data += bytes(chance.randrange(1, 600))
    elif what == 3:
        struct.pack_into("<H", data, chance.choice((4, 6)), chance.choice((0, 2, 6, 99, 65535)))
    elif what == 4:
        struct.pack_into("<I", data, chance.choice((12, 32)), chance.choice((0, 47, 2**31, 2**32 - 1)))
    elif what == 5:
        data[16:32] = chance.choice((b"x" * 16, b"br0\0br0".ljust(16, b"\0"), b"\x1b[31m".ljust(16, b"\0"),
                                     b"../br0".ljust(16, b"\0"), b"br%d".ljust(16, b"\0")))
    # An empty message is one that ends it, too.
    return bytes(data)


# ---- one conversation ----

class Conversation:
    def __init__(self, world, stick, chance):
        self.world, self.stick, self.chance = world, stick, chance
        self.held = {}  # the model's: {port on br0 or br2: descriptors}
        self.log = []
        self.connect()

    def connect(self):
        self.request = self.world.start_request("alice", channel=tap.pair, arguments=["--fd=9"])

    def on_br0(self):
        return sum(bridge == "br0" for bridge, _ in self.held.values())

    def close_some(self, all_of_them=False):
        for name in list(self.held):
            if all_of_them or self.chance.random() < 0.5:
                for fd in self.held.pop(name)[1]:
                    os.close(fd)
                # The model counts a port until its interface is gone.
                wait_until(lambda name=name: name not in self.world.interfaces(), f"{name} to go")

    def change_policy(self):
        """A change that says the same ends the connection with the next request."""
        # The policy is read before the first request is.
        assert tap.ask(self.request.socket, 1, "br0", kind=tap.QUERY).code == 0
        self.world.write("/etc/vmgrant/acl.conf", ACL + f"# {self.chance.random()}\n")
        self.request.socket.send(tap.encode(1, "br0", tap.QUERY))
        assert tap.receive(self.request.socket) is None
        self.start_again()

    def start_again(self):
        self.request.socket.close()
        assert self.request.finish().code == 0
        self.connect()

    def send(self, data):
        self.log.append(data)
        if self.chance.random() < 0.1:
            with open("/dev/null", "rb") as null:
                socket.send_fds(self.request.socket, [data], [null.fileno()] * 5)
        else:
            self.request.socket.send(data)

    def step(self, number):
        if self.chance.random() < 0.04:
            self.change_policy()
        if self.chance.random() < 0.25:
            self.close_some()
        data = good_message(self.chance, number)
        if self.chance.random() < 0.4:
            data = spoil(self.chance, data)
        self.stick.reset("1-1", self.stick.path(1, 2))
        expected = answer_to(data, self.on_br0())
        self.send(data)
        try:
            reply, fds = tap.receive_message(self.request.socket)
        except ConnectionResetError:
            reply, fds = b"", []
        if expected == ENDS:
            assert (reply, fds) == (b"", [])
            self.start_again()
            return
        self.check(data, reply, fds, *expected)

    def check(self, data, reply, fds, codes, descriptors):
        magic, version, kind, serial, length = tap.HEADER.unpack(reply[:16])
        (code,) = struct.unpack_from("<I", reply, 16)
        sentence = reply[96:]
        assert (magic, version, length, len(reply)) == (b"VMGR", 1, 608, 608)
        assert (kind, serial) == struct.unpack_from("<HI", data, 6)
        assert code in codes and is_string(sentence), (code, codes, sentence)
        assert (code == 0) == (sentence[0] == 0)
        if code:
            assert not fds
            return
        if kind == tap.TAP:
            self.check_port(data, tap.Reply(reply, fds), descriptors)
        elif kind == tap.QUERY:
            assert not fds
            bridge = data[16:32].rstrip(b"\0")
            assert tap.Reply(reply, fds).used == (
                self.on_br0() if bridge == b"br0" else len(self.held) - self.on_br0())
        else:
            assert len(fds) == descriptors
            for fd in fds:
                os.close(fd)

    def check_port(self, data, reply, queues):
        bridge = data[16:32].rstrip(b"\0").decode()
        assert (reply.queues, reply.vhosts, len(reply.fds)) == (queues, 0, queues)
        assert reply.port not in self.held and reply.port in self.world.interfaces()
        assert self.world.port(reply.port)["master"] == bridge
        self.held[reply.port] = bridge, reply.fds

    def end(self):
        """With everything closed helper and judge have what they had, and the quota is free."""
        self.close_some(all_of_them=True)
        offer = tap.ask(self.request.socket, 1, "br0", kind=tap.QUERY)
        assert (offer.code, offer.quota, offer.used) == (0, QUOTA, 0), offer.sentence
        processes = self.request.pid, judge_of(self.request.pid)
        counts = [len(files_of(pid)) for pid in processes]
        self.request.socket.close()
        assert self.request.finish().code == 0
        return counts


@pytest.mark.limit(1800)
def test_attack_44_and_48_long_conversations_are_answered_as_the_model_says(stage):
    seed = seed_of("CONVERSATIONS")
    counts = []
    with World(stage) as world:
        for name in ("br0", "br1", "br2"):
            world.bridge(name)
        world.write_acl(ACL)
        stick = UsbTree(world)
        stick.add("1-1", 2, "0951:1666", serial="GOOD")
        for number in range(int(os.environ.get("VMGRANT_CONVERSATIONS") or 15)):
            conversation = Conversation(world, stick, random.Random(seed + number))
            try:
                for message in range(1, 26):
                    conversation.step(message)
                counts.append(conversation.end())
            except Exception as error:
                raise AssertionError(f"VMGRANT_CONVERSATIONS_SEED={seed + number}, after "
                                     f"{conversation.log[-3:]}") from error
        world.wait_no_taps()
    # However a conversation went, nothing has gathered in those who held it.
    assert len({helper for helper, _ in counts}) <= 2 and len({judge for _, judge in counts}) == 1, counts
