# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 56: a hostile judge with orders in every order, floods, its own descriptors, its death."""

import errno
import os
import signal
import struct
import time

import orders
import replies
from hostile_judge import Judge, look, judge, shared  # pylint: disable=unused-import
from looking import files_of
from process import wait_until

# Each with what it may bring: no device that is asked for is there.
WELL_FORMED = (
    (orders.order(orders.KEEP, struct.pack("=I", 15)), None),
    (orders.order(orders.BEGIN, struct.pack("=I", 1)), None),
    (orders.order(orders.FINISH), None),
    (orders.order(orders.MEMLOCK_UNDO), None),
    (orders.walk(orders.ROOT), 1),
    (orders.walk(orders.ENTER, b"etc"), 1),
    (orders.usb(b"1-1"), 0),
    (orders.disk(b"none"), 0),
    (orders.block(b"none"), 0),
    (orders.vfio(999999), 0),
    (orders.memlock(0), 0),
    (orders.order(orders.ASK), 2),
    (orders.order(orders.ASKED), 0),
)


def test_attack_56_orders_in_every_order_bring_what_each_brings_alone(shared):
    """Every pair of them one after the other, as an honest judge never sends them, with ports between."""
    judge = Judge(shared)
    shared.write("/usr/libexec/vmgrant/vmgrant-authorize", "#!/bin/sh\nexit 1\n", 0o755)
    kept = []
    for first in WELL_FORMED:
        for pair in ((first, second) for second in WELL_FORMED):
            for data, most in pair:
                if most is None:
                    judge.socket.send(data)
                    continue
                answer = judge.give(data)
                assert answer.kind == struct.unpack_from("=I", data)[0], (data[:16], answer.data)
                assert len(answer.fds) <= most, (data[:16], answer.result)
                for fd in answer.fds:
                    os.close(fd)
        made = judge.give(orders.port())
        assert made.result == 0 and shared.sysfs(made.port_name, "ifalias").endswith("(uid 1000) on br0")
        for fd in kept:
            os.close(fd)
        kept = made.fds
    status = judge.status()
    assert "0" not in status["Uid"].split() and int(status["CapEff"], 16) == 0
    assert int(status["CapPrm"], 16) & ~(1 << 12 | 1 << 1 | 1 << 24) == 0
    # What it keeps lives as long as it does, and no longer.
    judge.end()
    assert made.port_name in shared.taps()
    for fd in kept:
        os.close(fd)
    shared.wait_no_taps()


def test_attack_56_a_flood_of_orders_leaves_nothing_behind(shared, judge):
    look(judge)
    before = len(files_of(judge.pid))
    for _ in range(2000):
        look(judge)
    for _ in range(50):
        assert judge.give(orders.walk(orders.ENTER, b"etc")).result == -errno.EINVAL
    wait_until(lambda: len(files_of(judge.pid)) <= before, "every descriptor to be closed")


def test_attack_56_descriptors_that_come_with_an_order_are_not_taken(judge):
    look(judge)
    before = len(files_of(judge.pid))
    with open("/dev/null", "rb") as null:
        for _ in range(10):
            judge.socket.sendmsg([orders.order(orders.ASKED)], [
                (1, 1, struct.pack("3i", *[null.fileno()] * 3))])
            assert orders.Answer(*orders.receive(judge.socket)).result == 0
    wait_until(lambda: len(files_of(judge.pid)) <= before, "every descriptor to be closed")


def test_attack_56_one_asker_at_a_time_and_only_as_the_account(shared, judge):
    shared.path("/usr/libexec/vmgrant/vmgrant-authorize").unlink()
    shared.write("/usr/libexec/vmgrant/vmgrant-authorize",
                 "#!/bin/sh\nid -u >/tmp/asker-uid\nexec sleep 1000\n", 0o755)
    first = judge.give(orders.order(orders.ASK))
    assert first.result == 0 and len(first.fds) == 2
    (pid,) = struct.unpack_from("=q", first.data, 16)
    # What everybody can read about the process that is asked about.
    assert os.read(first.fds[1], 100).startswith(b"%d (" % pid)
    assert judge.give(orders.order(orders.ASK)).result == -errno.EALREADY
    wait_until(shared.path("/tmp/asker-uid").exists, "the asker")
    service = shared.run(["id", "-u", "vmgrant"]).stdout
    wait_until(lambda: shared.path("/tmp/asker-uid").read_bytes() == service, "its uid")
    assert judge.give(orders.order(orders.ASKED)).result == 0
    for fd in first.fds:
        os.close(fd)


def test_attack_56_a_judge_that_dies_is_a_refusal(shared):
    result = Judge(shared).end()
    assert result.code == replies.INTERNAL and b"has ended" in result.stderr


def test_attack_56_a_judge_that_never_ends_is_ended(shared):
    judge = Judge(shared)
    start = time.monotonic()
    judge.socket.send(b"sleep")
    # Half a minute for a request; whoever waits is not held for ever.
    result = judge.request.finish(120)
    assert result.code == -signal.SIGKILL and time.monotonic() - start > 20
