# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant setup with the network's real managers and systemd's own timer: the machine's address, which
is a DHCP server's, moves to the bridge and back, by hand and by the timer that nobody answers, and a guest
reaches what is behind the card.
"""

import contextlib
import os
import sys

from beside import LONG_S, addresses, file, service
from checks import acl, main, need, read, run, wait_until
from people import Seated
from talkers import talking

CARD = "eth0"
NETWORKD = ("systemd-networkd.socket", "systemd-networkd")
RECORD = "/var/lib/vmgrant/setup/record.json"


def has_lease(name):
    return [one for one in addresses(name) if one.startswith("10.0.2.")]


def set_up(*words, codes=(0, 104)):
    """What it printed. A word of check's about this odd machine is no failure of the setup."""
    done = run(["vmgrant", "setup", *words], limit_s=LONG_S)
    assert done.returncode in codes, done.stdout
    return done.stdout


def is_moved():
    """The bridge has the card's address, which is fixed, and the machine's; the card none."""
    wait_until(lambda: has_lease("br0"), "an address on the bridge", limit_s=LONG_S)
    wait_until(lambda: not has_lease(CARD), f"{CARD} without an address", limit_s=LONG_S)
    assert read("/sys/class/net/br0/addr_assign_type") == "3"
    assert read("/sys/class/net/br0/address") == read(f"/sys/class/net/{CARD}/address")
    assert os.path.exists(f"/sys/class/net/br0/brif/{CARD}")


def is_as_before():
    wait_until(lambda: not os.path.exists("/sys/class/net/br0"), "the bridge to go", limit_s=LONG_S)
    wait_until(lambda: has_lease(CARD), "the card's address", limit_s=LONG_S)
    wait_until(lambda: not os.path.exists(RECORD), "an empty record", limit_s=LONG_S)


def timers():
    return need(["systemctl", "list-units", "--all", "--plain", "--no-legend", "vmgrant-setup*"])


def keeps_its_client():
    """The DHCP client that the timer's roll-back has started outlives it."""
    wait_until(lambda: "running" not in timers(), "the roll-back to end", limit_s=LONG_S)
    clients = run(["pgrep", "-a", "-f", f"(dhclient|dhcpcd|udhcpc).*{CARD}"]).stdout
    assert clients.strip(), timers()


def moves_and_comes_back(person, *again):
    """Confirmed, and undone by hand; not confirmed, and undone by the timer.

    again    commands that make the network anew, as the next boot does
    """
    words = ("--user", person.name, "--bridge", "br0", "--uplink", CARD, "--no-polkit", "--yes")
    before = has_lease(CARD)
    with acl("# nobody yet"):
        said = set_up(*words, "--timeout", "3600")
        assert "vmgrant setup --confirm" in said, said
        is_moved()
        assert has_lease("br0") == before
        set_up("--confirm")
        assert not timers(), timers()
        for command in again:
            need(command, limit_s=LONG_S)
        is_moved()
        with talking(person, "br0", 1) as [guest]:
            guest.reaches_gateway()
        set_up("--undo", "--yes")
        is_as_before()
        # On a machine that is busy otherwise the timer is there before the end.
        set_up(*words, "--timeout", "10", codes=(0, 102, 104))
        is_as_before()
        assert "br0" not in read("/etc/vmgrant/acl.conf")


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)

    @contextlib.contextmanager
    def clean_card():
        """Down and without addresses, which NetworkManager would take for somebody's work."""
        try:
            need(["ip", "link", "set", CARD, "down"])
            yield
        finally:
            run(["vmgrant", "setup", "--undo", "--yes"], limit_s=LONG_S)
            run(["ip", "link", "del", "br0"])
            run(["ip", "address", "flush", "dev", CARD])

    def check_networkd():
        """systemd-networkd: the card's address goes to the bridge and back"""
        first = file("/etc/systemd/network/80-wired.network",
                     f"[Match]\nName={CARD}\n\n[Network]\nDHCP=yes\n")
        with first, service(*NETWORKD), clean_card():
            need(["networkctl", "reconfigure", CARD])
            wait_until(lambda: has_lease(CARD), "an address on the card", limit_s=LONG_S)
            moves_and_comes_back(alice, ["systemctl", "restart", "systemd-networkd"])

    def check_networkmanager():
        """NetworkManager: the card's address goes to the bridge and back"""
        with clean_card(), service("NetworkManager"):
            # That is later than the address.
            wait_until(lambda: need(["nmcli", "-g", "GENERAL.STATE", "device", "show", CARD]).startswith("100"),
                       "NetworkManager to be done with the card", limit_s=LONG_S)
            profile = need(["nmcli", "-g", "GENERAL.CON-UUID", "device", "show", CARD])
            moves_and_comes_back(alice, ["systemctl", "restart", "NetworkManager"])
            assert profile == need(["nmcli", "-g", "GENERAL.CON-UUID", "device", "show", CARD])
            # Nothing of it is left, and a restart finds the old network.
            need(["systemctl", "restart", "NetworkManager"], limit_s=LONG_S)
            is_as_before()

    def check_ifupdown():
        """ifupdown: the card's address goes to the bridge and back"""
        lines = f"auto lo\niface lo inet loopback\n\nallow-hotplug {CARD}\niface {CARD} inet dhcp\n"
        path = "/etc/network/interfaces"
        with file(path, lines), clean_card():
            need(["ifup", CARD], limit_s=LONG_S)
            try:
                moves_and_comes_back(alice, ["ifdown", "br0"], ["ifup", "br0"])
                keeps_its_client()
                assert read(path) == lines.strip()
            finally:
                run(["vmgrant", "setup", "--undo", "--yes"], limit_s=LONG_S)
                run(["ifdown", "--force", CARD], limit_s=LONG_S)

    sys.exit(main(globals()))
