# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Disk requests of the native protocol, written from doc/protocol.md and nothing else."""

import struct

from protocol_client import HEADER, NodeReply, receive_message

DISK = 5
INTERACTIVE, QUERY, READ_ONLY = 1, 2, 4
NODE_READ_ONLY, POLKIT = 2, 32
REQUEST = struct.Struct("<I4x256s")
REPLY = struct.Struct("<II8xH6xQ16x32s512s")


def encode(number, name, flags=0):
    body = REQUEST.pack(flags, name.encode())
    return HEADER.pack(b"VMGQ", 1, DISK, number, HEADER.size + len(body)) + body


class Reply(NodeReply):
    BODY = REPLY

    def __init__(self, data, fds):
        super().__init__(data, fds)
        _, _, count, self.bytes, _, _ = self.body
        assert count == len(fds)


def receive(connection):
    data, fds = receive_message(connection)
    return Reply(data, fds)


def ask(connection, name, number=1, flags=0):
    connection.send(encode(number, name, flags))
    return receive(connection)
