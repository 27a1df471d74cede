# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 11, 36 and 37: every system call fails, or is the last one, once."""

import pytest

from askers import TOKEN, install_asker
from tracing import inject_each, ordered_calls, recorded_calls
from world import World


@pytest.fixture(scope="module", params=("without polkit", "with polkit"))
def shared(stage, request):
    """The same tests with and without the fork, the pipe and the wait for the asker."""
    with World(stage) as world:
        world.bridge("br0")
        if request.param == "with polkit":
            world.write_acl("allow bridge br0\n")
            install_asker(world, f"printf '{TOKEN}'")
        else:
            world.write_acl("allow bridge br0 user alice polkit=no\n")
        yield world


# What the question to polkit needs. The rest fails in the run without polkit. Not close():
# in the kernel it cannot fail, and a pipe that stays open takes the whole bound to be refused.
ASKING_CALLS = ("pipe2", "clone", "clone3", "vfork", "poll", "read", "wait4", "waitid", "kill",
                "pidfd_open", "close_range", "dup2", "dup3", "write", "clock_gettime",
                "execve", "setresuid", "capset")


@pytest.fixture(scope="module")
def calls(shared):
    found = recorded_calls(shared)
    names = {name for name, _ in found}
    # The interesting ones are there, and it is not some other program that was seen.
    assert names > {"setresuid", "setgroups", "capset", "prctl", "sendmsg", "ioctl", "openat"}
    if "pipe2" not in names:
        return found
    return [call for call in found if call[0] in ASKING_CALLS]


def is_whole(world, name):
    """Has this port everything that a port must have?"""
    port = world.port(name)
    link = world.links()[name]
    return (port["master"] == "br0" and port["guard"] and port["root_block"] and
            "UP" in link["flags"] and link["address"].startswith("fe:") and
            link.get("ifalias") == "vmgrant: user alice (uid 1000) on br0" and
            link["mtu"] == 1500 and world.sysfs(name, "owner") == "1000")


def problem_of(world, result):
    """What is wrong with an outcome, None if it is a whole grant or a whole refusal."""
    if result.code == 0 and not result.granted:
        return "exit 0 without one byte and one fd"
    if result.code != 0 and (result.payload or result.fds):
        return "something was sent before a failure"
    if result.granted and result.name not in world.interfaces():
        return "a descriptor without its interface"
    if result.granted and not is_whole(world, result.name):
        return "a port without its protections"
    return None


@pytest.mark.parametrize("error", ("ENOMEM", "EPERM", "EINTR"))
def test_attack_36_every_system_call_fails_once(shared, calls, error):
    problems, granted = [], 0
    for call, result in inject_each(shared, calls, f"error={error}"):
        problem = problem_of(shared, result)
        if problem:
            problems.append((call, problem, result))
        granted += result.granted
        result.close()
    assert not problems, problems
    # Some calls may fail without harm; but the injection must have had an effect.
    assert granted < len(calls) * 3 / 4, granted
    shared.wait_no_taps()


def test_attack_11_killed_at_every_system_call(shared, calls):
    problems, killed = [], 0
    for call, result in inject_each(shared, calls, "signal=KILL"):
        killed += result.code == -9
        whole = (result.payload, len(result.fds)) in ((b"", 0), (b"\0", 1))
        if not whole:
            problems.append((call, result))
        result.close()
    assert not problems, problems
    assert killed > len(calls) / 2
    shared.wait_no_taps()


def changes_privileges(name, arguments):
    if name == "prctl":
        # What only asks, or only costs speed, may fail without harm.
        if arguments.startswith(("PR_SET_TSC", "PR_SET_THP_DISABLE", "PR_SET_MEMORY_MERGE")):
            return False
        return arguments.startswith(("PR_SET_", "PR_CAPBSET_DROP",
                                     "PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL"))
    return name in ("setresuid", "setresgid", "setgroups", "capset")


def test_attack_37_a_failing_change_of_privileges_is_never_survived(shared):
    calls = ordered_calls(shared)
    # Up to the judge's fork: later ones raise and lower, and what failed may be tried again.
    fork = next(i for i, call in enumerate(calls) if call[0] == "clone")
    chosen = [call[:2] for call in calls[:fork] if changes_privileges(call[0], call[2])]
    assert {"setresuid", "setresgid", "setgroups", "capset", "prctl"} == {
        name for name, _ in chosen}
    survived = []
    # Not EINVAL: for PR_CAPBSET_DROP that is the proper end of the list.
    for error in ("EPERM", "EAGAIN"):
        for call, result in inject_each(shared, chosen, f"error={error}"):
            if result.code == 0 or result.payload or result.fds:
                survived.append((call, error, result))
            result.close()
    assert not survived, survived
    shared.wait_no_taps()
