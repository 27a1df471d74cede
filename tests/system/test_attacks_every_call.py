# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 10, 11, 36 and 52 at scale: whatever call fails, kills or stops, of whichever process.

Each scenario is a policy and a request. A few of its cases are run, chosen by a seed that is
printed; VMGRANT_FAULTS is how many of each, or "all", and VMGRANT_FAULTS_SEED the seed.

What must hold: never more than the rules give, a grant that is whole or none, one record for
each grant, one clear sentence for a refusal, no capability raised where the helper speaks or leaves, and
nothing left.
"""

import os
from collections import Counter

import pytest

import faults
import protocol_client
from askers import YES
from fault_devices import Disk, Usb, Vfio
from fault_ports import (DENIES, AskedPort, Direct, DropIn, Imported, Native, Query, Refused, Second,
                         Served, ServedAsked, ServedDenied, Vhost, denied)
from fault_scenarios import COUNTED
from world import helper_arguments

# ---- what must be refused ----

class NoRule(Refused):
    policy = "allow bridge br0 user bob polkit=no\nallow bridge br1 user alice polkit=no\n"


class NoBridge(Refused):
    policy = "allow bridge * user alice polkit=no\n"
    arguments = helper_arguments("br9", 9)


class Broken(Refused):
    policy = "allow bridge br0 user alice polkit=no\nallow bridge br0 usr alice\n"


class DeniedDisk(Disk):
    """The deny says another name of the same disk."""
    grants = False
    policy = Disk.policy + "".join(f"deny disk /dev/disk/by-path/pci-{number} user alice\n"
                                   for number in range(faults.WORKERS))


class OverQuota(Native):
    policy = "allow bridge br0 user alice polkit=no quota=1\n"
    grants, queues = False, 1

    def prepare(self):
        super().prepare()
        request = self.world.start_request("alice", channel=protocol_client.pair,
                                           arguments=["--fd=9"])
        self.held = protocol_client.ask(request.socket, 1, "br0")
        assert self.held.code == 0, self.held.sentence
        request.socket.close()
        assert request.finish().code == 0

    def check_nothing_is_left(self):
        assert self.world.taps() == [self.held.port]
        for fd in self.held.fds:
            os.close(fd)
        super().check_nothing_is_left()


class DeniedByPolkit(AskedPort):
    grants, rules = False, YES.replace("Result.YES", "Result.NO")


SCENARIOS = {
    "drop-in": DropIn, "sealed": Native, "second": Second, "direct": Direct, "vhost": Vhost,
    "query": Query, "polkit": AskedPort, "imported": Imported, "usb": Usb, "vfio": Vfio, "disk": Disk,
    "denied disk": DeniedDisk, "no rule": NoRule, "no bridge": NoBridge, "broken policy": Broken,
    "over quota": OverQuota, "polkit's no": DeniedByPolkit,
    "service": Served, "service and polkit": ServedAsked, "service, denied": ServedDenied,
    **{f"deny by {name}, {names}": denied(name, names) for name in DENIES
       for names in ("files", "files systemd")},
}


@pytest.fixture(scope="module")
def wanted(request):
    """(seed, cases of each scenario); at the end it is said how many there were."""
    seed, how_many = faults.wanted()
    yield seed, how_many
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{COUNTED['cases']} cases of failing, killing and stopping calls, "
              f"{COUNTED['met']} of them met a call; VMGRANT_FAULTS_SEED={seed} "
              f"VMGRANT_FAULTS={how_many or 'all'}")


@pytest.mark.limit(7200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_attack_10_and_11_and_36_and_52_whatever_happens_to_one_call(stage, tmp_path, wanted, name):
    seed, how_many = wanted
    with SCENARIOS[name](stage, tmp_path) as scenario:
        counts = Counter(call.task for call in scenario.calls())
        judge = counts[scenario.judge_task]
        assert len(counts) > scenario.judge_task and min(counts[0], judge) > 40, counts
        cases = faults.sample(faults.all_cases(counts), seed, how_many)
        problems = faults.run_all(scenario.workers, cases, scenario.judge)
        assert not problems, f"VMGRANT_FAULTS_SEED={seed}: {problems}"
        scenario.check_nothing_is_left()
