# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Processes in private namespaces: the system calls that Python 3.11 lacks.

boot() makes the namespaces of a world and fork_inside() starts a process in
them. Every process made here dies with the one that made it: the world's
process 1 asks the kernel to be killed when its parent ends, and the kernel
kills whoever is left in a pid namespace whose process 1 is gone.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import traceback

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
WORLD_NAMESPACES = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [
    ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]
_libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
_libc.syscall.argtypes = [ctypes.c_long, ctypes.c_char_p, ctypes.c_char_p]


def _check(result, what):
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def setns(fd, flags):
    _check(_libc.setns(fd, flags), "setns")


def prctl(option, argument):
    _check(_libc.prctl(option, argument, 0, 0, 0), "prctl")


def mount(source, target, kind, flags=0, options=""):
    _check(_libc.mount(source.encode(), str(target).encode(), kind.encode(), flags,
                       options.encode()), f"mount {kind} on {target}")


def umount(target, flags=0):
    _check(_libc.umount2(str(target).encode(), flags), f"umount {target}")


def pivot_into(directory):
    """Make directory the root of this mount namespace and forget the old one."""
    os.chdir(directory)
    pivot_root = {"x86_64": 155, "aarch64": 41, "riscv64": 41, "ppc64le": 203, "s390x": 217}
    _check(_libc.syscall(pivot_root[os.uname().machine], b".", b"."), "pivot_root")
    umount(".", MNT_DETACH)
    os.chdir("/")


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH22x", b"lo", IFF_UP)
        fcntl.ioctl(probe, SIOCSIFFLAGS, request)


def close_all_but(keep):
    """Close every descriptor above 2 that is not named."""
    low = 3
    for fd in sorted(set(keep)):
        if fd >= low:
            os.closerange(low, fd)
            low = fd + 1
    os.closerange(low, 1 << 20)


def die_with_parent(parent):
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have ended before the line above took effect.
    if parent and os.getppid() != parent:
        os._exit(1)


def reset_signals():
    # Tests may run in the background of a script, which makes them deaf to some.
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def fork_child(function, keep=()):
    """Fork; the child runs function with only the fds in keep and never returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    status = 126
    try:
        reset_signals()
        os.setsid()
        die_with_parent(parent)
        close_all_but(keep)
        status = function() or 0
    except BaseException:
        os.write(2, traceback.format_exc().encode(errors="replace"))
    finally:
        os._exit(status)


def boot(build, keep=()):
    """Make the namespaces of a world.

    build  is called by process 1 of the new namespaces before anything else
    keep   fds that build needs

    Returns (keeper pid, pid of process 1 as seen from here). The keeper is our
    child: when it is killed, everything inside is.
    """
    # Which of the two is at work first is the kernel's choice: each has a pipe of its own.
    pid_reader, pid_writer = os.pipe()
    ready_reader, ready_writer = os.pipe()

    def process_one():
        # No die_with_parent check by pid: our parent is outside and reads as 0.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        build()
        os.write(ready_writer, b"ready")
        close_all_but(())
        # Orphans are reaped by the kernel while this is ignored.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            signal.pause()

    def keeper():
        unshare(WORLD_NAMESPACES)
        pid = os.fork()
        if pid == 0:
            process_one()
        os.write(pid_writer, struct.pack("i", pid))
        close_all_but(())
        os.waitpid(pid, 0)

    child = fork_child(keeper, keep=[*keep, pid_writer, ready_writer])
    os.close(pid_writer)
    os.close(ready_writer)
    with os.fdopen(pid_reader, "rb") as pids, os.fdopen(ready_reader, "rb") as ready:
        number, word = pids.read(4), ready.read(5)
    if len(number) != 4 or word != b"ready":
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise RuntimeError("the world could not be built, see the captured stderr")
    return child, struct.unpack("i", number)[0]


def hold_namespaces(pid):
    """Descriptors of the namespaces of a process. While they are open, the numbers
    of the namespaces are not given to others."""
    return [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in ("net", "mnt", "pid")]


def _lives_in(folder, numbers):
    try:
        if not any(os.stat(f"{folder}/ns/{kind}").st_ino in numbers for kind in ("net", "mnt", "pid")):
            return False
        with open(f"{folder}/stat", encoding="utf-8", errors="replace") as stat:
            # A zombie lives nowhere, it only waits for its parent to notice.
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def processes():
    """Numbers of all processes, as names of their folders in /proc."""
    return {name for name in os.listdir("/proc") if name.isdecimal()}


def inhabitants(held, but=frozenset()):
    """/proc folders of the processes that live in one of the namespaces held.

    but  processes that cannot: those that were there before the namespaces
    """
    numbers = {os.fstat(fd).st_ino for fd in held}
    return [f"/proc/{pid}" for pid in processes() - but if _lives_in(f"/proc/{pid}", numbers)]


@contextlib.contextmanager
def _thread_in(fd, flags, name):
    """This thread in somebody else's namespace, and back."""
    own = os.open(f"/proc/thread-self/ns/{name}", os.O_RDONLY)
    try:
        setns(fd, flags)
        try:
            yield
        finally:
            setns(own, flags)
    finally:
        os.close(own)


def socket_inside(pidfd):
    """A socket for questions about the network of the process of pidfd."""
    with _thread_in(pidfd, CLONE_NEWNET, "net"):
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def fork_inside(pidfd, function, keep):
    """Run function as a new process inside the namespaces of the process of pidfd.

    Returns its number as seen from here, when it is inside. It is a child of ours, which somebody
    has to wait for before process 1 inside can end.
    """
    reader, writer = os.pipe()

    def inside():
        try:
            # Of the number's namespace it is by its birth.
            setns(pidfd, WORLD_NAMESPACES & ~CLONE_NEWPID)
            os.write(writer, b"inside")
            reset_signals()
            os.setsid()
            close_all_but(set(keep) - {pidfd})
            os._exit(function() or 0)
        except BaseException:
            os.write(2, traceback.format_exc().encode(errors="replace"))
            os._exit(126)

    sys.stdout.flush()
    sys.stderr.flush()
    with _thread_in(pidfd, CLONE_NEWPID, "pid_for_children"):
        pid = os.fork()
        if pid == 0:
            inside()
    os.close(writer)
    os.read(reader, 6)
    os.close(reader)
    return pid
