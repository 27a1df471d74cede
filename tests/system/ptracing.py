# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A helper that stops at each of its system calls, to be looked at there."""

import ctypes
import os
import signal

TRACEME, SYSCALL, SETOPTIONS = 0, 24, 0x4200
# Stops of system calls have bit 7; a fork and a new thread are told of, and not followed.
O_SYSGOOD, O_FORK, O_VFORK, O_CLONE, O_EXEC, O_EXITKILL = 1, 2, 4, 8, 16, 0x100000
EVENT_FORK = 1


def ptrace(request, pid, address=0, data=0):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = ctypes.c_long
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, pid, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def read_status(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)


def statuses(helper, arguments, environment, identity, channel_fd, fd):
    """[(has forked, /proc/PID/status)] at each stop of a helper that root traces.

    Runs inside a world, as root, which keeps the setuid bit working under a tracer.
    """
    pid = os.fork()
    if pid == 0:
        os.setgroups(identity[2])
        os.setresgid(*[identity[1]] * 3)
        os.dup2(channel_fd, fd, inheritable=True)
        ptrace(TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        os.setresuid(*[identity[0]] * 3)
        os.execve(helper, [helper, *arguments], environment)
    os.waitpid(pid, 0)
    ptrace(SETOPTIONS, pid, 0, O_SYSGOOD | O_FORK | O_EXEC | O_EXITKILL)
    return follow(pid)


def follow(pid):
    seen, executed, forked, passed_on = [], False, False, 0
    while True:
        ptrace(SYSCALL, pid, 0, passed_on)
        other, status = os.waitpid(-1, 0x40000000)  # __WALL
        if other != pid:
            # The judge, attached by the fork: it goes its own way.
            if os.WIFSTOPPED(status):
                ptrace(17, other)  # PTRACE_DETACH
            other, status = os.waitpid(pid, 0x40000000)
        if not os.WIFSTOPPED(status):
            return seen, os.waitstatus_to_exitcode(status)
        event = status >> 16
        executed = executed or event == 4
        forked = forked or event == EVENT_FORK
        number = os.WSTOPSIG(status)
        passed_on = 0 if event or number in (signal.SIGTRAP, signal.SIGTRAP | 0x80) else number
        if executed:
            seen.append((forked, read_status(pid)))
