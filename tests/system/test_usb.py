# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB requests against the installed helper, with made-up devices (usbtree.py)."""

import fcntl
import os

import pytest

import protocol_client
import replies
import usb_client as client
from usbtree import HID, HUB, SMART_CARD, STORAGE, VENDOR, UsbTree
from world import JOURNAL, World

STICK, KEY, OTHER = "0951:1666", "1050:0407", "04d9:1203"
ACL = (f"allow usb {STICK} user alice polkit=no\n"
       f"allow usb {KEY} user alice polkit=no\n"
       "allow usb class=03 user alice polkit=no\n"
       "allow usb port=3-2 user alice polkit=no\n"
       "allow usb *:* group gpu polkit=no\n"
       f"allow usb {OTHER} user bob\n"
       f"deny usb {STICK} serial=MINE user alice\n")


@pytest.fixture(scope="module")
def one_world(stage):
    with World(stage) as world:
        world.usb = UsbTree(world)
        yield world


@pytest.fixture
def usb_world(one_world):
    """The module's world, without a device; its policy is ACL."""
    one_world.write_acl(ACL)
    one_world.usb.clear()
    return one_world


def start(world, user="alice"):
    return world.start_request(user, channel=protocol_client.pair, arguments=["--fd=9"])


def ask(world, user="alice", **options):
    """One request on a connection of its own."""
    request = start(world, user)
    reply = client.ask(request.socket, **options)
    request.socket.close()
    assert request.finish().code == 0
    return reply


def refused(world, code, *parts, **options):
    """The sentence of a refusal, one that gave nothing; parts have to be in it."""
    reply = ask(world, **options)
    assert (reply.code, reply.fds, reply.node) == (code, [], ""), reply.sentence
    for part in parts:
        assert part in reply.sentence, reply.sentence
    return reply.sentence


# ---- what is granted ----

NAMINGS = {
    "ids": {"ids": STICK},
    "port": {"port": "1-1.4"},
    "number": {"bus": 1, "device": 4},
    "serial": {"ids": STICK, "serial": "00123"},
    "all": {"ids": STICK, "serial": "00123", "port": "1-1.4", "bus": 1, "device": 4},
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_the_node_is_handed_over_open_for_both_ways(usb_world, naming):
    node = usb_world.usb.add("1-1.4", 4, STICK, serial="00123")
    reply = ask(usb_world, **NAMINGS[naming])
    assert reply.code == 0 and reply.node == node, reply.sentence
    assert len(reply.fds) == 1
    assert fcntl.fcntl(reply.fds[0], fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    assert os.fstat(reply.fds[0]).st_rdev == os.stat(usb_world.path(node)).st_rdev
    reply.close()


MISNAMINGS = {
    "product": {"ids": "0951:1667"},
    "vendor": {"ids": "0950:1666"},
    "serial": {"ids": STICK, "serial": "0012"},
    "longer serial": {"ids": STICK, "serial": "001234"},
    "port": {"port": "1-1.5"},
    "shorter port": {"port": "1-1"},
    "longer port": {"port": "1-1.40"},
    "bus": {"bus": 2, "device": 4},
    "device": {"bus": 1, "device": 5},
    "one of them": {"ids": STICK, "serial": "00123", "port": "1-1.4", "bus": 1, "device": 5},
}


@pytest.mark.parametrize("naming", MISNAMINGS)
def test_attack_18_everything_named_has_to_fit_as_a_whole(usb_world, naming):
    usb_world.usb.add("1-1.4", 4, STICK, serial="00123")
    refused(usb_world, replies.DENIED, "not allowed for user alice", **MISNAMINGS[naming])


def test_several_requests_on_one_connection(usb_world):
    first = usb_world.usb.add("1-1", 3, STICK)
    second = usb_world.usb.add("1-2", 5, KEY)
    request = start(usb_world)
    for number, (ids, node) in enumerate(((STICK, first), (KEY, second))):
        reply = client.ask(request.socket, number, ids=ids)
        assert (reply.code, reply.serial, reply.node) == (0, number, node), reply.sentence
        reply.close()


def test_a_query_names_the_node_and_opens_nothing(usb_world):
    node = usb_world.usb.add("1-1", 3, STICK)
    reply = ask(usb_world, ids=STICK, flags=client.QUERY)
    assert (reply.code, reply.node, reply.fds, reply.flags) == (0, node, [], 0)
    # Who had read the node would have left nothing for this one.
    reply = ask(usb_world, ids=STICK)
    assert reply.code == 0, reply.sentence
    reply.close()
    usb_world.usb.add("1-2", 4, OTHER)
    reply = ask(usb_world, "bob", ids=OTHER, flags=client.QUERY)
    assert reply.code == 0 and reply.flags == client.POLKIT


def test_a_node_of_root_is_opened_and_others_stay_closed(usb_world):
    node = usb_world.usb.add("1-1", 3, STICK)
    done = usb_world.run_as("alice", ["cat", node])
    assert done.code != 0 and b"Permission denied" in done.stderr
    reply = ask(usb_world, ids=STICK)
    assert reply.code == 0
    reply.close()


# ---- several ----

def test_several_that_fit_are_listed(usb_world):
    usb_world.usb.add("1-1", 3, STICK, serial="A\x1b1")
    usb_world.usb.add("2-4.1", 7, STICK)
    sentence = refused(usb_world, replies.OBJECT, "2 devices fit", "name one by its port",
                       "port 2-4.1 (bus 2 device 7)", ids=STICK)
    assert r"port 1-1 (bus 1 device 3, serial A\x1b1)" in sentence
    reply = ask(usb_world, ids=STICK, port="2-4.1")
    assert reply.code == 0
    reply.close()


def test_twins_with_one_serial_are_two_devices(usb_world):
    usb_world.usb.add("1-1", 3, STICK, serial="SAME")
    usb_world.usb.add("1-2", 4, STICK, serial="SAME")
    refused(usb_world, replies.OBJECT, "2 devices fit", ids=STICK, serial="SAME")


def test_many_that_fit_do_not_burst_the_sentence(usb_world):
    for number in range(2, 42):
        usb_world.usb.add(f"1-{number}", number, STICK, serial="S" * 126, node=False)
    sentence = refused(usb_world, replies.OBJECT, "40 devices fit: port 1-", " more: name one",
                       ids=STICK)
    assert len(sentence) < 512


def test_only_what_the_user_may_have_counts(usb_world):
    node = usb_world.usb.add("1-1", 3, STICK, serial="00123")
    usb_world.usb.add("1-2", 4, STICK, serial="MINE", node=False)
    reply = ask(usb_world, ids=STICK)
    assert (reply.code, reply.node) == (0, node), reply.sentence
    reply.close()


# ---- no ----

def test_attack_26_missing_and_forbidden_devices_look_the_same(usb_world):
    missing = refused(usb_world, replies.DENIED, ids=OTHER)
    usb_world.usb.add("1-1", 3, OTHER)
    assert refused(usb_world, replies.DENIED, ids=OTHER) == missing
    missing = refused(usb_world, replies.DENIED, ids=STICK, serial="MINE")
    usb_world.usb.add("1-2", 4, STICK, serial="MINE")
    assert refused(usb_world, replies.DENIED, ids=STICK, serial="MINE") == missing


BAD_NAMES = {
    "nothing": {},
    "serial alone": {"serial": "1"},
    "bus 0": {"bus": 0, "device": 4},
    "device 0": {"bus": 1, "device": 0},
    "device 1000": {"bus": 1, "device": 1000},
    "device 65535": {"bus": 1, "device": 65535},
    "path": {"port": "../1-1"},
    "interface": {"port": "1-1:1.0"},
    "root hub": {"port": "usb1"},
    "zero": {"port": "1-0"},
    "negative": {"port": "1--1"},
    "plus": {"port": "+1-1"},
    "hex": {"port": "0x1-1"},
    "overflow": {"port": "4294967297-1"},
    "newline": {"port": "1-1\n"},
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_attack_27_names_that_no_device_has(usb_world, name):
    usb_world.usb.add("1-1", 4, STICK)
    refused(usb_world, replies.USAGE, "usb", **BAD_NAMES[name])


def test_attack_30_hubs_are_never_given(usb_world):
    usb = usb_world.usb
    usb.add("usb1", 1, STICK, device_class=HUB)
    usb.add("1-1", 2, STICK, device_class=HUB, classes=(HUB,))
    usb.add("1-2", 3, STICK, classes=(VENDOR, HUB))
    usb.add("1-3", 4, STICK)
    usb.add("1-3.1", 5, KEY)
    usb.add("usb2", 1, STICK)
    for bus, device in ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1)):
        refused(usb_world, replies.OBJECT, "it is a hub", bus=bus, device=device)


@pytest.mark.parametrize("code", (HID, SMART_CARD))
def test_attack_30_input_devices_and_security_keys_want_a_rule_by_name(usb_world, code):
    usb_world.usb.add("1-1", 3, OTHER, classes=(HID,))
    usb_world.usb.add("3-2", 4, OTHER, classes=(STORAGE, code))
    usb_world.usb.add("1-3", 5, KEY, classes=(code,))
    refused(usb_world, replies.DENIED, "names vendor and product", f"usb {OTHER}", port="1-1")
    refused(usb_world, replies.DENIED, "names vendor and product", port="3-2")
    refused(usb_world, replies.DENIED, "names vendor and product", user="carol", ids=KEY)
    reply = ask(usb_world, ids=KEY)
    assert reply.code == 0, reply.sentence
    reply.close()


def test_a_device_that_the_administrator_blocked_stays_blocked(usb_world):
    usb_world.usb.add("1-1", 3, STICK)
    usb_world.usb.set("1-1", "authorized", 0)
    refused(usb_world, replies.OBJECT, "does not admit", ids=STICK)


# ---- hostile nodes, hostile words ----

def test_attack_28_a_node_that_is_something_else(usb_world):
    usb = usb_world.usb
    node = usb.add("1-1", 3, STICK)
    usb.set("1-1", "dev", "1:3")
    refused(usb_world, replies.OBJECT, node, "is not there or is something else", ids=STICK)
    for make in (lambda: os.symlink("/dev/null", node), lambda: os.mkfifo(node),
                 lambda: os.mkdir(node), lambda: os.mknod(node), lambda: None,
                 lambda: os.mknod(node, 0o060666, os.makedev(1, 3))):
        usb.unmake_node(node)
        usb_world.call(make)
        refused(usb_world, replies.OBJECT, "is not there or is something else", ids=STICK)


def test_attack_28_links_on_the_way_to_the_node(usb_world):
    usb = usb_world.usb
    node = usb.add("1-1", 3, STICK)
    folder = os.path.dirname(node)
    usb_world.call(lambda: os.rename(folder, folder + ".real"))
    usb_world.call(lambda: os.symlink(folder + ".real", folder))
    refused(usb_world, replies.OBJECT, "is not there or is something else", ids=STICK)
    usb_world.call(lambda: os.unlink(folder))
    usb_world.call(lambda: os.rename(folder + ".real", folder))


def test_attack_29_a_node_that_says_something_else(usb_world):
    node = usb_world.usb.add("1-1", 3, STICK)
    raw = usb_world.path(f"{usb_world.usb.folder('1-1')}/descriptors").read_bytes()
    for said in (raw[:-1], raw + b"\1", raw[:8] + b"\0" + raw[9:], b"", raw[18:]):
        usb_world.usb.fill(node, said)
        refused(usb_world, replies.OBJECT, "unplugged or changed meanwhile", ids=STICK)
    usb_world.usb.fill(node, raw)
    reply = ask(usb_world, ids=STICK)
    assert reply.code == 0
    reply.close()


HOSTILE = {
    "busnum": ("", "x", "-1", "1000", "0x1", "1 2", b"\0", "9" * 5000),
    "devnum": ("", "+4", "0"),
    "dev": ("", "189", "../null", "189:-3"),
    "descriptors": (b"", b"\0" * 18, b"\x12\x02" + b"\0" * 16, b"\x12\x01" + b"\0" * 17,
                    b"\x12\x01" + b"\0" * 16 + b"\2\4" * 33000),
    "serial": ("S" * 600, b"a\0b\n"),
    "idVendor": ("", "10951", "0951\n0951", "0951 "),
}


@pytest.mark.parametrize("attribute", HOSTILE)
def test_attack_31_attributes_that_are_none_make_no_device(usb_world, attribute):
    usb_world.usb.add("1-1", 3, STICK)
    for value in HOSTILE[attribute]:
        usb_world.usb.set("1-1", attribute, value)
        refused(usb_world, replies.DENIED, "not allowed", ids=STICK)


def test_the_record_names_the_device(usb_world):
    sink = usb_world.sink(JOURNAL)
    usb_world.usb.add("1-1.4", 4, STICK, serial="00\x1b[2J\n1")
    ask(usb_world, ids=STICK).close()
    lines = sink.records()[-1].decode("ascii").splitlines()
    fields = dict(line.split("=", 1) for line in lines)
    assert fields["VMGRANT_OBJECT"] == f"usb {STICK}"
    assert fields["VMGRANT_DEVICE"] == STICK + r" port 1-1.4 serial 00\x1b[2J\x0a1"
    assert fields["VMGRANT_GIVEN"] == "/dev/bus/usb/001/004"
    assert fields["MESSAGE"].startswith("granted uid=1000 pid=")
    assert fields["MESSAGE"].endswith(
        rf'given="/dev/bus/usb/001/004" user="alice" object="usb {STICK}" '
        rf'device="{fields["VMGRANT_DEVICE"]}" rule="/etc/vmgrant/acl.conf:1"'), fields
    assert fields["VMGRANT_ACTION"] == "org.vmgrant.usb"
    usb_world.path(JOURNAL).unlink()
