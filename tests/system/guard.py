# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the tests cannot do to the machine, and what of the machine they do not notice.

The test process gets mount, network, IPC and host name namespaces of its own, where every
file system of the machine is read-only: whatever a test writes by mistake is refused by the
kernel. Its environment, umask and limits are the same everywhere.
"""

import ctypes
import errno
import os
import resource
import socket
import struct
import tempfile

import namespaces as ns

SYS_MOUNT_SETATTR = 442
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1
# Where the session's own files are: one of these is on every machine, and nothing is needed of it.
ROOM_PLACES = ("/mnt", "/media", "/srv", "/opt")
KEPT_VARIABLES = ("CI", "PYTHONDONTWRITEBYTECODE", "PYTEST_CURRENT_TEST", "TERM", "COLUMNS")
MIB = 1 << 20
# Soft and hard ones; None is what the machine allows at most.
LIMITS = {"NOFILE": (1024, 16384), "MEMLOCK": (8 * MIB, 8 * MIB), "STACK": (8 * MIB, None),
          "CORE": (0, None), "NPROC": (None, None), "FSIZE": (None, None), "AS": (None, None),
          "DATA": (None, None)}


def _set_attributes(path, to_set, to_clear, flags):
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("=4Q", to_set, to_clear, 0, 0)
    done = libc.syscall(ctypes.c_long(SYS_MOUNT_SETATTR), ctypes.c_int(AT_FDCWD),
                        ctypes.c_char_p(os.fsencode(path)), ctypes.c_uint(flags),
                        ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)))
    if done < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"mount_setattr: {os.strerror(error)}", path)


def shut_in(writable=()):
    """Leave the machine's namespaces, for good. Returns the network namespace that was left.

    writable  folders of the machine that stay writable
    """
    network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    ns.unshare(ns.CLONE_NEWNS | ns.CLONE_NEWNET | ns.CLONE_NEWIPC | ns.CLONE_NEWUTS)
    socket.sethostname("tests")
    ns.loopback_up()
    ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
    for folder in writable:
        ns.mount(folder, folder, "none", ns.MS_BIND)
    _set_attributes("/", MOUNT_ATTR_RDONLY, 0, AT_RECURSIVE)
    for folder in writable:
        _set_attributes(folder, 0, MOUNT_ATTR_RDONLY, 0)
    _make_room()
    return network


def _make_room():
    """A file system in memory for temporary files: what lies over / in a world cannot lie in it."""
    room = next(place for place in ROOM_PLACES if os.path.isdir(place))
    ns.mount("tmpfs", room, "tmpfs", ns.MS_NOSUID | ns.MS_NODEV, "mode=755")
    os.environ["TMPDIR"] = tempfile.tempdir = room


def keep_out():
    """For programs that make worlds and are no tests: the machine's files stay writable."""
    ns.unshare(ns.CLONE_NEWNS)
    ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
    _make_room()


def _set_limit(number, soft, hard):
    """As near to these as one may come without CAP_SYS_RESOURCE."""
    most = resource.getrlimit(number)[1]

    def at_most(value, bound):
        if bound == resource.RLIM_INFINITY:
            return bound if value is None else value
        return bound if value is None else min(value, bound)

    hard = at_most(hard, most)
    resource.setrlimit(number, (at_most(soft, hard), hard))


def _kill_one_process():
    """-1 is what a pidfd says of a process that has gone, and to kill() every one of the machine."""
    of_the_system = os.kill

    def kill(pid, number):
        if pid <= 0:
            raise ProcessLookupError(errno.ESRCH, f"{pid} is no process")
        of_the_system(pid, number)

    os.kill = kill


def same_everywhere():
    """Forget what whoever started the tests has set."""
    for name in list(os.environ):
        if name not in KEPT_VARIABLES and not name.startswith("VMGRANT_"):
            del os.environ[name]
    os.environ.update(PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/root", LC_ALL="C.UTF-8",
                      USER="root", LOGNAME="root")
    os.umask(0o022)
    _kill_one_process()
    for name, limits in LIMITS.items():
        _set_limit(getattr(resource, f"RLIMIT_{name}"), *limits)
