# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB devices for alice's QEMU: real nodes, real drivers, contents read by firmware."""

import contextlib
import os
import stat
import subprocess
import sys

import usb
from checks import acl, main, need, run, wait_until
from nested import Guest, NEWER, OLDER
from people import Seated

DENIED, CHALLENGE, OBJECT = 7, 9, 13
RULE = f"allow usb {usb.STICK} user alice"
# A boot that succeeds shows that firmware read the stick; the menu waits before it.
BOOT = ["-boot", "c"]
SECTORS = slice(512, 9 * 512)


def contents(name):
    with open(f"/host/{name}", "rb") as file:
        return file.read()[SECTORS].decode()


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    bob_behind = Seated("bob", 2)
    world.callback(bob_behind.leave)
    need(["modprobe", "-a", "usb-storage", "sd_mod"])
    need(["udevadm", "settle"])
    stick1, stick2, scratch = [wait_until(lambda serial=serial: usb.find(serial), serial)
                               for serial in ("VMSTICK1", "VMSTICK2", "VMSCRATCH")]

    def words(device, program=OLDER):
        return ["vmgrant", "run", "--no-prompt", "--usb", device, "--", program]

    def guest(device, program=OLDER):
        return Guest(alice, BOOT, before=words(device)[:-1], program=program)

    def refused(device, code, *sentence, person=alice):
        """Refused with that exit status and those words, and the device is as before."""
        before = usb.driver(f"{stick1}:1.0")
        done = person.run([*words(device), "-version"])
        assert done.returncode == code and "QEMU" not in done.stdout, done
        for part in sentence:
            assert part in done.stdout, done.stdout
        assert usb.driver(f"{stick1}:1.0") == before

    def reads(device, port, name, program):
        """A guest shows the device, reads its contents, and gives it back."""
        interface = f"{port}:1.0"
        assert usb.driver(interface) == "usb-storage"
        usb.disk(port)
        with guest(device, program) as machine:
            wait_until(lambda: "HARDDRIVE" in machine.monitor("info usb"), "the stick in the guest")
            wait_until(lambda: len(machine.printed()) >= len(contents(name)), "the contents")
            assert machine.printed() == contents(name)
            assert usb.driver(interface) != "usb-storage"
            assert machine.execute("query-status")["running"]
            owner = os.stat(f"/proc/{machine.process.pid}").st_uid
            assert owner == 1000
        wait_until(lambda: usb.driver(interface) == "usb-storage", "the kernel's driver")
        need(["dd", f"if=/dev/{usb.disk(port)}", "of=/dev/null", "bs=512", "count=9"])

    def hidden_mount(disk):
        """A process of root's that has the disk mounted where nobody else sees it."""
        process = subprocess.Popen(
            ["unshare", "-m", "sh", "-c", f"mount {disk} /mnt && echo there && exec sleep 1000"],
            stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "there\n"
        return process

    def check_node_is_closed():
        """Alice cannot write to the node herself."""
        facts = os.stat(usb.node(stick1))
        assert stat.S_ISCHR(facts.st_mode) and facts.st_uid == 0
        assert alice.run(["sh", "-c", f"exec 3<>{usb.node(stick1)}"]).returncode != 0

    def check_by_serial():
        """A stick by vendor, product and serial: firmware reads it, the driver comes back."""
        with acl(RULE):
            reads(f"{usb.STICK},serial=VMSTICK1", stick1, "stick1", OLDER)

    def check_newer_qemu():
        """The newer QEMU reads the same stick, by its port."""
        with acl(RULE):
            reads(stick1, stick1, "stick1", NEWER)

    def check_behind_hub():
        """A stick behind a hub, by its port path, is the one and not the other."""
        with acl(RULE):
            reads(stick2, stick2, "stick2", OLDER)

    def check_by_number():
        """A stick by bus and device number."""
        bus, device = (int(part) for part in usb.node(stick2).split("/")[-2:])
        with acl(RULE):
            done = alice.run([*words(f"bus={bus},device={device}"), "-version"])
        assert done.returncode == 0, done.stdout

    def check_ambiguous():
        """Several devices fit: all of them are named, with port and serial number."""
        with acl(RULE):
            refused(usb.STICK, OBJECT, "3 devices fit", stick1, stick2, scratch, "VMSTICK1",
                    "VMSTICK2", "VMSCRATCH")

    def check_not_allowed():
        """No rule, another serial number, another port, another class: denied, the same words."""
        for rule in ("allow bridge br0", f"allow usb {usb.STICK} serial=OTHER",
                     "allow usb port=9-9", "allow usb class=07", f"{RULE}\ndeny usb class=08"):
            with acl(rule):
                refused(stick1, DENIED, "not allowed", "ask the administrator")

    def check_polkit():
        """polkit says no to bob whose terminal is not in front."""
        with acl(f"allow usb {usb.STICK}"):
            refused(stick1, CHALLENGE, "polkit wants a password", "org.vmgrant.usb",
                    person=bob_behind)

    def check_hub():
        """ATTACKS 30: a hub is never handed out."""
        with acl("allow usb *:* user alice\nallow usb class=09"):
            refused(stick2.rsplit(".", 1)[0], OBJECT, "hub")

    def check_input():
        """ATTACKS 30: keyboard and tablet only by a rule that names vendor and product."""
        ports = [port for port in ("1-1", "1-4") if usb.driver(f"{port}:1.0") == "usbhid"]
        assert len(ports) == 2
        for port in ports:
            with acl("allow usb class=03 user alice"):
                refused(port, DENIED, "keyboard, mouse or security key", "0627:0001")
            with acl("allow usb 0627:0001 user alice"):
                done = alice.run([*words(port), "-version"])
                assert done.returncode == 0, done.stdout

    def check_mounted():
        """ATTACKS 30: a stick is refused while it is mounted, in whatever namespace, not after."""
        disk = f"/dev/{usb.disk(scratch)}"
        need(["mkfs.ext4", "-q", "-F", disk])
        with acl(RULE):
            need(["mount", disk, "/mnt"])
            try:
                refused(scratch, OBJECT, "uses its disk")
            finally:
                need(["umount", "/mnt"])
            hidden = hidden_mount(disk)
            try:
                refused(scratch, OBJECT, "uses its disk")
            finally:
                hidden.kill()
                hidden.wait()
            wait_until(lambda: alice.run([*words(scratch), "-version"]).returncode == 0,
                       "the mount to go with its namespace")

    def check_swap():
        """ATTACKS 30: a stick that is swap is refused."""
        disk = f"/dev/{usb.disk(scratch)}"
        need(["mkswap", disk])
        need(["swapon", disk])
        try:
            with acl(RULE):
                refused(scratch, OBJECT, "uses its disk")
        finally:
            need(["swapoff", disk])

    def check_held():
        """ATTACKS 30: a stick is refused while device-mapper or a loop device holds it."""
        disk = f"/dev/{usb.disk(scratch)}"
        with acl(RULE):
            need(["dmsetup", "create", "held", "--table", f"0 1024 linear {disk} 0"])
            try:
                refused(scratch, OBJECT, "uses its disk")
            finally:
                need(["dmsetup", "remove", "--retry", "held"])
            loop = need(["losetup", "--find", "--show", disk]).strip()
            try:
                refused(scratch, OBJECT, "uses its disk")
            finally:
                need(["losetup", "-d", loop])

    def check_free_again():
        """The same stick is given when nothing uses it any more."""
        with acl(RULE):
            done = alice.run([*words(scratch), "-version"])
        assert done.returncode == 0, done.stdout

    def check_unauthorised():
        """A device that the administrator has locked out in sysfs is refused."""
        path = f"{usb.DEVICES}/{scratch}/authorized"
        run(["sh", "-c", f"echo 0 >{path}"])
        try:
            with acl(RULE):
                refused(scratch, OBJECT, "does not admit")
        finally:
            run(["sh", "-c", f"echo 1 >{path}"])

    def check_journal():
        """The journal says which device was given to whom, by its numbers and serial."""
        with acl(RULE):
            assert alice.run([*words(stick1), "-version"]).returncode == 0
        text = need(["journalctl", "-o", "verbose", "-n", "1", "-t", "vmgrant-helper",
                     "VMGRANT_ACTION=org.vmgrant.usb"])
        for word in ("VMGRANT_RESULT=granted", "VMGRANT_USER=alice", "VMSTICK1", usb.STICK):
            assert word in text, text

    sys.exit(main(globals()))
