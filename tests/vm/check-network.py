# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Network cards that vmgrant run gives to alice's QEMU: they carry traffic."""

import contextlib
import os
import re
import sys

from checks import acl, main, need, read, run, wait_until
from nested import Guest, NEWER, OLDER
from network import BOOT_FROM_NETWORK, bridge, ports, reaches_network
from people import Seated

MAC = "52:54:00:12:34:01"
OTHER = "52:54:00:12:34:02"

with contextlib.ExitStack() as world:
    leases = world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)

    def guest(options="", mac=MAC, program=OLDER):
        return Guest(alice, BOOT_FROM_NETWORK, program=program,
                     before=["vmgrant", "run", "--no-prompt", "--net",
                             f"br0,mac={mac}{options}", "--"])

    def vhost_threads(process):
        """The kernel's worker threads of vhost-net that work for a process."""
        return need(["ps", "-eo", "comm="]).split().count(f"vhost-{process.pid}")

    def check_sealed():
        """A sealed port on Debian's kernel: the guest gets an address and answers pings."""
        with acl("allow bridge br0"), guest() as machine:
            reaches_network(leases, MAC)
            assert "type=tap" in machine.monitor("info network")
            [port] = ports()
            kind = need(["ip", "-d", "link", "show", port])
            assert "veth" in kind, kind
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_direct():
        """A direct port: the guest gets an address and answers pings."""
        with acl("allow bridge br0 port=direct"), guest():
            reaches_network(leases, MAC)
            [port] = ports()
            assert "tun" in need(["ip", "-d", "link", "show", port])
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_newer_qemu():
        """The newer QEMU works with the same port."""
        with acl("allow bridge br0"), guest(program=NEWER):
            reaches_network(leases, MAC)

    def check_queues():
        """Four queues: QEMU has four, and traffic flows."""
        with acl("allow bridge br0 queues=4"), guest(",queues=4") as machine:
            assert len(re.findall("type=tap", machine.monitor("info network"))) == 4
            reaches_network(leases, MAC)

    def check_vhost():
        """vhost=on: the kernel has a worker thread for alice's guest, and traffic flows."""
        with acl("allow bridge br0 vhost"), guest(",vhost=on") as machine:
            reaches_network(leases, MAC)
            assert vhost_threads(machine.process) == 1

    def check_vhost_queues():
        """vhost=on with two queues: two worker threads."""
        with acl("allow bridge br0 vhost queues=2"), guest(",vhost=on,queues=2") as machine:
            reaches_network(leases, MAC)
            assert vhost_threads(machine.process) == 2

    def check_vhost_closed():
        """vhost=on where /dev/vhost-net is closed to users: the helper opens it."""
        os.chmod("/dev/vhost-net", 0o600)
        try:
            assert alice.run(["sh", "-c", "exec 3<>/dev/vhost-net"]).returncode != 0
            with acl("allow bridge br0 vhost"), guest(",vhost=on") as machine:
                reaches_network(leases, MAC)
                assert vhost_threads(machine.process) == 1
        finally:
            os.chmod("/dev/vhost-net", 0o666)

    def check_vhost_not_allowed():
        """vhost=on where the rule does not give it is refused, and QEMU is not started."""
        with acl("allow bridge br0"):
            done = alice.run(["vmgrant", "run", "--no-prompt", "--net", "br0,vhost=on", "--",
                              "echo", "started {net0.fd}"])
        assert done.returncode == 7 and "started" not in done.stdout, done.stdout
        assert "vhost" in done.stdout, done.stdout

    def check_isolated():
        """ATTACKS 47: two guests on isolated ports reach the host and not each other."""
        with acl("allow bridge br0 isolated"), guest(), guest(mac=OTHER):
            for mac in (MAC, OTHER):
                reaches_network(leases, mac)
            for port in ports():
                assert read(f"/sys/class/net/{port}/brport/isolated") == "1"

    def check_quota():
        """The quota counts guests that run: one more is refused, after the end one is had."""
        ask = ["vmgrant", "run", "--no-prompt", "--net", "br0", "--", "echo", "{net0.fd}"]
        with acl("allow bridge br0 quota=1"):
            with guest():
                done = alice.run(ask)
                assert done.returncode == 12, done.stdout
            wait_until(lambda: not ports(), "the port to go with its guest")
            done = alice.run(ask)
            assert done.returncode == 0, done.stdout

    def check_killed():
        """A guest that is killed leaves no port and no interface behind."""
        before = need(["ip", "-br", "link"])
        with acl("allow bridge br0"), guest() as machine:
            assert ports()
            machine.process.kill()
            machine.process.wait()
        wait_until(lambda: need(["ip", "-br", "link"]) == before, "the interfaces to go")
        assert run(["ip", "netns", "list"]).stdout == ""

    sys.exit(main(globals()))
