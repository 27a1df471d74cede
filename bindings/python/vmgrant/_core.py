# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A connection as a conversation that says what it waits for, and leaves the waiting to a face.

A conversation is a generator: it yields a Wait, and is sent whether that came in time. Whatever
is thrown into it, by Ctrl-C or by asyncio, ends the helper before it gets out.
"""

from __future__ import annotations

import os
from typing import Generator, NamedTuple, Optional, Sequence, TypeVar, Union

from ._channel import Channel, Ended, Obituary, error_of_start
from ._door import Door, choose_door
from ._errors import Error, Failed, Usage, error_of
from ._grants import close_all
from ._installed import HELPER
from ._protocol import Code, Malformed, decode
from ._requests import Request

# The helper bounds its own work more tightly; these only catch one that was stopped.
_SEND_S = 5.0
_REPLY_S = 60.0
_REPLY_INTERACTIVE_S = 15 * 60.0
# Nothing takes a helper that long that lost its client.
_END_S = 10.0

Result = TypeVar("Result")


class Wait(NamedTuple):
    fd: int
    writable: bool
    timeout_s: float


Conversation = Generator[Wait, bool, Result]


def resume(conversation: Conversation[Result], came: Optional[bool],
           problem: Optional[BaseException]) -> Wait:
    """Go on until the next wait. came: whether the last one did; None at the beginning."""
    if problem is not None:
        return conversation.throw(problem)
    return conversation.send(came)  # type: ignore[arg-type]  # as generators begin


class _Late(Exception):
    """Nothing came in time."""


def settle(request: Request[Result], serial: int, data: bytes, fds: Sequence[int]) -> Result:
    """What a reply gives. An Error is its refusal, Malformed no reply; the fds are closed then."""
    try:
        reply = decode(data, request.type, serial)
        if reply.code == Code.GRANTED:
            return request.accept(reply, fds)
        if fds:
            raise Malformed("files came with it that nobody asked for")
        raise error_of(reply.code, reply.sentence, request.kind)
    except BaseException:
        close_all(fds)
        raise


def _error_of_exchange(problem: BaseException, kind: str) -> Error:
    if isinstance(problem, _Late):
        return Failed(Code.INTERNAL, "vmgrant-helper: no answer in time: try again", kind)
    if isinstance(problem, Malformed):
        return Failed(Code.INTERNAL, f"vmgrant-helper: its reply cannot be used: {problem}", kind)
    return Failed(Code.CHANNEL, f"vmgrant-helper: the connection failed: {problem}", kind)


class Core:
    """One conversation at a time: its face sees to that."""

    def __init__(self, helper: Optional[str], door: Union[Door, str]) -> None:
        self._door = choose_door(Door(door), helper)
        self._helper = helper if helper is not None else HELPER
        self._channel: Optional[Channel] = None
        self._serial = 0
        self.closed = False

    @property
    def open(self) -> bool:
        return self._channel is not None

    def interrupt(self) -> None:
        """Be closed, and let a conversation that waits see that."""
        self.closed = True
        if self._channel is not None:
            self._channel.shut_down()

    # ---- conversations ----

    def ask(self, request: Request[Result]) -> Conversation[Result]:
        for is_last in (False, True):
            channel = self._opened(request.kind)
            try:
                return (yield from self._exchange(channel, request))
            except Error:
                raise  # That was the reply; the connection goes on.
            except Ended:
                obituary = yield from self.end()
            except (Malformed, _Late, OSError) as problem:
                yield from self.end()
                raise _error_of_exchange(problem, request.kind) from None
            except GeneratorExit:
                self.end_now()
                raise
            except BaseException:
                yield from self.end()
                raise
            if not self.closed and (is_last or not obituary.in_peace):
                raise obituary.error(request.kind)
        raise AssertionError("the last attempt returns or raises")

    def end(self) -> Conversation[Obituary]:
        """Let the helper end, and reap it."""
        channel, self._channel = self._channel, None
        assert channel is not None
        try:
            channel.hang_up()
            if channel.is_child and not (yield Wait(channel.pidfd, False, _END_S)):
                channel.kill()
        except BaseException:
            channel.kill()
            channel.bury()
            raise
        return channel.bury()

    def close(self) -> Conversation[None]:
        self.closed = True
        if self._channel is not None:
            yield from self.end()

    def end_now(self) -> None:
        """Where nobody can wait."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.hang_up()
            channel.kill()
            channel.bury()

    # ---- their parts ----

    def _opened(self, kind: str) -> Channel:
        if self.closed:
            raise Failed(Code.CHANNEL, "connection: closed", kind)
        if self._channel is None:
            try:
                self._channel = Channel(self._door, self._helper)
            except OSError as error:
                raise error_of_start(self._door, self._helper, error, kind) from None
        if self._channel.owner != os.getpid():
            raise Usage(Code.USAGE, "connection: belongs to the process that made it: "
                        "make one after fork", kind)
        return self._channel

    def _exchange(self, channel: Channel, request: Request[Result]) -> Conversation[Result]:
        self._serial = self._serial % 0xffffffff + 1
        message = request.encode(self._serial)
        if not channel.send(message):
            if not (yield Wait(channel.fd, True, _SEND_S)) or not channel.send(message):
                raise _Late
        limit_s = _REPLY_INTERACTIVE_S if request.interactive else _REPLY_S
        if not (yield Wait(channel.fd, False, limit_s)):
            raise _Late
        data, fds = channel.receive()
        return settle(request, self._serial, data, fds)
