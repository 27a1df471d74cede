# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A person at a terminal: a program with a controlling pty, and what is typed and seen."""

import fcntl
import os
import re
import select
import socket
import struct
import termios
import time

from process import LIMIT_S, Hang, receive, send_fds

TIOCSPTLCK, TIOCGPTN = 0x40045431, 0x80045430
ESCAPES = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
LINE_MODES = 3  # of termios.tcgetattr()


class Terminal:
    """argv at work on a terminal of its own, as user. What was not expect()ed yet is in .screen,
    everything with its escape codes in .raw."""

    def __init__(self, world, argv, user="alice", env=None, stdin=None):
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = world.spawn(argv, user, fds={9: there.fileno()}, capture=False, env=env,
                                   prepare=lambda: self._take_terminal(stdin))
        there.close()
        with here:
            _, (self.master,) = receive(here)
        self.screen = self.raw = b""
        world.keep(self)

    @staticmethod
    def _take_terminal(stdin):
        """In the process itself, which leads a session already, last before it is the program."""
        master = os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
        fcntl.ioctl(master, TIOCSPTLCK, struct.pack("i", 0))
        number = struct.unpack("i", fcntl.ioctl(master, TIOCGPTN, bytes(4)))[0]
        slave = os.open(f"/dev/pts/{number}", os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        if stdin is not None:
            os.dup2(os.open(stdin, os.O_RDONLY), 0)
        with socket.socket(fileno=9) as there:
            send_fds(there, b"terminal", [master])
        os.close(master)
        os.close(slave)

    def _read(self, limit_s):
        ready, _, _ = select.select([self.master], [], [], limit_s)
        if not ready:
            return False
        try:
            piece = os.read(self.master, 4096)
        except OSError:
            return False  # nobody has it open any more
        self.raw += piece
        self.screen += ESCAPES.sub(b"", piece)
        return bool(piece)

    def expect(self, words, limit_s=LIMIT_S):
        """Wait until words stand on the screen; forget what stood before their end."""
        end = time.monotonic() + limit_s
        while words.encode() not in self.screen:
            if not self._read(max(0.0, end - time.monotonic())):
                raise Hang(f"waited for {words!r}, the screen says {self.screen!r}")
        before, self.screen = self.screen.split(words.encode(), 1)
        return before.decode()

    def type(self, keys):
        os.write(self.master, keys.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[LINE_MODES] & termios.ECHO)

    def finish(self):
        """Wait for the end of the program; returns its exit code."""
        while self.process.running():
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.wait().code

    @property
    def text(self):
        return self.screen.decode().replace("\r\n", "\n")

    def close(self):
        os.close(self.master)
