# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB devices of the test VM, as the kernel shows them."""

import glob
import os

from checks import read, wait_until

DEVICES = "/sys/bus/usb/devices"
STICK = "46f4:0001"


def driver(interface):
    """The driver of an interface such as 1-2:1.0, or None."""
    try:
        return os.path.basename(os.readlink(f"{DEVICES}/{interface}/driver"))
    except FileNotFoundError:
        return None


def find(serial):
    """The port of the device with that serial number, or None."""
    for path in glob.glob(f"{DEVICES}/*/serial"):
        if read(path) == serial:
            return os.path.basename(os.path.dirname(path))
    return None


def node(port):
    numbers = [int(read(f"{DEVICES}/{port}/{name}")) for name in ("busnum", "devnum")]
    return "/dev/bus/usb/{:03d}/{:03d}".format(*numbers)


def disk(port):
    """The disk of a stick, such as sda, once it has one."""
    pattern = f"{DEVICES}/{port}/{port}:*/host*/target*/*/block/*"
    return wait_until(lambda: [os.path.basename(path) for path in glob.glob(pattern)],
                      f"a disk on {port}")[0]
