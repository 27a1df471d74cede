# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""dhcpcd and ConnMan beside guests that answer DHCP: they take nothing from a guest's port."""

import contextlib
import sys

from beside import (LONG_S, Findings, addresses, default_routes, file, flush, guests, link,
                    service)
from checks import acl, main, need, wait_until
from network import bridge
from people import Seated

DHCPCD = "/etc/dhcpcd.conf"
CONNMAN = "/etc/connman/main.conf"
# What a host's file may look like: something for one interface at its end.
USUAL = "option domain_name_servers\nipv4only\nnoarp\n"
BLOCK = "interface eth1\nnogateway\n"

with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    findings = Findings(alice)
    sealed, direct = world.enter_context(guests(alice, "br0", acl))
    world.callback(flush, "eth0", "eth1")

    def addresses_of(name):
        return [one for one in addresses(name) if "." in one]

    def waits_for(*names):
        """dhcpcd or ConnMan has got an address for each of these interfaces."""
        for name in names:
            wait_until(lambda name=name: addresses_of(name), f"an address on {name}",
                       limit_s=LONG_S)

    def untouched():
        """It is at work, since real interfaces have addresses, and no guest's port has one."""
        waits_for("eth0", "eth1")
        for one in (sealed, direct):
            assert not addresses_of(one.port) and not default_routes(one.port), link(one.port)

    def from_new(*services):
        """Nothing runs, and no interface has an address."""
        need(["systemctl", "stop", *services], limit_s=LONG_S)
        flush(sealed.port, direct.port, "eth0", "eth1")

    def check_dhcpcd():
        """dhcpcd as it comes takes a guest's address and route; what vmgrant check says stops it."""
        with file(DHCPCD, f"{USUAL}{BLOCK}"), service("dhcpcd"):
            waits_for(sealed.port)
            wait_until(lambda: default_routes(sealed.port), "a route", limit_s=LONG_S)
            findings.mend("beside", "dhcpcd", before=lambda: from_new("dhcpcd"))
            untouched()
            from_new("dhcpcd")

    def check_dhcpcd_veth():
        """The line against containers' interfaces that many hosts have keeps dhcpcd off ports."""
        with file(DHCPCD, f"{USUAL}denyinterfaces veth*\n{BLOCK}"), service("dhcpcd"):
            untouched()
            assert not [one for one in findings.of("beside", "dhcpcd") if one["level"] != "ok"]
            from_new("dhcpcd")

    def services():
        return need(["connmanctl", "services"], limit_s=LONG_S)

    def service_of(name):
        with open(f"/sys/class/net/{name}/address", encoding="ascii") as address:
            return f"ethernet_{address.read().strip().replace(':', '')}_cable"

    def check_connman():
        """ConnMan as it comes takes ports as well; what vmgrant check says stops it."""
        with file(CONNMAN, "[General]\n# nothing\n"), service("connman"):
            for one in (sealed, direct):
                wait_until(lambda name=one.port: service_of(name) in services(),
                           f"ConnMan's service for {one.port}", limit_s=LONG_S)
            findings.mend("beside", "connman", before=lambda: from_new("connman"))
            untouched()
            text = services()
            assert service_of("eth0") in text, text
            assert not [one for one in (sealed, direct) if service_of(one.port) in text], text
            from_new("connman")

    sys.exit(main(globals()))
