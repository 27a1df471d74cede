# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Devices for a guest of alice's that runs already, and sticks that come and go."""

import contextlib
import os
import signal
import subprocess
import sys

import outside
import usb
from checks import acl, main, need, wait_until
from nested import Guest, NEWER, OLDER
from network import BOOT_FROM_NETWORK, bridge, ports, reaches_network
from people import Seated

RULE = f"allow usb {usb.STICK} user alice"
WHICH = f"{usb.STICK},serial=VMSTICK1"
SECTORS = slice(512, 9 * 512)
MAC = "52:54:00:12:34:01"
OTHER_PORT = {**outside.STICK1, "port": "6"}

with contextlib.ExitStack() as world:
    leases = world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    need(["modprobe", "-a", "usb-storage", "sd_mod"])
    wait_until(lambda: usb.find("VMSTICK1"), "the stick")
    with open("/host/stick1", "rb") as stick:
        contents = stick.read()[SECTORS].decode()

    @contextlib.contextmanager
    def guest(program=OLDER, arguments=()):
        """A guest with controllers whose monitor is free, and a second monitor for us."""
        with Guest(alice, ["-device", "qemu-xhci,id=xhci", "-device",
                           "pcie-root-port,id=root-port1,chassis=1", *arguments],
                   program=program, extra_monitor=True) as machine:
            yield machine

    def vmgrant(verb, machine, *words):
        return ["vmgrant", verb, "--qmp", machine.second, *words]

    def has_stick(machine):
        return "HARDDRIVE" in machine.monitor("info usb")

    def boots_from_stick(machine):
        """Started anew, the firmware finds the stick and prints what it holds."""
        before = len(machine.printed())
        machine.execute("system_reset")
        wait_until(lambda: len(machine.printed()) >= before + len(contents), "the stick's contents")
        assert machine.printed()[before:] == contents

    def attaches(program):
        with acl(RULE), guest(program) as machine:
            done = alice.run(vmgrant("attach", machine, "--no-prompt", "--usb", WHICH, "--id", "s"))
            assert (done.returncode, done.stdout.strip()) == (0, "s"), done.stdout
            assert has_stick(machine)
            boots_from_stick(machine)
            done = alice.run(vmgrant("detach", machine, "s"))
            assert done.returncode == 0, done.stdout
            assert not has_stick(machine)
            # QEMU keeps the set, but no fd in it.
            assert not any(fdset["fds"] for fdset in machine.execute("query-fdsets"))
            interface = f"{usb.find('VMSTICK1')}:1.0"
            wait_until(lambda: usb.driver(interface) == "usb-storage", "the kernel's driver")

    @contextlib.contextmanager
    def followed(machine):
        """A stick that vmgrant attach --follow keeps in the guest; its process."""
        log = open(f"{machine.folder}/follow", "w+", encoding="utf-8")
        process = alice.start(vmgrant("attach", machine, "--no-prompt", "--usb", WHICH, "--follow"),
                              stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until(lambda: has_stick(machine), "the stick in the guest")
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
            log.seek(0)
            print("".join(f"# follow: {line}" for line in log), end="", flush=True)
            log.close()

    def check_attach():
        """A stick for a running guest: it is there, readable, and goes back to the host."""
        attaches(OLDER)

    def check_attach_newer():
        """The same with the newer QEMU."""
        attaches(NEWER)

    def check_attach_card():
        """A network card for a running guest: after a restart it carries traffic."""
        with acl("allow bridge br0"), guest(arguments=BOOT_FROM_NETWORK) as machine:
            done = alice.run(vmgrant("attach", machine, "--no-prompt", "--net", f"br0,mac={MAC}"))
            assert done.returncode == 0, done.stdout
            assert len(ports()) == 1
            machine.execute("system_reset")
            reaches_network(leases, MAC)
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_card_of_newer_qemu():
        """QEMU 10 keeps the port of a deleted netdev as long as its card; detach takes both."""
        with acl("allow bridge br0"), guest(NEWER) as machine:
            done = alice.run(vmgrant("attach", machine, "--no-prompt", "--net", f"br0,mac={MAC}",
                                     "--id", "lan"))
            assert done.returncode == 0, done.stdout
            machine.execute("netdev_del", id="vmgrant-lan")
            assert len(ports()) == 1
            process = alice.start(vmgrant("detach", machine, "lan"), stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)

            def has_ended():
                # No system in the guest lets the card go: a reset does, once it was asked for.
                machine.execute("system_reset")
                return process.poll() is not None
            wait_until(has_ended, "the card to be taken away")
            said = process.stdout.read()
            process.stdout.close()
            assert process.returncode == 0, said
            wait_until(lambda: not ports(), "the port to go with its card")

    def check_refused():
        """What the rules do not give changes nothing in the guest."""
        with acl("allow bridge br0"), guest() as machine:
            done = alice.run(vmgrant("attach", machine, "--no-prompt", "--usb", WHICH))
            assert done.returncode == 7 and "not allowed" in done.stdout, done.stdout
            assert not has_stick(machine)
            assert machine.execute("query-fdsets") == []

    def check_replug():
        """A stick that is unplugged leaves the guest; plugged in again, it is back and readable."""
        with acl(RULE), guest() as machine, followed(machine):
            outside.unplug(outside.STICK1)
            wait_until(lambda: not has_stick(machine), "the stick to leave the guest")
            outside.plug(outside.STICK1)
            wait_until(lambda: has_stick(machine), "the stick to come back")
            boots_from_stick(machine)

    def check_replug_elsewhere():
        """A stick that comes back at another port is found by its serial number."""
        with acl(RULE), guest() as machine, followed(machine):
            before = usb.find("VMSTICK1")
            outside.unplug(outside.STICK1)
            wait_until(lambda: not has_stick(machine), "the stick to leave the guest")
            outside.plug(OTHER_PORT)
            try:
                wait_until(lambda: has_stick(machine), "the stick to come back")
                assert usb.find("VMSTICK1") != before
            finally:
                outside.unplug(OTHER_PORT)
                outside.plug(outside.STICK1)
            wait_until(lambda: usb.find("VMSTICK1") == before, "the stick at its place")

    def check_replug_refused():
        """A stick that comes back when the rules have changed is not given again."""
        with acl(RULE), guest() as machine, followed(machine) as process:
            outside.unplug(outside.STICK1)
            wait_until(lambda: not has_stick(machine), "the stick to leave the guest")
            with acl(f"{RULE}\ndeny usb {usb.STICK}"):
                outside.plug(outside.STICK1)
                said = f"{machine.folder}/follow"
                wait_until(lambda: "not allowed" in open(said, encoding="utf-8").read()
                           or process.poll() is not None, "the refusal")
                assert not has_stick(machine)
                assert "not allowed" in open(said, encoding="utf-8").read()

    def check_follow_ends():
        """Following ends with the guest, and leaves no process."""
        with acl(RULE), guest() as machine, followed(machine) as process:
            machine.end()
            assert process.wait(30) == 0
            assert not os.path.exists(f"/proc/{process.pid}")

    sys.exit(main(globals()))
