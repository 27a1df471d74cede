# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Helpers that run under strace: to count their system calls and to make one of them fail."""

import re
from collections import Counter

TRACE = "/tmp/trace"
CALL = re.compile(r"^(\d+) +(\w+)\((.*)", re.MULTILINE)

# So many at a time; a process under strace spends much time waiting.
AT_ONCE = 4


def ordered_calls(world, user="alice", bridge="br0", **options):
    """[(name, number, arguments)] of the calls of the helper itself, in their order."""
    result = world.request(user, bridge, strace=["-f", "-qq", "-o", TRACE], **options)
    assert result.granted, result
    result.close()
    world.wait_no_taps()
    trace = CALL.findall(world.path(TRACE).read_text(encoding="utf-8"))
    counts, found = Counter(), []
    for pid, name, arguments in trace:
        if pid == trace[0][0]:
            counts[name] += 1
            found.append((name, counts[name], arguments))
    return found


def injecting(name, number, what):
    """strace options that let what happen at the number-th call of that name."""
    return ["-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}",
            "-e", f"inject={name}:{what}:when={number}"]


def inject_each(world, calls, what, user="alice", bridge="br0", **options):
    """Run one request for each call, with what happening there.

    Yields (call, Result). The caller closes the Result.
    """
    for start in range(0, len(calls), AT_ONCE):
        chunk = calls[start:start + AT_ONCE]
        requests = [world.start_request(user, bridge, strace=injecting(*call, what), **options)
                    for call in chunk]
        for call, request in zip(chunk, requests):
            yield call, request.finish()
