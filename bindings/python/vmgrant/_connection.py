# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The plain face: calls that return when the answer is there."""

from __future__ import annotations

import select
import threading
import warnings
from types import TracebackType
from typing import Optional, Tuple, Type, TypeVar, Union

from . import _requests as requests
from ._core import Conversation, Core, Wait, resume
from ._door import Door
from ._grants import Disk, DiskOffer, Tap, TapOffer, Usb, UsbOffer, Vfio, VfioOffer

Result = TypeVar("Result")


def _wait(wait: Wait) -> bool:
    poll = select.poll()
    poll.register(wait.fd, select.POLLOUT if wait.writable else select.POLLIN)
    # Python goes on by itself after a signal, unless its handler raises.
    return bool(poll.poll(wait.timeout_s * 1000))


def run(conversation: Conversation[Result]) -> Result:
    came: Optional[bool] = None
    problem: Optional[BaseException] = None
    while True:
        try:
            wait = resume(conversation, came, problem)
        except StopIteration as done:
            result: Result = done.value
            return result
        problem = None
        try:
            came = _wait(wait)
        except BaseException as error:  # It gets out again when the helper has ended.
            problem = error


class Connection:
    """One vmgrant-helper at work. It starts with the first request.

    helper  path of vmgrant-helper, for another than the installed one
    door    Door.SETUID or "setuid", Door.SOCKET or "socket": the program or the service; by
            default what VMGRANT_DOOR of the environment says, and then the service where the
            program could not help

    Threads may share one, and take turns; close() ends what another thread waits for. A forked
    process makes its own. What was granted stays when the connection is closed.

    A request that is not granted raises Refused, Usage or Failed. With interactive=True polkit
    may ask the person for a password, and the call may take minutes.
    """

    def __init__(self, helper: Optional[str] = None, *, door: Union[Door, str] = Door.AUTO) -> None:
        self._lock = threading.Lock()
        self._core = Core(helper, door)

    def _ask(self, request: requests.Request[Result]) -> Result:
        with self._lock:
            return run(self._core.ask(request))

    def close(self) -> None:
        """Close the connection and wait for the helper's end."""
        self._core.interrupt()
        with self._lock:
            run(self._core.close())

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core is not None and core.open:
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            finally:  # Warnings may be errors.
                run(core.close())

    # ---- bridges ----

    def tap(self, bridge: str, *, queues: int = 1, vnet_header: bool = True, vhost: bool = False,
            interactive: bool = False, mac: Optional[Union[str, bytes]] = None) -> Tap:
        """A network card on a bridge.

        queues       1 to QUEUES_MAX, an fd each
        vnet_header  with the virtio-net header, for virtio-net guests
        vhost        a vhost-net fd for each queue, where the rule gives them
        mac          the guest's address; needed where a rule locks it
        """
        return self._ask(requests.tap(bridge, queues, vnet_header, vhost, interactive, mac))

    def tap_offer(self, bridge: str) -> TapOffer:
        """What tap() would be given, by the rules alone; makes nothing."""
        return self._ask(requests.tap_offer(bridge))

    # ---- devices ----

    def usb(self, ids: Optional[requests.Ids] = None, *, serial: Optional[str] = None,
            port: Optional[str] = None, number: Optional[Tuple[int, int]] = None,
            interactive: bool = False) -> Usb:
        """A USB device. Everything that is given has to fit, and one of ids, port, number is needed.

        ids     vendor and product: "0951:1666" or (0x0951, 0x1666)
        port    "1-1.4", the bus and the way through hubs
        number  (bus, device) as lsusb counts them
        """
        return self._ask(requests.usb(ids, serial, port, number, interactive))

    def usb_offer(self, ids: Optional[requests.Ids] = None, *, serial: Optional[str] = None,
                  port: Optional[str] = None, number: Optional[Tuple[int, int]] = None) -> UsbOffer:
        """Would usb() be given the device? polkit is not asked, nothing is opened."""
        return self._ask(requests.usb_offer(ids, serial, port, number))

    def vfio(self, address: str, *, group: bool = False, memlock: int = 0,
             interactive: bool = False) -> Vfio:
        """A PCI device that is bound to VFIO, with its whole IOMMU group.

        address  "0000:03:00.0"
        group    group and container, also where the kernel has an iommufd
        memlock  what this process's limit on locked memory is to be raised to, in bytes;
                 0: leave it, MEMLOCK_MOST: as far as the rule allows
        """
        return self._ask(requests.vfio(address, group, memlock, interactive))

    def vfio_offer(self, address: str, *, group: bool = False) -> VfioOffer:
        """Would vfio() be given the device? polkit is not asked, nothing is opened."""
        return self._ask(requests.vfio_offer(address, group))

    def disk(self, name: str, *, read_only: bool = False, interactive: bool = False) -> Disk:
        """A block device by a name below /dev, as /dev/disk/by-id/ata-X."""
        return self._ask(requests.disk(name, read_only, interactive))

    def disk_offer(self, name: str, *, read_only: bool = False) -> DiskOffer:
        """Would disk() be given it? polkit is not asked, nothing is opened."""
        return self._ask(requests.disk_offer(name, read_only))
