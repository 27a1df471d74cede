#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Become a QEMU with a card on a bridge: start-vm.py BRIDGE GUEST [QEMU'S WORDS...]"""

import hashlib
import os
import socket
import sys

import vmgrant

QEMU = os.environ.get("QEMU", "qemu-system-x86_64")


def mac_of(guest):
    """Each guest needs an address of its own, the same at each start; QEMU gives all the same."""
    digest = hashlib.sha256(f"{socket.gethostname()}/{guest}".encode()).digest()
    return "52:54:00:" + digest[:3].hex(":")


def main(bridge, guest, *words):
    mac = mac_of(guest)
    try:
        with vmgrant.Connection() as connection:
            card = connection.tap(bridge, mac=mac, interactive=True)
    except vmgrant.Error as error:
        sys.exit(f"start-vm: {error}")
    card.inherit()
    os.execvp(QEMU, [QEMU, "-name", guest, "-netdev", card.netdev("net0"),
                     "-device", f"virtio-net-pci,netdev=net0,mac={mac}", *words])


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 2 else sys.exit(__doc__)
