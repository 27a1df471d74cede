# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant setup by a real NetworkManager and by Debian's ifupdown: uplink.py."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

import replies
from process import wait_until
from test_native_client import need, sentence
from uplink import UNCONFIRMED, WORDS, Host, recipe
from world import World

UUID = "11111111-2222-3333-4444-555555555555"
PROFILE = f"""[connection]
id=office
uuid={UUID}
type=ethernet
interface-name=card
zone=home

[ethernet]
mtu=1400

[ipv4]
method=manual
address1=192.0.2.2/24,192.0.2.1
address2=192.0.2.3/24
route1=198.51.100.0/24,192.0.2.9
dns=192.0.2.1;
dns-search=example.org;
never-default=false
may-fail=false

[ipv6]
method=disabled
"""
NM_CONF = """[main]
plugins=keyfile
dns=none
no-auto-default=*

[keyfile]
unmanaged-devices=interface-name:cable
"""
CARD_LINES = """# The office's network.
auto card
iface card inet static
    address 192.0.2.2/24
    # the router
    gateway 192.0.2.1
    up ip route add 198.51.100.0/24 via 192.0.2.9
"""
CARRIED = (
    " connection.zone home ipv4.method manual ipv4.dns 192.0.2.1 ipv4.dns-search example.org "
    "ipv4.addresses 192.0.2.2/24, 192.0.2.3/24 ipv4.gateway 192.0.2.1 "
    "ipv4.routes 198.51.100.0/24 192.0.2.9 ipv4.may-fail no ipv6.method disabled "
    "ipv6.addr-gen-mode default-or-eui64")
MTU = " 802-3-ethernet.mtu 1400"
GUESTS_ONLY = ("--user", "alice", "--bridge", "br0", "--no-uplink", "--no-polkit", "--yes")


class NetworkManager(Host):
    FOLDER = "/etc/NetworkManager/system-connections"
    profile = PROFILE

    def start(self):
        self.world.write(f"{self.FOLDER}/office.nmconnection", self.profile, mode=0o600)
        self.world.write("/etc/NetworkManager/NetworkManager.conf", NM_CONF)
        self.world.run(["mkdir", "-p", "/run/NetworkManager", "/var/lib/NetworkManager"])
        self.daemon = self.start_daemon()
        self.is_activated()

    def is_activated(self):
        """That is later than the address."""
        wait_until(lambda: self.ask("-g", "GENERAL.STATE", "device", "show", "card").startswith("100"),
                   "NetworkManager to be done with the card", 60)

    def start_daemon(self):
        # As for networkd: without udev.
        return self.world.spawn(["unshare", "-m", "sh", "-c", "mount -o remount,bind,ro /sys && "
                                 "exec NetworkManager --no-daemon"], capture=False)

    def starts_again(self):
        self.daemon.kill()
        # What it knows of the boot, it takes from there.
        self.world.run(["rm", "-rf", "/run/NetworkManager/devices"])
        self.world.ip("link delete br0", "address flush dev card")
        self.daemon = self.start_daemon()

    def ask(self, *words):
        return self.world.run(["nmcli", "-e", "no", *words]).stdout.decode().strip()

    def is_as_before(self):
        super().is_as_before()
        self.is_activated()
        assert self.ask("-g", "GENERAL.CON-UUID", "device", "show", "card") == UUID

    def is_by_the_recipe(self, done):
        said = [" ".join(words) for words in commands_of(done) if words[0] == "nmcli"]
        [(_, block)] = recipe("NetworkManager")
        expected = [" ".join(shlex.split(line)) for line in
                    self.of_recipe(block).replace("\\\n", "").strip().splitlines()]
        assert len(said) == len(expected) == 4
        assert [one[:len(start)] for one, start in zip(said, expected)] == expected
        rest = [re.sub(" connection.uuid [0-9a-f-]{36}", "", one[len(start):], count=1)
                for one, start in zip(said, expected)]
        assert rest == [CARRIED, MTU, "", ""]

    def somebody_changes_it(self):
        """Other names, a profile of theirs with the old one, and a NetworkManager that does not obey."""
        nmcli = shutil.which("nmcli")
        for words in ("modify br0-card connection.id x", "modify br0 connection.id y",
                      "add type bridge con-name br0 ifname br9 autoconnect no"):
            assert self.world.run(["nmcli", "connection", *words.split()]).code == 0
        self.world.write("/usr/local/bin/nmcli", "#!/bin/sh\n[ \"$2\" != delete ] || { echo no luck; exit 1; }\n"
                         f"exec {nmcli} \"$@\"\n", mode=0o755)
        done = self.setup("--undo", "--yes")
        assert done.code == replies.INTERNAL and done.stderr.count(b"no luck") == 2, done
        self.world.path("/usr/local/bin/nmcli").unlink()
        assert self.setup("--undo", "--yes").code == 0
        assert set(self.ask("-g", "NAME", "connection", "show").split()) - {"lo"} == {"br0", "office"}
        assert self.world.run(["nmcli", "connection", "delete", "br0"]).code == 0
        self.is_as_before()


class Ifupdown(Host):
    FOLDER = "/etc/network"

    def start(self):
        for folder in ("if-pre-up.d", "if-down.d", "if-post-down.d", "if-up.d"):
            self.world.run(["mkdir", "-p", f"{self.FOLDER}/{folder}"])
        for folder in ("if-pre-up.d", "if-down.d", "if-post-down.d"):
            self.world.run(["ln", "-s", "/lib/bridge-utils/ifupdown.sh", f"{self.FOLDER}/{folder}/bridge"])
        self.world.write(f"{self.FOLDER}/interfaces", "auto lo\niface lo inet loopback\n\n"
                         "source interfaces.d/*\nsource-directory more.d\n")
        self.world.write(f"{self.FOLDER}/interfaces.d/office", CARD_LINES)
        self.world.write(f"{self.FOLDER}/more.d/lab", "iface dummy0 inet manual\n")
        self.world.run(["mkdir", "-p", "/run/network"])
        done = self.world.run(["ifup", "-a"])
        assert done.code == 0, done

    def starts_again(self):
        self.world.run(["ifdown", "-a"])
        assert self.world.run(["ifup", "-a"]).code == 0

    def somebody_changes_it(self):
        self.undo_leaves_the_network_with(f"{self.FOLDER}/interfaces.d/office")
        assert self.setup("--undo", "--yes").code == 0
        self.is_as_before()

    def is_by_the_recipe(self, _):
        [(_, block)] = recipe("ifupdown")
        block = self.of_recipe(block).replace("dhcp", "static")
        first, rest = block.split("auto br0\n")
        comment, lines = CARD_LINES.split("auto card\niface card inet static\n")
        text = self.configuration()["interfaces.d/office"]
        assert text == f"{comment}auto br0\n{first}{rest}{lines}", text


@pytest.fixture(name="nm")
def networkmanager_host(stage):
    need("NetworkManager")
    with World(stage, polkit=True) as world:
        yield NetworkManager(world)


@pytest.fixture(name="debian")
def ifupdown_host(stage):
    if not Path("/etc/debian_version").exists():
        pytest.skip("Debian's own")
    need("ifup")
    need("brctl")
    with World(stage, polkit=True) as world:
        yield Ifupdown(world)


@pytest.fixture(name="host", params=("nm", "debian"))
def any_host(request):
    return request.getfixturevalue(request.param)


def commands_of(done):
    return [shlex.split(line[2:]) for line in done.stdout.decode().splitlines()
            if line.startswith("$ ")]


# ---- both ----

def test_the_cards_address_moves_and_comes_back_by_hand_or_timer(host):
    # However long this machine takes to come to the confirmation.
    done = host.setup(*WORDS, "--timeout", "3600", "--yes")
    assert done.code == 0 and b"unless: vmgrant setup --confirm" in done.stdout, done
    host.is_moved()
    wait_until(lambda: b"198.51.100.0/24 via 192.0.2.9" in host.routes("dev", "br0"), "its route", 60)
    host.is_by_the_recipe(done)
    assert host.setup("--confirm").code == 0
    host.starts_again()
    host.is_moved()
    host.somebody_changes_it()
    host.world.write("/run/soon", "")
    assert host.setup(*WORDS, "--yes").code in UNCONFIRMED
    host.is_as_before()


def test_a_bridge_without_an_address_is_given_up(host):
    """A change that fails half way leaves the old network; no timer is needed for it."""
    tool = "nmcli" if isinstance(host, NetworkManager) else "ifup"
    # Of all commands only the one that brings the new network up.
    host.world.write(f"/usr/local/bin/{tool}", f"#!/bin/sh\ncase \" $* \" in\n*' up id br0-card '*|' br0 ') "
                     f"echo no luck; exit 1 ;;\nesac\nexec {shutil.which(tool)} \"$@\"\n", mode=0o755)
    assert "failed: no luck" in sentence(host.setup(*WORDS, "--yes"), replies.INTERNAL)
    host.is_as_before()


def test_a_bridge_between_guests_is_made_by_what_manages_the_card(host):
    done = host.setup(*GUESTS_ONLY)
    assert done.code == 0, done
    wait_until(lambda: int(host.world.sysfs("br0", "flags"), 16) & 1, "the bridge to be up", 60)
    assert host.world.sysfs("br0", "addr_assign_type") == "3"
    assert host.addresses("br0").split()[2:] == []
    assert "192.0.2.2/24" in host.addresses("card")
    assert host.setup("--undo", "--yes").code == 0
    host.is_as_before()


# ---- NetworkManager ----

def test_no_language_changes_what_nmcli_means(nm):
    """What is read of it are numbers and names; sentences may be anything."""
    before = commands_of(nm.setup(*WORDS, "--dry-run"))
    nm.world.write("/usr/local/bin/nmcli", "#!/bin/bash\nset -o pipefail\necho 'Warnung: irgendwas' >&2\n"
                   f"{shutil.which('nmcli')} \"$@\" | sed 's/(.*)/(irgendwie)/'\n", mode=0o755)
    assert commands_of(nm.setup(*WORDS, "--dry-run")) == before


def test_what_networkmanager_cannot_carry_over_stops_it(nm):
    nm.world.run(["nmcli", "connection", "add", "type", "bridge", "con-name", "br0", "ifname", "br7",
                  "autoconnect", "no"])
    assert "has a connection br0 already" in sentence(nm.setup(*WORDS, "--yes"), replies.OBJECT)
    nm.world.run(["nmcli", "connection", "delete", "br0"])
    for name, value in (("ethtool.feature-tso", "off"), ("tc.qdiscs", "root pfifo_fast")):
        assert nm.world.run(["nmcli", "connection", "modify", "office", name, value]).code == 0
        assert f"a connection with {name} for it" in sentence(nm.setup(*WORDS, "--yes"), replies.OBJECT)
        assert nm.world.run(["nmcli", "connection", "modify", "office", name, ""]).code == 0
    nm.world.run(["nmcli", "connection", "modify", "office", "802-1x.eap", "peap", "802-1x.identity", "x",
                  "802-1x.phase2-auth", "mschapv2", "802-1x.password", "x", "802-1x.optional", "yes"])
    assert "802.1X" in sentence(nm.setup(*WORDS, "--yes"), replies.OBJECT)
    # An address that somebody gave by hand is nobody's to carry over.
    nm.world.run(["nmcli", "connection", "down", "office"])
    nm.world.run(["nmcli", "connection", "delete", "office"])
    nm.world.ip("address add 192.0.2.2/24 dev card", "link set card up")
    nm.is_activated()
    assert "nothing that vmgrant knows" in sentence(nm.setup(*WORDS, "--yes"), replies.OBJECT)
    assert "has no connection of its own" in sentence(
        nm.setup(*WORDS, "--manager", "networkmanager", "--yes"), replies.OBJECT)


def test_what_says_off_is_carried_too(nm):
    """Of settings that follow another one unless somebody says something."""
    assert nm.world.run(["nmcli", "connection", "modify", "office", "802-3-ethernet.wake-on-lan", "0",
                         "ipv6.addr-gen-mode", "eui64"]).code == 0
    said = nm.setup(*WORDS, "--dry-run").stdout.decode()
    assert "802-3-ethernet.wake-on-lan 0" in said and "ipv6.addr-gen-mode eui64" in said, said


@pytest.mark.parametrize("name,is_netplans", (("netplan-card", True), (f"netplan-NM-{UUID}", False)))
def test_what_netplan_made_is_left_to_netplan(nm, name, is_netplans):
    """But for what NetworkManager has written by way of netplan, as on Ubuntu."""
    folder = "/run/NetworkManager/system-connections"
    nm.world.run(["mkdir", "-p", folder])
    nm.world.run(["mv", f"{nm.FOLDER}/office.nmconnection", f"{folder}/{name}.nmconnection"])
    assert nm.world.run(["nmcli", "connection", "reload"]).code == 0
    nm.is_activated()
    done = nm.setup(*WORDS, "--dry-run")
    if is_netplans:
        said = sentence(done, replies.OBJECT)
        assert f"{folder}/{name}.nmconnection is netplan's: write the bridge br0 into" in said
    else:
        assert done.code == 0 and b"nmcli connection add" in done.stdout, done


# ---- ifupdown ----

def test_what_ifupdown_cannot_carry_over_stops_it(debian):
    debian.world.write("/etc/network/more.d/lab", "iface card.5 inet manual\n")
    said = sentence(debian.setup(*WORDS, "--yes"), replies.OBJECT)
    assert "/etc/network/more.d/lab has another line that names the card" in said
    debian.world.write("/etc/network/more.d/lab", "iface card inet6 auto\n")
    assert "in several files" in sentence(debian.setup(*WORDS, "--yes"), replies.OBJECT)
    debian.world.write("/etc/network/more.d/lab", "iface br0 inet manual\n")
    for words in (WORDS, GUESTS_ONLY):
        assert "names the bridge already" in sentence(debian.setup(*words, "--yes"), replies.OBJECT)
    debian.world.path("/etc/network/if-pre-up.d/bridge").unlink()
    assert "apt install bridge-utils" in sentence(debian.setup(*WORDS, "--yes"), replies.OBJECT)
    assert "192.0.2.2/24" in debian.addresses("card") and "br0" not in debian.world.interfaces()
