# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the tests of vmgrant reattach share: a world of ports, and what can happen to one."""

import json

import pytest

from world import World

FOUND = 104
MARK = b"vmgrant-reattach"
FLAGS = ("isolated", "guard", "root_block", "locked", "learning", "flood")
ACL_TEXT = ("allow bridge br0 user alice polkit=no isolated\n"
            "allow bridge br0 user bob polkit=no\n"
            "allow bridge br0 user carol polkit=no lock-mac isolated\n"
            "allow bridge br1 user bob polkit=no\n")


@pytest.fixture
def life(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        world.bridge("br0", mtu=1400, mac="52:54:00:00:00:b0")
        yield world


def reattach(world, *words, user="root", code=0):
    done = world.run(["vmgrant", "reattach", *words], user)
    assert done.code == code, (done.stdout, done.stderr)
    return done


def outcome(world, port, *words, code=0):
    """What --json says about one port."""
    answer = json.loads(reattach(world, "--json", *words, code=code).stdout)
    assert answer["good"] == (code == 0)
    (found,) = [each for each in answer["ports"] if each["port"] == port]
    return found


def shape(world, port):
    """All that a rule can demand of a port, as the kernel shows it."""
    link = world.links()[port]
    found = world.port(port) if "master" in link else {}
    entries = world.run(["bridge", "fdb", "show", "dev", port]).stdout.decode().splitlines()
    return ({flag: found.get(flag) for flag in FLAGS}, link.get("master"), link["mtu"],
            link["address"], link["ifalias"], "UP" in link["flags"],
            sorted(entry for entry in entries if "permanent" not in entry))


def take_off(world, port):
    world.ip(f"link set {port} nomaster")


def off_and_down(world, port):
    world.ip(f"link set {port} nomaster down")


def by_hand(world, port):
    world.ip(f"link set {port} nomaster", f"link set {port} master br0")


def make_again(world, _):
    world.ip("link del br0")
    world.bridge("br0", mtu=1400, mac="52:54:00:00:00:b0")


def renamed(world, port):
    world.ip(f"link set {port} down", f"link set {port} nomaster name guest0")


def shrunk(world, port):
    world.ip(f"link set {port} mtu 1300")
