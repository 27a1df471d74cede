# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant setup by a real systemd-networkd, whose card has another end in the world.

Of systemd itself only the timer is played: a background process that sleeps. The real one is
in the test VM: check-setup.py.
"""

import os
import re
from pathlib import Path

import pytest

import replies
from process import wait_until
from terminal import Terminal
from test_native_client import need, sentence
from world import World

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
# What this has of systemctl and systemd-run is all that is asked of them.
SYSTEMCTL = """#!/bin/sh
case $1 in
is-active) exit 0 ;;
*) unit=${3%.timer}; kill "$(cat /run/$unit.pid)" 2>/dev/null; rm -f /run/$unit.pid ;;
esac
"""
SYSTEMD_RUN = """#!/bin/sh
while [ "$1" != -- ]; do
    case $1 in
    --unit=*) unit=${1#--unit=} ;;
    --on-active=*) delay=${1#--on-active=} ;;
    esac
    shift
done
shift
[ "$unit" != vmgrant-setup-roll-back ] || [ ! -e /run/soon ] || delay=1s
(trap 'kill $sleep; exit' TERM; sleep "${delay%s}" & sleep=$!; wait $sleep; exec "$@") >/dev/null 2>&1 &
echo $! >"/run/$unit.pid"
"""
WORDS = ("--user", "alice", "--bridge", "br0", "--uplink", "card", "--no-polkit")


class Host:
    """A machine whose card networkd has given an address."""

    def __init__(self, world):
        self.world = world
        world.write("/usr/local/bin/systemctl", SYSTEMCTL, mode=0o755)
        world.write("/usr/local/bin/systemd-run", SYSTEMD_RUN, mode=0o755)
        world.write(f"{FOLDER}/80-wired.network", CARD_FILE)
        world.write_acl("# nobody yet\n")
        world.ip("link add card type veth peer name cable", "link set cable up")
        # Without udev: links count as ready where /sys is read-only, as in containers.
        world.run(["mkdir", "-p", "/run/systemd/netif/links", "/run/systemd/netif/leases",
                   "/run/systemd/netif/lldp"])
        world.run(["chown", "-R", "systemd-network:", "/run/systemd/netif"])
        self.daemon = world.spawn(["unshare", "-m", "sh", "-c", "mount -o remount,bind,ro /sys && "
                                   f"exec {NETWORKD}"], capture=False)
        wait_until(lambda: "192.0.2.2/24" in self.addresses("card"), "networkd at work", 60)

    def addresses(self, name):
        return self.world.run(["ip", "-br", "-4", "address", "show", name]).stdout.decode()

    def setup(self, *words):
        return self.world.run(["vmgrant", "setup", *words], limit_s=300)

    def files(self):
        return {name: self.world.path(f"{FOLDER}/{name}").read_text(encoding="utf-8")
                for name in os.listdir(self.world.path(FOLDER))}

    def is_moved(self):
        wait_until(lambda: "192.0.2.2/24" in self.addresses("br0"), "the bridge's address", 60)
        wait_until(lambda: "192.0.2.2" not in self.addresses("card"), "the card's to go", 60)
        assert self.world.sysfs("br0", "address") == self.world.sysfs("card", "address")
        assert self.world.sysfs("br0", "addr_assign_type") == "3"
        assert b"192.0.2.1 dev br0" in self.world.run(["ip", "route", "show", "default"]).stdout

    def is_as_before(self):
        wait_until(lambda: "192.0.2.2/24" in self.addresses("card"), "the card's address", 60)
        wait_until(lambda: "br0" not in self.world.interfaces(), "the bridge to go", 60)
        assert self.files() == {"80-wired.network": CARD_FILE}


@pytest.fixture(name="host")
def networkd_host(stage):
    if not Path(NETWORKD).exists():
        need("systemd-networkd")
    with World(stage, polkit=True) as world:
        yield Host(world)


def recipe():
    """The files of doc/bridges.md."""
    text = (Path(__file__).parents[2] / "doc/bridges.md").read_text(encoding="utf-8")
    section = text.split("\n## systemd-networkd\n")[1].split("\n## ")[0]
    found = re.findall(r"`/etc/systemd/network/(\S+)`\n\n((?:    .*\n|\n(?=    ))+)", section)
    return {name: re.sub("^    ", "", block, flags=re.M) for name, block in found}


def test_the_cards_address_moves_and_comes_back(host):
    mac = host.world.sysfs("card", "address")
    done = host.setup(*WORDS, "--yes")
    assert done.code == 0 and b"unless: vmgrant setup --confirm" in done.stdout, done
    host.is_moved()
    files = {name: text.replace("card\n", "enp3s0\n").replace(mac, "52:54:00:ab:cd:01")
             for name, text in host.files().items()}
    expected = recipe()
    assert len(expected) == 3
    assert files["20-br0.netdev"] == expected["20-br0.netdev"]
    assert files["20-br0-port.network"] == expected["20-br0-port.network"]
    assert files["20-br0.network"] == CARD_FILE.replace("Name=card", "Name=br0").replace(
        "MACAddress=02:00:00:00:00:01\n", "")
    assert "earlier change of the network waits" in sentence(
        host.setup("--user", "bob", "--bridge", "br0", "--yes"), replies.INTERNAL)
    assert host.setup("--confirm").code == 0
    assert not host.world.path("/run/vmgrant-setup-roll-back.pid").exists()
    assert host.setup("--undo", "--yes").code == 0
    host.is_as_before()


def test_what_nobody_confirms_is_undone_by_the_timer(host):
    host.world.write("/run/soon", "")
    assert host.setup(*WORDS, "--yes").code in (0, 104)
    host.is_as_before()
    wait_until(lambda: not host.world.path("/var/lib/vmgrant/setup/record.json").exists(),
               "the record to go", 60)
    assert "nothing waits" in sentence(host.setup("--confirm"), replies.OBJECT)


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


def test_a_file_that_is_there_already_or_cannot_be_carried_over_stops_it(host):
    host.world.write(f"{FOLDER}/20-br0.network", "# mine\n")
    before = host.files()
    assert "20-br0.network: is there already" in sentence(host.setup(*WORDS, "--yes"),
                                                          replies.OBJECT)
    assert host.files() == before
