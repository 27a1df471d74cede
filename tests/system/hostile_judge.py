# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 56: a helper whose judge is in somebody else's hand, the test's.

The judge is tests/attack/hostile-judge.c, which passes on what the test says.
"""

import os
import shutil

import pytest

import orders
import protocol_client
from world import World

HOSTILE = "/usr/libexec/vmgrant/hostile-helper"


@pytest.fixture(scope="module")
def shared(stage):
    built = os.path.join(os.environ.get("VMGRANT_BUILD", "."), "tests/attack/hostile-helper")
    with World(stage) as world:
        world.bridge("br0")
        # Nobody may have anything: no rule stands between the judge and the helper.
        world.write_acl("")
        shutil.copy(built, world.path(HOSTILE))
        os.chown(world.path(HOSTILE), 0, 0)
        world.path(HOSTILE).chmod(0o4755)
        yield world


class Judge:
    """A helper, and the test in its judge's place."""

    def __init__(self, world, arguments=("--fd=9",), channel=protocol_client.pair, **options):
        self.request = world.start_request("alice", helper=HOSTILE, argv0="vmgrant-helper",
                                           channel=channel, arguments=list(arguments), **options)
        self.socket, self.pid = self.request.socket, self.request.pid

    def give(self, data):
        return orders.give(self.socket, data)

    def status(self):
        with open(f"/proc/{self.pid}/status", encoding="ascii") as lines:
            return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)

    def end(self):
        self.socket.close()
        return self.request.finish()


@pytest.fixture
def judge(shared):
    judge = Judge(shared)
    yield judge
    judge.end()
    shared.wait_no_taps()


def look(judge):
    """An order that changes nothing and is answered."""
    answer = judge.give(orders.order(orders.ASKED))
    assert answer.kind == orders.ASKED and answer.result == 0
    return answer
