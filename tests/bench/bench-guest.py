#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Sealed against direct ports, and confined guests, with a real Linux guest, in turn, in one run.

    sudo tests/bench/bench-guest.py STAGE [ROUNDS]

STAGE is what `make install DESTDIR=STAGE` made. Each round boots a guest for each kind of
port by `vmgrant run`, and one with a sealed port and --confine, in random order; the host tells it what to send and receive. What
arrives counts: at the port of the bridge for frames of the guest's, in the guest for the
host's. Prints a table.
"""

import collections
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/system"))
# pylint: disable=wrong-import-position
import guard  # noqa: E402
from world import World  # noqa: E402

BRIDGES = ("direct", "sealed")
# (bridge, more words): a confined guest has a sealed port.
KINDS = {"direct": ("direct",), "sealed": ("sealed",), "confined": ("sealed", "--confine=best")}
ACL = ("allow bridge direct user alice polkit=no port=direct\n"
       "allow bridge sealed user alice polkit=no\n")
HOST, GUEST = "192.168.77.1", "192.168.77.2"
QEMU = "/usr/bin/qemu-system-x86_64"
MS = 2000
# With a single one QEMU 7.2's emulation leaves the guest's memory barriers out, although its
# own threads serve the card: a queue stands still sooner or later, with any kind of port.
PROCESSORS = "2"
# Payloads of datagrams in frames of 64 and 1500 bytes.
PAYLOADS = (("64 bytes", 18), ("1500 bytes", 1472))
DISCARD, ECHO, CONTROL, STREAM_IN, STREAM_OUT = 9, 7, 9000, 9001, 9002
LIMIT_S = 120


def make_guest(folder):
    """folder/kernel and folder/initrd."""
    (folder / "tree/bin").mkdir(parents=True)
    subprocess.run(["gcc", "-O2", "-static", "-o", folder / "tree/bin/guest-traffic",
                    Path(__file__).with_name("guest-traffic.c")], check=True)
    script = ('. "$1/lib/say.sh"; . "$1/lib/guest.sh"; say_start; '
              'guest_make_linux "$2" "$3" || { echo "$guest_why" >&2; exit 1; }')
    subprocess.run(["bash", "-c", script, "bash", TOP / "scripts", folder,
                    Path(__file__).with_name("guest-init")], check=True, stdout=sys.stderr)


# ---- the host, in the world ----

def in_background(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()


def echo(datagrams):
    while True:
        datagrams.sendto(*datagrams.recvfrom(2048))


def swallow(listener):
    block = bytearray(1 << 20)
    while True:
        connection, _ = listener.accept()
        while connection.recv_into(block):
            pass
        connection.close()


def pour(listener):
    block = bytes(1 << 20)
    while True:
        connection, _ = listener.accept()
        try:
            while True:
                connection.sendall(block)
        except OSError:
            connection.close()


def frames_in(bridge):
    """What has come to the bridge from the guest's port so far."""
    port, = os.listdir(f"/sys/class/net/{bridge}/brif")
    path = f"/sys/class/net/{port}/statistics/rx_packets"
    return int(Path(path).read_text(encoding="ascii"))


class Guest:
    """The guest's end of the control connection."""

    def __init__(self, connection, bridge):
        self.lines, self.bridge = connection.makefile("rw"), bridge

    def say(self, line):
        print(line, file=self.lines, flush=True)

    def answer(self):
        return float(self.lines.readline())

    def ask(self, line):
        self.say(line)
        return self.answer()

    def sent(self, payload):
        """Thousand frames a second that arrive from the guest."""
        before, begin = frames_in(self.bridge), time.monotonic()
        self.ask(f"send {payload} {MS}")
        return (frames_in(self.bridge) - before) / (time.monotonic() - begin) / 1000

    def received(self, payload):
        """Thousand frames a second that the guest receives of more than it can take."""
        self.say(f"count {MS}")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect((GUEST, DISCARD))
            end = time.monotonic() + MS / 1000 + 1
            while time.monotonic() < end:
                for _ in range(32):
                    try:
                        sender.send(bytes(payload))
                    except ConnectionRefusedError:  # it does not listen yet, or no more
                        pass
        return self.answer() / 1000


def serve(bridge):
    """Boot's other side: all measurements of one guest, as JSON on standard output."""
    control = socket.create_server((HOST, CONTROL))
    datagrams = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for one, port in zip(datagrams, (ECHO, DISCARD)):
        one.bind((HOST, port))
    in_background(echo, datagrams[0])
    in_background(swallow, socket.create_server((HOST, STREAM_IN)))
    in_background(pour, socket.create_server((HOST, STREAM_OUT)))
    guest = Guest(control.accept()[0], bridge)
    guest.ask("trip 500")  # everything has run once then
    found = {"round trip, µs": guest.ask("trip 5000")}
    for name, payload in PAYLOADS:
        found[f"{name}, from the guest, thousand frames/s"] = guest.sent(payload)
        found[f"{name}, to the guest, thousand frames/s"] = guest.received(payload)
    found["TCP with GSO, from the guest, Mbit/s"] = guest.ask(f"write {MS}")
    found["TCP with GSO, to the guest, Mbit/s"] = guest.ask(f"read {MS}")
    os.write(1, json.dumps(found).encode())
    return 0


# ---- one boot ----

def measure(world, kind):
    bridge, *words = KINDS[kind]
    for other in BRIDGES:
        world.ip(f"address flush dev {other}")
    world.ip(f"address add {HOST}/24 dev {bridge}")
    server = world.spawn(lambda: serve(bridge))
    done = world.run(
        ["vmgrant", "run", "--net", bridge, *words, "--", QEMU, "-accel", "tcg", "-machine", "pc",
         "-smp", PROCESSORS, "-m", "256", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio",
         "-kernel", "/srv/kernel", "-initrd", "/srv/initrd",
         "-append", "console=ttyS0 quiet panic=-1 mitigations=off"], "alice", limit_s=LIMIT_S)
    assert b"all said" in done.stdout, done.stdout + done.stderr
    world.wait_no_taps()
    return json.loads(server.wait().stdout)


def main():
    if len(sys.argv) not in (2, 3) or os.geteuid() != 0:
        sys.exit("usage: sudo tests/bench/bench-guest.py STAGE [ROUNDS]")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    found = collections.defaultdict(list)
    guard.keep_out()
    with tempfile.TemporaryDirectory() as folder, World(sys.argv[1]) as world:
        make_guest(Path(folder))
        for name in ("kernel", "initrd"):
            world.write(f"/srv/{name}", (Path(folder) / name).read_bytes())
        for bridge in BRIDGES:
            world.bridge(bridge)
        world.write_acl(ACL)
        for _ in range(rounds):
            for kind in random.sample(list(KINDS), len(KINDS)):
                for row, value in measure(world, kind).items():
                    found[row, kind].append(value)
    print("| what | direct | sealed | confined | sealed/direct | confined/sealed |\n"
          "|---|---:|---:|---:|---:|---:|")
    for row in dict.fromkeys(row for row, _ in found):
        direct, sealed, confined = (statistics.median(found[row, kind]) for kind in KINDS)
        print(f"| {row} | {direct:.1f} | {sealed:.1f} | {confined:.1f} | {sealed / direct:.2f} | "
              f"{confined / sealed:.2f} |")


if __name__ == "__main__":
    main()
