# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Samples of requests for a USB device, among few devices and among many.

The devices are made up, as in the system tests: sysfs is a tmpfs, which is read in half
the time, and the node is a pseudo terminal. With real ones: scripts/vm-test --bench.
"""

import json
import os
import time
from pathlib import Path

import protocol_client
import usb_client
from usbtree import DEVICES, UsbTree

STICK, PORT = "0951:1666", "1-1"
RULE = f"allow usb {STICK} user alice polkit=no\n"
PROGRAM = "/usr/local/bin/usb-open"
MANY = 200
OPENED, JUDGED, BARE = "opened", "judged", "bare"


class Bench:
    """A world with one made-up stick."""

    def __init__(self, world, usb_open):
        self.world, self.tree = world, UsbTree(world)
        self.node = self.tree.add(PORT, 2, STICK)
        # Looked up once: what is measured is one open.
        self._bare = world.path(self.node)
        self.bare_name = os.fspath(self._bare)
        world.write(PROGRAM, Path(usb_open).read_bytes(), mode=0o755)
        world.write_acl(RULE)
        for bus in (1, 2, 3):
            self.tree.link(f"/sys/bus/usb/devices/usb{bus}", f"{DEVICES}/usb{bus}")

    def add_many(self):
        """Devices with two interfaces each, whose names are in the list as well."""
        for number in range(3, 3 + MANY):
            port = f"{number // 100 + 1}-{number}"
            self.tree.add(port, number % 127 + 1, f"ffff:{number:04x}", node=False)
            for interface in range(2):
                self.tree.link(f"/sys/bus/usb/devices/{port}:1.{interface}",
                               self.tree.folder(port))

    def requests(self, what, device, runs):
        done = self.world.run([PROGRAM, f"{what}-query", str(runs), device], user="alice",
                              limit_s=300)
        assert done.code == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def opening(self, runs):
        """What judging, judging and opening, and the bare system calls take, from here."""
        request = self.world.start_request("alice", channel=protocol_client.pair,
                                           arguments=["--fd=9"])
        calls = {JUDGED: lambda: self.ask(request, usb_client.QUERY),
                 OPENED: lambda: self.ask(request, 0), BARE: self.open_bare}
        samples = {name: [] for name in calls}
        for _ in range(runs):
            for name, call in calls.items():
                self.tree.reset(PORT, self.node)
                begin = time.perf_counter()
                call()
                samples[name].append((time.perf_counter() - begin) * 1e6)
        request.socket.close()
        request.finish()
        return samples

    @staticmethod
    def ask(request, flags):
        reply = usb_client.ask(request.socket, port=PORT, flags=flags)
        assert reply.code == 0, reply.sentence
        reply.close()

    def open_bare(self):
        fd = os.open(self.bare_name, os.O_RDWR | os.O_NOCTTY)
        assert len(os.read(fd, 4096)) >= 18
        os.close(fd)


def subjects():
    """{name: (what, device)}"""
    return {"first request, by vendor and product": ("first", STICK),
            "first request, by port": ("first", PORT),
            "second request, by vendor and product": ("second", STICK),
            "second request, by port": ("second", PORT)}


def measure(world, usb_open, runs):
    """(samples of opening, {name: (samples of one device, of many)})"""
    bench = Bench(world, usb_open)
    opening = bench.opening(runs)
    few = {name: bench.requests(*subject, runs) for name, subject in subjects().items()}
    bench.add_many()
    many = {name: bench.requests(*subject, runs) for name, subject in subjects().items()}
    return opening, {name: (few[name], many[name]) for name in few}
