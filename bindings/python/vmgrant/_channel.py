# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""One helper at work: its socket, its process, its last words. Nothing here waits."""

from __future__ import annotations

import array
import errno
import fcntl
import os
import signal
import socket
from contextlib import ExitStack
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ._door import Door
from ._errors import Error, Failed, error_of, printable
from ._grants import close_all
from ._installed import SOCKET
from ._protocol import FDS_MAX, REPLY_SIZE, Code, Malformed

# The number of the socket in the helper.
_HELPER_FD = 3
_LAST_WORDS_SIZE = 4096

# The loader's status when a library is missing, and that of a child that cannot exec.
_EXIT_NOT_STARTED = 127

# About this helper, rather than about what this process may still have.
_ABOUT_THE_FILE = {errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOEXEC, errno.ENOTDIR, errno.ELOOP,
                   errno.EISDIR, errno.EINVAL, errno.ENAMETOOLONG, errno.ELIBBAD, errno.ETXTBSY}


class Obituary(NamedTuple):
    """How a helper ended. status: its exit status, minus the signal, None where it is not known."""

    door: Door
    helper: str
    status: Optional[int]
    last_words: str

    @property
    def in_peace(self) -> bool:
        """Idle for too long, or the policy has changed: that is no failure."""
        return not self.last_words and self.status in (None, 0)

    def error(self, kind: str) -> Error:
        """A helper that ended without a reply has said why on its way out."""
        code: int = Code.INTERNAL
        if self.status == _EXIT_NOT_STARTED:
            code = Code.INSTALLATION
        elif self.status is not None and Code.GRANTED < self.status <= Code.UNSUPPORTED:
            code = self.status
        return error_of(code, self._sentence(code), kind)

    def _sentence(self, code: int) -> str:
        if self.door == Door.SOCKET:
            return f"{SOCKET}: the service ended without an answer: " \
                   "you or all together have too many connections, or " \
                   "journalctl -t vmgrant-helper says why"
        words = self.last_words.rpartition("vmgrant-helper: ")[2].partition("\n")[0]
        if words:
            return printable(words)
        if code == Code.INSTALLATION:
            return f"{printable(self.helper)}: cannot be started: is vmgrant installed?"
        if self.status is not None and self.status < 0:
            return f"vmgrant-helper: ended by signal {-self.status}: try again"
        return "vmgrant-helper: ended without an answer: the system log may say why"


def _spawn(helper: str, socket_fd: int, words_fd: int) -> int:
    """Standard input and output are not lent: a helper that waits must not keep a pipe open."""
    actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0),
               (os.POSIX_SPAWN_DUP2, 0, 1),
               (os.POSIX_SPAWN_DUP2, words_fd, 2),
               (os.POSIX_SPAWN_DUP2, socket_fd, _HELPER_FD)]
    nothing: Dict[str, str] = {}
    # Python itself ignores these two signals.
    return os.posix_spawn(helper, ["vmgrant-helper", f"--fd={_HELPER_FD}"], nothing,
                          file_actions=actions,
                          setsigdef=[signal.SIGPIPE, signal.SIGXFSZ])


class Ended(Exception):
    """The helper has ended without a reply."""


class Channel:
    """A helper that was started, or the service's.

    pidfd  of the helper, -1 by the service
    """

    def __init__(self, door: Door, helper: str) -> None:
        """Raises OSError with nothing left open."""
        self.door, self.helper = door, helper
        self.owner = os.getpid()
        self.pidfd = self._words = -1
        if door == Door.SOCKET:
            self.socket = self._connect()
        else:
            self.socket = self._start()

    @staticmethod
    def _connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            # A service with a full queue is told as one, and nobody waits for it.
            connection.setblocking(False)
            connection.connect(SOCKET)
        except BaseException:
            connection.close()
            raise
        return connection

    def _start(self) -> socket.socket:
        with ExitStack() as undo, ExitStack() as lent:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            undo.callback(ours.close)
            lent.callback(theirs.close)
            reader, writer = os.pipe2(os.O_CLOEXEC)
            undo.callback(os.close, reader)
            lent.callback(os.close, writer)
            ours.setblocking(False)
            os.set_blocking(reader, False)
            # Above what is laid out in the child: who has closed 0 to 2 gets his next files there.
            high = []
            for fd in (theirs.fileno(), writer):
                high.append(fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HELPER_FD + 1))
                lent.callback(os.close, high[-1])
            self.pidfd = self._pidfd_of(_spawn(self.helper, *high))
            self._words = reader
            undo.pop_all()
        return ours

    @staticmethod
    def _pidfd_of(pid: int) -> int:
        try:
            return os.pidfd_open(pid)
        except OSError:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise

    # ---- messages ----

    def send(self, data: bytes) -> bool:
        """True, or False where it has to be tried again when the socket is writable."""
        try:
            self.socket.send(data, socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except (BrokenPipeError, ConnectionResetError):
            raise Ended from None
        return True

    def receive(self) -> Tuple[bytes, List[int]]:
        """The next message and its fds. Ended, Malformed or an OSError leaves no fd."""
        try:
            data, control, flags, _ = self.socket.recvmsg(
                REPLY_SIZE + 1, socket.CMSG_SPACE(FDS_MAX * array.array("i").itemsize),
                socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:  # It had not read what was sent.
            raise Ended from None
        fds = _fds_of(control)
        if data and not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC):
            return data, fds
        close_all(fds)
        if not data:
            raise Ended
        raise Malformed("some of its files did not arrive: too many are open, or came"
                        if flags & socket.MSG_CTRUNC else "it is too long")

    # ---- the end ----

    @property
    def fd(self) -> int:
        return self.socket.fileno()

    @property
    def is_child(self) -> bool:
        """There is a helper that is ours to wait for."""
        return self.pidfd >= 0 and self.owner == os.getpid()

    def shut_down(self) -> None:
        """Both sides see the end. A forked child has only a copy, and leaves it to its owner."""
        try:
            if self.owner == os.getpid():
                self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def hang_up(self) -> None:
        """The helper ends. A copy of the socket in a forked child must not keep it waiting."""
        self.shut_down()
        self.socket.close()

    def kill(self) -> None:
        if not self.is_child:
            return
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except OSError:
            pass

    def bury(self) -> Obituary:
        """Reap the helper, which has ended, and close everything."""
        status: Optional[int] = None
        words = b""
        if self.is_child:
            try:
                info = os.waitid(os.P_PIDFD, self.pidfd, os.WEXITED)
                if info is not None:
                    status = info.si_status if info.si_code == os.CLD_EXITED else -info.si_status
            except ChildProcessError:
                pass  # The program has a loop that reaps every child.
            words = self._read_last_words()
        self.forget()
        return Obituary(self.door, self.helper, status, words.decode("ascii", "replace"))

    def forget(self) -> None:
        """Close everything."""
        self.socket.close()
        close_all([fd for fd in (self.pidfd, self._words) if fd >= 0])
        self.pidfd = self._words = -1

    def _read_last_words(self) -> bytes:
        """Whatever does not fit is of no use to anybody."""
        try:
            return os.read(self._words, _LAST_WORDS_SIZE)
        except OSError:
            return b""


def _fds_of(control: Sequence[Tuple[int, int, bytes]]) -> List[int]:
    fds = array.array("i")
    for level, kind, content in control:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
    return list(fds)


def error_of_start(door: Door, helper: str, error: OSError, kind: Optional[str]) -> Error:
    """Why there is no helper."""
    reason = os.strerror(error.errno or 0)
    if door == Door.SOCKET:
        advice = "ask the administrator for: systemctl enable --now vmgrant.socket"
        if error.errno in (errno.EACCES, errno.EPERM):
            advice = "only some people may use the service, see vmgrant.socket"
        elif error.errno in (errno.EMFILE, errno.ENFILE):
            advice = "try again"
        elif error.errno == errno.EAGAIN:
            return Failed(Code.INTERNAL, f"{SOCKET}: the service is busy and takes no connection: "
                          "try again, systemctl status vmgrant.service may say why", kind)
        return Failed(Code.INSTALLATION, f"{SOCKET}: {reason}: {advice}", kind)
    name = printable(helper)
    if error.errno not in _ABOUT_THE_FILE:
        return Failed(Code.INTERNAL, f"{name}: cannot be started: {reason}", kind)
    advice = "only its group may start it, or it is not installed well" \
        if error.errno == errno.EACCES else "is vmgrant installed?"
    return Failed(Code.INSTALLATION, f"{name}: cannot be started: {reason}: {advice}", kind)
