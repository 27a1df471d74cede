# SPDX-License-Identifier: LGPL-2.1-or-later
"""Names from inside the judge's sandbox: every name service that people have, by its real module."""

import re
from pathlib import Path

import pytest

import nss
from process import wait_until

PROBE = "/usr/libexec/sandbox-probe"
CALLS = Path(__file__).parents[2] / "judge/sandbox-calls.txt"
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

LINE = re.compile(r"^(\d+) +(\w+)\((.*?)\)? += +(-?\w+)(?: (E\w+))?", re.MULTILINE)


def listed():
    """{call: word} of the list that the filter is made of."""
    rows = [line.split(None, 2) for line in CALLS.read_text(encoding="utf-8").splitlines()
            if line.strip() and not line.startswith("#")]
    return {call: word for word, call, _ in rows}


def calls_behind_the_filter(text):
    """[(call, result, error)] of each process, from when it has its filter."""
    inside, found = set(), []
    for pid, call, arguments, result, error in LINE.findall(text):
        if pid in inside:
            found.append((call, result, error))
        elif call == "seccomp" and "SECCOMP_SET_MODE_FILTER" in arguments and result == "0":
            inside.add(pid)
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
    done = probe_world.run(["strace", "-f", "-qq", "-o", TRACE, PROBE, *NAMES],
                           account(probe_world))
    assert done.code == 0, done.stderr
    found = calls_behind_the_filter(probe_world.path(TRACE).read_text(encoding="utf-8"))
    assert {"socket", "connect", "mmap"} <= {call for call, _, _ in found}
    assert_only_listed(found)
