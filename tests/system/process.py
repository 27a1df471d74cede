# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A process inside a world, as seen by the test that started it."""

import fcntl
import os
import selectors
import signal
import socket
import struct
import time

from namespaces import close_all_but, fork_inside

# Nothing here takes a second on an idle machine. A limit only turns a hang
# into a failure, so it is long enough for a machine that is busy otherwise.
LIMIT_S = 60.0


class Hang(AssertionError):
    """Something took longer than LIMIT_S."""


def wait_until(condition, what, limit_s=LIMIT_S, pause_s=0.005):
    """Ask until condition() is true; returns what it returned."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Hang(f"waited {limit_s} s for: {what}")
        time.sleep(pause_s)


def exit_code(status):
    """The exit code of a wait status, or minus the number of the signal."""
    return os.waitstatus_to_exitcode(status)


def place_fds(mapping):
    """Give this process exactly the descriptors {number: source} and 0 to 2."""
    moved = {target: fcntl.fcntl(source, fcntl.F_DUPFD, 500)
             for target, source in mapping.items()}
    for target, source in moved.items():
        os.dup2(source, target, inheritable=True)
    close_all_but([target for target in mapping if target > 2])


def become(identity):
    """Become (uid, gid, groups) for good, without any capability unless uid is 0."""
    uid, gid, groups = identity
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


class Process:
    """Started by World.spawn(). Standard output and error are collected."""

    def __init__(self, pidfd, function, keep, out_fds):
        self.pid = fork_inside(pidfd, function, keep)
        self._pidfd = os.pidfd_open(self.pid)
        self._status = None
        self._streams = dict(zip(("stdout", "stderr"), out_fds))
        self._data = {"stdout": b"", "stderr": b""}

    @property
    def stdout(self):
        return self._data["stdout"]

    @property
    def stderr(self):
        return self._data["stderr"]

    @property
    def code(self):
        return None if self._status is None else exit_code(self._status)

    @property
    def inner_pid(self):
        """The pid as the processes inside see it."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            line = next(text for text in status if text.startswith("NSpid:"))
        return int(line.split()[-1])

    def running(self):
        return self._status is None and not self._ended(0)

    def _ended(self, limit_s):
        with selectors.DefaultSelector() as selector:
            selector.register(self._pidfd, selectors.EVENT_READ)
            if not selector.select(limit_s):
                return False
        self._collect_status()
        return True

    def _collect_status(self):
        _, self._status = os.waitpid(self.pid, 0)
        os.close(self._pidfd)

    def signal(self, number):
        if self._status is None:
            os.kill(self.pid, number)

    def kill(self):
        """End it now; no error if it has ended."""
        try:
            self.signal(signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self.wait()

    def close(self):
        """Give the descriptors back. Only for a process that is dead or dying."""
        if self._status is None:
            self._ended(LIMIT_S)
        for fd in self._streams.values():
            os.close(fd)
        self._streams = {}

    def wait(self, limit_s=LIMIT_S, input_socket=None):
        """Read the output until the process has ended. Returns self.

        input_socket  further sockets to be read meanwhile: {socket: callable},
                      the callable returns False when there is nothing more
        """
        end = time.monotonic() + limit_s
        with selectors.DefaultSelector() as selector:
            if self._status is None:
                selector.register(self._pidfd, selectors.EVENT_READ, "status")
            for name, fd in self._streams.items():
                selector.register(fd, selectors.EVENT_READ, name)
            for sock, reader in (input_socket or {}).items():
                selector.register(sock, selectors.EVENT_READ, reader)
            while selector.get_map():
                ready = selector.select(max(0.0, end - time.monotonic()))
                if not ready:
                    raise Hang(f"waited {limit_s} s for process {self.pid}, so far it said: "
                               f"{self.stdout!r} {self.stderr!r}")
                for key, _ in ready:
                    self._serve(selector, key)
        return self

    def _serve(self, selector, key):
        if key.data == "status":
            selector.unregister(key.fileobj)
            self._collect_status()
        elif callable(key.data):
            if not key.data():
                selector.unregister(key.fileobj)
        else:
            piece = os.read(key.fd, 65536)
            self._data[key.data] += piece
            if not piece:
                selector.unregister(key.fileobj)
                os.close(self._streams.pop(key.data))


def receive(sock, size=65536, max_fds=64):
    """One recvmsg: (bytes, fds). Connection reset reads as the end."""
    space = socket.CMSG_SPACE(max_fds * 4)
    try:
        data, ancillary, flags, _ = sock.recvmsg(size, space, socket.MSG_CMSG_CLOEXEC)
    except ConnectionResetError:
        return b"", []
    assert not flags & socket.MSG_CTRUNC
    fds = []
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            count = len(content) // 4
            fds.extend(struct.unpack(f"{count}i", content[:count * 4]))
    return data, fds


def send_fds(sock, data, fds):
    sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                           struct.pack(f"{len(fds)}i", *fds))])


def pid_of_pidfd(pidfd):
    """The pid in our own namespace; -1 when the process is gone."""
    with open(f"/proc/self/fdinfo/{pidfd}", encoding="ascii") as info:
        line = next(text for text in info if text.startswith("Pid:"))
    return int(line.split()[1])
