# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""PCI devices of the test VM, and what an administrator does with them."""

import errno
import glob
import os
import resource

from checks import need, read, wait_until, write

CARD = "0000:00:10.0"      # e1000e, alone in its group
EDU = "0000:00:11.0"       # alone in its group
PAIR = ("0000:01:01.0", "0000:01:02.0")  # e1000 and edu behind one PCI bridge: one group
MIB = 1 << 20


def folder(address):
    return f"/sys/bus/pci/devices/{address}"


def driver(address):
    try:
        return os.path.basename(os.readlink(f"{folder(address)}/driver"))
    except FileNotFoundError:
        return None


def group(address):
    """The node of the device's group."""
    return f"/dev/vfio/{os.path.basename(os.readlink(f'{folder(address)}/iommu_group'))}"


def unbind(address):
    if driver(address):
        write(f"{folder(address)}/driver/unbind", address)


def bind(address, name="vfio-pci"):
    """As driverctl does it."""
    # A kernel that has them built in has no modules, but the node.
    need(["sh", "-c",
          "modprobe -a vfio-pci vfio_iommu_type1 2>/dev/null || test -c /dev/vfio/vfio"])
    write(f"{folder(address)}/driver_override", name)
    unbind(address)
    write("/sys/bus/pci/drivers_probe", address)
    need(["udevadm", "settle"])
    assert driver(address) == name, f"{address} is bound to {driver(address)}"


def probe(address):
    """False while somebody holds the device's group: the kernel says EINVAL then, and what
    serves a guest may outlive it by a moment."""
    try:
        write("/sys/bus/pci/drivers_probe", address)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return True


def release(address):
    """Give a device back to the host, as soon as it can have it."""
    write(f"{folder(address)}/driver_override", "\n")
    unbind(address)
    wait_until(lambda: probe(address), f"nobody holds the group of {address}")


def locked_memory(pid):
    """(soft limit, hard limit) of a process, in bytes."""
    return resource.prlimit(pid, resource.RLIMIT_MEMLOCK)


def ask(person, address, memory):
    """(code, soft limit, hard limit) of a program of that person's that asks by the library."""
    done = person.run(["python3", "/host/tests/guest/ask-vfio.py", address, str(memory)])
    assert done.returncode == 0, done.stdout
    return tuple(int(word) for word in done.stdout.split())


def status(pid, field):
    """A number of /proc/PID/status, such as VmLck in KiB."""
    for line in read(f"/proc/{pid}/status").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def holders(path):
    """The processes that have a file open."""
    pids = set()
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(link) == path:
                pids.add(int(link.split("/")[2]))
        except OSError:
            continue
    return pids


def frames_of(mac):
    """How many frames of a card the emulator around us has seen on its wire."""
    with open("/host/net0.pcap", "rb") as file:
        return file.read().count(bytes.fromhex(mac.replace(":", "")) + b"\x08\x00\x45")
