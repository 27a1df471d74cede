# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the kernel says about a TAP descriptor."""

import fcntl
import struct

TUNSETPERSIST = 0x400454CB
TUNGETIFF = 0x800454D2
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
IFF_MULTI_QUEUE, IFF_PERSIST, IFF_ATTACH_QUEUE = 0x0100, 0x0800, 0x0200


def tungetiff(fd):
    """(name, flags) of the interface behind a descriptor."""
    answer = fcntl.ioctl(fd, TUNGETIFF, bytes(40))
    name, flags = struct.unpack("16sH22x", answer)
    return name.rstrip(b"\0").decode("ascii"), flags
