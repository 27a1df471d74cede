# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant tap: TAPs that stay, for programs that take a name and no descriptor."""

import fcntl
import json
import os
import struct

import pytest

import protocol_client as client
import replies
from connecting import connect
from process import wait_until
from tun import IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, TUNSETPERSIST
from world import World

assert connect  # a fixture

TUNSETIFF = 0x400454CA
ACL_TEXT = ("allow bridge br0 user alice polkit=no quota=2 port=direct isolated\n"
            "allow bridge br0 user bob polkit=no quota=2 port=direct\n"
            "allow bridge br0 user carol polkit=no\n")


@pytest.fixture(scope="module")
def tap_world(stage):
    with World(stage) as world:
        world.bridge("br0")
        yield world


@pytest.fixture
def life(tap_world):
    tap_world.write_acl(ACL_TEXT)
    yield tap_world
    for name in tap_world.taps():
        tap_world.run(["ip", "link", "del", name])  # a sealed one may be going by itself
    tap_world.wait_no_taps()


def tap(world, *words, user="alice", code=0):
    done = world.run(["vmgrant", "tap", *words], user)
    assert done.code == code, (done.stdout, done.stderr)
    return done.stderr.decode() if code else done.stdout.decode().strip()


def attach(world, name, user="alice", flags=IFF_TAP | IFF_NO_PI | IFF_VNET_HDR):
    """As kvmtool does by the name; the errno of a refusal, or 0. It is closed at once."""
    def attaching():
        fd = os.open("/dev/net/tun", os.O_RDWR)
        try:
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        except OSError as error:
            return error.errno
        finally:
            os.close(fd)
        return 0
    return world.call(attaching, user=user)


def state_of(world, name, user="alice"):
    """As list says it to programs; None: it is gone."""
    ports = json.loads(world.run(["vmgrant", "list", "--json"], user).stdout)["ports"]
    return next((port["state"] for port in ports if port["port"] == name), None)


def test_a_tap_stays_is_its_owners_and_goes(life):
    name = tap(life, "br0")
    assert life.links()[name]["master"] == "br0" and life.port(name)["isolated"]
    wait_until(lambda: state_of(life, name) == "unheld", "nobody to have it open")
    assert attach(life, name) == 0 and attach(life, name, flags=IFF_TAP | IFF_NO_PI) == 0
    wait_until(lambda: name in tap(life) and "free" in tap(life), "it to be free again")
    assert json.loads(tap(life, "--json"))[0]["port"] == name
    assert tap(life, "--remove", name) == "" and name not in life.taps()
    assert json.loads(tap(life, "--json")) == [] and tap(life) == ""
    assert "no TAP of yours" in tap(life, "--remove", name, code=replies.OBJECT)


def test_attack_45_a_tap_that_stays_counts_for_the_quota(life, connect):
    """Also when nobody has it open, and together with cards of running guests."""
    first = tap(life, "br0")
    held = client.ask(connect("alice"), 1, "br0")
    assert held.code == 0
    assert "quota of 2 interfaces" in tap(life, "br0", code=replies.QUOTA)
    tap(life, "--remove", first)
    assert tap(life, "br0") in life.taps()


def test_attack_45_another_users_tap_is_not_to_be_had(life):
    """Neither removed nor opened, whatever name is given."""
    name = tap(life, "br0")
    assert "no TAP of yours" in tap(life, "--remove", name, user="bob", code=replies.OBJECT)
    assert tap(life, user="bob") == "" and state_of(life, name, "bob") is None
    assert attach(life, name, user="bob") == 1  # EPERM
    for other in ("br0", "lo", "../tun", "", name + "x"):
        assert "no TAP of yours" in tap(life, "--remove", other, code=replies.OBJECT)
    assert name in life.taps()


def test_a_tap_that_a_program_has_open_is_not_removed(life, connect):
    """Nor one that goes with its program by itself."""
    held = client.ask(connect("alice"), 1, "br0")
    fcntl.ioctl(held.fds[0], TUNSETPERSIST, 1)
    assert "a program has it open" in tap(life, "--remove", held.port, code=replies.OBJECT)
    other = client.ask(connect("bob"), 1, "br0")
    assert "no TAP of yours" in tap(life, "--remove", other.port, user="bob", code=replies.OBJECT)
    assert {held.port, other.port} <= set(life.taps())


def test_attack_45_a_sealed_rule_gives_none_and_makes_nothing(life):
    assert "port=direct" in tap(life, "br0", user="carol", code=replies.UNSUPPORTED)
    assert life.taps() == []


def test_a_request_that_fails_leaves_no_tap(life):
    assert tap(life, "br1", code=replies.DENIED).startswith("vmgrant: bridge br1: ")
    done = life.run(["sh", "-c", "vmgrant tap br0 >/dev/full"], "alice")
    assert done.code == 1 and b"is gone again" in done.stderr, done.stderr
    life.wait_no_taps()
    # bash says when whoever reads has gone.
    done = life.run(["bash", "-c", "exec 4> >(exec true); wait $!; vmgrant tap br0 >&4"], "alice")
    assert done.code == 1 and b"is gone again" in done.stderr, done.stderr
    life.wait_no_taps()
    for words in (["br0", "br0"], ["br0", "--remove", "x"], ["--remove"], ["--mac", "x"]):
        tap(life, *words, code=2)


def test_a_deny_takes_no_tap_away_but_gives_no_other(life):
    """As with every port: what is held stays, and root ends it."""
    name = tap(life, "br0")
    life.write_acl(ACL_TEXT + "deny bridge br0 user alice\n")
    tap(life, "br0", code=replies.DENIED)
    assert name in life.taps() and attach(life, name) == 0
    wait_until(lambda: life.run(["vmgrant", "tap", "--remove", name]).code == 0, "root's removal")
    assert name not in life.taps()
