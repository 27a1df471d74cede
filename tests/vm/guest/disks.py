# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Disks for a person's QEMU: asked for, refused, read and written by a guest."""

import os

from checks import need, run, wait_until
from nested import Guest, OLDER

DENIED, OBJECT, UNSUPPORTED = 7, 13, 14
BY_ID = "/dev/disk/by-id"


def rule(name, more="polkit=no", user="alice"):
    return f"allow disk {name} user {user} {more}"


def node(name):
    return os.path.realpath(name)


def settle():
    need(["udevadm", "settle"])


def io(guest, command, device="vmgrant-disk0/virtio-backend"):
    return guest.monitor(f'qemu-io -d /machine/peripheral/{device} "{command}"')


def words(name, program=OLDER):
    return ["vmgrant", "run", "--no-prompt", "--disk", name, "--", program]


def guest_with(person, name, program=OLDER):
    return Guest(person, [], before=words(name)[:-1], program=program)


def refused(person, name, code, *sentence):
    done = person.run([*words(name), "-version"])
    assert done.returncode == code and "QEMU emulator" not in done.stdout, done
    for part in sentence:
        assert part in done.stdout, done.stdout


def given(person, name):
    done = person.run([*words(name), "-version"])
    assert done.returncode == 0 and "QEMU emulator" in done.stdout, done.stdout


def write_and_read(machine, device="vmgrant-disk0/virtio-backend"):
    io(machine, "write -P 0x5a 1048576 4096", device)
    io(machine, "flush", device)
    io(machine, "read -P 0x5a 1048576 4096", device)
    wait_until(lambda: "read 4096/4096" in machine.said(), "what QEMU read")
    assert "wrote 4096/4096" in machine.said() and "failed" not in machine.said()


def works(person, name, program, options=""):
    """A guest writes and reads; the host says busy meanwhile, and works afterwards."""
    path = node(name)
    with guest_with(person, name + options, program) as machine:
        write_and_read(machine, "vmgrant-disk0" + ("" if "scsi" in options
                                                   else "/virtio-backend"))
        assert os.stat(f"/proc/{machine.process.pid}").st_uid == person.entry.pw_uid
        done = run(["mkfs.ext4", "-q", "-F", path])
        assert done.returncode != 0, done.stdout
        refused(person, name, OBJECT, "in use")
    with open(path, "rb") as file:
        file.seek(1 << 20)
        assert file.read(4096) == b"\x5a" * 4096
    settle()
    need(["mkfs.ext4", "-q", "-F", path])
    need(["mount", path, "/mnt"])
    refused(person, name, OBJECT, "in use", "is mounted on /mnt")
    need(["umount", "/mnt"])
    need(["wipefs", "-q", "-a", path])
    settle()
