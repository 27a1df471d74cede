# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB devices that a world believes in: a made-up sysfs, and nodes to go with it.

The node of a device is a pseudo terminal: reading it gives the descriptors that the
test wrote to its other side, once, as the node of a real device does. Everything else
that the helper looks at is a file.
"""

import ctypes
import fcntl
import os
import stat
import struct
import termios
from pathlib import Path

import namespaces as ns
from process import wait_until

DEVICES = "/sys/devices/pci0000:00/0000:00:14.0"
STORAGE, HID, HUB, VENDOR, SMART_CARD = 0x08, 0x03, 0x09, 0xff, 0x0b
TIOCSPTLCK, TIOCGPTN = 0x40045431, 0x80045430
LOOP_SET_FD, LOOP_CLR_FD, LOOP_SET_STATUS64, LOOP_CTL_GET_FREE = 0x4C00, 0x4C01, 0x4C04, 0x4C82
LO_FLAGS_PARTSCAN = 8
BLKPG, BLKPG_ADD_PARTITION = 0x1269, 1


def descriptors(ids, classes=(VENDOR,), device_class=0):
    """A device with one configuration and an interface of each class."""
    vendor, product = (int(part, 16) for part in ids.split(":"))
    device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x200, device_class, 0, 0, 64, vendor, product,
                         0x100, 1, 2, 3, 1)
    interfaces = b"".join(struct.pack("<BBBBBBBBB", 9, 4, number, 0, 0, code, 0, 0, 0)
                          for number, code in enumerate(classes))
    total = 9 + len(interfaces)
    return device + struct.pack("<BBHBBBBB", 9, 2, total, len(classes), 1, 0, 0x80, 50) + interfaces


class UsbTree:
    """The USB devices and disks of one world. There are none at first."""

    def __init__(self, world):
        self.world, self.masters = world, {}
        world.keep(self)
        world.call(self._make_places)

    @staticmethod
    def _make_places():
        for place in ("/sys/bus", "/sys/class/block", "/sys/dev/block", "/sys/devices"):
            ns.mount("tmpfs", place, "tmpfs", ns.MS_NOSUID, "mode=755")
        os.makedirs("/sys/bus/usb/devices")

    def close(self):
        for fds in self.masters.values():
            for fd in fds:
                os.close(fd)
        self.masters = {}

    def folder(self, port):
        """/sys/devices/.../usb1/1-1/1-1.4"""
        bus = port.removeprefix("usb").split("-")[0]
        parts = [f"usb{bus}"]
        if not port.startswith("usb"):
            steps = port.split(".")
            parts += [".".join(steps[:count]) for count in range(1, len(steps) + 1)]
        return "/".join([DEVICES, *parts])

    def set(self, port, name, value):
        path = self.world.path(f"{self.folder(port)}/{name}")
        if value is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(value if isinstance(value, bytes) else f"{value}\n".encode())

    def add(self, port, device, ids, *, serial=None, classes=(VENDOR,), device_class=0,
            manufacturer="ACME", product="Gadget", node=True):
        """Plug a device in. With node, its node is there and gives its descriptors."""
        bus = int(port.removeprefix("usb").split("-")[0])
        vendor, product_id = ids.split(":")
        raw = descriptors(ids, classes, device_class)
        for name, value in (("busnum", bus), ("devnum", device), ("idVendor", vendor),
                            ("idProduct", product_id), ("serial", serial),
                            ("manufacturer", manufacturer), ("product", product),
                            ("authorized", 1), ("dev", f"189:{(bus - 1) * 128 + device - 1}"),
                            ("descriptors", raw)):
            self.set(port, name, value)
        self.link(f"/sys/bus/usb/devices/{port}", self.folder(port))
        if node:
            number = self.add_node(bus, device, raw)
            self.set(port, "dev", f"{os.major(number)}:{os.minor(number)}")
        return self.path(bus, device)

    def link(self, path, target):
        place = self.world.path(path)
        place.unlink(missing_ok=True)
        place.symlink_to(os.path.relpath(target, os.path.dirname(path)))

    def remove(self, port):
        """Pull a device out: its folder is gone, also for who holds it open."""
        self.world.path(f"/sys/bus/usb/devices/{port}").unlink()
        self.world.path(self.folder(port)).rmtree()

    def clear(self):
        """Pull everything out."""
        for node in list(self.masters):
            self.unmake_node(node)
        self.close()
        for place in ("/sys/bus/usb/devices", "/sys/class/block", "/sys/dev/block"):
            for link in self.world.path(place).iterdir():
                link.unlink()
        self.world.path(DEVICES).rmtree(missing_ok=True)

    # ---- nodes ----

    @staticmethod
    def path(bus, device):
        return f"/dev/bus/usb/{bus:03}/{device:03}"

    def add_node(self, bus, device, raw):
        """Make the node; returns its number. Root's alone, as udev would not have it."""
        master = os.open(self.world.path("/dev/pts/ptmx"), os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        name = struct.unpack("i", fcntl.ioctl(master, TIOCGPTN, b"\0" * 4))[0]
        slave_path = f"/dev/pts/{name}"
        slave = os.open(self.world.path(slave_path), os.O_RDWR | os.O_NOCTTY)
        mode = termios.tcgetattr(slave)
        mode[0] = mode[1] = mode[3] = 0
        mode[6][termios.VMIN] = mode[6][termios.VTIME] = 0
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        os.fchmod(slave, 0o600)
        node = self.path(bus, device)
        self.masters[node] = (master, slave)
        self.fill(node, raw)
        target = self.world.path(node)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
        self.world.call(lambda: ns.mount(slave_path, node, "none", ns.MS_BIND))
        return os.fstat(slave).st_rdev

    def unmake_node(self, node):
        """Take away whatever is there."""
        def remove():
            while os.path.ismount(node):
                ns.umount(node, ns.MNT_DETACH)
            if os.path.isdir(node) and not os.path.islink(node):
                os.rmdir(node)
            elif os.path.lexists(node):
                os.unlink(node)
        self.world.call(remove)

    def fill(self, node, raw):
        """What the next reader of the node gets."""
        master, slave = self.masters[node]
        termios.tcflush(slave, termios.TCIFLUSH)
        os.write(master, raw)
        wait_until(lambda: struct.unpack(
            "i", fcntl.ioctl(slave, termios.FIONREAD, b"\0" * 4))[0] == len(raw), "the node")

    def reset(self, port, node):
        self.fill(node, self.world.path(f"{self.folder(port)}/descriptors").read_bytes())

    # ---- disks ----

    def add_disk(self, port, name, number, *, partition=None, node=True):
        """A block device of a USB device: number as (major, minor)."""
        major, minor = number
        folder = f"{port}:1.0/host6/target6:0:0/6:0:0:0/block/{name}"
        self.set(port, f"{folder}/dev", f"{major}:{minor}")
        self.world.path(f"{self.folder(port)}/{folder}/holders").mkdir(exist_ok=True)
        if partition:
            self.set(port, f"{folder}/partition", partition)
        self.link(f"/sys/class/block/{name}", f"{self.folder(port)}/{folder}")
        self.link(f"/sys/dev/block/{major}:{minor}", f"{self.folder(port)}/{folder}")
        if node:
            self.world.call(lambda: os.mknod(f"/dev/{name}", stat.S_IFBLK | 0o600,
                                             os.makedev(major, minor)))
        return f"{self.folder(port)}/{folder}"

    def add_loop(self, loop):
        """Let the world see a loop device of the machine as one."""
        name, folder = f"loop{loop.index}", f"/sys/devices/virtual/block/loop{loop.index}"
        major, minor = loop.number
        self.world.write(f"{folder}/dev", f"{major}:{minor}\n")
        self.world.write(f"{folder}/loop/backing_file", "/dev/sdz\n")
        self.link(f"/sys/class/block/{name}", folder)
        self.world.call(lambda: os.mknod(f"/dev/{name}", stat.S_IFBLK | 0o600,
                                         os.makedev(major, minor)))


class Loop:
    """A loop device of the machine, which stands in for a disk. Given back at the end."""

    def __init__(self, path, size=1 << 20):
        self.backing = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        if size:
            os.ftruncate(self.backing, size)
        with open("/dev/loop-control", "rb") as control:
            self.index = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
        self.path = f"/dev/loop{self.index}"
        self.fd = os.open(self.path, os.O_RDWR)
        fcntl.ioctl(self.fd, LOOP_SET_FD, self.backing)
        self.number = (os.major(os.fstat(self.fd).st_rdev), os.minor(os.fstat(self.fd).st_rdev))

    def partition(self):
        """Make one partition, by the kernel's own call; returns its number."""
        status = [0] * 12
        status[8] = LO_FLAGS_PARTSCAN
        fcntl.ioctl(self.fd, LOOP_SET_STATUS64,
                    struct.pack("5Q4I64s64s32s2Q", *status[:9], b"", b"", b"", 0, 0))
        part = ctypes.create_string_buffer(
            struct.pack("qqi64s64s4x", 1 << 20, 32 << 20, 1, b"", b""))
        fcntl.ioctl(self.fd, BLKPG, struct.pack("iiiP", BLKPG_ADD_PARTITION, 0, len(part) - 1,
                                                ctypes.addressof(part)))
        number = Path(f"/sys/block/loop{self.index}/loop{self.index}p1/dev")
        wait_until(number.exists, "the partition")
        major, minor = number.read_text(encoding="ascii").split(":")
        return int(major), int(minor)

    def close(self):
        if self.fd is None:
            return
        fcntl.ioctl(self.fd, LOOP_CLR_FD)
        os.close(self.fd)
        os.close(self.backing)
        self.fd = None
