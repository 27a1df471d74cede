# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Why something was not granted."""

from __future__ import annotations

from typing import Optional

from ._protocol import Code


class Error(Exception):
    """A request that was not granted, or a connection that cannot be made.

    code      why, a Code; a number that this version does not know stays an int
    sentence  for the person, one line in printable ASCII
    kind      what was asked for: "bridge", "usb", "vfio", "disk"; None: before any request
    """

    def __init__(self, code: int, sentence: str, kind: Optional[str] = None) -> None:
        super().__init__(code, sentence, kind)
        self.code: int = Code(code) if code in Code.__members__.values() else code
        self.sentence = sentence
        self.kind = kind

    def __str__(self) -> str:
        return self.sentence


class Refused(Error):
    """The answer is no: the rules, polkit, the quota, or the thing itself."""


class Usage(Error, ValueError):
    """The request cannot be: a name that is too long, queues that are too many."""


class Failed(Error):
    """vmgrant does not work here: the machine, the installation, the policy, the socket."""


def error_of(code: int, sentence: str, kind: Optional[str] = None) -> Error:
    """The exception of a code. A number that is not known is a refusal."""
    if code == Code.USAGE:
        return Usage(code, sentence, kind)
    if Code.GRANTED <= code < Code.DENIED:
        return Failed(code, sentence, kind)
    return Refused(code, sentence, kind)


def printable(text: str) -> str:
    """In one line that does nothing to a terminal."""
    return "".join(c if " " <= c <= "~" else "?" for c in text)
