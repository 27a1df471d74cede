# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""udev, systemd-networkd, NetworkManager and lldpd beside guests: the files that are shipped."""

import contextlib
import os
import sys

from beside import LONG_S, Findings, addresses, file, guests, link, service
from checks import acl, main, need, read, run, wait_until
from network import bridge
from people import Seated

NETWORK = "/etc/systemd/network"
NM = "/etc/NetworkManager/conf.d/00-vmgrant.conf"
PORTS = 20

with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    findings = Findings(alice)
    sealed, direct = found = world.enter_context(guests(alice, "br0", acl))

    # ---- udev ----

    def address_of_new_tap():
        """Whether udev gave an address to a TAP of our name, and the address."""
        name = "vethg0000000000"
        need(["ip", "tuntap", "add", name, "mode", "tap"])
        try:
            need(["udevadm", "settle"], limit_s=LONG_S)
            kind = read(f"/sys/class/net/{name}/addr_assign_type")
            return {"1": "random", "3": "set"}[kind], read(f"/sys/class/net/{name}/address")
        finally:
            need(["ip", "link", "delete", name])

    def check_link():
        """udev leaves addresses alone for which the shipped .link file is in force."""
        with file(f"{NETWORK}/00-vmgrant.link", None):
            need(["udevadm", "control", "--reload"])
            assert address_of_new_tap()[0] == "set"
            findings.mend("beside", "systemd-udevd")
        need(["udevadm", "control", "--reload"])
        assert address_of_new_tap()[0] == "random"

    def check_many_ports():
        """Of many ports at once, of both kinds, each keeps the address that it was made with."""
        def ports():
            return set(os.listdir("/sys/class/net/br0/brif")) - {sealed.port, direct.port}

        for options in ("", " port=direct"):
            rule = f"allow bridge br0 user alice polkit=no quota={PORTS + 2}{options}"
            with acl(rule), contextlib.ExitStack() as made:
                for _ in range(PORTS):
                    process = alice.start(["vmgrant", "run", "--no-prompt", "--net", "br0", "--",
                                           "sh", "-c", ": {net0.fd}; exec sleep 10000"])
                    made.callback(process.wait)
                    made.callback(process.kill)
                wait_until(lambda: len(ports()) == PORTS, "ports", limit_s=LONG_S)
                need(["udevadm", "settle"], limit_s=LONG_S)
                own = {name: read(f"/sys/class/net/{name}/address")
                       for name in ports()}
                assert all(one.startswith("fe:") for one in own.values()), own
            wait_until(lambda: not ports(), "the ports to go", limit_s=LONG_S)

    # ---- systemd-networkd ----

    def setup_of(name):
        """What networkctl says of an interface: configuring, configured, unmanaged."""
        lines = need(["networkctl", "--no-legend", "--no-pager"], limit_s=LONG_S).splitlines()
        return {line.split()[1]: line.split()[4] for line in lines}.get(name)

    def on_bridge(one):
        return link(one.port).get("master") == "br0"

    def check_networkd():
        """A [Match] of all Ethernet interfaces takes ports off the bridge, not with our file."""
        world.callback(run, ["systemctl", "stop", "systemd-networkd.socket"])
        with file(f"{NETWORK}/20-wired.network", "[Match]\nType=ether\n\n[Network]\nDHCP=ipv4\n"), \
                file(f"{NETWORK}/00-vmgrant.network", None):
            with service("systemd-networkd.socket", "systemd-networkd"):
                for one in found:
                    wait_until(lambda one=one: not on_bridge(one), f"{one.port} off the bridge",
                               limit_s=LONG_S)
                findings.mend("beside", "systemd-network")
            for one in found:
                need(["ip", "address", "flush", "dev", one.port])
                need(["ip", "link", "set", one.port, "master", "br0"])
            with service("systemd-networkd.socket", "systemd-networkd"):
                wait_until(lambda: setup_of("eth0") == "configured", "eth0", limit_s=LONG_S)
                for one in found:
                    assert setup_of(one.port) == "unmanaged"
                    assert on_bridge(one) and not addresses(one.port), link(one.port)

    # ---- NetworkManager ----

    def states():
        text = need(["nmcli", "-t", "-f", "DEVICE,STATE", "device"], limit_s=LONG_S)
        return dict(line.split(":", 1) for line in text.splitlines())

    def check_networkmanager():
        """NetworkManager manages direct ports, and none where the shipped file is in force."""
        with file(NM, ""), service("NetworkManager"):
            wait_until(lambda: "connected" in states().get(direct.port, ""), direct.port,
                       limit_s=LONG_S)
            findings.mend("beside", "NetworkManager")
            # What it manages already it goes on to manage, because it has written that down.
            need(["systemctl", "stop", "NetworkManager"], limit_s=LONG_S)
            need(["rm", "-rf", "/run/NetworkManager/devices"])
            need(["systemctl", "start", "NetworkManager"], limit_s=LONG_S)
            wait_until(lambda: "connected" in states().get("br0", ""), "br0", limit_s=LONG_S)
            for one in found:
                wait_until(lambda one=one: states().get(one.port) == "unmanaged", one.port,
                           limit_s=LONG_S)
                assert on_bridge(one)

    # ---- lldpd ----

    def known_to_lldpd():
        text = need(["lldpcli", "-f", "keyvalue", "show", "interfaces"], limit_s=LONG_S)
        return {line.split(".")[1] for line in text.splitlines() if line.startswith("lldp.")}

    def check_lldpd():
        """lldpd as it comes tells guests about the host; what vmgrant check says stops it."""
        with service("lldpd"):
            for one in found:
                wait_until(one.announcements, f"lldpd's words to {one.port}", limit_s=LONG_S)
            findings.mend("beside", "lldpd", before=lambda: need(["systemctl", "stop", "lldpd"]))
            before = [one.announcements() for one in found]
            wait_until(lambda: "eth0" in known_to_lldpd(), "lldpd on eth0", limit_s=LONG_S)
            need(["lldpcli", "update"], limit_s=LONG_S)
            assert not known_to_lldpd() & {one.port for one in found}
            assert [one.announcements() for one in found] == before
        os.unlink("/etc/lldpd.d/zz-vmgrant.conf")

    sys.exit(main(globals()))
