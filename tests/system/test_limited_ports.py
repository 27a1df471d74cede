# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ports with lock-mac and vlan=: given whole or refused, and nothing is left of them."""

import pytest

import protocol_client as client
import replies
import tracing
from frames import BROADCAST, close, frame, mac, send
from process import wait_until
from test_attacks_bridge import run_stopped_at
from world import World, helper_arguments

LOCKED = client.MAC | client.VNET
OWN, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
ACL_TEXT = ("allow bridge lock user alice polkit=no lock-mac queues=4\n"
            "allow bridge lock user bob polkit=no lock-mac\n"
            "allow bridge lock user carol polkit=no\n"
            "allow bridge both user alice polkit=no lock-mac port=direct\n"
            "allow bridge tagged user alice polkit=no vlan=42\n"
            "allow bridge tagged user bob polkit=no vlan=42 lock-mac\n")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        for name in ("lock", "both", "tagged"):
            world.bridge(name)
        yield world


@pytest.fixture
def connect(shared):
    """connect(user): a connection of the user's."""
    requests = []

    def connecting(user):
        requests.append(shared.start_request(user, channel=client.pair, arguments=["--fd=9"]))
        return requests[-1].socket

    yield connecting
    for request in requests:
        request.socket.close()
        assert request.finish().code == 0
    shared.wait_no_taps()


def ask_locked(connection, address, bridge="lock", **options):
    return client.ask(connection, 1, bridge, flags=LOCKED, mac=mac(address), **options)


def fdb(world, bridge="lock"):
    return world.run(["bridge", "fdb", "show", "br", bridge]).stdout.decode().splitlines()


def is_locked(world, name):
    port = world.port(name)
    entry = [line for line in fdb(world) if line.startswith(OWN) and f" {name} " in line]
    return (port["locked"] and not port["learning"] and not port["flood"] and port["guard"] and
            port["root_block"] and len(entry) == 1 and "sticky" in entry[0] and
            "static" in entry[0])


# ---- the address ----

def test_without_an_address_there_is_no_locked_port(shared, connect):
    reply = client.ask(connect("alice"), 1, "lock")
    assert reply.code == replies.UNSUPPORTED and "mac=" in reply.sentence
    shared.wait_no_taps()


@pytest.mark.parametrize("address, code", (
    ("00:00:00:00:00:00", replies.USAGE), ("01:00:5e:00:00:01", replies.USAGE),
    ("ff:ff:ff:ff:ff:ff", replies.USAGE), ("00:1b:21:00:00:01", replies.DENIED),
    ("00:00:5e:00:01:01", replies.DENIED)))
def test_attack_47_an_address_of_a_group_or_a_manufacturer_is_refused(connect, address, code):
    """Routers and other machines have the latter, known to the bridge or not."""
    reply = ask_locked(connect("alice"), address)
    assert reply.code == code and not reply.fds, reply.sentence


def test_attack_47_an_address_in_use_is_refused_and_stays_where_it_is(shared, connect):
    alice, bob, carol = (connect(user) for user in ("alice", "bob", "carol"))
    first, ordinary = ask_locked(alice, OWN), client.ask(carol, 1, "lock")
    assert first.code == ordinary.code == 0
    send(ordinary.fds[0], frame(BROADCAST, mac("52:54:00:00:00:77"), b"carol's guest"))
    shared.ip("link set dev lock address 02:00:00:00:00:aa")
    before = fdb(shared)
    links = shared.links()
    for address in (OWN, "52:54:00:00:00:77", links["lock"]["address"],
                    links[first.port]["address"], links[ordinary.port]["address"]):
        for connection in (alice, bob):
            reply = ask_locked(connection, address)
            assert reply.code == replies.OBJECT and not reply.fds, reply.sentence
            assert address in reply.sentence and "in use" in reply.sentence
        assert fdb(shared) == before
    second = ask_locked(bob, OTHER)
    assert second.code == 0
    close(first, ordinary, second)


def test_attack_47_of_many_requests_for_one_address_one_is_granted(shared, connect):
    connections = [connect("alice") for _ in range(8)]
    for connection in connections:
        connection.send(client.encode(1, "lock", flags=LOCKED, mac=mac(OWN)))
    answers = [client.receive(connection) for connection in connections]
    assert sorted(answer.code for answer in answers) == [0] + [replies.OBJECT] * 7
    assert len([line for line in fdb(shared) if line.startswith(OWN)]) == 1
    close(*answers)


def test_the_entry_goes_with_the_port_and_a_machine_is_restarted_at_once(shared, connect):
    """The kernel needs a moment to remove a port that was closed."""
    alice = connect("alice")
    for _ in range(10):
        reply = ask_locked(alice, OWN)
        assert reply.code == 0, reply.sentence
        assert is_locked(shared, reply.port)
        close(reply)
    wait_until(lambda: not any(OWN in line for line in fdb(shared)), "the entry to be gone")


# ---- requests of qemu-bridge-helper's kind ----

def drop_in(world, user, bridge, *more, **options):
    return world.request(user, arguments=[*helper_arguments(bridge, 9), *more], **options)


def test_a_drop_in_request_without_an_address_is_refused(shared):
    result = drop_in(shared, "alice", "lock")
    assert result.refused and result.code == replies.UNSUPPORTED
    assert "--mac=" in result.text and "vmgrant run" in result.text


def test_a_drop_in_request_with_an_address_gets_a_locked_and_sealed_port(shared):
    result = drop_in(shared, "alice", "lock", f"--mac={OWN}")
    assert result.granted, result
    assert shared.links()[result.name]["linkinfo"]["info_kind"] == "veth"
    assert is_locked(shared, result.name)
    again = drop_in(shared, "bob", "lock", f"--mac={OWN}")
    assert again.refused and again.code == replies.OBJECT
    result.close()
    shared.wait_no_taps()


def test_an_address_that_no_rule_locks_changes_nothing(shared):
    result = drop_in(shared, "carol", "lock", f"--mac={OWN}")
    assert result.granted and not shared.port(result.name)["locked"]
    result.close()
    shared.wait_no_taps()


def test_a_lock_on_a_direct_port_is_refused(shared, connect):
    """Its holder could take another guest's address by changing the TAP's own."""
    for reply in (ask_locked(connect("alice"), OWN, "both"),
                  ask_locked(connect("alice"), OWN, "both", kind=client.QUERY)):
        assert reply.code == replies.UNSUPPORTED and "port=direct" in reply.sentence
    assert drop_in(shared, "alice", "both", f"--mac={OWN}").code == replies.UNSUPPORTED
    shared.wait_no_taps()


# ---- vlan= on a bridge that keeps none apart ----

@pytest.mark.parametrize("user", ("alice", "bob"))
@pytest.mark.parametrize("kind", (client.TAP, client.QUERY))
def test_a_vlan_on_a_bridge_without_vlans_is_refused(shared, connect, user, kind):
    reply = ask_locked(connect(user), OWN, "tagged", kind=kind)
    assert reply.code == replies.UNSUPPORTED and not reply.fds
    assert "vlan=42" in reply.sentence
    shared.wait_no_taps()


def test_a_vlan_for_a_drop_in_request_is_refused_as_well(shared):
    result = drop_in(shared, "alice", "tagged")
    assert result.refused and result.code == replies.UNSUPPORTED and "vlan=42" in result.text


# ---- changed or interrupted in between ----

DROP_IN = [*helper_arguments("lock", 9), f"--mac={OWN}"]


@pytest.fixture(scope="module")
def calls(shared):
    """The calls of a locked request from its first look at the bridge to the hand-over."""
    found = tracing.ordered_calls(shared, arguments=DROP_IN)
    first = next(i for i, call in enumerate(found) if call[0] == "socket" and "NETLINK" in call[2])
    last = max(i for i, call in enumerate(found) if "SCM_RIGHTS" in call[2] and
               call[0] == "sendmsg")
    return [call[:2] for call in found[first:last]]


def unlock(world):
    for name in world.taps():
        world.run(["bridge", "link", "set", "dev", name, "locked", "off"])


def teach(world):
    for name in world.taps():
        world.run(["bridge", "link", "set", "dev", name, "learning", "on"])


@pytest.mark.parametrize("change", (unlock, teach))
def test_attack_34_a_port_that_was_not_made_as_wished_is_not_handed_over(shared, calls, change):
    """Also a kernel that does not know a flag takes the message and sets nothing."""
    sends = [call for call in calls if call[0] == "sendmsg"]
    wrong, refused = [], 0
    # What changes after the final look nobody can notice.
    for call in sends[:-1]:
        result = run_stopped_at(shared, call, change, arguments=DROP_IN)
        if result.code == 0 and not (result.granted and is_locked(shared, result.name)):
            wrong.append((call, result))
        refused += result.code == replies.UNSUPPORTED
        result.close()
        shared.wait_no_taps()
    assert not wrong, wrong
    assert refused


@pytest.mark.parametrize("what", ("error=ENOMEM", "signal=KILL"))
def test_attacks_11_and_36_a_locked_port_is_whole_or_not_there(shared, calls, what):
    chosen = [call for call in calls if call[0] in ("sendmsg", "recvmsg", "ioctl", "clone",
                                                    "socketpair", "nanosleep")]
    wrong, granted = [], 0
    for call in chosen:
        request = shared.start_request("alice", arguments=DROP_IN,
                                       strace=tracing.injecting(*call, what))
        result = request.finish()
        granted += result.granted
        if result.granted and not is_locked(shared, result.name):
            wrong.append((call, result))
        if result.code != 0 and (result.payload or result.fds):
            wrong.append((call, result))
        result.close()
        shared.wait_no_taps()
    assert not wrong, wrong
    assert granted < len(chosen) / 2
    assert not any(OWN in line for line in fdb(shared))
