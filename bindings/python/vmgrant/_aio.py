# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The face for asyncio. A task that is cancelled ends its helper before it goes."""

from __future__ import annotations

import asyncio
import warnings
from types import TracebackType
from typing import Optional, Tuple, Type, TypeVar, Union

from . import _requests as requests
from ._core import Conversation, Core, Wait, resume
from ._door import Door
from ._grants import Disk, DiskOffer, Tap, TapOffer, Usb, UsbOffer, Vfio, VfioOffer

Result = TypeVar("Result")


def _settle(future: asyncio.Future[bool], came: bool) -> None:
    if not future.done():
        future.set_result(came)


async def _wait(wait: Wait) -> bool:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[bool] = loop.create_future()
    add, remove = (loop.add_writer, loop.remove_writer) if wait.writable else \
                  (loop.add_reader, loop.remove_reader)
    add(wait.fd, _settle, future, True)
    timer = loop.call_later(wait.timeout_s, _settle, future, False)
    try:
        return await future
    finally:
        timer.cancel()
        if not loop.is_closed():
            remove(wait.fd)


async def _run(conversation: Conversation[Result]) -> Result:
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
            came = await _wait(wait)
        except GeneratorExit:  # The loop is gone: nobody can wait any more.
            conversation.close()
            raise
        except BaseException as error:  # It gets out again when the helper has ended.
            problem = error


class AsyncConnection:
    """Connection for asyncio, with the same requests and errors: see there.

    Tasks may share one, and take turns. A cancelled request leaves neither a file nor a process
    behind; the next one starts a helper anew.
    """

    def __init__(self, helper: Optional[str] = None, *, door: Union[Door, str] = Door.AUTO) -> None:
        self._lock: Optional[asyncio.Lock] = None
        self._core = Core(helper, door)

    def _turn(self) -> asyncio.Lock:
        """Made in the loop: before Python 3.10 a lock belongs to that in which it was made."""
        if self._lock is None:
            self._lock = asyncio.Lock()
        return self._lock

    async def _ask(self, request: requests.Request[Result]) -> Result:
        async with self._turn():
            return await _run(self._core.ask(request))

    async def close(self) -> None:
        """Close the connection and wait for the helper's end."""
        self._core.interrupt()
        async with self._turn():
            await _run(self._core.close())

    async def __aenter__(self) -> AsyncConnection:
        return self

    async def __aexit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                        trace: Optional[TracebackType]) -> None:
        await self.close()

    def __del__(self) -> None:
        core = getattr(self, "_core", None)
        if core is not None and core.open:
            try:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            finally:  # Warnings may be errors.
                core.end_now()

    # ---- bridges ----

    async def tap(self, bridge: str, *, queues: int = 1, vnet_header: bool = True,
                  vhost: bool = False, interactive: bool = False,
                  mac: Optional[Union[str, bytes]] = None) -> Tap:
        """See Connection.tap."""
        return await self._ask(requests.tap(bridge, queues, vnet_header, vhost, interactive, mac))

    async def tap_offer(self, bridge: str) -> TapOffer:
        """See Connection.tap_offer."""
        return await self._ask(requests.tap_offer(bridge))

    # ---- devices ----

    async def usb(self, ids: Optional[requests.Ids] = None, *, serial: Optional[str] = None,
                  port: Optional[str] = None, number: Optional[Tuple[int, int]] = None,
                  interactive: bool = False) -> Usb:
        """See Connection.usb."""
        return await self._ask(requests.usb(ids, serial, port, number, interactive))

    async def usb_offer(self, ids: Optional[requests.Ids] = None, *, serial: Optional[str] = None,
                        port: Optional[str] = None,
                        number: Optional[Tuple[int, int]] = None) -> UsbOffer:
        """See Connection.usb_offer."""
        return await self._ask(requests.usb_offer(ids, serial, port, number))

    async def vfio(self, address: str, *, group: bool = False, memlock: int = 0,
                   interactive: bool = False) -> Vfio:
        """See Connection.vfio."""
        return await self._ask(requests.vfio(address, group, memlock, interactive))

    async def vfio_offer(self, address: str, *, group: bool = False) -> VfioOffer:
        """See Connection.vfio_offer."""
        return await self._ask(requests.vfio_offer(address, group))

    async def disk(self, name: str, *, read_only: bool = False, interactive: bool = False) -> Disk:
        """See Connection.disk."""
        return await self._ask(requests.disk(name, read_only, interactive))

    async def disk_offer(self, name: str, *, read_only: bool = False) -> DiskOffer:
        """See Connection.disk_offer."""
        return await self._ask(requests.disk_offer(name, read_only))
