# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real systemd-journald at its limits: what an attacker can keep out of it, and what not.

doc/security.md, "What records cannot do". Sessions are control groups here, as logind names them.
ATTACKS 50.
"""

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import termios

import pytest

import namespaces as ns
import protocol_client as client
import replies
from process import wait_until
from world import JOURNAL

JOURNALD = "/lib/systemd/systemd-journald"
BURST = 10
# journald takes up to (64 - 16) / 4 times the burst, by the space that it has.
FLOOD = 15 * BURST
GROUPS = "/sys/fs/cgroup"
CONFIG = f"""[Journal]
Storage=volatile
ReadKMsg=no
Audit=no
RateLimitIntervalSec=1h
RateLimitBurst={BURST}
"""


def unread(sender):
    """Bytes that a socket sent and nobody has read."""
    return struct.unpack("i", fcntl.ioctl(sender, termios.TIOCOUTQ, bytes(4)))[0]


class Session:
    """A control group that journald takes for a session of its own."""

    def __init__(self, journald, name):
        self.journald, self.world = journald, journald.world
        # Of the whole machine, as all control groups are.
        self.path = f"{GROUPS}/vmgrant{os.getpid()}.slice/session-{name}.scope"
        self.world.call(lambda: os.makedirs(self.path, exist_ok=True))

    def enter(self):
        with open(f"{self.path}/cgroup.procs", "w", encoding="ascii") as processes:
            processes.write("0")

    def request(self, user, bridge="br0"):
        """The answer's code. The helper stays until journald has looked who it is, if it can."""
        request = self.world.start_request(user, channel=client.pair, arguments=["--fd=9"],
                                           as_root=self.enter)
        reply = client.ask(request.socket, 1, bridge)
        self.journald.drain()
        for fd in reply.fds:
            os.close(fd)
        request.socket.close()
        assert request.finish().code == 0
        self.world.wait_no_taps()
        return reply.code

    def flood(self):
        """Messages of alice's at info; a grant is a notice, and counts with them."""
        def send():
            self.enter()
            os.setresuid(1000, 1000, 1000)
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                for _ in range(FLOOD):
                    sender.sendto(b"PRIORITY=6\nMESSAGE=noise\n", JOURNAL)
                wait_until(lambda: unread(sender) == 0, "journald to read the flood")
        self.world.call(send)

    def remove(self):
        def remove():
            for folder in (self.path, os.path.dirname(self.path)):
                with contextlib.suppress(OSError):  # the others' is not empty yet
                    os.rmdir(folder)
        self.world.call(remove)


class Journald:
    def __init__(self, world):
        self.world = world
        world.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        world.write("/etc/systemd/journald.conf", CONFIG)
        world.call(lambda: ns.mount("cgroup2", GROUPS, "cgroup2", 0))
        self.process = world.spawn([JOURNALD])
        wait_until(lambda: world.path(JOURNAL).exists(), "journald's socket")
        self.sessions, self.marks, self.stands_still = [], 0, False
        self.own = self.session("marks")

    def session(self, name):
        self.sessions.append(Session(self, name))
        return self.sessions[-1]

    def drain(self):
        """Wait until it has stored or dropped what was sent so far, if it runs."""
        if self.stands_still:
            return
        self.marks += 1
        mark = f"mark {self.marks}"

        def send():
            self.own.enter()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(f"MESSAGE={mark}\n".encode(), JOURNAL)

        self.world.call(send)
        wait_until(lambda: mark in self.messages(), "journald to read on")

    def stand_still(self):
        self.stands_still = True
        self.process.signal(signal.SIGSTOP)

    def go_on(self):
        self.process.signal(signal.SIGCONT)
        self.stands_still = False
        self.drain()

    def messages(self):
        return [entry["MESSAGE"] for entry in self.entries()]

    def entries(self):
        done = self.world.run(["journalctl", "-o", "json", "--no-pager", "-q"])
        assert done.code == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def records(self):
        """(result, uid) of each of the helper's records."""
        return [(entry["VMGRANT_RESULT"], int(entry["VMGRANT_UID"])) for entry in self.entries()
                if entry.get("SYSLOG_IDENTIFIER") == "vmgrant-helper"]

    def stop(self):
        self.process.signal(signal.SIGCONT)
        self.process.kill()
        for session in self.sessions:
            session.remove()


@pytest.fixture
def journald(world):
    if not os.path.exists(JOURNALD):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{JOURNALD} is not installed")
    world.write_acl("allow bridge br0 user alice polkit=no\n"
                    "allow bridge br0 user carol polkit=no\n")
    daemon = Journald(world)
    yield daemon
    daemon.stop()


GRANT, REFUSAL = ("granted", 1000), ("refused", 1000)


def test_attack_50_a_flooded_session_loses_its_own_grants_and_nothing_else(journald):
    flooded, other = journald.session("one"), journald.session("two")
    assert flooded.request("alice") == 0
    assert journald.records() == [GRANT]
    flooded.flood()
    # Granted all the same: a log decides nothing. This is the record that is lost.
    assert flooded.request("alice") == 0
    # Warnings are counted apart, other sessions too.
    assert flooded.request("alice", "gone") == replies.DENIED
    assert other.request("alice") == 0
    assert journald.records() == [GRANT, REFUSAL, GRANT]
    noise = [entry for entry in journald.entries() if entry["MESSAGE"] == "noise"]
    assert BURST <= len(noise) + 1 < FLOOD
    assert {entry["_SYSTEMD_UNIT"] for entry in noise} == {"session-one.scope"}


def test_attack_50_a_journald_that_stands_still_loses_what_its_queue_does_not_hold(journald):
    other = journald.session("other")

    def fill():
        other.enter()
        os.setresuid(1000, 1000, 1000)
        sent = 1
        # A sender's own buffer may hold less than the queue: until a new one can send nothing.
        while sent:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sent = 0
                with contextlib.suppress(BlockingIOError):
                    while True:
                        sender.sendto(b"MESSAGE=noise\n", JOURNAL)
                        sent += 1

    session = journald.session("one")
    journald.stand_still()
    assert session.request("alice") == 0  # in the queue
    journald.world.call(fill)
    assert session.request("alice") == 0  # lost
    assert session.request("alice", "gone") == replies.DENIED  # lost, too
    journald.go_on()
    assert journald.records() == [GRANT]
    assert session.request("carol") == 0
    assert journald.records() == [GRANT, ("granted", 1003)]
