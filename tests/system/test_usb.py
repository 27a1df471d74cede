# SPDX-License-Identifier: LGPL-2.1-or-later
"""USB requests against the installed helper, with made-up devices."""

import os

import pytest

import protocol_client
import replies
import usb_client as client
from usbtree import HID, STORAGE, UsbTree
from world import JOURNAL, World

STICK = "0951:1666"
ACL = ("allow usb 0951:1666 user alice polkit=no\n"
       "allow usb class=03 user alice polkit=no\n"
       "allow usb 04d9:1203 user carol polkit=no\n"
       "allow usb *:* group students polkit=no\n"
       "deny usb 1d6b:0003\n")


@pytest.fixture
def usb_world(stage):
    with World(stage) as world:
        world.write_acl(ACL)
        world.usb = UsbTree(world)
        yield world


def start(world, user="alice"):
    return world.start_request(user, channel=protocol_client.pair, arguments=["--fd=9"])


def ask(world, user="alice", **options):
    """One request on a connection of its own."""
    request = start(world, user)
    reply = client.ask(request.socket, **options)
    request.socket.close()
    assert request.finish().code == 0
    return reply


NAMINGS = {
    "ids": {"ids": STICK},
    "port": {"port": "1-1.4"},
    "number": {"bus": 1, "device": 4},
    "all": {"ids": STICK, "serial": "00123", "port": "1-1.4", "bus": 1, "device": 4},
}


@pytest.mark.parametrize("naming", NAMINGS)
def test_the_node_is_handed_over_open_for_both_ways(usb_world, naming):
    node = usb_world.usb.add("1-1.4", 4, STICK, serial="00123")
    reply = ask(usb_world, **NAMINGS[naming])
    assert reply.code == 0 and reply.node == node, reply.sentence
    assert len(reply.fds) == 1
    import fcntl
    assert fcntl.fcntl(reply.fds[0], fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDWR
    assert os.fstat(reply.fds[0]).st_rdev == os.stat(usb_world.path(node)).st_rdev
    reply.close()
