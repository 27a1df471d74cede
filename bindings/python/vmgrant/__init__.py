# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Network cards, USB and PCI devices and disks of the host, for programs of ordinary users.

    import vmgrant

    with vmgrant.Connection() as connection:
        with connection.tap("br0", mac="52:54:00:12:34:56") as tap:
            subprocess.run(["qemu-system-x86_64", "-netdev", tap.netdev("net0"), "-device",
                            "virtio-net-pci,netdev=net0,mac=52:54:00:12:34:56"],
                           pass_fds=tap.fds)

What is granted owns its open files: they are closed at the end of `with`, by close(), or by
the garbage collector; take() hands them over to the caller. A refusal is a Refused with a
sentence for the person. AsyncConnection is the same for asyncio.

The rules and the protocol: vmgrant.acl(5), doc/protocol.md of vmgrant.
"""

from ._aio import AsyncConnection
from ._connection import Connection
from ._door import Door
from ._errors import Error, Failed, Refused, Usage
from ._grants import Disk, DiskOffer, Grant, Tap, TapOffer, Usb, UsbOffer, Vfio, VfioOffer
from ._installed import VERSION as __version__
from ._protocol import QUEUES_MAX, Code
from ._requests import MEMLOCK_MOST

__all__ = [
    "AsyncConnection", "Code", "Connection", "Disk", "DiskOffer", "Door", "Error", "Failed", "Grant",
    "MEMLOCK_MOST", "QUEUES_MAX", "Refused", "Tap", "TapOffer", "Usage", "Usb", "UsbOffer", "Vfio",
    "VfioOffer", "__version__",
]
