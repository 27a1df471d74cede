# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Requests: from what a caller says to a message, and from a reply to what is given. Pure."""

from __future__ import annotations

import re
from typing import Callable, Generic, Optional, Sequence, Tuple, TypeVar, Union

from . import _protocol as protocol
from ._errors import Usage, printable
from ._grants import Disk, DiskOffer, Tap, TapOffer, Usb, UsbOffer, Vfio, VfioOffer
from ._protocol import (DeviceFlag, DiskFlag, Malformed, NodeFlag, NodeReply, PortFlag, PortReply,
                        Reply, TapFlag, Type, UsbFlag, VfioFlag)

Result = TypeVar("Result")
Ids = Union[str, Tuple[int, int]]

# For memlock: as far as the rule allows.
MEMLOCK_MOST = 2 ** 64 - 1


class Request(Generic[Result]):
    """One question: its bytes, and what its reply means.

    accept  makes the result of a granted reply and its fds, which are then the result's;
            raises Malformed where they do not fit the request
    """

    def __init__(self, kind: Type, body: bytes, accept: Callable[[Reply, Sequence[int]], Result],
                 interactive: bool = False) -> None:
        self.type, self.body, self.accept = kind, body, accept
        self.interactive = interactive

    @property
    def kind(self) -> str:
        return self.type.kind

    def encode(self, serial: int) -> bytes:
        return protocol.encode(self.type, serial, self.body)


# ---- what callers say ----

def _usage(kind: Type, sentence: str) -> Usage:
    return Usage(protocol.Code.USAGE, printable(sentence), kind.kind)


def _text(kind: Type, what: str, value: str, size: int) -> bytes:
    """Whole or not at all: what is cut would name something else."""
    field = value.encode("utf-8", "surrogateescape")
    if not 0 < len(field) < size or b"\0" in field:
        raise _usage(kind, f"{what} {value[:128]}: 1 to {size - 1} characters")
    return field


def _number(kind: Type, what: str, value: int, least: int, most: int) -> int:
    if not least <= value <= most:
        raise _usage(kind, f"{what} {value}: {least} to {most} are possible")
    return value


def _mac(value: Union[str, bytes]) -> bytes:
    if isinstance(value, bytes):
        address = value
    elif re.fullmatch(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}", value):
        address = bytes.fromhex(re.sub("[:-]", "", value))
    else:
        address = b""
    if len(address) != 6 or address[0] & 1 or not any(address):
        raise _usage(Type.TAP, f"mac {value!r}: not the address of a card, like 52:54:00:12:34:56")
    return address


def _ids(value: Ids) -> Tuple[int, int]:
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}", value):
            raise _usage(Type.USB, f"usb {value[:64]}: not vendor and product, like 0951:1666")
        vendor, product = value.split(":")
        return int(vendor, 16), int(product, 16)
    vendor_id, product_id = value
    return (_number(Type.USB, "usb vendor", vendor_id, 0, 0xffff),
            _number(Type.USB, "usb product", product_id, 0, 0xffff))


# ---- what replies say ----

def _port(reply: Reply) -> PortReply:
    assert isinstance(reply, PortReply)  # decode() chose it by the type
    return reply


def _node(reply: Reply, fds: Sequence[int], wanted: int) -> NodeReply:
    assert isinstance(reply, NodeReply)
    if len(fds) != wanted or (wanted and reply.fd_count != wanted):
        raise Malformed("another number of files than it should bring" if wanted
                        else "files came with it that nobody asked for")
    if not reply.node:
        raise Malformed("a name is missing")
    return reply


def _polkit(reply: NodeReply) -> bool:
    return bool(reply.flags & NodeFlag.POLKIT)


# ---- bridges ----

def tap(bridge: str, queues: int, vnet_header: bool, vhost: bool, interactive: bool,
        mac: Optional[Union[str, bytes]]) -> Request[Tap]:
    _number(Type.TAP, "queues", queues, 1, protocol.QUEUES_MAX)
    address = bytes(6) if mac is None else _mac(mac)
    flags = (TapFlag.VNET_HEADER * vnet_header | TapFlag.VHOST * vhost |
             TapFlag.INTERACTIVE * interactive | TapFlag.MAC * (mac is not None))

    def accept(answer: Reply, fds: Sequence[int]) -> Tap:
        reply = _port(answer)
        if reply.queues != queues:
            raise Malformed("another number of queues than was asked for")
        if reply.vhost_count and not (vhost and reply.vhost_count == queues):
            raise Malformed("another number of vhost files than was asked for")
        if len(fds) != reply.queues + reply.vhost_count:
            raise Malformed("another number of files than it says")
        if not reply.port or not reply.tap:
            raise Malformed("a name is missing")
        return Tap(reply, fds)

    name = _text(Type.TAP, "bridge", bridge, 16)
    return Request(Type.TAP, protocol.TAP_REQUEST.pack(name, flags, queues, address), accept,
                   interactive)


def tap_offer(bridge: str) -> Request[TapOffer]:
    def accept(answer: Reply, fds: Sequence[int]) -> TapOffer:
        reply = _port(answer)
        if fds:
            raise Malformed("files came with it that nobody asked for")
        flags = PortFlag(reply.flags)
        return TapOffer(reply.queues, bool(flags & PortFlag.VHOST), reply.mtu, reply.quota,
                        reply.quota_used, reply.vlan, bool(flags & PortFlag.SEALED),
                        bool(flags & PortFlag.ISOLATED), bool(flags & PortFlag.LOCK_MAC),
                        bool(flags & PortFlag.POLKIT))

    name = _text(Type.QUERY, "bridge", bridge, 16)
    return Request(Type.QUERY, protocol.TAP_REQUEST.pack(name, 0, 1, bytes(6)), accept)


# ---- devices ----

def _usb_body(flags: int, ids: Optional[Ids], serial: Optional[str], port: Optional[str],
              number: Optional[Tuple[int, int]]) -> bytes:
    vendor, product = (0, 0) if ids is None else _ids(ids)
    bus, device = (0, 0) if number is None else number
    if ids is None and port is None and number is None:
        raise _usage(Type.USB, "usb: name it by ids, port or number")
    _number(Type.USB, "usb bus", bus, 0, 0xffff)
    _number(Type.USB, "usb device", device, 0, 0xffff)
    flags |= (UsbFlag.IDS * (ids is not None) | UsbFlag.SERIAL * (serial is not None) |
              UsbFlag.PORT * (port is not None) | UsbFlag.NUMBER * (number is not None))
    return protocol.USB_REQUEST.pack(
        flags, vendor, product, bus, device,
        b"" if port is None else _text(Type.USB, "usb port", port, 32),
        b"" if serial is None else _text(Type.USB, "usb serial", serial, 128))


def usb(ids: Optional[Ids], serial: Optional[str], port: Optional[str],
        number: Optional[Tuple[int, int]], interactive: bool) -> Request[Usb]:
    body = _usb_body(DeviceFlag.INTERACTIVE * interactive, ids, serial, port, number)
    return Request(Type.USB, body, lambda reply, fds: Usb(_node(reply, fds, 1), fds), interactive)


def usb_offer(ids: Optional[Ids], serial: Optional[str], port: Optional[str],
              number: Optional[Tuple[int, int]]) -> Request[UsbOffer]:
    def accept(answer: Reply, fds: Sequence[int]) -> UsbOffer:
        reply = _node(answer, fds, 0)
        return UsbOffer(reply.node, _polkit(reply))

    return Request(Type.USB, _usb_body(DeviceFlag.QUERY, ids, serial, port, number), accept)


def _vfio_body(flags: int, address: str, memlock: int) -> bytes:
    _number(Type.VFIO, "vfio memlock", memlock, 0, MEMLOCK_MOST)
    return protocol.VFIO_REQUEST.pack(flags, memlock, _text(Type.VFIO, "vfio", address, 16))


def vfio(address: str, group: bool, memlock: int, interactive: bool) -> Request[Vfio]:
    flags = VfioFlag.GROUP * group | DeviceFlag.INTERACTIVE * interactive
    return Request(Type.VFIO, _vfio_body(flags, address, memlock),
                   lambda reply, fds: Vfio(_node(reply, fds, 2), fds), interactive)


def vfio_offer(address: str, group: bool) -> Request[VfioOffer]:
    def accept(answer: Reply, fds: Sequence[int]) -> VfioOffer:
        reply = _node(answer, fds, 0)
        return VfioOffer(reply.node, bool(reply.flags & NodeFlag.IOMMUFD), reply.memlock,
                         _polkit(reply))

    return Request(Type.VFIO, _vfio_body(VfioFlag.GROUP * group | DeviceFlag.QUERY, address, 0),
                   accept)


def _disk_body(flags: int, name: str) -> bytes:
    return protocol.DISK_REQUEST.pack(flags, _text(Type.DISK, "disk", name, 256))


def disk(name: str, read_only: bool, interactive: bool) -> Request[Disk]:
    flags = DiskFlag.READ_ONLY * read_only | DeviceFlag.INTERACTIVE * interactive
    return Request(Type.DISK, _disk_body(flags, name),
                   lambda reply, fds: Disk(_node(reply, fds, 1), fds), interactive)


def disk_offer(name: str, read_only: bool) -> Request[DiskOffer]:
    def accept(answer: Reply, fds: Sequence[int]) -> DiskOffer:
        reply = _node(answer, fds, 0)
        return DiskOffer(reply.node, reply.disk_bytes, bool(reply.flags & NodeFlag.READ_ONLY),
                         _polkit(reply))

    return Request(Type.DISK, _disk_body(DiskFlag.READ_ONLY * read_only | DeviceFlag.QUERY, name),
                   accept)
