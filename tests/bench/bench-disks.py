#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A request for a disk against the bare system calls, among few disks and among many.

    sudo tests/bench/bench-disks.py STAGE [RUNS]

STAGE is where `make install DESTDIR=STAGE` has put vmgrant. The disks are loop devices of
the machine, each with a rule of its own when there are many. Prints a table.
"""

import fcntl
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, os.fspath(Path(__file__).parent.parent / "system"))

# Found by the line above.
import disk_client  # noqa: E402  pylint: disable=wrong-import-position
import guard  # noqa: E402  pylint: disable=wrong-import-position
import protocol_client  # noqa: E402  pylint: disable=wrong-import-position
from disks import NAME, RULE, DiskWorld  # noqa: E402  pylint: disable=wrong-import-position

MANY = 200
BLKGETDISKSEQ, LOOP_CTL_REMOVE = 0x80081280, 0x4C81


def time_us(function):
    begin = time.monotonic_ns()
    result = function()
    return (time.monotonic_ns() - begin) / 1000, result


def bare(path):
    fd = os.open(path, os.O_RDWR | os.O_EXCL)
    fcntl.ioctl(fd, BLKGETDISKSEQ, bytearray(8))
    os.fstat(fd)
    return fd


def samples(world, runs):
    """Medians in microseconds: asked and opened, judged alone, the bare calls."""
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    rows = {"opened": [], "judged": [], "bare": []}
    for number in range(runs):
        for name, flags in (("opened", 0), ("judged", disk_client.QUERY)):
            spent, reply = time_us(lambda flags=flags, number=number: disk_client.ask(
                request.socket, NAME, number, flags))
            assert reply.code == 0, reply.sentence
            reply.close()
            rows[name].append(spent)
        spent, fd = time_us(lambda: bare(world.disk.path))
        os.close(fd)
        rows["bare"].append(spent)
    request.socket.close()
    request.finish()
    return {name: statistics.median(row) for name, row in rows.items()}


def main():
    stage, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 300
    guard.keep_out()
    with tempfile.TemporaryDirectory() as folder, DiskWorld(stage, Path(folder)) as world:
        few = samples(world, runs)
        rules = RULE
        for number in range(MANY):
            disk = world.add_disk(1 << 20)
            world.link(f"{NAME}{number}", disk)
            rules += f"allow disk {NAME}{number} user bob\n"
        world.write_acl(rules)
        many = samples(world, runs)
        indexes = [loop.index for loop in world.loops]
    print("| | opened | judged alone | bare calls |\n|---|---:|---:|---:|")
    for title, row in (("one disk, one rule", few), (f"{MANY} more of both", many)):
        print(f"| {title}, µs | " + " | ".join(f"{row[name]:.0f}" for name in row) + " |")
    # What was made for this goes; those that somebody else uses by now stay.
    with open("/dev/loop-control", "rb") as control:
        for index in indexes:
            try:
                fcntl.ioctl(control, LOOP_CTL_REMOVE, index)
            except OSError:
                pass


if __name__ == "__main__":
    main()
