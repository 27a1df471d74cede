# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB requests of the native protocol, written from doc/protocol.md and nothing else."""

import struct

from protocol_client import HEADER, NodeReply, receive_message

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


class Reply(NodeReply):
    BODY = REPLY

    def __init__(self, data, fds):
        super().__init__(data, fds)
        _, _, _, count, _, _ = self.body
        assert count == len(fds)


def receive(connection):
    data, fds = receive_message(connection)
    return Reply(data, fds)


def ask(connection, number=1, **options):
    connection.send(encode(number, **options))
    return receive(connection)
