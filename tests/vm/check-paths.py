# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A SCSI disk that two controllers reach, made by the kernel's own target: its paths, what
multipathd makes of them, and what a holder may do with reservations."""

import contextlib
import glob
import os
import sys

from checks import acl, main, need, read, run, say, wait_until, write
from disks import given, guest_with, OBJECT, refused, rule, settle, works
from nested import NEWER, OLDER
from people import Seated

TARGET = "/sys/kernel/config/target"
STORE = f"{TARGET}/core/fileio_0/store"
CONFIG = """defaults {
	user_friendly_names yes
	find_multipaths yes
	no_path_retry 5
}
"""
RULES = "60-multipath.rules", "56-dm-mpath.rules"
# What the holder tries on the descriptor that it was given; prints a word for each.
TRIES = r"""
import ctypes, errno, fcntl, re, struct, sys
fd = int(re.search(r"fd=(\d+),set=", " ".join(sys.argv)).group(1))

def send(command, data=b""):
    # struct sg_io_hdr; to the device with data, from it without
    sense, room = ctypes.create_string_buffer(32), ctypes.create_string_buffer(data, 1024)
    order = ctypes.create_string_buffer(command, len(command))
    header = struct.pack("@iiBBHIPPPIIiP", ord("S"), -2 if data else -3, len(command), 32, 0,
                         len(data) or 64, ctypes.addressof(room), ctypes.addressof(order),
                         ctypes.addressof(sense), 5000, 0, 0, 0)
    header = bytearray(header.ljust(88, b"\0"))
    fcntl.ioctl(fd, 0x2285, header)
    return header[64]  # the disk's status

def attempt(what, function):
    try:
        print(what, function() or "done")
    except OSError as error:
        print(what, errno.errorcode[error.errno])

key = struct.pack(">QQ", 0, 0xbad).ljust(24, b"\0")
attempt("INQUIRY", lambda: send(bytes([0x12, 0, 0, 0, 64, 0])))
attempt("READ-KEYS", lambda: send(bytes([0x5e, 0, 0, 0, 0, 0, 0, 0, 64, 0])))
attempt("REGISTER", lambda: send(bytes([0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0]), key))
attempt("CLEAR", lambda: send(bytes([0x5f, 3, 0, 0, 0, 0, 0, 0, 24, 0]), key))
"""


def make_disk():
    """One store, two targets: two SCSI disks that are one."""
    need(["modprobe", "-a", "configfs", "target_core_mod", "target_core_file", "tcm_loop", "sd_mod",
          "dm-multipath", "dm-round-robin", "dm-service-time"])
    if not os.path.isdir(TARGET):
        need(["mount", "-t", "configfs", "none", "/sys/kernel/config"])
    os.makedirs(STORE)
    write(f"{STORE}/control", "fd_dev_name=/var/tmp/store,fd_dev_size=67108864")
    write(f"{STORE}/enable", "1")
    write(f"{STORE}/wwn/vpd_unit_serial", "vmgrant-two-paths")
    for number in (1, 2):
        group = f"{TARGET}/loopback/naa.600140500000000{number}/tpgt_1"
        os.makedirs(group)
        write(f"{group}/nexus", f"naa.60014050000000a{number}")
        os.makedirs(f"{group}/lun/lun_0")
        os.symlink(STORE, f"{group}/lun/lun_0/port")


def find_paths():
    names = [path.split("/")[3] for path in glob.glob("/sys/block/sd*/device/vendor")
             if read(path) == "LIO-ORG"]
    return sorted(names) if len(names) == 2 else None


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    make_disk()
    FIRST, SECOND = wait_until(find_paths, "two paths")
    settle()
    # Where both have a controller of their own these are their names in by-path.
    NAMES = {path: f"/dev/disk/by-path/vmgrant-{path}" for path in (FIRST, SECOND)}
    for path, name in NAMES.items():
        os.symlink(f"../../{path}", name)
    BOTH = "\n".join(rule(name) for name in NAMES.values())
    script = "/home/alice/tries.py"
    write(script, TRIES)

    def tries(name):
        """What the holder of the descriptor may do: a word for each try."""
        done = alice.run(["vmgrant", "run", "--no-prompt", "--qemu", "--disk", name, "--",
                          "python3", script])
        assert done.returncode == 0, done.stdout
        say(done.stdout.replace("\n", "; "))
        return dict(line.split(" ", 1) for line in done.stdout.splitlines())

    def check_paths():
        """Two paths are told to be one disk: held, mounted or denied by one, by both."""
        assert read(f"/sys/block/{FIRST}/device/wwid") == read(f"/sys/block/{SECOND}/device/wwid")
        with acl(BOTH):
            with guest_with(alice, NAMES[FIRST]):
                refused(alice, NAMES[SECOND], OBJECT, "in use",
                        f"{FIRST}, another path to the same disk, is in use")
            given(alice, NAMES[SECOND])
            need(["mkfs.ext4", "-q", "-F", f"/dev/{FIRST}"])
            need(["mount", f"/dev/{FIRST}", "/mnt"])
            try:
                refused(alice, NAMES[SECOND], OBJECT, f"{FIRST} is mounted on /mnt, and {FIRST} "
                        "is another path to the same disk")
            finally:
                need(["umount", "/mnt"])
                need(["wipefs", "-q", "-a", f"/dev/{FIRST}"])
            loop = need(["losetup", "-f", "--show", f"/dev/{FIRST}"]).strip()
            try:
                refused(alice, NAMES[SECOND], OBJECT, f"{os.path.basename(loop)} stands on it")
            finally:
                need(["losetup", "-d", loop])
        with acl(f"{rule(NAMES[SECOND])}\ndeny disk {NAMES[FIRST]}"):
            refused(alice, NAMES[SECOND], 7)
        settle()

    def check_reservations():
        """Persistent reservations: the holder of the descriptor may neither read nor make them."""
        with acl(BOTH):
            was = tries(NAMES[SECOND])
        assert was["INQUIRY"] == "done", was
        for what in ("READ-KEYS", "REGISTER", "CLEAR"):
            assert was[what] == "EPERM", was

    def check_multipathd():
        """multipathd makes a map of them: the map is given, its members are not."""
        write("/etc/multipath.conf", CONFIG)
        os.makedirs("/run/udev/rules.d", exist_ok=True)
        for name in RULES:
            need(["cp", f"/usr/share/multipath/{name}", "/run/udev/rules.d/"])
        need(["udevadm", "control", "--reload"])
        need(["systemd-run", "-q", "--unit=multipathd", "/sbin/multipathd", "-d"])
        try:
            wait_until(lambda: os.path.exists("/dev/mapper/mpatha"), "the map")
            settle()
            say(need(["multipath", "-ll"]).replace("\n", "; "))
            with acl(f"{BOTH}\n{rule('/dev/mapper/mpatha')}"):
                for path in (FIRST, SECOND):
                    refused(alice, NAMES[path], OBJECT, f"{path} is part of dm-", "mpatha")
                works(alice, "/dev/mapper/mpatha", OLDER)
                works(alice, "/dev/mapper/mpatha", NEWER)
        finally:
            run(["systemctl", "stop", "multipathd"])
            run(["multipath", "-F"])
            settle()

    sys.exit(main(globals()))
