# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The life of a port after it was handed over: a test for each row of vmgrant-helper(8)."""

import fcntl
import os
import struct

import pytest

import protocol_client as client
import replies
from connecting import OWN, connect, locked
from frames import BROADCAST, close, frame, mac, receive, send
from process import wait_until
from tun import TUNSETPERSIST
from world import World, helper_arguments

assert connect  # a fixture

SIOCSIFHWADDR = 0x8924
OTHER = "52:54:00:00:00:02"
MARK = b"vmgrant-port-life"
ACL_TEXT = ("allow bridge br0 user alice polkit=no quota=2\n"
            "allow bridge br0 user bob polkit=no\n"
            "allow bridge br0 user carol polkit=no lock-mac isolated\n"
            "allow bridge br1 user alice polkit=no quota=2\n"
            "allow bridge br1 user bob polkit=no\n")


@pytest.fixture
def life(stage):
    """Worlds of their own: what happens to bridges here is nothing for others to find."""
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        world.bridge("br0")
        yield world


def offered(connection, bridge="br0"):
    """How many ports count for the quota."""
    reply = client.ask(connection, 1, bridge, kind=client.QUERY)
    assert reply.code == 0, reply.sentence
    return reply.used


# ---- the alias ----

def test_the_alias_says_what_is_needed_to_make_the_port_again(life, connect):
    reply = locked(connect("carol"))
    assert life.sysfs(reply.port, "ifalias") == \
        f"vmgrant: user carol (uid 1003) on br0, isolated, lock-mac={OWN}"


def test_attack_67_no_user_can_write_an_alias_or_make_such_an_interface(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    for words in (["ip", "link", "set", reply.port, "alias", "mine"],
                  ["ip", "link", "set", reply.port, "name", "mine"],
                  ["ip", "link", "add", "vmg0", "type", "veth"],
                  ["ip", "tuntap", "add", "vmg0", "mode", "tap"],
                  ["sh", "-c", f"echo mine > /sys/class/net/{reply.port}/ifalias"]):
        assert life.run_as("alice", words).code != 0, words
    assert "alice" in life.sysfs(reply.port, "ifalias")


# ---- the bridge's address ----

def address(world, name="br0"):
    return world.sysfs(name, "address")


def test_guests_do_not_change_the_address_of_a_bridge_that_they_have_for_themselves(life, connect):
    bob = connect("bob")
    held = [client.ask(bob, 0, "br0")]
    first = address(life)
    assert first.startswith("fe:ff:ff:")
    for serial in range(1, 6):
        held.append(client.ask(bob, serial, "br0"))
        held.append(life.request("bob"))
        assert address(life) == first
        close(held.pop(0))
        wait_until(lambda: len(life.taps()) == len(held), "a port to go")
        assert address(life) == first


@pytest.mark.parametrize("other", ("02:00:00:00:00:01", "f2:00:00:00:00:01", "fe:ff:fe:ff:ff:ff"))
def test_a_port_of_ours_never_gives_a_bridge_its_address_while_another_is_there(life, connect,
                                                                              other):
    bob = connect("bob")
    first = client.ask(bob, 1, "br0")
    life.ip(f"link add other address {other} type veth peer name rehto",
            "link set other up master br0")
    assert address(life) == other
    second, third = client.ask(bob, 2, "br0"), life.request("bob")
    assert address(life) == other
    close(first, second)
    third.close()
    life.wait_no_taps()
    assert address(life) == other


def test_bridges_have_addresses_of_their_own(life, connect):
    life.bridge("br1")
    bob = connect("bob")
    for bridge in ("br0", "br1"):
        assert client.ask(bob, 1, bridge).code == 0
    assert address(life, "br0") != address(life, "br1")


def test_an_address_that_was_set_stays(life, connect):
    life.ip("link set br0 address 52:54:00:aa:bb:cc")
    reply = client.ask(connect("bob"), 1, "br0")
    assert address(life) == "52:54:00:aa:bb:cc"
    assert life.sysfs(reply.port, "address") == "fe:ff:ff:aa:bb:cc"


def test_a_port_stays_as_it_is_when_the_bridge_gets_another_address(life, connect):
    """Set by root, or taken from another port: frames pass, and nothing of the port changes."""
    guest, peer = locked(connect("carol")), client.ask(connect("bob"), 1, "br0")

    def shape():
        entries = life.run(["bridge", "fdb", "show", "dev", guest.port]).stdout
        return (life.port(guest.port), life.links()[guest.port]["address"],
                life.sysfs(guest.port, "ifalias"),
                [line for line in entries.decode().splitlines() if line.startswith(OWN)])

    def passes():
        wait_until(lambda: life.port(guest.port)["state"] == "forwarding", "the port to forward")
        send(guest.fds[0], frame(BROADCAST, mac(OWN), MARK))
        return receive(peer.fds[0], lambda data: MARK in data)

    assert passes()
    before = shape()
    changes = (["link add other address 02:00:00:00:00:01 type veth peer name rehto",
                "link set other up master br0"], ["link del other"],
               ["link set br0 address 52:54:00:aa:bb:cc"], ["link set br0 address 02:00:00:00:00:07"])
    for lines in changes:
        old = address(life)
        life.ip(*lines)
        assert address(life) != old and shape() == before and passes()
    # The helper still knows the port, and reattach has nothing to do.
    assert b"in place" in life.run(["vmgrant", "reattach"]).stdout


# ---- the quota ----

def delete_and_make(world, _):
    world.ip("link del br0")
    world.bridge("br0")


def take_off(world, port):
    world.ip(f"link set {port} nomaster")


def rename(world, port):
    world.ip(f"link set {port} down", f"link set {port} name guest0", "link set guest0 up")


def rename_and_take_off(world, port):
    take_off(world, port)
    rename(world, port)


def rename_the_bridge_back_and_forth(world, _):
    world.ip("link set br0 down", "link set br0 name brX", "link set brX name br0",
             "link set br0 up")


@pytest.mark.parametrize("change", (delete_and_make, take_off, rename, rename_and_take_off,
                                    rename_the_bridge_back_and_forth))
@pytest.mark.parametrize("kind", ("sealed", "direct"))
def test_a_port_counts_whatever_became_of_it(life, connect, change, kind):
    held = client.ask(connect("alice"), 1, "br0") if kind == "sealed" else life.request("alice")
    change(life, held.port if kind == "sealed" else held.name)
    alice = connect("alice")
    assert offered(alice) == 1
    second, third = client.ask(alice, 1, "br0"), client.ask(alice, 2, "br0")
    assert second.code == 0 and third.code == replies.QUOTA, (second.sentence, third.sentence)
    assert life.request("alice").code == replies.QUOTA
    close(held)
    wait_until(lambda: offered(alice) == 1, "the first port to count no longer")


def test_a_renamed_bridge_takes_its_ports_along(life, connect):
    held = client.ask(connect("alice"), 1, "br0")
    life.ip("link set br0 down", "link set br0 name br1", "link set br1 up")
    life.bridge("br0")
    alice = connect("alice")
    assert held.fds and (offered(alice, "br1"), offered(alice, "br0")) == (1, 0)


def test_a_port_on_another_bridge_counts_there_and_here(life, connect):
    """Its name is taken here, and nobody wins a port by being moved."""
    held = client.ask(connect("alice"), 1, "br0")
    life.bridge("br1")
    life.ip(f"link set {held.port} master br1")
    alice = connect("alice")
    assert (offered(alice, "br1"), offered(alice, "br0")) == (1, 1)


def test_attack_67_only_what_is_ours_counts(life, connect):
    """Other kinds of interfaces, other people's, other bridges', texts that only look alike."""
    ours = "vmgrant: user alice (uid 1000) on br0"
    life.bridge("br1")
    life.ip("link add d0 type bridge", "link add v0 type veth peer name v1",
            "link add v2 type veth peer name v3", "link add v4 type veth peer name v5")
    for name, text in (("d0", ours), ("v0", ours.replace("1000", "1001")),
                       ("v1", ours.replace("br0", "br1")), ("v2", ours + ", rate=1"),
                       ("v3", "not " + ours), ("v4", ours + "x")):
        life.path(f"/sys/class/net/{name}/ifalias").write_text(text, encoding="ascii")
    assert offered(connect("alice")) == 0
    life.path("/sys/class/net/v5/ifalias").write_text(ours, encoding="ascii")
    assert offered(connect("alice")) == 1


# ---- put back by hand: what the bridge forgets, and what holds all the same ----

def test_put_back_by_hand_the_bridge_has_forgotten_every_limit(life, connect):
    reply = locked(connect("carol"))
    before = life.port(reply.port)
    assert all(before[flag] for flag in ("isolated", "guard", "root_block", "locked"))
    life.ip(f"link set {reply.port} nomaster", f"link set {reply.port} master br0")
    after = life.port(reply.port)
    assert not any(after[flag] for flag in ("isolated", "guard", "root_block", "locked"))


@pytest.mark.parametrize("kind", ("native", "drop-in"))
def test_attack_47_a_locked_address_holds_when_the_bridge_has_forgotten_it(life, connect, kind):
    """The sealed port's own namespace keeps frames from other addresses."""
    if kind == "native":
        reply = locked(connect("carol"))
        guest, port = reply.fds[0], reply.port
    else:
        result = life.request("carol", arguments=[*helper_arguments("br0", 9), f"--mac={OWN}"])
        guest, port = result.fds[0], result.name
    peer = client.ask(connect("bob"), 1, "br0")
    life.ip(f"link set {port} nomaster", f"link set {port} master br0")
    wait_until(lambda: life.port(port)["state"] == "forwarding", "the port to forward")
    others = ("52:54:00:00:00:02", "52:54:00:00:01:01", "53:54:00:00:00:01", "00:00:52:54:00:00",
              life.sysfs("br0", "address"), life.sysfs(peer.port, "address"))
    for source in others:
        for tag in (b"", b"\x81\x00\x00\x2a", b"\x88\xa8\x00\x07\x81\x00\x00\x2a"):
            sent = frame(BROADCAST, mac(source), MARK + b"spoofed")
            send(guest, sent[:12] + tag + sent[12:])
    tagged = frame(BROADCAST, mac(OWN), MARK, b"\x81\x00\x00\x2a\x88\xb5")
    for sent in (frame(BROADCAST, mac(OWN), MARK), tagged):
        send(guest, sent)
        assert receive(peer.fds[0], lambda data: MARK in data)[1] == sent
    send(peer.fds[0], frame(mac(OWN), mac(OTHER), MARK))
    assert receive(guest, lambda data: MARK in data)


def test_down_and_up_keeps_every_limit(life, connect):
    reply = locked(connect("carol"))
    peer = client.ask(connect("bob"), 1, "br0")
    before = life.port(reply.port)
    life.ip(f"link set {reply.port} down", f"link set {reply.port} up")
    wait_until(lambda: life.port(reply.port)["state"] == "forwarding", "the port to forward")
    after = life.port(reply.port)
    for flag in ("isolated", "guard", "root_block", "locked", "learning", "flood"):
        assert after[flag] == before[flag]
    entries = life.run(["bridge", "fdb", "show", "br", "br0"]).stdout.decode().splitlines()
    assert [line for line in entries if line.startswith(OWN) and "sticky" in line]
    send(reply.fds[0], frame(BROADCAST, mac(OWN), MARK))
    assert receive(peer.fds[0], lambda data: MARK in data)


# ---- the size of frames ----

def test_the_size_of_frames_is_that_of_the_port(life, connect):
    """Set on the port, a new MTU of the bridge holds both ways."""
    bob = connect("bob")
    one, two = client.ask(bob, 1, "br0"), client.ask(bob, 2, "br0")
    large = frame(BROADCAST, mac(OWN), MARK.ljust(8900, b"x"))

    def passes(sent):
        for from_fd, to_fd in ((one.fds[0], two.fds[0]), (two.fds[0], one.fds[0])):
            send(from_fd, sent)
            send(from_fd, frame(BROADCAST, mac(OWN), MARK + b"small"))
            got = receive(to_fd, lambda data: MARK in data)[1]
            if got != sent:
                return False
            assert receive(to_fd, lambda data: MARK + b"small" in data)
        return True

    assert not passes(large)
    life.ip("link set br0 mtu 9000")
    assert life.sysfs(one.port, "mtu") == "1500" and not passes(large)
    for reply in (one, two):
        life.ip(f"link set {reply.port} mtu 9000")
    assert passes(large)
    life.ip(f"link set {one.port} mtu 1400")
    assert not passes(frame(BROADCAST, mac(OWN), MARK.ljust(1480, b"x")))


# ---- the end ----

def test_a_port_goes_with_its_holder_wherever_it_is(life, connect):
    bob = connect("bob")
    held = [client.ask(bob, 1, "br0"), life.request("bob"), client.ask(bob, 2, "br0")]
    life.ip("link del br0", f"link set {held[2].port} down")
    close(*held)
    life.wait_no_taps()


def test_attack_45_only_a_direct_port_can_outlive_its_holder(life, connect):
    sealed, direct = client.ask(connect("bob"), 1, "br0"), life.request("bob")
    for reply in (sealed, direct):
        fcntl.ioctl(reply.fds[0], TUNSETPERSIST, 1)
    names = sealed.port, direct.name
    close(sealed, direct)
    wait_until(lambda: names[0] not in life.taps(), "the sealed port to go")
    assert life.links()[names[1]]["master"] == "br0"
    assert offered(connect("bob")) == 1
    life.ip(f"link del {names[1]}")
    assert os.path.exists(life.path("/sys/class/net/br0"))


def test_attack_45_the_address_of_a_port_is_its_holders_only_if_it_is_direct(life, connect):
    sealed, direct = client.ask(connect("bob"), 1, "br0"), life.request("bob")
    before = life.sysfs(sealed.port, "address")
    for fd in (sealed.fds[0], direct.fds[0]):
        fcntl.ioctl(fd, SIOCSIFHWADDR, struct.pack("16sH6s16x", b"", 1, mac(OTHER)))
    assert life.sysfs(sealed.port, "address") == before
    assert life.sysfs(direct.name, "address") == OTHER


# ---- root's hand on names and places ----

def test_a_bridge_that_was_never_given_a_size_cannot_grow_over_its_ports(life, connect):
    reply = client.ask(connect("bob"), 1, "br0")
    life.ip("link add other mtu 9000 type veth peer name rehto mtu 9000",
            "link set other master br0")
    assert life.sysfs("br0", "mtu") == "1500"
    close(reply)
    life.wait_no_taps()
    life.ip("link set other nomaster", "link set other master br0")
    assert life.sysfs("br0", "mtu") == "9000"


def test_a_port_whose_alias_root_has_changed_counts_by_its_name_only(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    life.path(f"/sys/class/net/{reply.port}/ifalias").write_text("uplink", encoding="ascii")
    assert offered(connect("alice")) == 1
    rename(life, reply.port)
    assert offered(connect("alice")) == 0


def test_a_port_in_another_namespace_is_that_ones(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    keeper = life.spawn(["unshare", "--net", "sh", "-c", "echo $$ >/run/other; exec sleep 1000"])
    wait_until(lambda: life.path("/run/other").exists() and life.path("/run/other").stat().st_size,
               "another namespace")
    pid = life.path("/run/other").read_text(encoding="ascii").strip()
    life.ip(f"link set {reply.port} netns {pid}")
    alice = connect("alice")
    assert offered(alice) == 0 and b"no port" in life.run(["vmgrant", "reattach"]).stdout
    inside = ["nsenter", "--net", "--target"]
    life.run([*inside, pid, "ip", "link", "add", "br0", "type", "bridge"])
    done = life.run([*inside, pid, "vmgrant", "reattach"])
    assert b"put back" in done.stdout, (done.stdout, done.stderr)
    keeper.kill()
