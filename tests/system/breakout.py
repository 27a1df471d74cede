#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A program in QEMU's place that tries to get out. Each attempt prints a line of JSON.

It runs by itself, with nothing of the tests: `breakout.py FACTS`, a file of JSON that says where the
person's things are. An attempt that returns has got what it wanted; one that raises has not.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
ATTEMPTS = []

SYS_KEYCTL, SYS_BPF, SYS_PERF_EVENT_OPEN, SYS_USERFAULTFD = 250, 321, 298, 323
SYS_OPEN_BY_HANDLE, SYS_ADD_KEY, SYS_REQUEST_KEY = 304, 248, 249
SYS_PTRACE, SYS_PROCESS_VM_READV, SYS_PIDFD_GETFD = 101, 310, 438
SYS_OPEN_TREE, SYS_MOUNT, SYS_UNSHARE, SYS_SETNS, SYS_CLONE = 428, 165, 272, 308, 56
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


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


# ---- files ----

FILES = "root folder, Landlock"


@attempt("read the person's private ssh key", FILES)
def read_ssh_key(facts):
    return read(facts["home"] + "/.ssh/id_ed25519")


@attempt("add a line to ~/.profile", FILES)
def write_profile(facts):
    with open(facts["home"] + "/.profile", "a", encoding="ascii") as file:
        file.write("touch /tmp/owned\n")


@attempt("list the home folder", FILES)
def list_home(facts):
    return os.listdir(facts["home"])


@attempt("read another guest's disk", FILES)
def read_other_disk(facts):
    return read(facts["disk"])


@attempt("write another guest's disk", FILES)
def write_other_disk(facts):
    os.close(os.open(facts["disk"], os.O_WRONLY))


@attempt("read a file of /tmp that anybody may read", FILES)
def read_shared_file(facts):
    return read(facts["shared"])


@attempt("read /etc/passwd", FILES)
def read_accounts(_facts):
    return read("/etc/passwd")


@attempt("write a file that it was given to read", "mount, Landlock")
def write_read_only_file(facts):
    os.close(os.open(facts["given"], os.O_WRONLY))


@attempt("leave a file in the runtime folder", FILES)
def write_runtime(facts):
    os.close(os.open(facts["runtime"] + "/left", os.O_WRONLY | os.O_CREAT))


@attempt("go through the root folder of its supervisor, and of process 1", "ids, Landlock")
def through_other_root(facts):
    return read(f"/proc/{facts['supervisor']}/root{facts['home']}/.ssh/id_ed25519")


@attempt("open a file by its handle", "filter")
def open_by_handle(facts):
    call(SYS_OPEN_BY_HANDLE, -100, struct.pack("Ii8s", 8, 1, b""), 0)


@attempt("shared memory in /dev/shm", FILES)
def shared_memory_file(facts):
    return read(facts["shm"])


# ---- processes ----

PROCESSES = "process namespace"


@attempt("see another process of the person's", PROCESSES)
def see_process(facts):
    if facts["victim_name"].encode() not in read(f"/proc/{victim(facts)}/cmdline"):
        raise ProcessLookupError


@attempt("read the environment of another process", PROCESSES)
def read_environment(facts):
    if b"TOKEN=" not in read(f"/proc/{victim(facts)}/environ"):
        raise ProcessLookupError


@attempt("open the memory of another process", PROCESSES)
def open_memory(facts):
    os.close(os.open(f"/proc/{victim(facts)}/mem", os.O_RDWR))


@attempt("trace another process", "process namespace, filter")
def trace(facts):
    call(SYS_PTRACE, 0x4206, victim(facts), 0, 0)  # PTRACE_SEIZE


@attempt("trace its supervisor", "ids, filter")
def trace_parent(facts):
    call(SYS_PTRACE, 0x4206, facts["supervisor"], 0, 0)


@attempt("read the memory of its supervisor", "filter, no dumps")
def read_parent(facts):
    os.close(os.open(f"/proc/{facts['supervisor']}/mem", os.O_RDONLY))


@attempt("take a descriptor of its supervisor's", "filter, no dumps")
def take_descriptor(facts):
    pidfd = os.pidfd_open(facts["supervisor"])
    call(SYS_PIDFD_GETFD, pidfd, 2, 0)


@attempt("list the descriptors of its supervisor", "no dumps")
def list_descriptors(facts):
    return os.listdir(f"/proc/{facts['supervisor']}/fd")


@attempt("signal another process", PROCESSES)
def signal_process(facts):
    os.kill(victim(facts), signal.SIGURG)


@attempt("signal everything that it may", PROCESSES)
def signal_all(facts):
    # SIGURG does nothing to who does not ask for it; what counts is the victim.
    pidfd = os.pidfd_open(victim(facts))
    signal.pidfd_send_signal(pidfd, signal.SIGURG)


@attempt("change the limits of another process", PROCESSES)
def change_limits(facts):
    resource.prlimit(victim(facts), resource.RLIMIT_NOFILE)


@attempt("change the priority of another process", PROCESSES)
def change_priority(facts):
    os.setpriority(os.PRIO_PROCESS, victim(facts), 19)


@attempt("enter a namespace of another process", "process namespace, filter")
def enter_namespace(facts):
    fd = os.open(f"/proc/{victim(facts)}/ns/user", os.O_RDONLY)
    call(SYS_SETNS, fd, 0)


# ---- sockets, buses, displays ----

SOCKETS = "root folder"


@attempt("connect to an abstract socket", "network namespace, Landlock")
def abstract_socket(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, "\0" + facts["abstract"])


@attempt("connect to the session bus", SOCKETS)
def session_bus(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, facts["runtime"] + "/bus")


@attempt("connect to the system bus", SOCKETS)
def system_bus(_facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, "/run/dbus/system_bus_socket")


@attempt("connect to the X server", SOCKETS)
def x_server(_facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, "/tmp/.X11-unix/X0")


@attempt("connect to the Wayland compositor", SOCKETS)
def wayland(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, facts["runtime"] + "/wayland-0")


@attempt("connect to the sound server", SOCKETS)
def sound(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, facts["runtime"] + "/pipewire-0")


@attempt("connect to the monitor of another guest", SOCKETS)
def other_monitor(facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, facts["runtime"] + "/other-qmp")


@attempt("connect to the ssh agent that the environment names", "environment, root folder")
def ssh_agent(_facts):
    connect(socket.AF_UNIX, socket.SOCK_STREAM, os.environ["SSH_AUTH_SOCK"])


@attempt("read a token in its environment", "environment")
def environment(_facts):
    return os.environ["TOKEN"]


@attempt("read a file that the person's shell left open", "descriptors")
def inherited_descriptor(facts):
    # The number alone is nothing: a QEMU opens files of its own.
    if not os.pread(facts["inherited"], 16, 0).startswith(b"Name:"):
        raise FileNotFoundError("another file has that number in here")


@attempt("open the person's terminal", "session, root folder")
def terminal(_facts):
    os.close(os.open("/dev/tty", os.O_RDWR))


@attempt("type into the person's terminal", "session, filter")
def type_into_terminal(_facts):
    fcntl.ioctl(0, 0x5412, b"x")


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


def try_one(function, facts):
    try:
        function(facts)
        return "got"
    except subprocess.CalledProcessError as error:
        return f"refused: exit status {error.returncode}"
    except (OSError, KeyError) as error:
        return f"refused: {type(error).__name__}: {error}"


def run(function, facts):
    """In a process of its own: what one attempt breaks is not for the next one."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(40)
        try:
            os.write(writer, try_one(function, facts).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    return answer or f"refused: ended by {status}"


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        facts = json.load(file)
    facts["given"] = sys.argv[1]
    facts["supervisor"] = os.getppid()
    with open("/proc/self/uid_map", encoding="ascii") as table:
        inside, outside, _ = map(int, table.readline().split())
    facts["outer_uid"] = os.getuid() - inside + outside
    print(json.dumps({"pid": os.getpid(), "uid": facts["outer_uid"],
                      "program": os.readlink("/proc/self/exe")}), flush=True)
    for function, _, _ in ATTEMPTS:
        print(json.dumps({"name": function.__name__, "end": run(function, facts)}), flush=True)


if __name__ == "__main__":
    main()
