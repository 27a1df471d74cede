# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant reattach: ports come back as they were made, or stay off; and who says so."""

import fcntl
import json
import os

import pytest

import protocol_client as client
import replies
from frames import BROADCAST, close, drain, frame, mac, receive, send
from process import wait_until
from tun import TUNSETPERSIST
from world import World

FOUND = 104
OWN, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
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


@pytest.fixture
def connect(life):
    """connect(user): a connection of the user's."""
    requests = []

    def connecting(user):
        requests.append(life.start_request(user, channel=client.pair, arguments=["--fd=9"]))
        return requests[-1].socket

    yield connecting
    for request in requests:
        request.socket.close()
        request.finish()


def locked(connection, address=OWN):
    reply = client.ask(connection, 1, "br0", flags=client.MAC | client.VNET, mac=mac(address))
    assert reply.code == 0, reply.sentence
    return reply


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


# ---- check and list show it ----

def check(world, name, user="alice"):
    answer = json.loads(world.run(["vmgrant", "check", "--json"], user).stdout)
    return [finding for finding in answer["findings"] if finding["check"] == name]


@pytest.mark.parametrize("change,said", ((take_off, "is on no bridge"),
                                         (by_hand, "has lost its limits: isolated, BPDU guard"),
                                         (shrunk, "has not the bridge's MTU, but 1300")))
def test_check_and_list_show_ports_that_are_not_in_place(life, connect, change, said):
    reply = client.ask(connect("alice"), 1, "br0")
    (found,) = check(life, "ports")
    assert found["level"] == "ok" and found["text"].startswith("ports: 1 on their bridges")
    assert b"PORT" not in life.run(["vmgrant", "list"], "alice").stdout
    change(life, reply.port)
    for user in ("alice", "root"):
        (found,) = check(life, "ports", user)
        assert found["level"] == "warn" and found["mend"] == "sudo vmgrant reattach"
        assert found["text"].startswith(f"port {reply.port}: user alice on br0: {said}")
        lines = life.run(["vmgrant", "list"], user).stdout.decode().splitlines()
        assert [line for line in lines if line.startswith(reply.port) and "reattach" in line]
        listed = json.loads(life.run(["vmgrant", "list", "--json"], user).stdout)["ports"]
        assert [port["port"] for port in listed] == [reply.port]
        assert listed[0]["state"] != "whole"
    assert not check(life, "ports", "bob")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert check(life, "ports")[0]["level"] == "ok"


def test_check_shows_what_somebody_has_done_and_its_mend_mends(life, connect):
    life.bridge("br1")
    alice = connect("alice")
    down, moved = client.ask(alice, 1, "br0"), client.ask(alice, 2, "br0")
    direct = life.request("alice")
    persistent = direct.name
    fcntl.ioctl(direct.fds[0], TUNSETPERSIST, 1)
    direct.close()
    life.ip(f"link set {down.port} down", f"link set {moved.port} master br1")
    wait_until(lambda: len(check(life, "ports")) == 3, "three findings")
    found = {finding["text"].split(":")[0].split()[1]: finding for finding in check(life, "ports")}
    assert found[down.port]["level"] == "info" and "set it down" in found[down.port]["text"]
    assert "put it on br1, without its limits" in found[moved.port]["text"]
    assert "made it persistent" in found[persistent]["text"]
    for finding in found.values():
        done = life.run(["sh", "-c", finding["mend"].replace("sudo ", "")])
        assert done.code == 0, done.stderr
    (good,) = check(life, "ports")
    assert good["level"] == "ok" and good["text"].startswith("ports: 2 ")
    assert life.links()[moved.port]["master"] == "br0" and life.port(moved.port)["isolated"]


@pytest.mark.parametrize("other,level", ((False, "warn"), (True, "info")))
def test_check_warns_of_a_bridge_whose_address_changes(life, connect, other, level):
    assert not check(life, "bridge-address")
    life.bridge("br1")
    reply = client.ask(connect("bob"), 1, "br1")
    assert reply.code == 0
    if other:
        life.ip("link add other type veth peer name rehto", "link set other master br1")
    (found,) = check(life, "bridge-address")
    assert found["level"] == level and "bridge br1: its address was never set" in found["text"]
    before = life.sysfs("br1", "address")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert not check(life, "bridge-address") and life.sysfs("br1", "address") == before
    # A bridge that has lost its last port has no address at all.
    life.bridge("br2")
    life.ip("link add last type veth peer name tsal", "link set last master br2",
            "link set last nomaster")
    (found,) = check(life, "bridge-address")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert not check(life, "bridge-address")


# ---- what other software runs ----

NETWORKMANAGER = "/usr/lib/NetworkManager/dispatcher.d/50-vmgrant"
RULE = "/usr/lib/udev/rules.d/66-vmgrant-reattach.rules"


def hook(world, file, *words, env=None):
    done = world.run([file, *words], env=env)
    assert done.code == 0 and done.stdout == b"" and done.stderr == b"", done.stderr
    return done


def test_networkmanagers_hook_puts_ports_back_when_a_bridge_is_up(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    make_again(life, None)
    for words in (["lo", "up"], ["br0", "down"], ["br0", "dhcp4-change"], [], ["", "hostname"],
                  ["/../lo", "up"], ["none", "connectivity-change"]):
        hook(life, NETWORKMANAGER, *words)
        assert "master" not in life.links()[reply.port]
    hook(life, NETWORKMANAGER, "br0", "up")
    assert life.port(reply.port)["isolated"]
    make_again(life, None)
    hook(life, NETWORKMANAGER, "br0", "reapply")
    assert life.port(reply.port)["isolated"]


def test_ifupdowns_hook_never_fails(life, connect):
    folder = os.environ.get("VMGRANT_BUILD")
    if not folder:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("VMGRANT_BUILD is not set")
    with open(f"{folder}/hooks/ifupdown", "rb") as file:
        life.write("/etc/network/if-up.d/vmgrant", file.read(), mode=0o755)
    reply = client.ask(connect("alice"), 1, "br0")
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    make_again(life, None)
    hook(life, "/etc/network/if-up.d/vmgrant", env={"IFACE": "lo", "PATH": path})
    assert "master" not in life.links()[reply.port]
    hook(life, "/etc/network/if-up.d/vmgrant", env={"IFACE": "br0", "PATH": path})
    assert life.port(reply.port)["isolated"]
    life.ip("link del br0")
    life.bridge("br1")
    done = life.run(["/etc/network/if-up.d/vmgrant"], env={"IFACE": "br1", "PATH": path})
    assert done.code == 0 and b"stays off" in done.stderr


def test_udevs_rule_runs_what_is_installed_for_new_bridges(life, connect):
    """The real udev runs it in the virtual machine (check-reattach.py)."""
    (line,) = [line for line in life.path(RULE).read_text(encoding="ascii").splitlines()
               if line and not line.startswith("#")]
    keys, _, program = line.partition(', RUN+="')
    assert keys == 'ACTION=="add", SUBSYSTEM=="net", ENV{DEVTYPE}=="bridge"'
    reply = client.ask(connect("alice"), 1, "br0")
    make_again(life, None)
    assert life.run(program.rstrip('"').split()).code == 0
    assert life.port(reply.port)["isolated"]
