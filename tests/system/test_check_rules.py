# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant check on rules that nobody can use or that have a typo, and on what it suggests."""

import os

import pytest

from checking import failure, findings, good_world, levels, mend, plain_world, run
from world import ACL, HELPER

assert good_world and plain_world  # fixtures


# ---- rules ----

@pytest.mark.parametrize("rule,words", (
    ("allow bridge br0 user alice lock-mac port=direct", "exclude each other"),
    ("allow usb class=09", "a hub is never handed out"),
    ("allow bridge br0 user vmgrant", "own account gets nothing"),
    ("allow bridge br0 user alice\ndeny bridge *", "line 2 denies it"),
    ("allow bridge br0 user alice\ndeny bridge br0 user alice", "line 2 denies it"),
    ("allow usb 0951:1666\ndeny usb 0951:*", "line 2 denies it"),
    ("allow vfio 10de:1b80\ndeny vfio 10de:*", "line 2 denies it"),
))
def test_a_policy_whose_only_rule_can_never_be_granted(world, rule, words):
    world.write_acl(rule + "\n")
    done = world.run_as("alice", ["vmgrant", "check-acl"])
    lines = done.stdout.decode().splitlines()
    assert done.code == 104 and "good" not in done.stdout.decode()
    assert any("line 1: warning: can never be granted" in line and words in line for line in lines)
    assert "none of its rules can ever be granted" in failure(world, "acl")["text"]
    world.write_acl(rule + "\nallow bridge br1 user carol\n")
    if "deny bridge *" not in rule:
        done = world.run_as("alice", ["vmgrant", "check-acl"])
        assert done.code == 0 and b": good: " in done.stdout


@pytest.mark.parametrize("deny", ("bridge br0 user bob", "bridge br1", "usb *:* user bob",
                                  "bridge br0 group students"))
def test_a_rule_that_some_may_use_is_a_rule(world, deny):
    world.write_acl(f"allow bridge br0\ndeny {deny}\n")
    done = world.run_as("alice", ["vmgrant", "check-acl"])
    assert done.code == 0 and b"never" not in done.stdout, done.stdout


def test_a_typo_in_a_deny_is_named_with_what_was_meant(world):
    world.write_acl("allow bridge br0\ndeny bridge bR0 user bob\n")
    done = world.run_as("alice", ["vmgrant", "check-acl"])
    assert b"line 2: warning: there is no bridge bR0: did you mean br0?" in done.stdout


@pytest.mark.parametrize("line, meant", (
    ("alow bridge br0", "allow"), ("dney bridge br0", "deny"), ("imprt-qemu /etc/x", "import-qemu"),
    ("allow brigde br0", "bridge"), ("deny vifo 10de:*", "vfio"), ("allow bridge br0 usr alice", "user"),
    ("allow bridge br0 gruop gpu", "group"), ("allow bridge br0 user alice queue=4", "queues="),
    ("allow bridge br0 user alice isolate", "isolated"), ("allow usb 0951:1666 polkt=no", "polkit=no"),
    ("allow vfio 10de:* memlok=4G", "memlock="), ("allow bridge br0 user alice frobnicate", None),
    ("permit bridge br0", None)))
def test_a_typo_in_a_word_of_the_policy_is_named_with_what_was_meant(world, line, meant):
    world.write_acl(line + "\n")
    done = world.run_as("alice", ["vmgrant", "check-acl"])
    said = done.stderr.decode()
    assert done.code == 6 and "line 1, column" in said and "unknown" in said, said
    assert said.endswith(f": did you mean {meant}?\n") if meant else "did you mean" not in said, said
    if meant:
        done = world.run_as("alice", ["vmgrant", "explain", "bridge", "br0"])
        assert said.split(": ", 1)[1] in done.stderr.decode()


def test_two_people_in_one_rule_are_two_rules(world):
    for subject in ("user alice,bob", "group students,gpu"):
        world.write_acl(f"allow bridge br0 {subject}\n")
        done = world.run_as("alice", ["vmgrant", "check-acl"])
        assert done.code == 6 and b"one rule for each person" in done.stderr


def test_a_policy_without_rules_says_so(world):
    world.write_acl("# nothing\n")
    done = world.run_as("alice", ["vmgrant", "check-acl"])
    assert done.code == 0 and b"no rules yet" in done.stdout
    assert "no rules yet" in levels(world, "acl", "info")[0]["text"]
    # What it says next allows something.
    (found,) = levels(world, "bridges", "warn")
    assert found["text"] == "no bridge is allowed for user alice"
    mend(world, found)
    assert not levels(world, "acl", "info") and not levels(world, "bridges", "warn", user="alice") \
        or "polkit" in str(findings(world)[0])


@pytest.mark.parametrize("spoil", ("chmod 666 {0}", "chown alice {0}", "chmod g+w /etc/vmgrant",
                                   "chown bob /etc/vmgrant", "chown alice {0} && chmod 666 {0}"))
def test_a_wrong_owner_or_mode_is_no_matter_for_an_editor(plain_world, spoil):
    assert plain_world.run(["sh", "-c", spoil.format(ACL)]).code == 0
    found = failure(plain_world, "acl")
    assert "sudoedit" not in found["mend"]
    mend(plain_world, found)
    assert findings(plain_world)[1]
    done = plain_world.run_as("alice", ["vmgrant", "run", "--net", "br0", "--", "true", "{net0.fd}"])
    assert done.code == 0, done.stderr


# ---- what is suggested ----

def test_containers_bridges_are_not_suggested(world):
    world.write_acl("")
    world.ip("link del br0")
    for name in ("docker0", "br-0123456789ab", "cni0", "zbr"):
        world.bridge(name)
    (found,) = levels(world, "bridges", "warn")
    assert found["mend"] == "sudo vmgrant allow bridge zbr user alice"
    world.ip("link del zbr")
    (found,) = levels(world, "bridges", "warn")
    assert "docker0" not in found["mend"] and "link add br0" in found["mend"]


@pytest.mark.parametrize("gid,name", ((0, "root"), (27, "sudo"), (6, "disk")))
def test_nobody_is_told_to_join_a_group_that_is_root(plain_world, gid, name):
    path = plain_world.path(HELPER)
    os.chown(path, 0, gid)
    path.chmod(0o4750)
    found = failure(plain_world, "helper")
    assert "usermod" not in found["mend"] and name in found["text"]


def test_under_sudo_it_is_about_who_called_it(world):
    world.write_acl("allow bridge br0 user carol polkit=no\n")
    env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "SUDO_USER": "alice",
           "LANG": "C.UTF-8"}
    done = run(world, user="root", env=env)
    assert b"user root" not in done.stdout
    assert b"sudo vmgrant allow bridge br0 user alice" in done.stdout


def test_root_checks_for_somebody_else(plain_world):
    assert b"ok    bridge br0: allowed for user alice" in \
        run(plain_world, "--user", "alice", user="root").stdout
    assert b"no bridge is allowed for user bob" in \
        run(plain_world, "--user", "bob", user="root").stdout
    # A closed policy is judged all the same.
    assert plain_world.run(["chgrp", "vmgrant", ACL]).code == 0
    plain_world.path(ACL).chmod(0o640)
    done = run(plain_world, "--user", "alice", user="root")
    assert b"acl.conf: good: 1 rule" in done.stdout
    done = run(plain_world, "--user", "bob")
    assert done.code == 2 and b"only root" in done.stderr and done.stdout == b""
    assert run(plain_world, "--user", "alice").code == 0
    done = run(plain_world, "--user", "nobody-at-all", user="root")
    assert b"there is no such user" in done.stderr and done.stdout == b""
