# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 11, 36 and 37: every system call fails, or is the last one, once."""

import os

import pytest

import faults
from askers import TOKEN, install_asker
from fault_ports import DropIn
from tracing import ordered_calls


class Asked(DropIn):
    """A script answers for polkit: the same with the forks, the pipes and the wait for it."""
    policy = "allow bridge br0\n"

    def prepare(self):
        super().prepare()
        install_asker(self.world, f"printf '{TOKEN}'")


@pytest.fixture(scope="module")
def scenario(stage, request):
    with request.param(stage, None) as scenario:
        yield scenario


# What the question to polkit needs. The rest fails in the run without polkit. Not close():
# in the kernel it cannot fail, and a pipe that stays open takes the whole bound to be refused.
ASKING_CALLS = ("pipe2", "clone", "clone3", "vfork", "poll", "read", "wait4", "waitid", "kill",
                "pidfd_open", "close_range", "dup2", "dup3", "write", "clock_gettime",
                "execve", "setresuid", "capset")
# What a port must have: the scenario compares each with the first one.
WHOLE = {"mtu": "1500", "owner": "1000", "address": "fe", "brport/bpdu_guard": "1",
         "brport/root_block": "1", "ifalias": "vmgrant: user alice (uid 1000) on br0"}


def calls_of(scenario):
    """Those to be tried; and the interesting ones are there."""
    calls = scenario.calls()
    assert {call.name for call in calls} > {"setresuid", "setgroups", "capset", "prctl", "sendmsg",
                                            "ioctl", "openat"}
    assert scenario.model["master"].endswith("/br0") and int(scenario.model["flags"], 16) & 1
    assert WHOLE.items() <= scenario.model.items()
    if isinstance(scenario, Asked):
        return [call for call in calls if call.name in ASKING_CALLS]
    return [call for call in calls if call.name not in ("exit", "exit_group")]


both = pytest.mark.parametrize("scenario", (DropIn, Asked), indirect=True, ids=(
    "without polkit", "with polkit"))


@both
@pytest.mark.parametrize("error", ("ENOMEM", "EPERM", "EINTR"))
def test_attack_36_every_system_call_fails_once(scenario, error):
    calls = calls_of(scenario)
    problems = scenario.run_each(calls, faults.FAIL, error)
    assert not problems, problems
    # Some calls cannot fail, or may without harm; but the injection must have had an effect.
    assert scenario.seen["met"] > len(calls) / 2
    assert scenario.seen["granted"] < len(calls) * 3 / 4, scenario.seen
    scenario.check_nothing_is_left()


@both
def test_attack_11_killed_at_every_system_call(scenario):
    calls = calls_of(scenario)
    problems = scenario.run_each(calls, faults.KILL)
    assert not problems, problems
    assert scenario.seen["met"] > len(calls) * 3 / 4
    of_helper = [call for call in calls if call.task == 0]
    assert scenario.seen["killed"] > len(of_helper) * 3 / 4 > 10
    scenario.check_nothing_is_left()


PRIVILEGED = {"setresuid", "setresgid", "setgroups", "capset", "prctl"}


def changes_privileges(name, arguments):
    if name == "prctl":
        # What only asks, or only costs speed, may fail without harm.
        if arguments.startswith(("PR_SET_TSC", "PR_SET_THP_DISABLE", "PR_SET_MEMORY_MERGE")):
            return False
        return arguments.startswith(("PR_SET_", "PR_CAPBSET_DROP",
                                     "PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL"))
    return name in PRIVILEGED


@pytest.mark.parametrize("scenario", (DropIn,), indirect=True, ids=("without polkit",))
@pytest.mark.parametrize("error", ("EPERM", "EAGAIN"))  # EINVAL is the proper end of a list
def test_attack_37_a_failing_change_of_privileges_is_never_survived(scenario, error):
    calls = [call for call in scenario.calls() if call.task == 0]
    traced = ordered_calls(scenario.world)
    # The injector begins where main() does. Later than the judge's fork the helper raises and
    # lowers, and what failed may be tried again.
    begin = next(i for i, call in enumerate(traced) if call[0] == "rt_sigpending")
    fork = next(i for i, call in enumerate(traced) if call[0] == "clone")
    # Whether it waits for its thread is chance, and no matter here.
    traced = [call for call in traced[begin:fork] if call[0] != "futex"]
    calls = [call for call in calls if call.name != "futex"][:len(traced)]
    assert [call.name for call in calls] == [name for name, _, _ in traced]
    chosen = [call for call, (name, _, arguments) in zip(calls, traced)
              if changes_privileges(name, arguments)]
    assert PRIVILEGED == {call.name for call in chosen}

    def problem(worker, case):
        report = worker.run(case, scenario.talk(worker))
        data, fds = report.answer
        for fd in fds:
            os.close(fd)
        records = scenario.records(worker, report)
        if not report.fired or faults.name_of(report.system_call) not in PRIVILEGED:
            return None  # one call earlier or later than usual
        met.append(case)
        is_given = report.code == 0 or data or fds or records
        return f"{report}, {records}" if is_given else None

    met = []
    survived = faults.run_all(scenario.workers, [faults.Case(0, call.number, faults.FAIL, error)
                                                 for call in chosen], problem)
    assert not survived, survived
    assert len(met) > len(chosen) * 3 / 4
    scenario.check_nothing_is_left()
