# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What a connection remembers of the lists of users and groups, and for how long."""

import os
from itertools import count

import pytest

import protocol_client as client
import replies
from process import wait_until

REMEMBERED_S = 10


class Asker:
    """A connection of alice's."""

    def __init__(self, world):
        self.world, self.serials = world, count(1)
        self.request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])

    def code(self):
        reply = client.ask(self.request.socket, next(self.serials), "br0")
        for fd in reply.fds:
            os.close(fd)
        return reply.code

    def close(self):
        self.request.socket.close()
        assert self.request.finish().code == 0


@pytest.fixture
def asker(world):
    world.write("/etc/vmgrant/acl.conf", "")
    yield lambda rules: (world.write_acl(rules), Asker(world))[1]


def rename(world, file, before, after):
    path = world.path(file)
    lines = path.read_text(encoding="ascii").splitlines(keepends=True)
    assert any(line.startswith(f"{before}:") for line in lines)
    path.write_text("".join(line.replace(f"{before}:", f"{after}:", 1)
                            if line.startswith(f"{before}:") else line for line in lines),
                    encoding="ascii")


@pytest.mark.parametrize("rule,file,name", (
    ("user alice", "/etc/passwd", "alice"),
    ("group students", "/etc/group", "students"),
), ids=("user", "group"))
def test_a_name_that_means_somebody_else_now_counts_within_ten_seconds(world, asker, rule, file,
                                                                       name):
    opened = asker(f"allow bridge br0 {rule} polkit=no\n")
    assert [opened.code() for _ in range(3)] == [replies.GRANTED] * 3
    rename(world, file, name, "renamed")
    wait_until(lambda: opened.code() == replies.DENIED, "the name to be forgotten",
               2 * REMEMBERED_S, pause_s=0.5)
    rename(world, file, "renamed", name)
    assert opened.code() == replies.GRANTED
    opened.close()
    world.wait_no_taps()


def test_a_name_that_becomes_the_callers_counts_at_once(world, asker):
    """A deny by a new name is seen by the next request, whatever is remembered."""
    opened = asker("deny bridge br0 user renamed\nallow bridge br0 user alice polkit=no\n")
    assert [opened.code() for _ in range(2)] == [replies.GRANTED] * 2
    rename(world, "/etc/passwd", "alice", "renamed")
    assert opened.code() == replies.DENIED
    rename(world, "/etc/passwd", "renamed", "alice")
    opened.close()
    world.wait_no_taps()
