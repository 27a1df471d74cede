# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant setup by a real systemd-networkd: uplink.py."""

import os
import re
from pathlib import Path

import pytest

import replies
from process import wait_until
from terminal import Terminal
from test_native_client import need, sentence
from uplink import UNCONFIRMED, WORDS, Host, recipe
from world import ACL, World

NETWORKD = "/lib/systemd/systemd-networkd"
FOLDER = "/etc/systemd/network"
CARD_FILE = """[Match]
Name=card

[Link]
MACAddress=02:00:00:00:00:01

[Network]
Address=192.0.2.2/24
Gateway=192.0.2.1
LinkLocalAddressing=no
"""
LATE = 102


class Networkd(Host):
    FOLDER = FOLDER

    def start(self):
        self.world.write(f"{FOLDER}/80-wired.network", CARD_FILE)
        # Without udev: links count as ready where /sys is read-only, as in containers.
        self.world.run(["mkdir", "-p", "/run/systemd/netif/links", "/run/systemd/netif/leases",
                        "/run/systemd/netif/lldp"])
        self.world.run(["chown", "-R", "systemd-network:", "/run/systemd/netif"])
        self.world.spawn(["unshare", "-m", "sh", "-c", "mount -o remount,bind,ro /sys && "
                          f"exec {NETWORKD}"], capture=False)


@pytest.fixture(name="host")
def networkd_host(stage):
    if not Path(NETWORKD).exists():
        need("systemd-networkd")
    with World(stage, polkit=True) as world:
        yield Networkd(world)


def files_of_recipe():
    """The files of doc/bridges.md."""
    return {os.path.basename(re.findall("`(/etc/[^`]+)`", before)[-1]): block
            for before, block in recipe("systemd-networkd")}


def test_the_cards_address_moves_and_comes_back(host):
    # However long this machine takes to come to the confirmation.
    done = host.setup(*WORDS, "--timeout", "3600", "--yes")
    assert done.code == 0 and b"unless: vmgrant setup --confirm" in done.stdout, done
    host.is_moved()
    assert [name.split("-")[2] for name in host.timers()] == ["roll"]
    files = host.configuration()
    expected = {name: host.of_recipe(text) for name, text in files_of_recipe().items()}
    assert len(expected) == 3
    assert files["20-br0.netdev"] == expected["20-br0.netdev"]
    assert files["20-br0-port.network"] == expected["20-br0-port.network"]
    assert files["20-br0.network"] == CARD_FILE.replace("Name=card", "Name=br0").replace(
        "MACAddress=02:00:00:00:00:01\n", "")
    assert "earlier change of the network waits" in sentence(
        host.setup("--user", "bob", "--bridge", "br0", "--yes"), replies.INTERNAL)
    assert host.setup("--confirm").code == 0
    assert host.timers() == []
    host.undo_leaves_the_network_with(f"{FOLDER}/20-br0-port.network")
    assert host.setup("--undo", "--yes").code == 0
    host.is_as_before()


def test_what_nobody_confirms_is_undone_by_the_timer(host):
    host.world.write("/run/soon", "")
    assert host.setup(*WORDS, "--yes").code in UNCONFIRMED
    host.is_as_before()
    assert "nothing waits" in sentence(host.setup("--confirm"), replies.OBJECT)


def test_a_bridge_that_the_timer_has_undone_gets_no_line(host):
    assert host.setup("--user", "alice", "--bridge", "br1", "--no-uplink", "--no-polkit", "--yes").code == 0
    host.world.write("/run/now", "")
    assert "nobody confirmed: the network is as it was before" in sentence(
        host.setup(*WORDS, "--yes"), LATE)
    policy = host.world.path(ACL).read_text(encoding="utf-8")
    assert "bridge br1" in policy and "bridge br0" not in policy
    assert host.setup("--undo", "--yes").code == 0
    host.is_as_before()


def test_a_roll_back_that_fails_is_said_and_tried_again(host):
    port = f"{FOLDER}/20-br0-port.network"
    terminal = Terminal(host.world, ["vmgrant", "setup", *WORDS, "--timeout", "3600"], user="root")
    terminal.expect("Make these changes? [y/N] ")
    terminal.type("y\n")
    terminal.expect("the change to stay?", 120)
    before = host.world.path(port).read_text(encoding="utf-8")
    host.world.write(port, f"{before}# mine\n")
    terminal.type("n\n")
    assert terminal.finish() == replies.INTERNAL, terminal.text
    assert "the network is not as it was before" in terminal.text
    assert "tried again in 60 seconds" in terminal.text
    assert [name.split("-")[2] for name in host.timers()] == ["retry"]
    host.is_moved()
    host.world.write("/run/soon", "")
    assert host.world.run(["vmgrant", "setup", "--roll-back"]).code == replies.INTERNAL
    host.world.write(port, before)
    host.is_as_before()


def test_on_a_terminal_somebody_is_asked_whether_it_stays(host):
    for answer, code in (("n\n", 102), ("y\n", 0)):
        terminal = Terminal(host.world, ["vmgrant", "setup", *WORDS], user="root")
        terminal.expect("Make these changes? [y/N] ")
        terminal.type("y\n")
        terminal.expect("the change to stay?", 120)
        terminal.type(answer)
        assert terminal.finish() == code, terminal.text
        if code:
            assert "the network is as it was before" in terminal.text
            host.is_as_before()
    host.is_moved()


def test_what_netplan_made_is_left_to_netplan(host):
    """It would put its own file back, and its words would count for nothing."""
    made = "/run/systemd/network/10-netplan-card.network"
    host.world.write(made, CARD_FILE.replace("MACAddress=02:00:00:00:00:01", "MTUBytes=1400"))
    host.world.run(["networkctl", "reload"])
    host.world.run(["networkctl", "reconfigure", "card"])
    wait_until(lambda: made in host.world.run(["networkctl", "status", "card"]).stdout.decode(),
               "networkd to take netplan's file", 60)
    said = sentence(host.setup(*WORDS, "--yes"), replies.OBJECT)
    assert f"{made} is netplan's: write the bridge br0 into /etc/netplan" in said
    # A bridge between guests is nothing of the card's.
    done = host.setup("--user", "alice", "--bridge", "br0", "--no-uplink", "--no-polkit", "--dry-run")
    assert done.code == 0 and b"/etc/systemd/network/20-br0.netdev" in done.stdout, done


def test_the_card_keeps_its_mtu_too(host):
    host.world.write(f"{FOLDER}/80-wired.network",
                     CARD_FILE.replace("[Network]", "MTUBytes=1400\n\n[Network]", 1))
    host.world.run(["networkctl", "reload"])
    said = host.setup(*WORDS, "--dry-run")
    assert said.code == 0 and said.stdout.count(b"\n+MTUBytes=1400\n") == 2, said


def test_a_file_that_is_there_already_or_cannot_be_carried_over_stops_it(host):
    host.world.write(f"{FOLDER}/20-br0.network", "# mine\n")
    before = host.configuration()
    assert "20-br0.network: is there already" in sentence(host.setup(*WORDS, "--yes"),
                                                          replies.OBJECT)
    assert host.configuration() == before
