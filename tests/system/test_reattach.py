# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant reattach: ports come back as they were made, or stay off."""

import os

import pytest

import protocol_client as client
import replies
from connecting import OWN, connect, locked
from frames import BROADCAST, close, drain, frame, mac, receive, send
from process import wait_until
from reattaching import (FLAGS, FOUND, MARK, by_hand, life, make_again, off_and_down, outcome,
                         reattach, renamed, shape, shrunk, take_off)

assert life and connect  # fixtures


# ---- coming back ----

@pytest.mark.parametrize("change,state", ((take_off, "off"), (off_and_down, "off"),
                                          (by_hand, "bare"), (make_again, "off"),
                                          (shrunk, "resized")))
@pytest.mark.parametrize("kind", ("locked", "sealed", "direct"))
def test_a_port_comes_back_as_it_was_made(life, connect, change, state, kind):
    if kind == "direct":
        reply = life.request("alice")
        port = reply.name
    else:
        reply = locked(connect("carol")) if kind == "locked" else client.ask(connect("alice"), 1,
                                                                             "br0")
        port = reply.port
    before = shape(life, port)
    change(life, port)
    assert shape(life, port) != before
    found = outcome(life, port)
    assert (found["state"], found["action"]) == (state, "done")
    assert shape(life, port) == before
    assert outcome(life, port)["action"] == "none"
    # And its frames pass.
    peer = client.ask(connect("bob"), 1, "br0")
    wait_until(lambda: life.port(port)["state"] == "forwarding", "the port to forward")
    sent = frame(BROADCAST, mac(OWN), MARK)
    send(reply.fds[0], sent)
    assert receive(peer.fds[0], lambda data: MARK in data)[1] == sent


def test_a_renamed_port_comes_back_as_well(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    before = life.port(reply.port)
    renamed(life, reply.port)
    assert outcome(life, "guest0")["action"] == "done"
    after = life.port("guest0")
    assert all(after[flag] == before[flag] for flag in FLAGS) and after["master"] == "br0"


def test_a_renamed_bridge_keeps_its_ports(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    life.ip("link set br0 down", "link set br0 name lan", "link set lan up")
    life.bridge("br0")
    assert outcome(life, reply.port)["state"] == "whole"
    life.ip(f"link set {reply.port} nomaster", f"link set {reply.port} master lan")
    assert outcome(life, reply.port)["state"] == "bare"
    assert life.links()[reply.port]["master"] == "lan" and life.port(reply.port)["isolated"]


def test_a_port_in_place_is_not_touched(life, connect):
    reply = locked(connect("carol"))
    changes = life.sysfs(reply.port, "carrier_changes")
    done = reattach(life)
    assert done.stdout.decode() == f"port {reply.port}: user carol on br0: in place\n"
    assert life.sysfs(reply.port, "carrier_changes") == changes


def test_people_read_what_was_done(life, connect):
    assert reattach(life).stdout == b"there is no port of a virtual machine\n"
    reply = locked(connect("carol"))
    take_off(life, reply.port)
    assert reattach(life).stdout.decode() == \
        f"port {reply.port}: user carol on br0: put back: isolated, lock-mac={OWN}\n"
    take_off(life, reply.port)
    done = reattach(life, "--quiet")
    assert done.stdout == b"" and done.stderr == b""


def test_attack_47_an_isolated_guest_reaches_no_other_while_it_is_put_back(life, connect):
    alice = connect("alice")
    one, two = client.ask(alice, 1, "br0"), client.ask(alice, 2, "br0")
    listener = client.ask(connect("bob"), 1, "br0")
    sent = frame(BROADCAST, mac(OWN), MARK)
    for turn in range(10):
        (take_off if turn % 2 else make_again)(life, one.port)
        process = life.spawn(["vmgrant", "reattach"])
        while process.running():
            try:
                os.write(one.fds[0], bytes(10) + sent)
            except OSError:  # a port that is down takes none
                pass
        assert process.wait().code == 0, process.stderr
    wait_until(lambda: life.port(one.port)["state"] == "forwarding", "the port to forward")
    send(one.fds[0], sent)
    assert receive(listener.fds[0], lambda data: MARK in data)
    assert not [data for data in drain(two.fds[0]) if MARK in data]


def test_many_at_once_end_well(life, connect):
    alice = connect("alice")
    held = [client.ask(alice, serial, "br0") for serial in range(6)]
    before = [shape(life, reply.port) for reply in held]
    make_again(life, None)
    running = [life.spawn(["vmgrant", "reattach"]) for _ in range(6)]
    assert [process.wait().code for process in running] == [0] * 6
    assert [shape(life, reply.port) for reply in held] == before


def test_only_the_ports_of_the_bridges_that_are_named(life, connect):
    life.bridge("br1")
    bob = connect("bob")
    held = [client.ask(bob, 1, bridge).port for bridge in ("br0", "br1")]
    for port in held:
        take_off(life, port)
    reattach(life, "br1")
    assert [life.links()[port].get("master") for port in held] == [None, "br1"]
    reattach(life, "br1", "br0")
    assert [life.links()[port].get("master") for port in held] == ["br0", "br1"]


# ---- staying off ----

def stays_off(world, port, *words):
    """It is said on standard error, and the port is off and down."""
    done = reattach(world, code=FOUND)
    text = done.stderr.decode()
    assert f"port {port}: " in text and "stays off" in text and len(text.splitlines()) == 1
    assert all(word in text for word in words), text
    link = world.links()[port]
    assert "master" not in link
    return text


def test_without_its_bridge_a_port_stays_off(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    life.ip("link del br0")
    stays_off(life, reply.port, "there is no bridge br0", "vmgrant reattach")
    life.ip("link add br0 type veth peer name rb0")
    stays_off(life, reply.port, "br0 is not a bridge")
    life.ip("link del br0")
    life.bridge("lan")
    life.ip("link property add dev lan altname br0")
    stays_off(life, reply.port, "there is no bridge br0")


def test_an_address_that_another_has_taken_meanwhile_keeps_a_port_off(life, connect):
    for change in (take_off, by_hand):
        reply = locked(connect("carol"))
        change(life, reply.port)
        other = locked(connect("carol")) if change == take_off else None
        if other is None:
            # Its own entry went with the port, and a guest without a lock took the address.
            life.ip("link add thief type veth peer name feiht", "link set thief master br0 up",
                    "link set feiht up")
            life.run(["bridge", "fdb", "add", OWN, "dev", "thief", "master", "static"])
        stays_off(life, reply.port, f"address {OWN} is in use")
        assert "UP" not in life.links()[reply.port]["flags"]
        if other:
            close(other)
            wait_until(lambda: len(life.taps()) == 1, "the other port to go")
        else:
            life.ip("link del thief")
        reattach(life)
        assert life.port(reply.port)["locked"]
        close(reply)
        life.wait_no_taps()


def test_a_vlan_is_not_given_on_a_bridge_that_keeps_none_apart(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    alias = life.sysfs(reply.port, "ifalias") + ", vlan=42"
    life.path(f"/sys/class/net/{reply.port}/ifalias").write_text(alias, encoding="ascii")
    # Also one that is there is taken off: it would be in the wrong network.
    stays_off(life, reply.port, "does not keep VLANs apart", "vlan_filtering 1")


def test_an_alias_with_a_word_from_the_future_is_not_ours(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    alias = life.sysfs(reply.port, "ifalias") + ", rate=10M"
    life.path(f"/sys/class/net/{reply.port}/ifalias").write_text(alias, encoding="ascii")
    take_off(life, reply.port)
    assert b"no port" in reattach(life).stdout
    assert "master" not in life.links()[reply.port]


def test_attack_67_only_taps_and_pairs_with_our_alias_are_touched(life):
    life.ip("link add d0 type bridge", "link add v0 type veth peer name v1")
    life.path("/sys/class/net/d0/ifalias").write_text("vmgrant: user alice (uid 1000) on br0",
                                                      encoding="ascii")
    life.path("/sys/class/net/v0/ifalias").write_text("vmgrant: guest of alice's", encoding="ascii")
    assert b"no port" in reattach(life).stdout
    assert not [link for link in life.links().values() if link.get("master")]


# ---- somebody's hand ----

def test_what_somebody_has_set_down_or_moved_is_left_alone(life, connect):
    life.bridge("br1")
    bob = connect("bob")
    down, moved = client.ask(bob, 1, "br0").port, client.ask(bob, 2, "br0").port
    life.ip(f"link set {down} down", f"link set {moved} master br1")
    text = reattach(life).stdout.decode()
    assert f"port {down}: user bob on br0: left alone: somebody has set it down" in text
    assert f"port {moved}: user bob on br0: left alone: somebody has put it on br1" in text
    links = life.links()
    assert "UP" not in links[down]["flags"] and links[down]["master"] == "br0"
    assert links[moved]["master"] == "br1"


# ---- who may ----

def test_only_root_may_and_anybody_may_see(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    take_off(life, reply.port)
    before = shape(life, reply.port)
    done = reattach(life, user="alice", code=replies.NO_PRIVILEGE)
    assert b"only root" in done.stderr and b"sudo vmgrant reattach" in done.stderr
    for user in ("alice", "root"):
        text = reattach(life, "--dry-run", user=user).stdout.decode()
        assert text == f"port {reply.port}: user alice on br0: would be put back: isolated\n"
        assert shape(life, reply.port) == before
    for words in (["--bogus"], ["--helper", "x"]):
        assert reattach(life, *words, code=replies.USAGE).stdout == b""


def test_valgrind_finds_nothing(life, connect):
    carol, alice = locked(connect("carol")), client.ask(connect("alice"), 1, "br0")
    for words in ([], ["--json"], ["--dry-run"]):
        by_hand(life, carol.port)
        take_off(life, alice.port)
        done = life.run(["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
                         "vmgrant", "reattach", *words])
        assert done.code == 0, done.stderr
