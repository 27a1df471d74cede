# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant explain: file, line and rule that decide."""

import json

import pytest

import replies
from world import ACL

RULES = """# who may do what
allow bridge br0 user alice queues=4 quota=2 polkit=no
deny  bridge br0 user mallory-who-left
allow bridge br0 group students vhost isolated
deny  bridge br0 user bob
allow bridge *
allow usb 0951:1666 user alice
allow usb class=08 group gpu
deny usb 0951:1666 serial=0012
allow vfio 10de:* group gpu memlock=24G
"""


@pytest.fixture
def rules_world(world):
    world.write_acl(RULES)
    return world


def run(world, *words, user="root"):
    return world.run_as(user, ["vmgrant", "explain", *words])


def explained(world, *words, user="root"):
    done = run(world, *words, user=user)
    assert done.code == 0 and done.stderr == b"", (done.code, done.stderr)
    return done.stdout.decode("ascii").splitlines()


def test_the_first_allow_decides_and_the_others_are_named(rules_world):
    assert explained(rules_world, "--user", "alice", "bridge", "br0") == [
        "bridge br0: allowed for user alice",
        f"  by {ACL}: line 2: allow bridge br0 user alice queues=4 quota=2 polkit=no",
        "  gives: 4 queues, a sealed port, 2 at a time, without asking polkit",
        f"  also {ACL}: line 4: allow bridge br0 group students vhost isolated: not needed",
        f"  also {ACL}: line 6: allow bridge *: not needed"]


def test_a_deny_decides_wherever_it_stands(rules_world):
    assert explained(rules_world, "--user", "bob", "bridge", "br0") == [
        "bridge br0: denied for user bob",
        f"  by {ACL}: line 5: deny  bridge br0 user bob",
        f"  also {ACL}: line 6: allow bridge *: a deny wins"]


def test_groups_of_another_user_are_his_own(rules_world):
    rules_world.write_acl("allow bridge br0 group students\nallow bridge br1 group gpu\n")
    for user, first, second in (("alice", "allowed", "denied"), ("carol", "denied", "allowed"),
                                ("bob", "denied", "denied")):
        assert first in explained(rules_world, "--user", user, "bridge", "br0")[0]
        assert second in explained(rules_world, "--user", user, "bridge", "br1")[0]


def test_it_says_when_no_rule_is_about_it(rules_world):
    assert explained(rules_world, "--user", "bob", "vfio", "0000:03:00.0") == [
        "vfio 0000:03:00.0: denied for user bob: no rule allows it"]


def test_devices_are_named_as_in_rules(rules_world):
    lines = explained(rules_world, "--user", "alice", "usb", "0951:1666")
    assert lines[0] == "usb 0951:1666: allowed for user alice" and "line 7" in lines[1]
    lines = explained(rules_world, "--user", "alice", "usb", "0951:1666", "serial=0012")
    assert "denied" in lines[0] and "line 9" in lines[1] and "line 7" in lines[2]
    lines = explained(rules_world, "--user", "carol", "usb", "1234:5678", "class=08")
    assert "allowed" in lines[0] and "line 8" in lines[1]
    lines = explained(rules_world, "--user", "carol", "vfio", "10de:1b80")
    assert "allowed" in lines[0] and "line 10" in lines[1]
    assert lines[2] == "  gives: 24576 MiB of locked memory, if polkit agrees"


def test_what_was_not_said_of_a_device_may_decide(rules_world):
    """Class, serial and port are found out by a request: a deny of them is not kept quiet."""
    rules_world.write_acl("allow usb 0951:1666\ndeny usb class=08\ndeny usb serial=0012 user bob\n"
                          "deny usb 0952:* class=08\nallow vfio 0000:77:00.0\ndeny vfio 10de:*\n")
    lines = explained(rules_world, "--user", "alice", "usb", "0951:1666")
    assert "allowed" in lines[0] and lines[3:] == [
        f"  perhaps {ACL}: line 2: deny usb class=08: if the device is what it names"]
    assert "line 3" in explained(rules_world, "--user", "bob", "usb", "0951:1666")[4]
    lines = explained(rules_world, "--user", "alice", "usb", "0951:1666", "class=03")
    assert "allowed" in lines[0] and len(lines) == 3
    # A device that is not plugged in has no numbers that could be asked about.
    lines = explained(rules_world, "--user", "alice", "vfio", "0000:77:00.0")
    assert "allowed" in lines[0] and "perhaps" in lines[3] and "line 6" in lines[3]
    lines = explained(rules_world, "--user", "alice", "usb", "0952:0001", "class=08")
    assert "denied" in lines[0] and len(lines) == 3


def test_programs_get_an_object(rules_world):
    def asked(*words):
        return json.loads("\n".join(explained(rules_world, "--json", *words)))
    answer = asked("--user", "alice", "bridge", "br0")
    assert answer["object"] == "bridge br0" and answer["user"] == "alice" and answer["allowed"]
    assert answer["rule"] == {"file": ACL, "line": 2, "effect": "allow",
                              "text": "allow bridge br0 user alice queues=4 quota=2 polkit=no"}
    assert answer["gives"] == {"polkit": False, "queues": 4, "sealed": True, "vhost": False,
                               "isolated": False, "lock-mac": False, "quota": 2}
    assert [(other["line"], other["certain"], other["remark"]) for other in answer["others"]] == [
        (4, True, "not needed"), (6, True, "not needed")]
    answer = asked("--user", "bob", "bridge", "br0")
    assert not answer["allowed"] and answer["rule"]["line"] == 5 and "gives" not in answer
    answer = asked("--user", "bob", "vfio", "0000:03:00.0")
    assert not answer["allowed"] and "rule" not in answer
    answer = asked("--user", "carol", "vfio", "10de:1b80")
    assert answer["gives"] == {"polkit": True, "memlock": 24 << 30}


def test_without_a_name_it_is_about_who_runs_it(rules_world):
    assert "allowed for user alice" in explained(rules_world, "bridge", "br0", user="alice")[0]
    assert "denied for user bob" in explained(rules_world, "bridge", "br0", user="bob")[0]


def test_it_agrees_with_what_the_helper_does(rules_world):
    for user in ("alice", "bob", "carol"):
        says = explained(rules_world, "--user", user, "bridge", "br0")[0]
        does = rules_world.request(user, "br0").code
        assert ("denied" in says) == (does == replies.DENIED), (user, says, does)


def test_an_included_file_is_named(rules_world):
    rules_world.write("/etc/vmgrant/acl.d/lab.conf", "# lab\nallow bridge br0 user bob\n")
    rules_world.write_acl("include /etc/vmgrant/acl.d\n")
    lines = explained(rules_world, "--user", "bob", "bridge", "br0")
    assert lines[1] == "  by /etc/vmgrant/acl.d/lab.conf: line 2: allow bridge br0 user bob"


def test_attack_23_an_imported_file_speaks_for_whom_it_lets_read(rules_world):
    """root:alice 0640: root, who may read it, must not take it for a rule for bob."""
    rules_world.write_acl("import-qemu /etc/qemu/bridge.conf\n")
    rules_world.write("/etc/qemu/bridge.conf", "include /etc/qemu/alice.conf\n")
    rules_world.write("/etc/qemu/alice.conf", "allow br0\n", mode=0o640, owner=(0, 1000))
    assert "allowed" in explained(rules_world, "--user", "alice", "bridge", "br0")[0]
    assert "denied" in explained(rules_world, "--user", "bob", "bridge", "br0")[0]


def test_who_may_not_read_the_policy_is_told_nothing(rules_world):
    rules_world.path(ACL).chmod(0o600)
    done = run(rules_world, "bridge", "br0", user="alice")
    assert done.code == replies.POLICY and done.stdout == b""
    assert b"line" not in done.stderr and b"allow" not in done.stderr
    assert "allowed" in explained(rules_world, "--user", "alice", "bridge", "br0")[0]


def test_an_error_in_the_policy_is_named(rules_world):
    rules_world.write_acl("allow brigde br0\n")
    done = run(rules_world, "bridge", "br0")
    assert done.code == replies.POLICY and b"line 1, column 7: brigde" in done.stderr


@pytest.mark.parametrize("words", (
    [], ["bridge"], ["--bogus", "bridge", "br0"], ["bridge", "*"], ["bridge", "br0", "br1"],
    ["bridge", "br0", "user", "alice"], ["bridge", "br0", "polkit=no"], ["usb", "0951:*"],
    ["usb", "class=08"], ["vfio", "10de:*"], ["include", "/etc/vmgrant/acl.conf"],
    ["bridge", "br0\ninclude /etc/passwd"], ["bridge", "br0\nallow bridge br1"],
    ["bridge", "a-name-of-16-by."], ["bridge", "\x1b[31m"], ["bridge", "x" * 5000],
    ["bridge", "br0", "#"] + ["x"] * 100, ["--user", "alice"], ["bridge", ""],
), ids=range(19))
def test_attack_43_what_is_not_one_object_is_one_sentence(rules_world, words):
    done = run(rules_world, *words)
    text = done.stderr.decode("ascii")
    if "#" in words:
        assert done.code == 0 and "br0" in done.stdout.decode("ascii")
        return
    assert done.code == replies.USAGE and done.stdout == b"", (done.code, done.stdout)
    assert text.count("\n") == 1 and all(" " <= c <= "~" for c in text.rstrip("\n"))


def test_a_user_that_is_not_there(rules_world):
    for name in ("nobody-at-all", "", "\x1b[31m"):
        done = run(rules_world, "--user", name, "bridge", "br0")
        assert done.code == replies.OBJECT and b"there is no such user" in done.stderr
        assert b"\x1b" not in done.stderr
