# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Attempts of a program in QEMU's place on the network, keys, namespaces and the kernel."""

import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import subprocess

from breakout_attempts import (CLONE_NEWUSER, SYS_BPF, SYS_CLONE, SYS_KEYCTL, SYS_MOUNT, SYS_PERF_EVENT_OPEN,
                               SYS_UNSHARE, attempt, call, connect, read)
from breakout_host import SOCKETS

# ---- the network ----

NETWORK = "network namespace"


@attempt("connect to a service on this machine", NETWORK)
def local_service(facts):
    connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", facts["tcp"]))


@attempt("send a datagram to the host", NETWORK)
def datagram(facts):
    connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", facts["udp"]))


@attempt("see the interfaces of the host", NETWORK)
def interfaces(_facts):
    if b"br0" not in open("/proc/net/dev", "rb").read():
        raise FileNotFoundError


@attempt("watch the host's network by netlink", "filter")
def netlink(_facts):
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


@attempt("reach other machines by vsock, which no namespace keeps", "filter")
def vsock(_facts):
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).close()


@attempt("have the kernel make such a socket as one of a pair", "filter")
def vsock_pair(_facts):
    try:
        socket.socketpair(socket.AF_VSOCK, socket.SOCK_STREAM)
    except OSError as error:
        # It was made, and is no pair.
        if error.errno != errno.EOPNOTSUPP:
            raise


@attempt("use the kernel's ciphers by AF_ALG", "filter")
def ciphers(_facts):
    socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET).close()


# ---- keys and shared memory ----

@attempt("read a key of the person's session", "keyring, filter")
def session_key(_facts):
    key = call(SYS_KEYCTL, 10, -3, b"user", b"vmgrant-secret", 0)  # KEYCTL_SEARCH
    room = ctypes.create_string_buffer(64)
    call(SYS_KEYCTL, 11, key, room, 64)


@attempt("read the list of keys", "user namespace")
def list_keys(_facts):
    if b"vmgrant-secret" not in open("/proc/keys", "rb").read():
        raise FileNotFoundError


@attempt("attach the person's shared memory", "IPC namespace")
def shared_memory(facts):
    call(29, facts["shm_key"], 0, 0)  # shmget


# ---- privilege and the kernel ----

@attempt("have vmgrant-helper give it a card", "no_new_privs")
def helper(facts):
    subprocess.run([facts["vmgrant"], "run", "--no-prompt", "--net", "br0", "--", "true", "{net0.fd}"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@attempt("ask the service of vmgrant", SOCKETS)
def service(_facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, "/run/vmgrant/socket")


@attempt("make a user namespace, and be root in it", "filter, limit")
def user_namespace(_facts):
    call(SYS_UNSHARE, CLONE_NEWUSER)


@attempt("make one by clone()", "filter, limit")
def clone_namespace(_facts):
    pid = call(SYS_CLONE, CLONE_NEWUSER | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


@attempt("mount a file system", "no capability, filter")
def mount(_facts):
    call(SYS_MOUNT, b"none", b"/tmp", b"tmpfs", 0, b"")


@attempt("take a mount apart", "no capability, filter")
def unmount(_facts):
    call(166, b"/proc", 2)


@attempt("look into the kernel by perf", "filter")
def perf(_facts):
    room = ctypes.create_string_buffer(struct.pack("IIQQ", 1, 112, 0, 0), 112)
    os.close(call(SYS_PERF_EVENT_OPEN, room, 0, -1, -1, 0))


@attempt("load a program into the kernel", "filter")
def bpf(_facts):
    call(SYS_BPF, 0, struct.pack("IIIII", 1, 4, 8, 1, 0).ljust(72, b"\0"), 72)


@attempt("make an io_uring, whose sockets no filter sees", "filter")
def io_uring(_facts):
    os.close(call(425, 4, ctypes.create_string_buffer(120)))


@attempt("watch which programs others start, by inotify", "filter")
def watch_files(_facts):
    os.close(call(294, 0))


@attempt("change the core pattern", "no capability, Landlock")
def core_pattern(_facts):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))


@attempt("leave a core dump", "limit")
def core_dump(_facts):
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard <= 1:
        raise PermissionError
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


@attempt("make a control group, or move itself to another one", "root folder")
def control_group(facts):
    if not os.path.isdir(facts["cgroup"]):
        raise FileNotFoundError
    return os.listdir(facts["cgroup"])


@attempt("become root", "no capability")
def become_root(_facts):
    os.setresuid(0, 0, 0)


@attempt("become the person", "ids")
def become_person(facts):
    os.setresuid(facts["uid"], facts["uid"], facts["uid"])
    # The number alone is nothing: it is who outside of the namespace that counts.
    read(facts["home"] + "/.ssh/id_ed25519")
