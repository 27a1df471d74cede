#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The test VM from outside: start it, give it work, unplug its devices, end it.

    machine.py --disk FILE --kernel FILE --initrd FILE --share FOLDER --limit SECONDS JOB...

Guest and host talk through files of the shared folder: jobs/N is a command line for the
guest, which writes jobs/N.out and at last jobs/N.status; asks/N is a QMP command that the
guest wants the QEMU that runs it to execute, asks/N.answer what it said.

Without a JOB, each line of standard input is one. The VM never outlives this process.
"""

import argparse
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time

# With the processor that the emulator offers SVM can be had, so /dev/kvm as well.
BASE = ["-nodefaults", "-no-reboot", "-M", "q35,kernel-irqchip=off",
        "-accel", "tcg,thread=multi,tb-size=512", "-cpu", "max", "-smp", "2", "-m", "2048",
        "-display", "none", "-vga", "none",
        "-device", "intel-iommu,intremap=on,caching-mode=on", "-device", "virtio-rng-pci"]

# The clock of an emulated processor is as good as its host's; mitigations cost
# time and protect nothing here.
APPEND = ("console=ttyS0 quiet loglevel=4 intel_iommu=on "
          "iommu.passthrough=0 mitigations=off tsc=reliable no_timer_check "
          "random.trust_cpu=on net.ifnames=0 systemd.show_status=0 cryptomgr.notests audit=1 ")
# Who guards beside the kernel's own rules. SELinux says much before there is a journal to read it.
GUARDS = {"apparmor": "selinux=0 apparmor=1 security=apparmor",
          "selinux": "security=selinux enforcing=0 audit_backlog_limit=8192"}

# Three sticks of one kind, two of them behind the hub; what people type on and
# point with; a serial adapter.
USB = ["-device", "qemu-xhci,id=usb,p2=8,p3=8",
       "-device", "usb-tablet,id=tablet,bus=usb.0,port=1",
       "-device", "usb-storage,id=stick1,bus=usb.0,port=2,drive=stick1,serial=VMSTICK1",
       "-chardev", "null,id=serial",
       "-device", "usb-serial,id=serial,bus=usb.0,port=3,chardev=serial,always-plugged=on",
       "-device", "usb-kbd,id=keyboard,bus=usb.0,port=4",
       "-device", "usb-hub,id=hub,bus=usb.0,port=5",
       "-device", "usb-storage,id=stick2,bus=usb.0,port=5.2,drive=stick2,serial=VMSTICK2",
       "-device", "usb-storage,id=scratch,bus=usb.0,port=5.3,drive=scratch,serial=VMSCRATCH"]

# A network card and a teaching device, each in an IOMMU group of its own, and two
# that share one group because they are behind a conventional PCI bridge.
PCI = ["-netdev", "user,id=net0,restrict=on", "-device", "e1000e,netdev=net0,addr=0x10",
       "-device", "edu,addr=0x11",
       "-device", "i82801b11-bridge,id=pci,addr=0x1e",
       "-netdev", "user,id=net1,restrict=on", "-device", "e1000,netdev=net1,bus=pci,addr=1",
       "-device", "edu,bus=pci,addr=2"]

# Disks of their own, that Debian's drivers find: SCSI and NVMe.
DISKS = ["-device", "virtio-scsi-pci,id=scsi,addr=0x12",
         "-device", "scsi-hd,bus=scsi.0,drive=scsi0,serial=VMSCSI",
         "-device", "nvme,drive=nvme0,serial=VMNVME,addr=0x13"]
DISK_BYTES = 64 << 20
STICK_BYTES = 1 << 20
PAUSE_S = 0.1
# A nice value: about three times as much of a processor as others get.
AHEAD = -5
# Twice what a check may take: a VM that says nothing for so long has stopped altogether.
SILENCE_S = 840.0


def die_with_parent(number=signal.SIGKILL):
    """Whatever ends the parent ends this process as well."""
    ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG


def begin_vm():
    """In the child that becomes QEMU: dies with its parent, and goes before what runs beside it.

    Its processors are emulated: a stall of seconds here is one of minutes inside. The scheduler
    weighs sessions (sched(7), autogroups) and, in one session, processes.
    """
    die_with_parent()
    os.setsid()
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, AHEAD)
    with contextlib.suppress(OSError), open("/proc/self/autogroup", "w", encoding="ascii") as file:
        file.write(str(AHEAD))


class Monitor:
    """QEMU's QMP, over an inherited socket."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(20)
        self.rest = b""
        self.started = False

    def line(self):
        while b"\n" not in self.rest:
            data = self.connection.recv(65536)
            if not data:
                raise OSError("QEMU closed its monitor")
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command):
        """The answer to one command; what happens meanwhile is not told."""
        if not self.started:
            self.started = True
            self.line()
            self.execute({"execute": "qmp_capabilities"})
        self.connection.sendall(json.dumps(command).encode())
        while True:
            answer = self.line()
            if "event" not in answer:
                return answer


class Machine:
    """One boot of the test VM."""

    def __init__(self, options):
        self.share = options.share
        self.console = os.path.join(options.share, "console")
        self.jobs = 0
        for folder in ("jobs", "asks"):
            os.makedirs(os.path.join(self.share, folder), exist_ok=True)
        ours, theirs = socket.socketpair()
        self.monitor = Monitor(ours)
        self.process = subprocess.Popen(
            self.command(options, theirs.fileno()), pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, preexec_fn=begin_vm)
        theirs.close()

    def command(self, options, monitor_fd):
        disks = ["-drive", f"file={options.disk},if=none,id=root,format=raw,snapshot=on",
                 "-device", "virtio-blk-pci,drive=root"]
        for stick in ("stick1", "stick2", "scratch"):
            path = os.path.join(self.share, stick)
            with open(path, "wb") as file:
                file.write(stick_contents(stick))
            disks += ["-blockdev", f"driver=raw,node-name={stick},"
                                   f"file.driver=file,file.filename={path}"]
        for disk in ("scsi0", "nvme0"):
            path = os.path.join(self.share, disk)
            with open(path, "wb") as file:
                file.truncate(DISK_BYTES)
            disks += ["-blockdev", f"driver=raw,node-name={disk},"
                                   f"file.driver=file,file.filename={path}"]
        return ["qemu-system-x86_64", *BASE, "-kernel", options.kernel,
                "-initrd", options.initrd, "-append", APPEND + GUARDS[options.guard], *disks,
                "-fsdev", f"local,id=share,path={self.share},security_model=none",
                "-device", "virtio-9p-pci,fsdev=share,mount_tag=host",
                "-serial", f"file:{self.console}",
                "-chardev", f"socket,id=qmp,fd={monitor_fd}", "-mon", "chardev=qmp,mode=control",
                *USB, *PCI, *DISKS, *more_controllers(options.controllers),
                "-object", f"filter-dump,id=dump0,netdev=net0,file={self.share}/net0.pcap"]

    def answer_asks(self):
        folder = os.path.join(self.share, "asks")
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if "." in name:
                continue
            with open(path, encoding="utf-8") as file:
                answer = self.monitor.execute(json.load(file))
            os.unlink(path)
            write_whole(f"{path}.answer", json.dumps(answer))

    def run(self, job, limit_s, silence_s):
        """Give the guest a job, show what it prints; its exit status, or None for a hang."""
        self.jobs += 1
        path = os.path.join(self.share, "jobs", str(self.jobs))
        write_whole(path, job)
        shown = before = 0
        begin = heard = time.monotonic()
        while True:
            done = os.path.exists(f"{path}.status")
            alive = self.process.poll() is None
            shown = show_from(f"{path}.out", shown)
            if done:
                with open(f"{path}.status", encoding="ascii") as file:
                    return int(file.read())
            now = time.monotonic()
            if shown != before:
                before, heard = shown, now
            if not alive or now > begin + limit_s or now > heard + silence_s:
                return None
            self.answer_asks()
            time.sleep(PAUSE_S)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def last_words(self, lines=25):
        try:
            with open(self.console, errors="backslashreplace", encoding="utf-8") as file:
                return file.read().splitlines()[-lines:]
        except FileNotFoundError:
            return ["nothing"]


def more_controllers(count):
    """For devices that a job plugs in: each has eight ports, and 64 devices at most."""
    words = []
    for number in range(count):
        words += ["-device", f"qemu-xhci,id=more{number},p2=8,p3=8"]
    return words


def stick_contents(name):
    """A boot sector that copies the next eight sectors to the serial port, and sectors
    that tell whose they are."""
    # xor ax, ax; mov ds, ax; mov es, ax; read 8 sectors from the second on to 0x7e00 (int
    # 0x13); then each byte: lodsb; mov dx, 0x3f8; out dx, al; loop; at last hlt
    code = bytes.fromhex("31c08ed88ec0b80802b90200b600bb007ecd13be007eb90010fcacbaf803eee2f9f4ebfd")
    sectors = [code.ljust(510, b"\0") + b"\x55\xaa"]
    sectors += [f"{name} sector {number}\n".encode().ljust(512, b".")
                for number in range(1, STICK_BYTES // 512)]
    return b"".join(sectors)


def write_whole(path, text):
    """A file that is there is complete: it gets its name last."""
    with open(f"{path}.part", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(f"{path}.part", path)


def show_from(path, offset):
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:
        return offset
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
    return offset + len(data)


def typed_jobs(machine):
    """Each line that somebody types, until the end of the input or of the VM."""
    print("ready for commands, one a line", flush=True)
    while machine.process.poll() is None:
        if select.select([sys.stdin], [], [], PAUSE_S)[0]:
            line = sys.stdin.readline()
            if not line:
                return
            yield line.strip()


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--disk", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--share", required=True)
    parser.add_argument("--limit", type=float, default=300, help="seconds for each job")
    parser.add_argument("--guard", choices=GUARDS, default="apparmor")
    parser.add_argument("--controllers", type=int, default=0, help="more for USB, empty")
    parser.add_argument("jobs", nargs="*")
    return parser.parse_args()


def main():
    options = parse_options()
    # An end that was asked for is an end like any other: QEMU goes first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    die_with_parent(signal.SIGTERM)
    machine = Machine(options)
    worst = 0
    try:
        for job in options.jobs or typed_jobs(machine):
            silence_s = SILENCE_S if options.jobs else options.limit
            status = machine.run(job, options.limit, silence_s)
            if status is None:
                state = machine.process.poll()
                why = "hangs" if state is None else f"ended with status {state}"
                print(f"not ok - {job}: the VM {why}; the end of its console:")
                print("\n".join(f"#   {line}" for line in machine.last_words()), flush=True)
                return 1
            worst = max(worst, status)
            if not options.jobs:
                print(f"[status {status}]", flush=True)
    finally:
        machine.end()
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
