# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""One request of a drop-in or native helper: while it is at work, and how it ended."""

import os
import signal
import struct

from process import LIMIT_S, exit_code, pid_of_pidfd, receive
from tun import tungetiff


class Result:
    """How a request ended and everything that came out of the socket."""

    def __init__(self, code, stderr, stdout, payload, fds):
        self.code, self.stderr, self.stdout = code, stderr, stdout
        self.payload, self.fds = payload, fds

    @property
    def granted(self):
        return self.code == 0 and self.payload == b"\0" and len(self.fds) == 1

    @property
    def refused(self):
        """A proper refusal: an exit code, not a signal, and nothing sent."""
        return self.code > 0 and self.payload == b"" and not self.fds

    @property
    def text(self):
        return self.stderr.decode("ascii")

    @property
    def name(self):
        return tungetiff(self.fds[0])[0]

    def close(self):
        for fd in self.fds:
            os.close(fd)
        self.fds = []

    def __repr__(self):
        return f"Result(code={self.code}, payload={self.payload}, fds={self.fds}, " \
               f"stderr={self.stderr}, stdout={self.stdout})"


class Request:
    """A helper that is at work. finish() waits for its end."""

    def __init__(self, process, near, pidfd, control):
        self.process, self.socket, self.pidfd = process, near, pidfd
        self._control = control
        self._payload, self._fds = b"", []

    @property
    def pid(self):
        """Pid of the helper (or of strace), as seen from the test."""
        return pid_of_pidfd(self.pidfd)

    def signal(self, number):
        signal.pidfd_send_signal(self.pidfd, number)

    def _read(self):
        data, fds = receive(self.socket)
        self._payload += data
        self._fds += fds
        return bool(data or fds)

    def finish(self, limit_s=LIMIT_S):
        """Read until the other end is closed and the helper has ended."""
        try:
            readers = {self.socket: self._read} if self.socket.fileno() >= 0 else {}
            self.process.wait(limit_s, readers)
            status = self._control.recv(4)
            code = exit_code(struct.unpack("i", status)[0]) if status else -signal.SIGKILL
            return Result(code, self.process.stderr, self.process.stdout, self._payload,
                          self._fds)
        finally:
            self.close()

    def close(self):
        if self.pidfd is None:
            return
        if self.process.running():
            try:
                self.signal(signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.kill()
        os.close(self.pidfd)
        self.pidfd = None
        self.socket.close()
        self._control.close()
