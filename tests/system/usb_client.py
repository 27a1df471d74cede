# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB requests of the native protocol, written from doc/protocol.md and nothing else."""

import os
import struct

from protocol_client import HEADER, receive_message, text

USB = 3
INTERACTIVE, QUERY, IDS, SERIAL, PORT, NUMBER = 1, 2, 256, 512, 1024, 2048
POLKIT = 32
REQUEST = struct.Struct("<IHHHH4x32s128s")
REPLY = struct.Struct("<IIQH30x32s512s")


def encode(number, *, ids=None, serial="", port="", bus=None, device=None, flags=0):
    """A request that names what is given; ids as "0951:1666"."""
    vendor, product = (int(part, 16) for part in ids.split(":")) if ids else (0, 0)
    flags |= (IDS if ids else 0) | (SERIAL if serial else 0) | (PORT if port else 0)
    flags |= NUMBER if bus is not None else 0
    body = REQUEST.pack(flags, vendor, product, bus or 0, device or 0, port.encode(),
                        serial.encode())
    return HEADER.pack(b"VMGQ", 1, USB, number, HEADER.size + len(body)) + body


class Reply:
    def __init__(self, data, fds):
        magic, _, self.kind, self.serial, length = HEADER.unpack(data[:HEADER.size])
        assert magic == b"VMGR" and length == len(data) == HEADER.size + REPLY.size
        self.code, self.flags, _, count, node, sentence = REPLY.unpack(data[HEADER.size:])
        self.node, self.sentence, self.fds = text(node), text(sentence), fds
        assert count == len(fds)

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def receive(connection):
    data, fds = receive_message(connection)
    return Reply(data, fds)


def ask(connection, number=1, **options):
    connection.send(encode(number, **options))
    return receive(connection)
