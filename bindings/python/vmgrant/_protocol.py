# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The native protocol, version 1: messages and their layout, of doc/protocol.md. Pure.

Numbers are compared with doc/protocol.json by the tests.
"""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag
from typing import NamedTuple, Union

VERSION = 1
REQUEST_MAGIC, REPLY_MAGIC = b"VMGQ", b"VMGR"
REPLY_SIZE = 608
QUEUES_MAX = 16
FDS_MAX = 2 * QUEUES_MAX


class Type(IntEnum):
    TAP = 1
    QUERY = 2
    USB = 3
    VFIO = 4
    DISK = 5

    @property
    def kind(self) -> str:
        return "bridge" if self in (Type.TAP, Type.QUERY) else self.name.lower()


class Code(IntEnum):
    """Why a request was granted or refused, and the helper's exit status."""

    GRANTED = 0
    INTERNAL = 1
    USAGE = 2
    NO_PRIVILEGE = 3
    INSTALLATION = 4
    CHANNEL = 5
    POLICY = 6
    DENIED = 7
    POLKIT_DENIED = 8
    POLKIT_CHALLENGE = 9
    POLKIT_DISMISSED = 10
    POLKIT_FAILED = 11
    QUOTA = 12
    OBJECT = 13
    UNSUPPORTED = 14


class TapFlag(IntFlag):
    VNET_HEADER = 1
    VHOST = 2
    INTERACTIVE = 4
    MAC = 8


class DeviceFlag(IntFlag):
    INTERACTIVE = 1
    QUERY = 2


class UsbFlag(IntFlag):
    IDS = 256
    SERIAL = 512
    PORT = 1024
    NUMBER = 2048


class VfioFlag(IntFlag):
    GROUP = 4


class DiskFlag(IntFlag):
    READ_ONLY = 4


class PortFlag(IntFlag):
    VNET_HEADER = 1
    SEALED = 2
    ISOLATED = 4
    LOCK_MAC = 8
    VHOST = 16
    POLKIT = 32


class NodeFlag(IntFlag):
    IOMMUFD = 1
    READ_ONLY = 2
    POLKIT = 32


HEADER = struct.Struct("<4sHHII")
REPLY_BEGIN = struct.Struct("<II")
PORT_BODY = struct.Struct("<IIIHHH22s16s16s")
NODE_BODY = struct.Struct("<QH6sQ16s32s")
SENTENCE = struct.Struct("<512s")

TAP_REQUEST = struct.Struct("<16sIH6s4x")
USB_REQUEST = struct.Struct("<IHHHH4x32s128s")
VFIO_REQUEST = struct.Struct("<I4xQ16s")
DISK_REQUEST = struct.Struct("<I4x256s")


class Malformed(Exception):
    """Bytes that are no reply to the request; says what is wrong."""


class PortReply(NamedTuple):
    """The reply to TAP and QUERY."""

    code: int
    sentence: str
    flags: int
    mtu: int
    quota: int
    quota_used: int
    queues: int
    vhost_count: int
    vlan: int
    port: str
    tap: str


class NodeReply(NamedTuple):
    """The reply to USB, VFIO and DISK."""

    code: int
    sentence: str
    flags: int
    memlock: int
    fd_count: int
    disk_bytes: int
    node: str


Reply = Union[PortReply, NodeReply]


def encode(kind: Type, serial: int, body: bytes) -> bytes:
    return HEADER.pack(REQUEST_MAGIC, VERSION, kind, serial, HEADER.size + len(body)) + body


def _string(field: bytes) -> str:
    text, end, rest = field.partition(b"\0")
    if not end or rest.strip(b"\0"):
        raise Malformed("a string is not ended, or something is behind its end")
    return "".join(chr(c) if 0x20 <= c <= 0x7e else "?" for c in text)


def _zeros(field: bytes) -> None:
    if field.strip(b"\0"):
        raise Malformed("a byte that must be zero is not")


def _port_reply(code: int, flags: int, body: bytes, sentence: str) -> PortReply:
    mtu, quota, used, queues, vhosts, vlan, zeros, port, tap = PORT_BODY.unpack(body)
    _zeros(zeros)
    return PortReply(code, sentence, flags, mtu, quota, used, queues, vhosts, vlan, _string(port),
                     _string(tap))


def _node_reply(kind: Type, code: int, flags: int, body: bytes, sentence: str) -> NodeReply:
    memlock, count, zeros, disk_bytes, more, node = NODE_BODY.unpack(body)
    _zeros(zeros + more)
    if kind != Type.DISK and disk_bytes:
        raise Malformed("a byte that must be zero is not")
    return NodeReply(code, sentence, flags, memlock, count, disk_bytes, _string(node))


def decode(data: bytes, kind: Type, serial: int) -> Reply:
    """The reply to that request; Malformed for everything else."""
    if len(data) < HEADER.size:
        raise Malformed("shorter than a header")
    magic, version, found, number, length = HEADER.unpack_from(data)
    if magic != REPLY_MAGIC:
        raise Malformed("not a message of this protocol")
    if version != VERSION:
        raise Malformed("unknown version")
    if length != len(data) or length != REPLY_SIZE:
        raise Malformed("wrong length")
    if (found, number) != (kind, serial):
        raise Malformed("it answers another request")
    code, flags = REPLY_BEGIN.unpack_from(data, HEADER.size)
    body = data[HEADER.size + REPLY_BEGIN.size:REPLY_SIZE - SENTENCE.size]
    sentence = _string(data[REPLY_SIZE - SENTENCE.size:])
    if kind in (Type.TAP, Type.QUERY):
        return _port_reply(code, flags, body, sentence)
    return _node_reply(kind, code, flags, body, sentence)
