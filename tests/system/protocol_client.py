# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A client of the native protocol, written from doc/protocol.md and nothing else.

The Python package does not take its place: this one says what no good client can, shows replies
as they are, and finds a fault that helper and package share.
"""

import array
import os
import socket
import struct

HEADER = struct.Struct("<4sHHII")
REQUEST = struct.Struct("<16sIH6s4x")
REPLY = struct.Struct("<IIIIIHHH22x16s16s512s")
TAP, QUERY = 1, 2
VNET, VHOST, INTERACTIVE, MAC = 1, 2, 4, 8
SEALED, ISOLATED, LOCK_MAC = 2, 4, 8


def pair():
    """Our end and the helper's."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def encode(serial, bridge, kind=TAP, queues=1, flags=VNET, mac=bytes(6), version=1):
    body = REQUEST.pack(bridge.encode(), flags, queues, mac)
    return HEADER.pack(b"VMGQ", version, kind, serial, HEADER.size + len(body)) + body


def text(field):
    return field.rstrip(b"\0").decode("ascii")


class Reply:
    def __init__(self, data, fds):
        magic, self.version, self.kind, self.serial, length = HEADER.unpack(data[:HEADER.size])
        assert magic == b"VMGR" and length == len(data) == HEADER.size + REPLY.size
        (self.code, self.flags, self.mtu, self.quota, self.used, self.queues, self.vhosts,
         self.vlan, port, tap, sentence) = REPLY.unpack(data[HEADER.size:])
        self.port, self.tap, self.sentence = text(port), text(tap), text(sentence)
        self.fds = fds


class NodeReply:
    """The reply to a request for a device, whose body a subclass reads from self.body."""

    BODY = None  # struct.Struct

    def __init__(self, data, fds):
        magic, _, self.kind, self.serial, length = HEADER.unpack(data[:HEADER.size])
        assert magic == b"VMGR" and length == len(data) == HEADER.size + self.BODY.size
        self.body, self.fds = self.BODY.unpack(data[HEADER.size:]), fds
        self.code, self.flags, *_, node, sentence = self.body
        self.node, self.sentence = text(node), text(sentence)

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []


def receive_message(connection):
    """(bytes, fds) of the next reply; no bytes when the helper has ended."""
    try:
        data, control, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(64 * 4),
                                                     socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:  # it had not read what was sent
        return b"", []
    assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
    fds = array.array("i")
    for _, kind, content in control:
        assert kind == socket.SCM_RIGHTS
        fds.frombytes(content)
    return data, list(fds)


def receive(connection):
    """The next reply, or None when the helper has ended."""
    data, fds = receive_message(connection)
    return Reply(data, fds) if data else None


def sent(connection, message):
    """Send it; False when the helper has ended already."""
    try:
        connection.send(message)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def ask(connection, serial, bridge, **options):
    connection.send(encode(serial, bridge, **options))
    return receive(connection)
