# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Messages of udev about made-up devices, as libudev receives them.

A message has a header by which receivers let the kernel drop what they do not want:
hashes of subsystem and device type. Behind it are properties, each ended by NUL.
"""

import os
import socket
import struct

import namespaces as ns

UEVENTS, UDEV_GROUP = 15, 2
HEADER = struct.Struct("=8sIIIIIIII")


def murmur2(text):
    """MurmurHash2 with seed 0."""
    data, factor, mask = text.encode(), 0x5bd1e995, 0xffffffff
    value = len(data)
    while len(data) >= 4:
        part = struct.unpack("<I", data[:4])[0] * factor & mask
        value = value * factor & mask ^ (part ^ part >> 24) * factor & mask
        data = data[4:]
    if data:
        value = (value ^ int.from_bytes(data, "little")) * factor & mask
    value = (value ^ value >> 13) * factor & mask
    return value ^ value >> 15


def message(properties):
    body = b"".join(f"{key}={value}".encode() + b"\0" for key, value in properties.items())
    hashes = [socket.htonl(murmur2(properties[key])) for key in ("SUBSYSTEM", "DEVTYPE")]
    return HEADER.pack(b"libudev\0", socket.htonl(0xfeedcafe), HEADER.size, HEADER.size,
                       len(body), *hashes, 0, 0) + body


class Uevents:
    """A udev that is at work, in a world that has a UsbTree."""

    def __init__(self, world, usb):
        self.world, self.usb, self._number = world, usb, 0
        world.write("/run/udev/control", "")
        world.call(lambda: ns.mount("tmpfs", "/sys/dev/char", "tmpfs", ns.MS_NOSUID, "mode=755"))

    def plug(self, port, device, ids, **options):
        """A device is there, and udev says so."""
        node = self.usb.add(port, device, ids, **options)
        number = os.stat(self.world.path(node)).st_rdev
        self.usb.link(f"/sys/dev/char/{os.major(number)}:{os.minor(number)}",
                      self.usb.folder(port))
        self.usb.set(port, "uevent", f"MAJOR={os.major(number)}\nMINOR={os.minor(number)}\n"
                                     f"DEVNAME={node[5:]}\nDEVTYPE=usb_device")
        self._say("add", port, node)
        return node

    def unplug(self, port, node):
        # First, as the kernel does. QEMU may have it open.
        self.world.call(lambda: (ns.umount(node, ns.MNT_DETACH), os.unlink(node)))
        self.usb.remove(port)
        self._say("remove", port, node)

    def _say(self, action, port, node):
        self._number += 1
        data = message({
            "ACTION": action, "DEVPATH": self.usb.folder(port).removeprefix("/sys"),
            "SUBSYSTEM": "usb", "DEVTYPE": "usb_device", "DEVNAME": node,
            "SEQNUM": self._number, "MAJOR": 189, "MINOR": self._number})

        def send():
            with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, UEVENTS) as udev:
                try:
                    udev.sendto(data, (0, UDEV_GROUP))
                except ConnectionRefusedError:
                    pass  # nobody listens
        self.world.call(send)
