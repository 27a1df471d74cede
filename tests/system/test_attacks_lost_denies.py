# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 36: no failure of any call makes a deny be about nobody."""

import pytest

import faults
from fault_ports import DENIES, denied

# What reads files and lists and asks services; the rest decides nothing here.
READING = {"openat", "open", "read", "pread64", "lseek", "fstat", "newfstatat", "statx", "lstat",
           "stat", "getdents64", "readlink", "readlinkat", "mmap", "socket", "connect", "sendto",
           "sendmsg", "recvfrom", "recvmsg", "poll", "ppoll", "fcntl", "seteuid", "setegid",
           "setresuid", "setresgid", "setgroups", "access", "faccessat", "faccessat2", "getgroups"}


@pytest.fixture(scope="module")
def scenario(stage, request):
    with denied(*request.param)(stage, None) as scenario:
        yield scenario


# Files that are included ask for no name, whatever is asked for names.
ASKED = [("user", "files"), ("group", "files"), *((deny, "files systemd") for deny in DENIES)]


@pytest.mark.parametrize("scenario", ASKED, indirect=True, ids=", ".join)
@pytest.mark.parametrize("error", ("EIO", "ENOENT", "EMFILE"))
def test_attack_36_a_deny_is_never_lost_by_a_failing_call(scenario, error):
    calls = [call for call in scenario.calls() if call.name in READING]
    assert {call.name for call in calls if call.task == scenario.judge_task} > {"openat", "read"}
    problems = scenario.run_each(calls, faults.FAIL, error)
    assert not problems, problems
    # Which of two tasks is ahead is not always the same.
    assert scenario.seen["met"] > len(calls) * 3 / 4 > 40
    scenario.check_nothing_is_left()
