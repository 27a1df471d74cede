# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Disks for alice's QEMU: SCSI, NVMe, LVM, md, multipath and USB, under the names of udev."""

import contextlib
import glob
import os
import stat
import sys

import disks
import usb
from checks import acl, main, need, read, run, say, wait_until
from disks import BY_ID, DENIED, guest_with, io, node, OBJECT, rule, settle, UNSUPPORTED, words
from nested import Guest, NEWER, OLDER
from people import Seated

SCSI, NVME = "scsi-0QEMU_QEMU_HARDDISK_VMSCSI", "nvme-QEMU_NVMe_Ctrl_VMNVME"


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    need(["modprobe", "-a", "sd_mod", "nvme", "virtio_scsi", "usb-storage", "dm-mod", "raid1",
          "dm-multipath", "dm-round-robin"])
    settle()
    for wanted in (SCSI, NVME):
        wait_until(lambda name=wanted: os.path.exists(f"{BY_ID}/{name}"), wanted)

    def guest(name, program=OLDER):
        return guest_with(alice, name, program)

    def refused(name, code, *sentence):
        disks.refused(alice, name, code, *sentence)

    def works(name, program, options=""):
        disks.works(alice, name, program, options)

    def check_node_is_closed():
        """Alice cannot open the node herself, nor write to what she has read-only."""
        for name in (SCSI, NVME):
            facts = os.stat(f"{BY_ID}/{name}")
            assert stat.S_ISBLK(facts.st_mode) and facts.st_uid == 0
            assert alice.run(["head", "-c1", f"{BY_ID}/{name}"]).returncode != 0

    def check_scsi():
        """A SCSI disk: a guest of the older QEMU reads and writes, a mount says busy."""
        with acl(rule(f"{BY_ID}/{SCSI}")):
            works(f"{BY_ID}/{SCSI}", OLDER)

    def check_scsi_newer():
        """The same with the newer QEMU, which compares O_DIRECT, in two cache modes."""
        with acl(rule(f"{BY_ID}/{SCSI}")):
            works(f"{BY_ID}/{SCSI}", NEWER)
            works(f"{BY_ID}/{SCSI}", NEWER, ",cache=writeback,if=scsi")

    def check_nvme():
        """An NVMe disk, with both."""
        with acl(rule(f"{BY_ID}/{NVME}")):
            works(f"{BY_ID}/{NVME}", OLDER)
            works(f"{BY_ID}/{NVME}", NEWER)

    def check_by_path():
        """A rule by path, a request by the kernel's name."""
        path, = (name for name in glob.glob("/dev/disk/by-path/*")
                 if node(name) == node(f"{BY_ID}/{NVME}"))
        with acl(rule(path)):
            done = alice.run([*words(node(path)), "-version"])
        assert done.returncode == 0 and "QEMU emulator" in done.stdout, done.stdout

    def check_read_only():
        """A rule with ro: nothing more is given, and it stays so in both QEMUs."""
        with acl(rule(f"{BY_ID}/{SCSI}", "ro polkit=no")):
            refused(f"{BY_ID}/{SCSI}", UNSUPPORTED, "read-only", ",ro")
            for program in (OLDER, NEWER):
                with guest(f"{BY_ID}/{SCSI},ro", program) as machine:
                    io(machine, "read 0 512")
                    wait_until(lambda: "read 512/512" in machine.said(), "what QEMU read")
                    io(machine, "write 0 512")
                    assert "wrote" not in machine.said()

    def check_partitions():
        """By the id of a GPT; of a USB stick not; the disk and the partition exclude each other."""
        disk = node(f"{BY_ID}/{SCSI}")
        need(["sfdisk", "-q", disk], input="label: gpt\nsize=16M\nsize=16M\n")
        settle()
        part = f"{BY_ID}/{SCSI}-part1"
        wait_until(lambda: os.path.exists(part), "the partition")
        uuid = need(["sfdisk", "--part-uuid", disk, "1"]).strip().lower()
        by_uuid = f"/dev/disk/by-partuuid/{uuid}"
        with acl("\n".join([rule(by_uuid), rule(f"{BY_ID}/{SCSI}")])):
            works(by_uuid, OLDER)
            with guest(by_uuid):
                refused(f"{BY_ID}/{SCSI}", OBJECT, "in use")
            with guest(f"{BY_ID}/{SCSI}"):
                refused(part, OBJECT, "in use")
        with acl(rule(f"{BY_ID}/{SCSI}")):
            refused(part, DENIED)
        need(["wipefs", "-q", "-a", disk])
        run(["partx", "-d", disk])
        settle()

    def check_volumes():
        """A logical volume; not its physical one, nor one that is in use."""
        disk = node(f"{BY_ID}/{SCSI}")
        need(["pvcreate", "-q", "-y", disk])
        need(["vgcreate", "-q", "vg", disk])
        need(["lvcreate", "-q", "-y", "-n", "guest", "-L", "16M", "vg"])
        settle()
        try:
            with acl("\n".join([rule("/dev/vg/guest"), rule("/dev/mapper/vg-other"),
                                rule(f"{BY_ID}/{SCSI}")])):
                refused(f"{BY_ID}/{SCSI}", OBJECT, "in use", "is part of dm-", "vg-guest")
                works("/dev/vg/guest", OLDER)
                done = alice.run([*words("/dev/mapper/vg-guest"), "-version"])
                assert done.returncode == 0, done.stdout
            with acl(rule("/dev/mapper/vg-guest")):
                works("/dev/mapper/vg-guest", NEWER)
            with acl(f"{rule('/dev/vg/guest')}\ndeny disk {BY_ID}/{SCSI}"):
                refused("/dev/vg/guest", DENIED)
        finally:
            run(["vgremove", "-q", "-y", "-f", "vg"])
            run(["pvremove", "-q", "-y", disk])
            settle()

    def check_array():
        """A RAID array by its id; not the members that it is made of."""
        members = [node(f"{BY_ID}/{name}") for name in (SCSI, NVME)]
        need(["mdadm", "--create", "/dev/md7", "--run", "--level=1", "--metadata=1.2",
              "--raid-devices=2", "--assume-clean", *members])
        settle()
        try:
            names = wait_until(lambda: [name for name in glob.glob(f"{BY_ID}/md-uuid-*")
                                        if node(name) == "/dev/md7"], "the array's name")
            with acl("\n".join([rule(names[0]), rule(f"{BY_ID}/{NVME}")])):
                refused(f"{BY_ID}/{NVME}", OBJECT, "in use", "is part of md7")
                works(names[0], OLDER)
        finally:
            run(["mdadm", "--stop", "/dev/md7"])
            run(["mdadm", "--zero-superblock", *members])
            settle()

    def check_multipath():
        """A multipath device by its name; not the paths."""
        disk = node(f"{BY_ID}/{NVME}")
        number = os.stat(disk).st_rdev
        sectors = read(f"/sys/class/block/{os.path.basename(disk)}/size")
        path = f"{os.major(number)}:{os.minor(number)}"
        need(["dmsetup", "create", "mpatha", "--table",
              f"0 {sectors} multipath 0 0 1 1 round-robin 0 1 1 {path} 1000"])
        settle()
        try:
            with acl("\n".join([rule("/dev/mapper/mpatha"), rule(f"{BY_ID}/{NVME}")])):
                refused(f"{BY_ID}/{NVME}", OBJECT, "in use", "mpatha")
                works("/dev/mapper/mpatha", OLDER)
        finally:
            run(["dmsetup", "remove", "--retry", "mpatha"])
            settle()

    def check_usb_stick():
        """A stick as a disk or as a USB device, never both at once."""
        port = wait_until(lambda: usb.find("VMSTICK1"), "the stick")
        usb.disk(port)
        settle()
        name, = (path for path in glob.glob(f"{BY_ID}/usb-*VMSTICK1*")
                 if not path.rpartition("-")[2].startswith("part"))
        with acl(f"{rule(name)}\nallow usb {usb.STICK} user alice polkit=no"):
            with guest(name):
                done = alice.run(["vmgrant", "run", "--no-prompt", "--usb", port, "--", OLDER,
                                  "-version"])
                assert done.returncode == OBJECT and "uses its disk" in done.stdout, done.stdout
            with Guest(alice, [], before=["vmgrant", "run", "--no-prompt", "--usb", port, "--"]):
                wait_until(lambda: not os.path.exists(name), "the disk to go")
                refused(name, OBJECT, "no such disk")
            wait_until(lambda: os.path.exists(name), "the disk to come back")

    def check_hot_plug():
        """A disk is plugged into a running guest of each QEMU, and taken away."""
        with acl(rule(f"{BY_ID}/{SCSI}")):
            for program in (OLDER, NEWER):
                with Guest(alice, ["-device", "virtio-scsi-pci"], program=program,
                           extra_monitor=True) as machine:
                    done = alice.run(["vmgrant", "attach", "--qmp", machine.second, "--no-prompt",
                                      "--disk", f"{BY_ID}/{SCSI},if=scsi"])
                    assert done.returncode == 0 and done.stdout.strip() == "vmgrant0", done.stdout
                    io(machine, "read 0 512", "vmgrant0")
                    wait_until(lambda: "read 512/512" in machine.said(), "what QEMU read")
                    refused(f"{BY_ID}/{SCSI}", OBJECT, "in use")
                    done = alice.run(["vmgrant", "detach", "--qmp", machine.second, "vmgrant0"])
                    assert done.returncode == 0, done.stdout
                    done = alice.run([*words(f"{BY_ID}/{SCSI}"), "-version"])
                    assert done.returncode == 0, done.stdout

    def check_root_disk():
        """The disk of the running system is never given, whatever a rule says."""
        disk = "/dev/" + os.path.basename(os.path.realpath("/dev/vda"))
        name = next(iter(path for path in glob.glob("/dev/disk/by-path/*")
                         if node(path) == disk), None)
        assert name, "the system's disk has a path"
        with acl(rule(name)):
            refused(name, OBJECT, "in use", "is mounted on /")

    def check_polkit():
        """Without polkit=no an administrator's password is asked for, of who sits there, too."""
        with acl(rule(f"{BY_ID}/{SCSI}", "")):
            refused(f"{BY_ID}/{SCSI}", 9)

    def check_list():
        """vmgrant list and check name the disk, its size and what is in the way."""
        with acl(rule(f"{BY_ID}/{SCSI}")):
            text = alice.run(["vmgrant", "list"]).stdout
            assert "64.0 MiB" in text and node(f"{BY_ID}/{SCSI}") in text, text
            done = alice.run(["vmgrant", "check", "--disk", f"{BY_ID}/{SCSI}"])
            assert done.returncode == 0 and "allowed for user alice" in done.stdout, done.stdout
        say(f"{SCSI} is {node(f'{BY_ID}/{SCSI}')}, {NVME} is {node(f'{BY_ID}/{NVME}')}")

    sys.exit(main(globals()))
