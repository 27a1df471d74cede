# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What is granted, which owns open files, and what would be, which owns nothing."""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from types import TracebackType
from typing import Optional, Sequence, Tuple, Type, TypeVar

from ._protocol import NodeFlag, NodeReply, PortFlag, PortReply

GrantType = TypeVar("GrantType", bound="Grant")


def close_all(fds: Sequence[int]) -> None:
    """Each of them, whatever the others say."""
    for fd in fds:
        try:
            os.close(fd)
        except OSError:
            pass  # A node may complain about its last write; it is closed all the same.


class Grant:
    """Open files of ours. All have close-on-exec set; subprocess takes them by pass_fds=fds."""

    def __init__(self, fds: Sequence[int]) -> None:
        self._fds: Tuple[int, ...] = tuple(fds)

    @property
    def fds(self) -> Tuple[int, ...]:
        """All of them, in the order of the protocol; none after close() and take()."""
        return self._fds

    def take(self) -> Tuple[int, ...]:
        """Hand all of them over to the caller, who closes them."""
        fds, self._fds = self._fds, ()
        return fds

    def close(self) -> None:
        close_all(self.take())

    def inherit(self) -> None:
        """Let the program that this process becomes by os.exec...() have them."""
        for fd in self._fds:
            os.set_inheritable(fd, True)

    def __enter__(self: GrantType) -> GrantType:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_fds", ()):
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            finally:  # Warnings may be errors.
                self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} fds={list(self._fds)}>"


class Tap(Grant):
    """A network card: one fd for each queue, then vhost-net's where they were asked for.

    port         the interface on the bridge
    name         the TAP's own name, in its network namespace
    mtu          of the bridge, in bytes of payload
    vnet_header  the fds have the virtio-net header
    sealed       the TAP is in a network namespace of its own
    isolated, mac_locked  what the rule made of the port
    """

    def __init__(self, reply: PortReply, fds: Sequence[int]) -> None:
        super().__init__(fds)
        self._queues = reply.queues
        self.port, self.name, self.mtu = reply.port, reply.tap, reply.mtu
        self.vlan = reply.vlan
        self.vnet_header = bool(reply.flags & PortFlag.VNET_HEADER)
        self.sealed = bool(reply.flags & PortFlag.SEALED)
        self.isolated = bool(reply.flags & PortFlag.ISOLATED)
        self.mac_locked = bool(reply.flags & PortFlag.LOCK_MAC)

    @property
    def queue_fds(self) -> Tuple[int, ...]:
        return self._fds[:self._queues]

    @property
    def vhost_fds(self) -> Tuple[int, ...]:
        return self._fds[self._queues:]

    def netdev(self, name: str) -> str:
        """The word after QEMU's -netdev; name is for -device ...,netdev=."""
        many = "s" if len(self.queue_fds) > 1 else ""
        word = f"tap,id={name},fd{many}={':'.join(map(str, self.queue_fds))}"
        if self.vhost_fds:
            word += f",vhost=on,vhostfd{many}={':'.join(map(str, self.vhost_fds))}"
        return word


class _Node(Grant):
    """node  path of the first fd's node, for messages"""

    def __init__(self, reply: NodeReply, fds: Sequence[int]) -> None:
        super().__init__(fds)
        self.node = reply.node

    @property
    def fd(self) -> int:
        """The node, -1 after close() and take()."""
        return self._fds[0] if self._fds else -1

    def add_fd(self, number: int) -> str:
        """The word after QEMU's -add-fd: QEMU opens /dev/fdset/NUMBER."""
        return f"fd={self.fd},set={number}"


class Usb(_Node):
    """A USB device's node, for -device usb-host,hostdevice=/dev/fdset/N."""


class Disk(_Node):
    """A block device, claimed: nothing else mounts it while this open file lives.

    size       in bytes
    read_only  opened for reading alone
    """

    def __init__(self, reply: NodeReply, fds: Sequence[int]) -> None:
        super().__init__(reply, fds)
        self.size = reply.disk_bytes
        self.read_only = bool(reply.flags & NodeFlag.READ_ONLY)


class Vfio(_Node):
    """A PCI device, with its whole IOMMU group.

    fd       the device's node where iommufd is True, else its group's
    iommufd  the fds are for -object iommufd,fd= and -device vfio-pci,fd=
    memlock  the limit on locked memory now, in bytes; 0: not known
    """

    def __init__(self, reply: NodeReply, fds: Sequence[int]) -> None:
        super().__init__(reply, fds)
        self.iommufd = bool(reply.flags & NodeFlag.IOMMUFD)
        self.memlock = reply.memlock

    @property
    def iommu_fd(self) -> int:
        """/dev/iommu or the container /dev/vfio/vfio; -1 after close() and take()."""
        return self._fds[1] if self._fds else -1


@dataclass(frozen=True)
class TapOffer:
    """What a TAP on a bridge would be given."""

    queues: int  # at most
    vhost: bool
    mtu: int
    quota: int  # 0: none
    quota_used: int
    vlan: int  # 0: none
    sealed: bool
    isolated: bool
    mac_locked: bool
    polkit: bool  # it will be asked


@dataclass(frozen=True)
class UsbOffer:
    """A USB device that would be given."""

    node: str
    polkit: bool


@dataclass(frozen=True)
class DiskOffer:
    """A disk that would be given."""

    node: str
    size: int
    read_only: bool
    polkit: bool


@dataclass(frozen=True)
class VfioOffer:
    """A PCI device that would be given, with the most memory that the rule lets it lock."""

    node: str
    iommufd: bool
    memlock: int
    polkit: bool
