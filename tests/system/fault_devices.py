# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Devices, as scenarios of tests/system/test_attacks_every_call.py."""

import os

import disk_client
import faults
import usb_client
import vfio_client
from disks import DiskWorld, need_loops
from fault_scenarios import Scenario, ask_once
from pci import GPU, ZERO, Machine
from process import wait_until
from protocol_client import text
from replies import INTERNAL
from test_attacks_core import is_claimed
from usbtree import STORAGE, Loop, UsbTree

MEGABYTE = 1 << 20


class Usb(Scenario):
    policy = "allow usb 0951:* serial=GOOD user alice polkit=no\n"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.loops = []

    def prepare(self):
        for number in range(faults.WORKERS):
            self.loops.append(Loop(self.folder / f"disk{number}"))
        self.usb = UsbTree(self.world)
        for number, loop in enumerate(self.loops):
            port = f"1-{number + 1}"
            self.usb.add(port, number + 2, f"0951:166{number}", serial="GOOD", classes=(STORAGE,))
            self.usb.add_disk(port, f"sdz{chr(97 + number)}", loop.number)

    def __exit__(self, *_):
        super().__exit__()
        for loop in self.loops:
            loop.close()

    def talk(self, worker):
        number = worker.number
        self.usb.reset(f"1-{number + 1}", self.usb.path(1, number + 2))
        return ask_once(usb_client.encode(1, ids=f"0951:166{number}"))

    def is_grant(self, data):
        return bool(data) and usb_client.REPLY.unpack(data[usb_client.HEADER.size:])[0] == 0

    def is_refusal(self, data):
        return not data or 0 < usb_client.REPLY.unpack(data[usb_client.HEADER.size:])[0] < 15

    def node(self, report):
        return text(usb_client.REPLY.unpack(report.answer[0][usb_client.HEADER.size:])[4])

    def problem_of_grant(self, report):
        fds = report.answer[1]
        number = os.stat(self.world.path(self.node(report))).st_rdev
        return None if [os.fstat(fd).st_rdev for fd in fds] == [number] else "another device"

    def given(self, report):
        return (self.node(report),)


class Vfio(Scenario):
    policy = "allow vfio 10de:* user alice polkit=no memlock=4M\n"
    answers_ioctl = True
    memlock = MEGABYTE

    def prepare(self):
        Machine(self.world).with_iommufd()

    def talk(self, worker):
        return ask_once(vfio_client.encode(1, GPU, memlock=2 * MEGABYTE))

    def reply(self, data):
        return vfio_client.REPLY.unpack(data[vfio_client.HEADER.size:])

    def is_grant(self, data):
        return bool(data) and self.reply(data)[0] == 0

    def is_refusal(self, data):
        return not data or 0 < self.reply(data)[0] < 15

    def problem_of_grant(self, report):
        numbers = [os.fstat(fd).st_rdev for fd in report.answer[1]]
        return None if numbers == [os.makedev(1, 3), os.makedev(*ZERO)] else "other nodes"

    def given(self, report):
        return "/dev/vfio/", "locked memory up to 2097152 bytes"

    def problem_of(self, worker, case, report):
        # First: it takes the records, which are not to be taken for the next one's.
        problem = super().problem_of(worker, case, report)
        if problem:
            return problem
        granted = self.is_grant(report.answer[0])
        # A helper that hears no more of its judge does not know that the reply is out: it takes
        # the limit back, and says so by its status.
        if granted and report.memlock != 2 * MEGABYTE and report.code != INTERNAL:
            return "the limit was not raised"
        # A helper that is killed right then takes nothing back, which its caller cannot do; nor
        # does one that has failed to lower what it had raised.
        able = case.action == faults.FAIL or case.task != 0
        if not granted and able and report.code != -6 and report.memlock != self.memlock:
            return "the limit has stayed up"
        return None


class Disk(Scenario):
    """A disk for each worker, by a name of which a rule may be."""
    names_of = staticmethod(lambda number: (f"/dev/disk/by-id/ata-ACME_{number}",
                                            f"/dev/disk/by-path/pci-{number}"))
    policy = "".join(f"allow disk /dev/disk/by-id/ata-ACME_{number} user alice polkit=no\n"
                     for number in range(faults.WORKERS))

    def make_world(self):
        need_loops()
        return DiskWorld(self.stage, self.folder)

    def prepare(self):
        self.disks = [self.world.add_disk(1 << 20) for _ in range(faults.WORKERS)]
        for number, disk in enumerate(self.disks):
            for name in self.names_of(number):
                self.world.link(name, disk)
        self.world.write_acl(self.policy)

    def talk(self, worker):
        return ask_once(disk_client.encode(1, self.names_of(worker.number)[0]))

    def reply(self, data):
        return disk_client.REPLY.unpack(data[disk_client.HEADER.size:])

    def is_grant(self, data):
        return bool(data) and self.reply(data)[0] == 0

    def is_refusal(self, data):
        return not data or 0 < self.reply(data)[0] < 15

    def problem_of_grant(self, report):
        (disk,) = [disk for disk in self.disks if self.given(report) == (f"/dev/loop{disk.index}",)]
        if [os.fstat(fd).st_rdev for fd in report.answer[1]] != [os.makedev(*disk.number)]:
            return "another disk"
        return None if is_claimed(disk.path) else "a disk that is not claimed"

    def given(self, report):
        return (text(self.reply(report.answer[0])[4]),)

    def check_nothing_is_left(self):
        super().check_nothing_is_left()
        for disk in self.disks:
            wait_until(lambda disk=disk: not is_claimed(disk.path), "the disk to be free")
