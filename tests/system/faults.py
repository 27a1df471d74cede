# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Requests of which every system call fails, kills or stops its process, by the thousand.

tests/attack/fault-injector.c starts the helpers; this chooses what happens and is the client.
"""

import ctypes
import errno
import functools
import os
import random
import shutil
import socket
import struct
import threading
from collections import Counter
from typing import NamedTuple

import nss
from process import exit_code, receive
from seeds import seed_of
from world import identity_of

INJECTOR = "/usr/libexec/vmgrant/fault-injector"
COMMAND = struct.Struct("=IIIiIIII")
REPORT = struct.Struct("=iIIIIiI4xQQ4096s")
CALL = struct.Struct("=HH")
NONE, FAIL, KILL, STOP = range(4)
ERRORS = ("EIO", "ENOENT", "EMFILE", "ENOMEM", "EPERM", "EINTR", "EAGAIN")
# A worker waits for most of a case.
WORKERS = 3


class Case:
    """What happens to which call of which task; task 0 is the helper."""

    def __init__(self, task, number, action=NONE, error=None):
        self.task, self.number, self.action, self.error = task, number, action, error

    def __repr__(self):
        what = ("nothing", self.error, "SIGKILL", "SIGSTOP")[self.action]
        return f"{what} at call {self.number} of task {self.task}"


class Report:
    """How a helper ended, and what the client got."""

    def __init__(self, data, answer):
        (status, fired, self.system_call, self.tasks, hanging, self.peer, length, self.memlock,
         self.effective, said) = REPORT.unpack(data)
        self.code, self.fired, self.hanging = exit_code(status), bool(fired), bool(hanging)
        self.said, self.answer = said[:length], answer

    def __repr__(self):
        data, fds = self.answer
        words = b" ".join(part for part in data.split(b"\0") if part)
        return f"exit {self.code}, {len(fds)} descriptors, {words!r}, said {self.said!r}, " \
               f"at system call {self.system_call}"


class Injector:
    """One of the programs that start helpers, in a world. door: setuid or service."""

    def __init__(self, world, user, words, fd=9, door="setuid", memlock=0, answers_ioctl=False,
                 kind=socket.SOCK_SEQPACKET):
        self.kind, self.memlock, self.answers_ioctl = kind, memlock, answers_ioctl
        uid, gid, groups = identity_of(user)
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            self.process = world.spawn(
                [INJECTOR, str(uid), ",".join(map(str, [gid, *groups])), str(fd), door, *words],
                fds={3: there.fileno()})
        self.pid, self.socket = self.process.inner_pid, here

    def run(self, case, talk, wants_calls=False):
        """One helper. talk(socket) is the client, and returns what it got: Report.answer."""
        code = getattr(errno, case.error) if case.error else 0
        self.socket.send(COMMAND.pack(case.action, case.task, case.number, code, self.kind,
                                      self.answers_ioctl, self.memlock, wants_calls))
        data, fds = receive(self.socket)
        assert fds, self.process.wait().stderr
        with socket.socket(fileno=fds[0]) as near:
            answer = talk(near)
        data, _ = receive(self.socket)
        assert data, self.process.wait().stderr
        report = Report(data, answer)
        if not wants_calls:
            return report
        data, _ = receive(self.socket, 1 << 20)
        return report, list(CALL.iter_unpack(data))

    def close(self):
        self.socket.close()
        assert self.process.wait().code == 0, self.process.stderr


def install(world):
    shutil.copy(nss.built("tests/attack/fault-injector"), world.path(INJECTOR))
    world.path(INJECTOR).chmod(0o755)


@functools.cache
def name_of(system_call):
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_syscall_resolve_num_arch.restype = ctypes.c_char_p
    return seccomp.seccomp_syscall_resolve_num_arch(0, system_call).decode()


class Call(NamedTuple):
    """A call of a request; number counts those of its task, from 0."""
    task: int
    number: int
    name: str


def numbered(calls):
    """[Call] of [(task, system call)] in their order"""
    counts, found = Counter(), []
    for task, system_call in calls:
        found.append(Call(task, counts[task], name_of(system_call)))
        counts[task] += 1
    return found


def all_cases(counts):
    return [Case(task, number, action, error)
            for task, count in counts.items() for number in range(count)
            for action, error in (*((FAIL, error) for error in ERRORS), (KILL, None), (STOP, None))]


def wanted():
    """(seed, cases of each scenario, None for all of them)"""
    seed = seed_of("FAULTS")
    how_many = os.environ.get("VMGRANT_FAULTS", "80")
    return seed, None if how_many == "all" else int(how_many)


def sample(cases, seed, how_many):
    if how_many is None or how_many >= len(cases):
        return cases
    return random.Random(seed).sample(cases, how_many)


def run_all(workers, cases, judge):
    """Let workers share the cases; judge(worker, case) returns a problem or None."""
    problems, left, lock = [], list(reversed(cases)), threading.Lock()

    def work(worker):
        while True:
            with lock:
                if not left or len(problems) > 20:
                    return
                case = left.pop()
            try:
                problem = judge(worker, case)
            except Exception as error:  # pylint: disable=broad-except
                problem = repr(error)
            if problem:
                with lock:
                    problems.append((case, problem))

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return problems
