# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Packet filters beside guests: firewalld, iptables, nftables, with and without br_netfilter.

Nothing of ours needs a place in a firewall; where one drops what only crosses a bridge, vmgrant
check says so and how to let it pass.
"""

import contextlib
import json
import sys
import time

from beside import LONG_S, service
from checks import acl, main, need, run, wait_until
from network import bridge, ports
from people import Seated
from talkers import talking

CALLS = "/proc/sys/net/bridge/bridge-nf-call-"
# Some turns of a guest that talks, to see that nothing comes.
TURNS_S = 4.0

with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    world.enter_context(acl("allow bridge br0 user alice polkit=no"))
    one, other = both = world.enter_context(talking(alice, "br0", 1, 2))

    def warnings():
        """What vmgrant check says, to root for alice, of packet filters."""
        done = run(["vmgrant", "check", "--json", "--user", "alice"], limit_s=LONG_S)
        return [found for found in json.loads(done.stdout)["findings"]
                if found["check"] == "netfilter" and found["level"] == "warn"]

    def hear_each_other():
        one.hears(other)
        other.hears(one)

    def heard():
        return one.last_of(other), other.last_of(one)

    def hear_nothing():
        """Once what was under way has arrived."""
        def is_quiet():
            before = heard()
            time.sleep(TURNS_S)
            return heard() == before

        wait_until(is_quiet, "the guests to hear nothing", limit_s=LONG_S)

    def show_bridges_to_filters(value):
        for name in ("iptables", "ip6tables"):
            with open(f"{CALLS}{name}", "w", encoding="ascii") as setting:
                setting.write(value)

    @contextlib.contextmanager
    def filtered_bridges():
        """As Docker leaves a machine: IP that crosses a bridge goes through FORWARD."""
        need(["modprobe", "br_netfilter"])
        show_bridges_to_filters("1")
        try:
            yield
        finally:
            show_bridges_to_filters("0")

    def mend():
        [found] = warnings()
        need(["sh", "-ec", found["mend"].replace("sudo ", "")], limit_s=LONG_S)
        assert not warnings(), warnings()
        return found

    @contextlib.contextmanager
    def firewalld():
        """It rejects what crosses a bridge until check's mend is done. Its commands take long."""
        with service("firewalld"):
            hear_each_other()
            with filtered_bridges():
                yield

    def check_firewalld():
        """firewalld has no port in a zone; what the default one rejects, check's mend lets pass"""
        with firewalld():
            zones = need(["firewall-cmd", "--get-active-zones"], limit_s=LONG_S)
            assert not [name for name in ports() if name in zones], zones
            hear_nothing()
            found = mend()
            assert "in no zone by name" in found["text"], found
            hear_each_other()

    def check_firewalld_zone():
        """The same with a zone of its own that does not forward"""
        permanent = "firewall-cmd --permanent"
        with firewalld():
            run(["sh", "-c", f"{permanent} --remove-interface=br0"], limit_s=LONG_S)
            need(["sh", "-ec", f"{permanent} --new-zone=lab\n{permanent} --zone=lab --add-interface=br0"
                               "\nfirewall-cmd --reload"], limit_s=LONG_S)
            run(["firewall-cmd", "--zone=lab", "--remove-forward"], limit_s=LONG_S)
            hear_nothing()
            found = mend()
            assert "its zone, lab, does not forward" in found["text"], found
            hear_each_other()

    def check_iptables():
        """With br_netfilter and FORWARD DROP nothing crosses a bridge; what check says mends it"""
        with filtered_bridges():
            hear_each_other()
            need(["iptables", "-P", "FORWARD", "DROP"])
            try:
                hear_nothing()
                mend()
                hear_each_other()
            finally:
                need(["iptables", "-P", "FORWARD", "ACCEPT"])
                need(["iptables", "-F", "FORWARD"])

    def check_docker():
        """The same with Docker's chain, in which the exception outlives Docker's own rules"""
        with filtered_bridges():
            need(["ip", "link", "add", "docker0", "type", "bridge"])
            need(["sh", "-ec", "iptables -N DOCKER-USER; iptables -A DOCKER-USER -j RETURN;"
                               "iptables -P FORWARD DROP; iptables -I FORWARD -j DOCKER-USER"])
            try:
                hear_nothing()
                found = mend()
                assert "DOCKER-USER" in found["mend"], found
                hear_each_other()
            finally:
                need(["sh", "-ec", "iptables -P FORWARD ACCEPT; iptables -F FORWARD; "
                                   "iptables -F DOCKER-USER; iptables -X DOCKER-USER; "
                                   "ip link del docker0"])

    def nft(*lines):
        need(["sh", "-ec", "".join(f"nft '{line}'\n" for line in lines)])

    def check_nftables():
        """An administrator's own nftables: of ip and inet with br_netfilter, of bridge without"""
        for family, context in (("inet", filtered_bridges), ("ip", filtered_bridges),
                                ("bridge", contextlib.nullcontext)):
            with context():
                nft(f"add table {family} mine", f"add chain {family} mine forward "
                    "{ type filter hook forward priority 0; policy drop; }")
                try:
                    hear_nothing()
                    found = mend()
                    assert f"{family} mine, chain forward" in found["text"], found
                    hear_each_other()
                finally:
                    nft(f"delete table {family} mine")
        # Where nothing shows it to them, rules for IP are none of a bridge's.
        nft("add table inet mine",
            "add chain inet mine forward { type filter hook forward priority 0; policy drop; }")
        try:
            hear_each_other()
            assert not warnings(), warnings()
        finally:
            nft("delete table inet mine")

    sys.exit(main(globals()))
