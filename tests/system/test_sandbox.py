# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Names from inside the judge's sandbox: every name service that people have, by its real module."""

import re
from pathlib import Path

import pytest

import nss
from askers import YES
from process import wait_until

PROBE = "/usr/libexec/sandbox-probe"
CALLS = Path(__file__).parents[2] / "judge/sandbox/calls.txt"
TRACE = "/tmp/trace"


@pytest.fixture
def probe_world(world):
    world.write(PROBE, nss.built(nss.PROBE).read_bytes(), mode=0o755)
    return world


def account(world):
    line = next(line for line in world.path("/etc/passwd").read_text().splitlines()
                if line.startswith("vmgrant:"))
    return int(line.split(":")[2]), int(line.split(":")[3]), []


def look_up(world, *words):
    done = world.run([PROBE, *words], account(world))
    assert done.code == 0, done.stderr
    return done.stdout.decode().splitlines()


def until(world, words, wanted):
    """A daemon is there before it knows all that it will."""
    wait_until(lambda: look_up(world, *words) == wanted, f"{words} to be {wanted}")


NAMES = ("user", "alice", "user", "nix", "group", "students", "group", "nix", "groups", "alice")
FOUND = ["1000", "none", "2000", "none", "1000 2000"]


def test_names_by_files(probe_world):
    nss.switch(probe_world, "files")
    assert look_up(probe_world, *NAMES) == FOUND


def test_names_by_files_and_systemd(probe_world):
    nss.add_packages(probe_world)
    nss.switch(probe_world, "files systemd")
    assert look_up(probe_world, *NAMES) == FOUND
    nss.serve_userdb(probe_world, {"dora": 60001}, {"dora": 60001, "lab": 60002})
    assert look_up(probe_world, "user", "dora", "group", "lab", "user", "nix") == [
        "60001", "60002", "none"]


def test_names_by_sssd(probe_world):
    nss.add_packages(probe_world)
    nss.start_sssd(probe_world)
    nss.switch(probe_world, "sss")
    until(probe_world, NAMES, FOUND)
    # Once more, by sssd's memory cache now.
    assert look_up(probe_world, *NAMES) == FOUND


def test_names_by_ldap(probe_world):
    nss.add_packages(probe_world)
    nss.start_ldap(probe_world, {"dora": 61001}, {"dora": 61001, "lab": 61002}, {"lab": ["dora"]})
    nss.switch(probe_world, "files ldap")
    names = ("user", "dora", "user", "nix", "group", "lab", "group", "nix", "groups", "dora")
    until(probe_world, names, ["61001", "none", "61002", "none", "61001 61002"])
    assert look_up(probe_world, *NAMES) == FOUND


@pytest.mark.parametrize("module", ("sss", "ldap", "winbind"))
def test_a_module_without_its_daemon_does_no_harm(probe_world, module):
    nss.add_packages(probe_world)
    nss.switch(probe_world, f"{module} files")
    assert look_up(probe_world, "user", "alice", "group", "students") == ["1000", "2000"]


def test_attack_57_a_module_loaded_inside_has_nothing(probe_world):
    sink = nss.install_record(probe_world)
    nss.switch(probe_world, "record files")
    assert look_up(probe_world, "user", "alice", "group", "students") == ["1000", "2000"]
    seen = nss.events(sink)
    assert [event.name for event in seen] == ["loaded", "getpwnam", "getgrnam"]
    for event in seen:
        assert set(event.capabilities().values()) == {0}
        assert event.status["NoNewPrivs"] == "1" and event.status["Seccomp"] == "2"
        assert event.status["Uid"].split() == [str(account(probe_world)[0])] * 4


# ---- the list of calls ----

LINE = re.compile(r"^(\w+)\((.*?)\)? += +(-?\w+)(?: (E\w+))?")
# A file for each process: no call is cut in two by another's.
STRACE = ["-ff", "-qq", "-o", TRACE]


def listed():
    """{call: word} of the list that the filter is made of."""
    rows = [line.split(None, 2) for line in CALLS.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")]
    return {call: word for word, call, _ in rows}


def calls_behind_the_filter(world):
    """[(call, result, error)] of the process that has the filter, from then on."""
    found, inside = [], False
    done = world.run(["sh", "-c", f"for file in {TRACE}.*; do cat $file; echo; done; rm {TRACE}.*"])
    for line in done.stdout.decode("ascii").splitlines():
        if not line:
            inside = False
        elif call := LINE.match(line):
            name, arguments, result, error = call.groups()
            if inside:
                found.append((name, result, error))
            elif name == "seccomp" and "SECCOMP_SET_MODE_FILTER" in arguments and result == "0":
                inside = True
    return found


def assert_only_listed(found):
    """Every call is in the list, and the filter let it through."""
    words = listed()
    assert not {call for call, _, _ in found} - set(words)
    refused = [(call, error) for call, _, error in found if error in ("EPERM", "ENOSYS")]
    assert not refused


def test_the_list_has_a_reason_for_each_call():
    rows = [line for line in CALLS.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")]
    assert all(len(row.split(None, 2)) == 3 for row in rows)
    assert len(listed()) == len(rows)


def start_service(world, module):
    if module == "systemd":
        nss.serve_userdb(world, {"dora": 60001}, {"dora": 60001})
    elif module == "sss":
        nss.start_sssd(world)
    elif module == "ldap":
        nss.start_ldap(world, {"dora": 61001}, {"dora": 61001}, {})


@pytest.mark.parametrize("module", ("systemd", "sss", "ldap", "winbind"))
def test_the_calls_of_name_services_are_in_the_list(probe_world, module):
    nss.add_packages(probe_world)
    start_service(probe_world, module)
    nss.switch(probe_world, f"{module} files")
    done = probe_world.run(["strace", *STRACE, PROBE, *NAMES], account(probe_world))
    assert done.code == 0, done.stderr
    found = calls_behind_the_filter(probe_world)
    assert {"socket", "connect", "mmap"} <= {call for call, _, _ in found}
    assert_only_listed(found)


# ---- the judge itself ----

def judge_calls(world):
    """How one request ended, and what its judge did behind the filter."""
    result = world.request("alice", strace=STRACE)
    found = calls_behind_the_filter(world)
    assert found, result
    return result, found


POLICIES = {
    "a rule for a user": ("allow bridge br0 user alice polkit=no\n", True),
    "a rule for a group": ("allow bridge br0 group students polkit=no\n", True),
    "a deny": ("allow bridge br0 polkit=no\ndeny bridge br0 user alice\n", False),
    "an unknown name": ("allow bridge br0 polkit=no\ndeny bridge br0 user nix\n", False),
    "no rule": ("", False),
    "an error": ("allow\n", False),
}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("services", ("files", "files systemd"))
def test_the_calls_of_a_judge_are_in_the_list(world, name, services):
    text, granted = POLICIES[name]
    world.write_acl(text)
    nss.switch(world, services)
    result, found = judge_calls(world)
    assert result.granted == granted, result
    assert_only_listed(found)


def test_a_judge_finds_names_by_sssd(world):
    nss.add_packages(world)
    nss.start_sssd(world)
    nss.switch(world, "sss files")
    for group, granted in (("gpu", True), ("students", False)):
        world.write_acl(f"allow bridge br0 user alice polkit=no\ndeny bridge br0 group {group}\n")
        result, found = judge_calls(world)
        assert_only_listed(found)
        assert result.granted == granted, result


def test_a_judge_finds_names_by_ldap(world):
    nss.add_packages(world)
    nss.start_ldap(world, {"dora": 61001, "alison": 1000}, {"dora": 61001}, {})
    nss.switch(world, "files ldap")
    # alison is a name of alice's uid that the directory alone knows.
    for user, granted in (("dora", True), ("alison", False)):
        world.write_acl(f"allow bridge br0 user alice polkit=no\ndeny bridge br0 user {user}\n")
        result, found = judge_calls(world)
        assert_only_listed(found)
        assert result.granted == granted, result


def test_the_calls_of_a_judge_that_asks_polkit_are_in_the_list(polkit_world):
    polkit_world.rules(YES)
    result, found = judge_calls(polkit_world)
    assert result.granted, result
    assert_only_listed(found)


def test_attack_57_a_module_is_loaded_only_where_nothing_can_be_gained(world):
    sink = nss.install_record(world)
    nss.switch(world, "record files")
    world.write_acl("allow bridge br0 user alice polkit=no\ndeny bridge br0 group gpu\n")
    assert world.request("alice").granted
    seen = nss.events(sink)
    assert {event.name for event in seen} >= {"loaded", "getpwnam", "getgrnam"}
    for event in seen:
        assert set(event.capabilities().values()) == {0}, event
        assert event.status["NoNewPrivs"] == "1" and event.status["Seccomp"] == "2", event
