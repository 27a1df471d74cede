# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant's SELinux module enforced, while people ask for cards and devices by each door.

Runs with vm-test --selinux. Domains that are not vmgrant's are permissive in that VM's policy: what
the kernel says that it would deny them counts when it is about vmgrant.
"""

import contextlib
import os
import subprocess
import sys

import package
import pci
import usb
from checks import acl, main, need, read, run, say, wait_until
from nested import Guest, OLDER
from network import BOOT_FROM_NETWORK, bridge, ports, reaches_network
from people import Seated

HERE = os.path.dirname(os.path.abspath(__file__))
DISK = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_VMSCSI"
ADAPTER = "0403:6001"
RULES = f"""allow bridge br0 user alice quota=16
allow bridge br1 user alice polkit=no
allow usb {ADAPTER} user alice
allow vfio {pci.CARD} user alice memlock=256M
allow disk {DISK} user alice polkit=no
"""
MACS = {"setuid": "52:54:00:12:34:01", "socket": "52:54:00:12:34:02"}
# Who logs in on Fedora and Debian, and two kinds of people that SELinux confines.
PEOPLE = {"unconfined": "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023",
          "user": "user_u:user_r:user_t:s0", "staff": "staff_u:staff_r:staff_t:s0"}
DROP_IN = ("import socket, subprocess, sys; ours, theirs = socket.socketpair(); "
           "sys.exit(subprocess.call([sys.argv[1], '--use-vnet', '--br=br1', "
           "f'--fd={theirs.fileno()}'], pass_fds=[theirs.fileno()]))")


def denials():
    """The kernel's records that name a type of vmgrant's."""
    text = need(["journalctl", "-q", "-b", "-o", "cat", "_TRANSPORT=kernel", "+",
                 "_TRANSPORT=audit"])
    return [line for line in text.splitlines() if "avc:  denied" in line and ":vmgrant" in line]


with contextlib.ExitStack() as world:
    need(["modprobe", "-a", "sd_mod", "virtio_scsi", "usb-storage", "vhost_net"])
    leases = world.enter_context(bridge())
    world.enter_context(bridge("br1", "10.78.0.1"))
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    world.enter_context(acl(RULES))
    package.start_service()
    need(["restorecon", "-R", "/run/vmgrant"])
    pci.bind(pci.CARD)
    world.callback(pci.release, pci.CARD)
    told = set()

    def nothing_denied():
        new = [line for line in denials() if line not in told]
        told.update(new)
        assert not new, "\n".join(new)

    def as_domain(name):
        return ["runcon", PEOPLE[name]]

    def given(name, *words):
        done = alice.run([*as_domain(name), "vmgrant", "run", "--no-prompt", *words, "--", OLDER,
                          "-version"], limit_s=120)
        assert done.returncode == 0 and "QEMU emulator" in done.stdout, (name, words, done.stdout)

    def check_enforcing():
        """The module's domains are there and enforced, and its files have their types."""
        assert need(["getenforce"]).strip() == "Enforcing"
        for path, kind in ((package.HELPER, "vmgrant_exec_t"),
                           (package.FRONT, "vmgrant_listen_exec_t"),
                           ("/etc/vmgrant/acl.conf", "vmgrant_etc_t"),
                           ("/run/vmgrant/socket", "vmgrant_runtime_t")):
            assert kind in need(["ls", "-Z", path]), path
        # Which is not permissive: it may not read what people keep.
        label = "system_u:system_r:vmgrant_t:s0"
        done = run(["runcon", label, package.HELPER, "--version"])
        say(done.stdout.strip())

    def check_domain():
        """A helper of each door is in its domain, and the service's front in another."""
        for door in ("setuid", "service"):
            process = alice.start([*as_domain("unconfined"), "python3", f"{HERE}/ask-doors.py",
                                   "hold", door], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            process.stdin.write("br1\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == "granted", door
            labels = {read(f"/proc/{pid}/attr/current").strip("\0")
                      for pid in need(["pgrep", "vmgrant-helper"]).split()}
            assert labels and all(":vmgrant_t:" in label for label in labels), (door, labels)
            process.communicate(timeout=60)
        [front] = need(["pgrep", "vmgrant-listen"]).split()
        assert ":vmgrant_listen_t:" in read(f"/proc/{front}/attr/current")
        nothing_denied()

    def check_drop_in():
        """QEMU's way of asking, from each kind of people."""
        for name in PEOPLE:
            done = alice.run([*as_domain(name), "python3", "-c", DROP_IN, package.HELPER])
            assert done.returncode == 0, (name, done.stdout)
        nothing_denied()

    def check_cards():
        """Sealed ports and ports as they are, with queues and vhost-net; polkit is asked."""
        for name in PEOPLE:
            given(name, "--net", "br0")
        for more, words in (("vhost queues=2", "br0,queues=2,vhost=on"), ("port=direct", "br0")):
            with acl(f"allow bridge br0 user alice {more}"):
                for name in PEOPLE:
                    given(name, "--net", words)
        nothing_denied()

    def check_devices():
        """A USB device, a disk, a PCI device."""
        for path in (DISK, pci.group(pci.CARD)):
            wait_until(lambda node=path: os.path.exists(node), path)
        given("unconfined", "--usb", ADAPTER)
        for name in PEOPLE:
            given(name, "--disk", DISK)
            given(name, "--vfio", pci.CARD)
        nothing_denied()

    def check_service():
        """The same by the service."""
        for name in PEOPLE:
            given(name, "--door", "socket", "--net", "br0")
        nothing_denied()

    def check_guests():
        """A guest by each door gets an address, and its port goes with it."""
        for door, mac in MACS.items():
            with Guest(alice, BOOT_FROM_NETWORK, program=OLDER,
                       before=[*as_domain("unconfined"), "vmgrant", "run", "--door", door,
                               "--no-prompt", "--net", f"br0,mac={mac}", "--"]):
                reaches_network(leases, mac)
            wait_until(lambda: not ports(), "the port to go with its guest")
        nothing_denied()

    def check_refused():
        """A refusal is one, and is recorded."""
        done = alice.run([*as_domain("unconfined"), "vmgrant", "run", "--net", "elsewhere", "--",
                          "true", "{net0.fd}"])
        assert done.returncode == 7, done.stdout
        wait_until(lambda: "refused uid=1000" in need(
            ["journalctl", "-q", "-b", "-o", "cat", "-t", "vmgrant-helper"]), "its record")
        nothing_denied()

    sys.exit(main(globals()))
