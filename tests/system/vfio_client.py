# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Requests for PCI devices over the native protocol, written from doc/protocol.md."""

import array
import socket
import struct

from protocol_client import HEADER, NodeReply

VFIO = 4
INTERACTIVE, QUERY, GROUP = 1, 2, 4
IOMMUFD, POLKIT = 1, 32
ALL = 2**64 - 1
REQUEST = struct.Struct("<I4xQ16s")
REPLY = struct.Struct("<IIQH30x32s512s")


def encode(serial, address, flags=0, memlock=0):
    body = REQUEST.pack(flags, memlock, address.encode())
    return HEADER.pack(b"VMGQ", 1, VFIO, serial, HEADER.size + len(body)) + body


class Reply(NodeReply):
    BODY = REPLY

    def __init__(self, data, fds):
        super().__init__(data, fds)
        self.data = data
        _, _, self.memlock, self.fd_count, _, _ = self.body
        assert self.fd_count == len(fds)


def receive(connection):
    """The next reply, or None when the helper has ended."""
    try:
        data, control, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(64 * 4),
                                                     socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return None  # it has not even read the request
    assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
    fds = array.array("i")
    for _, kind, content in control:
        assert kind == socket.SCM_RIGHTS
        fds.frombytes(content)
    return Reply(data, list(fds)) if data else None


def ask(connection, address, serial=1, **options):
    connection.send(encode(serial, address, **options))
    return receive(connection)
