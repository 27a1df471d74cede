# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ethernet frames through the descriptors of TAPs that have a vnet header."""

import os
import select
import struct
import time

VNET = struct.Struct("<BBHHHH")  # flags, gso_type, hdr_len, gso_size, csum_start, csum_offset
PLAIN = VNET.pack(0, 0, 0, 0, 0, 0)
BROADCAST = b"\xff" * 6
# A kind of frame that no protocol of the kernel's answers to.
KIND = b"\x88\xb5"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(to, source, payload, kind=KIND):
    return (to + source + kind + payload).ljust(60, b"\0")


def send(fd, data, header=PLAIN):
    assert os.write(fd, header + data) == len(header) + len(data)


def receive(fd, wanted, limit_s=5):
    """(vnet header, frame) of the first frame that is wanted; others are the kernel's own."""
    end = time.monotonic() + limit_s
    while select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
        data = os.read(fd, 70000)
        if wanted(data[VNET.size:]):
            return VNET.unpack(data[:VNET.size]), data[VNET.size:]
    return None


def drain(fd):
    """All frames that are there."""
    found = []
    while select.select([fd], [], [], 0)[0]:
        found.append(os.read(fd, 70000)[VNET.size:])
    return found


def close(*answers):
    """Give back the descriptors of replies."""
    for reply in answers:
        for fd in reply.fds:
            os.close(fd)
        reply.fds = []
