# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What /proc tells of a process that may open, close, fork or end while it is looked at.

What has gone meanwhile is left out: a file that is open says ESRCH instead of ENOENT.
"""

import os

from process import wait_until

GONE = (FileNotFoundError, ProcessLookupError)


def state_of(pid):
    """The letter of /proc/PID/stat; Z, too, for one of which nothing is left."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except GONE:
        return "Z"


def status_of(pid):
    """{name: text} of /proc/PID/status, empty for one that has gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
            return dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)
    except GONE:
        return {}


def permitted(pid):
    """Its permitted capabilities, None for one that has gone."""
    text = status_of(pid).get("CapPrm")
    return None if text is None else int(text, 16)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as line:
            return [int(number) for number in line.read().split()]
    except GONE:
        return []


def judge_of(pid):
    """Of a helper that has nothing to do: what built its last port may take a while to end."""
    wait_until(lambda: len(children_of(pid)) == 1, "the judge alone")
    return children_of(pid)[0]


def descendants_of(pid):
    """All that it started and what they started, itself not."""
    found = children_of(pid)
    return found + [other for child in found for other in descendants_of(child)]


def files_of(pid):
    """{descriptor: what it is open on}."""
    found = {}
    try:
        numbers = os.listdir(f"/proc/{pid}/fd")
    except GONE:
        return found
    for number in numbers:
        try:
            found[int(number)] = os.readlink(f"/proc/{pid}/fd/{number}")
        except GONE:
            pass
    return found


def named(name):
    """The pids in sight whose command has that name (15 letters at most)."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and status_of(entry).get("Name") == name and state_of(entry) != "Z":
            found.append(int(entry))
    return found


def listens(path):
    """Can one connect to a unix socket of this network namespace? There it is before, by bind()."""
    with open("/proc/self/net/unix", encoding="utf-8", errors="replace") as sockets:
        lines = [line.split(maxsplit=7) for line in sockets][1:]
    # The flag is __SO_ACCEPTCON.
    return any(line[3] == "00010000" and line[7:] and line[7].rstrip("\n") == path for line in lines)
