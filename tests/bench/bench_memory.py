# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""How much memory all processes of a request hold together: a part of bench.py."""

import os
import re
import signal
from pathlib import Path

import tracing
from process import wait_until
from world import HELPER


def family(pid):
    """A process and all that it has started, as the kernel lists them."""
    yield pid
    for table in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in table.read_text(encoding="ascii").split():
            yield from family(int(child))


def shares_kib(pids):
    """What each of these processes holds; a page that several have counts for each a part."""
    return [sum(map(int, re.findall(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(
        encoding="ascii"), re.MULTILINE))) for pid in pids]


def at_hand_over(world, helper):
    """KiB of every process of one request, stopped when the TAP has been sent."""
    number = next(call[1] for call in tracing.ordered_calls(world, helper=helper)
                  if call[0] == "sendmsg" and "SCM_RIGHTS" in call[2])
    world.path(tracing.TRACE).unlink()
    request_ = world.start_request("alice", helper=helper, strace=[
        "-qq", "-o", tracing.TRACE, "-e", f"inject=sendmsg:signal=STOP:when={number}"])
    trace = world.path(tracing.TRACE)
    wait_until(lambda: trace.exists() and "stopped by SIGSTOP" in trace.read_text("utf-8"),
               "the stop at the hand-over")
    strace, *processes = family(request_.pid)
    shares = shares_kib(processes)
    os.kill(processes[0], signal.SIGCONT)
    request_.finish().close()
    world.wait_no_taps()
    return shares


def while_asking(world, acl):
    """The same while polkit is asked: polkitd stands still, so the asker waits."""
    world.write_acl("allow bridge br0\n")
    os.kill(world.polkit.daemon.pid, signal.SIGSTOP)
    request_ = world.start_request("alice")
    # Helper, judge and asker; the asker is there in full when it waits for the answer.
    def asks():
        processes = list(family(request_.pid))
        return len(processes) == 3 and "poll" in Path(
            f"/proc/{processes[-1]}/wchan").read_text(encoding="ascii")
    wait_until(asks, "the asker")
    shares = shares_kib(family(request_.pid))
    os.kill(world.polkit.daemon.pid, signal.SIGCONT)
    request_.finish().close()
    world.wait_no_taps()
    world.write_acl(acl)
    return shares


def together(world, qemu_helper, linked, acl):
    subjects = {"qemu-bridge-helper": at_hand_over(world, qemu_helper),
                "vmgrant-helper, shared libraries": at_hand_over(world, HELPER),
                "vmgrant-helper, libnl linked in": at_hand_over(world, linked),
                "vmgrant-helper, shared libraries, while polkit is asked":
                    while_asking(world, acl)}
    base = sum(subjects["qemu-bridge-helper"])
    return "\n".join(("### Memory of all processes together", "",
                      "Proportional set sizes, when the TAP is handed over. At most 0.9 is wanted.",
                      "", "| | processes | KiB | ratio |", "|---|---:|---:|---:|",
                      *(f"| {name} | {' + '.join(map(str, shares))} | {sum(shares)} | "
                        f"{sum(shares) / base:.2f} |" for name, shares in subjects.items()), ""))
