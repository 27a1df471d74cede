# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Attempts of a program in QEMU's place to get at what the person has besides: files, processes, sockets."""

import fcntl
import os
import resource
import signal
import socket
import struct

from breakout_attempts import (SYS_OPEN_BY_HANDLE, SYS_PIDFD_GETFD, SYS_PTRACE, SYS_SETNS, attempt, call, connect,
                               read, victim)

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
