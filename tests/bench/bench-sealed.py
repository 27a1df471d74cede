#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Sealed against direct ports, in turn, in one run and in namespaces of their own.

    make tests/bench/make-port tests/bench/pump
    sudo tests/bench/bench-sealed.py BUILD-FOLDER [ROUNDS]

Frames go from a port to another, direct port of the same bridge (out) or back
(in). "batch" is one thread that writes 32 frames and reads them at the other end:
nothing is lost and CPU time is counted, so it is what a frame costs. "stream" is
a writer and a reader on a CPU each: what arrives. Prints a table.
"""

import collections
import ctypes
import os
import random
import socket
import statistics
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
CALLER, ACCOUNT = "1234", "977"
KINDS = ("direct", "sealed")
FRAMES = (("64 bytes", 60, 0), ("1500 bytes", 1514, 0), ("64 KiB GSO", 65226, 1448))


def sh(command):
    subprocess.run(command, shell=True, check=True)


def enter_world():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS | CLONE_NEWNET) < 0:
        sys.exit("unshare: " + os.strerror(ctypes.get_errno()))
    sh("mount --make-rprivate / && mount -t tmpfs none /dev/net && "
       "mknod /dev/net/tun c 10 200 && chmod 666 /dev/net/tun && "
       "ip link add br0 type bridge && ip link set br0 up")


def make(build, kind, count=1, queues=1):
    """The fds of each new port."""
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    far.set_inheritable(True)
    ports = []
    with subprocess.Popen([build + "/tests/bench/make-port", kind, "br0", CALLER, ACCOUNT,
                           str(queues), str(count), str(far.fileno())],
                          pass_fds=[far.fileno()]), near:
        far.close()
        for _ in range(count):
            ports.append(socket.recv_fds(near, 64, 32)[1])
    return ports


def pump(build, mode, first, second, *numbers):
    answer = subprocess.run([build + "/tests/bench/pump", mode, str(first), str(second),
                             *map(str, numbers)],
                            pass_fds=[first, second], stdout=subprocess.PIPE, text=True, check=True)
    return [float(word) for word in answer.stdout.split()]


def measure_traffic(build, rounds):
    """{(row, kind): [value of each round]}"""
    ends = {kind: make(build, kind)[0][0] for kind in KINDS}
    sink = make(build, "direct")[0][0]
    found = collections.defaultdict(list)
    for _ in range(rounds):
        for mode in ("batch", "stream"):
            for name, size, gso in FRAMES:
                for way in ("out", "in"):
                    for kind in random.sample(KINDS, len(KINDS)):
                        pair = (ends[kind], sink) if way == "out" else (sink, ends[kind])
                        result = pump(build, mode, *pair, size, gso, 0.2)
                        unit, value = ("Mbit/s", result[2]) if gso else ("kframes/s",
                                                                         result[1] / 1000)
                        found[f"{mode}, {name}, {way}, {unit}", kind].append(value)
        for kind in random.sample(KINDS, len(KINDS)):
            found["round trip, us", kind].append(pump(build, "echo", ends[kind], sink, 60, 2000)[0])
    for fd in (*ends.values(), sink):
        os.close(fd)
    return found


def measure_making(build):
    found = collections.defaultdict(list)
    for queues in (1, 4, 8):
        answer = subprocess.run([build + "/tests/bench/make-port",
                                 "both" if queues == 1 else "sealed", "br0", CALLER, ACCOUNT,
                                 str(queues), "100"], stdout=subprocess.PIPE, text=True, check=True)
        for line in answer.stdout.splitlines():
            kind, taken_us = line.split()
            found[f"made, queues: {queues}, us", kind].append(float(taken_us))
    return found


def main():
    build = os.path.realpath(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    enter_world()
    found = {**measure_traffic(build, rounds), **measure_making(build)}
    print("| what | direct | sealed | sealed/direct |\n|---|---:|---:|---:|")
    for row in dict.fromkeys(row for row, _ in found):
        direct, sealed = (statistics.median(found[row, kind]) if (row, kind) in found else None
                          for kind in KINDS)
        if direct is None:  # direct ports have one queue
            print(f"| {row} | | {sealed:.1f} | |")
        else:
            print(f"| {row} | {direct:.1f} | {sealed:.1f} | {sealed / direct:.2f} |")


if __name__ == "__main__":
    main()
