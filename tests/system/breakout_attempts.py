# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What attempts to break out are made of. One that returns has got what it wanted; one that raises has not."""

import ctypes
import os
import socket

LIBC = ctypes.CDLL(None, use_errno=True)
ATTEMPTS = []

SYS_KEYCTL, SYS_BPF, SYS_PERF_EVENT_OPEN, SYS_OPEN_BY_HANDLE, SYS_ADD_KEY = 250, 321, 298, 304, 248
SYS_PTRACE, SYS_PIDFD_GETFD, SYS_MOUNT, SYS_UNSHARE, SYS_SETNS, SYS_CLONE = 101, 438, 165, 272, 308, 56
CLONE_NEWUSER = 0x10000000


def attempt(what, wall):
    """what: said in doc/security.md, with the wall that it meets."""
    def add(function):
        ATTEMPTS.append((function, what, wall))
        return function
    return add


def call(number, *arguments):
    """A system call; its negative result is an OSError."""
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result = LIBC.syscall(ctypes.c_long(number), *words)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(64)


def connect(family, kind, address):
    with socket.socket(family, kind) as client:
        client.settimeout(10)
        client.connect(address)
        if kind == socket.SOCK_DGRAM:
            client.send(b"out")


def started(pid):
    """When a process began, which tells it from another one of that number."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rsplit(")", 1)[1].split()[19])


def victim(facts):
    """Its number, unless that is one of our own in here: then there is no way to name it."""
    try:
        is_other = started(facts["victim"]) != facts["victim_started"]
    except OSError:
        is_other = False
    if is_other:
        raise ProcessLookupError("another process has that number in here")
    return facts["victim"]
