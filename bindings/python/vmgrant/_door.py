# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Which door leads to a helper: the setuid program, or the socket of the service."""

from __future__ import annotations

import os
import stat
from enum import Enum
from typing import Optional

from ._installed import HELPER, SOCKET


class Door(Enum):
    """AUTO takes the service where the setuid program could not help."""

    AUTO = "auto"
    SETUID = "setuid"
    SOCKET = "socket"


def _gives_power(path: str) -> bool:
    """Does the file give whoever starts it a power that he has not?"""
    try:
        status = os.stat(path)
        if not os.access(path, os.X_OK) or os.statvfs(path).f_flag & os.ST_NOSUID:
            return False
        if status.st_mode & stat.S_ISUID:
            return status.st_uid == 0
        return bool(os.getxattr(path, "security.capability"))
    except OSError:
        return False


def _no_new_privileges() -> bool:
    """Of this thread, whose children the helper would be."""
    try:
        with open("/proc/thread-self/status", encoding="utf-8", errors="replace") as status:
            return any(line.split() == ["NoNewPrivs:", "1"] for line in status)
    except OSError:
        return False


def _in_user_namespace() -> bool:
    """uid_map maps everything to itself only in the initial namespace."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as table:
            return table.readline().split() != ["0", "0", "4294967295"]
    except OSError:
        return False


def choose_door(door: Door, helper: Optional[str]) -> Door:
    """As libvmgrant does: what the caller says, VMGRANT_DOOR, what can help."""
    if door != Door.AUTO:
        return door
    if helper is not None:
        return Door.SETUID
    word = os.environ.get("VMGRANT_DOOR")
    if word in ("setuid", "socket"):
        return Door(word)
    if not _no_new_privileges() and not _in_user_namespace() and _gives_power(HELPER):
        return Door.SETUID
    # With neither, the program says best what is missing.
    return Door.SOCKET if os.path.exists(SOCKET) else Door.SETUID
