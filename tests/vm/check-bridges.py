# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Recipes of bridges.md, word for word, each with the software that it is for: the machine's
address moves to the bridge, a guest reaches what is behind the card, and does so again when
the software makes the bridge anew.
"""

import contextlib
import json
import os
import re
import sys

from beside import LONG_S, Findings, addresses, service
from checks import acl, main, need, read, run, wait_until
from people import Seated
from talkers import talking

DOC = "/usr/share/doc/vmgrant/bridges.md"
CARD = "eth0"
NETWORKD = ("systemd-networkd.socket", "systemd-networkd")


def recipe(title):
    """[(the text before it, the block)] of a section, with this machine's card."""
    text = read(DOC).split(f"\n## {title}\n")[1].split("\n## ")[0]
    text = text.replace("enp3s0", CARD).replace("52:54:00:ab:cd:01", own_address())
    blocks = re.findall(r"((?:^(?!    ).*\n)*)\n((?:    .*\n|\n(?=    ))+)", text + "\n", re.M)
    return [(before, "".join(line[4:] or "\n" for line in block.splitlines(True)))
            for before, block in blocks]


def own_address():
    return read(f"/sys/class/net/{CARD}/address")


def file_of(before):
    """The file that the text before a block names, or None."""
    names = re.findall(r"`(/etc/[^`]+)`", before)
    return names[-1] if names else None


def sh(script):
    return need(["sh", "-ec", script], limit_s=LONG_S)


@contextlib.contextmanager
def files(**texts):
    """Files that are gone, or as before, afterwards; {path: text}."""
    before = {path: read(path) for path in texts}
    try:
        for path, text in texts.items():
            write_private(path, text)
        yield
    finally:
        for path, text in before.items():
            if text is not None:
                write_private(path, f"{text}\n")
            elif os.path.exists(path):
                os.unlink(path)


def write_private(path, text):
    """netplan wants 0600, networkd has to read as itself."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, 0o600 if "netplan" in path else 0o644)


def has_lease(name):
    return [one for one in addresses(name) if one.startswith("10.0.2.")]


def bridge_is_there():
    return os.path.exists("/sys/class/net/br0/bridge")


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    findings = Findings(alice)
    world.enter_context(acl("allow bridge br0 user alice polkit=no isolated"))

    def is_as_promised():
        """The bridge has the card's address, which is fixed, and the machine's; the card none."""
        wait_until(lambda: bridge_is_there() and has_lease("br0"), "an address on the bridge",
                   limit_s=LONG_S)
        wait_until(lambda: not has_lease(CARD), f"{CARD} without an address", limit_s=LONG_S)
        assert read("/sys/class/net/br0/addr_assign_type") == "3"
        assert read("/sys/class/net/br0/address") == own_address()
        assert os.path.exists(f"/sys/class/net/br0/brif/{CARD}")
        assert not findings.of("bridge-address", "br0")
        assert not [one for one in findings.of("bridges") if "STP" in one["text"]]

    def port():
        """The guest's port is on the bridge, with its limit."""
        said = json.loads(need(["bridge", "-j", "-d", "link"]))
        found = [one for one in said if one["ifname"].startswith("vethg")]
        return len(found) == 1 and found[0].get("master") == "br0" and found[0]["isolated"]

    def serves_guests(again):
        """again() makes the bridge anew, and the guest is back on it by itself."""
        with talking(alice, "br0", 1) as [guest]:
            guest.reaches_gateway()
            if again is not None:
                number = read("/sys/class/net/br0/ifindex")
                again(number)
                wait_until(port, "the port to come back", limit_s=LONG_S)
                guest.reaches_gateway()

    @contextlib.contextmanager
    def clean_card():
        """Down and without addresses, which NetworkManager would take for somebody's work."""
        try:
            need(["ip", "link", "set", CARD, "down"])
            yield
        finally:
            run(["ip", "link", "del", "br0"])
            run(["ip", "address", "flush", "dev", CARD])

    # ---- one each ----

    def check_networkmanager():
        """NetworkManager's recipe; activated anew, the guest is back"""
        [(_, commands)] = recipe("NetworkManager")
        with clean_card(), service("NetworkManager"):
            names = ["br0", f"br0-{CARD}"]
            try:
                wait_until(lambda: has_lease(CARD), "an address on the card", limit_s=LONG_S)
                sh(commands)
                is_as_promised()
                serves_guests(lambda _: sh("nmcli connection up br0"))
            finally:
                run(["nmcli", "connection", "delete", *names], limit_s=LONG_S)

    def check_networkd():
        """systemd-networkd's recipe; deleted and made again, the guest is back"""
        made = {file_of(before): block for before, block in recipe("systemd-networkd")}
        assert len(made) == 3, made
        first = {"/etc/systemd/network/80-wired.network":
                 f"[Match]\nName={CARD}\n\n[Network]\nDHCP=yes\n"}
        with clean_card(), files(**first), service(*NETWORKD):
            wait_until(lambda: has_lease(CARD), "an address on the card", limit_s=LONG_S)
            with files(**made):
                sh("networkctl reload")
                is_as_promised()

                def again(number):
                    sh("networkctl delete br0; systemctl restart systemd-networkd")
                    wait_until(lambda: read("/sys/class/net/br0/ifindex") not in (None, number),
                               "another bridge", limit_s=LONG_S)

                serves_guests(again)

    def check_ifupdown():
        """ifupdown's recipe; taken down and up, the guest is back"""
        path = "/etc/network/interfaces"
        [(_, block)] = recipe("ifupdown")
        with clean_card(), files(**{path: f"auto {CARD}\niface {CARD} inet dhcp\n"}):
            sh(f"ifup {CARD}")
            wait_until(lambda: has_lease(CARD), "an address on the card", limit_s=LONG_S)
            sh(f"ifdown {CARD}")
            with files(**{path: block}):
                sh("ifup br0")
                try:
                    is_as_promised()
                    serves_guests(lambda _: sh("ifdown br0; ifup br0"))
                finally:
                    run(["ifdown", "br0"], limit_s=LONG_S)

    def check_netplan():
        """netplan's recipe, which systemd-networkd carries out"""
        [(before, block)] = recipe("netplan")
        first = {"/etc/netplan/50-card.yaml":
                 f"network:\n  version: 2\n  ethernets:\n    {CARD}:\n      dhcp4: true\n"}
        with clean_card(), service(*NETWORKD):
            try:
                with files(**first):
                    sh("netplan apply")
                    wait_until(lambda: has_lease(CARD), "an address on the card", limit_s=LONG_S)
                with files(**{file_of(before): block}):
                    sh("netplan apply")
                    is_as_promised()
                    serves_guests(None)
            finally:
                sh("rm -f /run/systemd/network/*netplan*")

    def check_guests_only():
        """A bridge between guests only, whose address no guest changes"""
        [(_, commands)] = recipe("A bridge between guests only")
        sh(commands)
        try:
            before = read("/sys/class/net/br0/address")
            with acl("allow bridge br0 user alice polkit=no"), talking(alice, "br0", 1, 2) as two:
                for one, other in (two, reversed(two)):
                    one.hears(other)
            assert read("/sys/class/net/br0/address") == before
        finally:
            run(["ip", "link", "del", "br0"])

    sys.exit(main(globals()))
