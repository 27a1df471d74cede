# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Disks of a world: loop devices of the machine, under the names that udev gives to disks."""

import os
import stat

import pytest

import disk_client as client
import protocol_client
from usbtree import Loop
from world import World

NAME = "/dev/disk/by-id/ata-ACME_one"
RULE = f"allow disk {NAME} user alice polkit=no\n"


def need_loops():
    if not os.path.exists("/dev/loop-control"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("this machine has no loop devices")


class DiskWorld(World):
    """A world with one disk, self.disk, whose name is NAME."""

    def __init__(self, stage, folder, **options):
        super().__init__(stage, **options)
        self.folder, self.loops = folder, []
        self.disk = self.add_disk()
        self.link(NAME, self.disk)
        self.write_acl(RULE)

    def add_disk(self, size=64 << 20):
        loop = Loop(self.folder / f"disk{len(self.loops)}", size)
        self.loops.append(loop)
        self.keep(loop)
        self.add_node(f"loop{loop.index}", loop.number)
        return loop

    def add_node(self, name, number):
        def make():
            if os.path.lexists(f"/dev/{name}"):
                os.unlink(f"/dev/{name}")
            os.mknod(f"/dev/{name}", stat.S_IFBLK | 0o600, os.makedev(*number))
        self.call(make)

    def link(self, path, loop):
        """As udev does: a relative link to the node."""
        name = loop if isinstance(loop, str) else f"loop{loop.index}"
        target = os.path.relpath(f"/dev/{name}", os.path.dirname(path))

        def make():
            os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)
            os.symlink(target, path)
        self.call(make)

    def ask(self, name=NAME, user="alice", flags=0, **options):
        """One request on a connection of its own."""
        request = self.start_request(user, channel=protocol_client.pair, arguments=["--fd=9"],
                                     **options)
        reply = client.ask(request.socket, name, flags=flags)
        request.socket.close()
        assert request.finish().code == 0
        return reply

    def refused(self, code, *parts, **options):
        """The sentence of a refusal, one that gave nothing; parts have to be in it."""
        reply = self.ask(**options)
        assert (reply.code, reply.fds, reply.node) == (code, [], ""), reply.sentence
        for part in parts:
            assert part in reply.sentence, reply.sentence
        return reply.sentence

    def granted(self, **options):
        reply = self.ask(**options)
        assert reply.code == 0, reply.sentence
        return reply
