# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the tests of vmgrant check share."""

import json

import pytest

FOUND = 104  # the exit status when something is wrong
LEVELS = ("ok", "info", "warn", "fail")

ALICE_MAY = """polkit.addRule(function(action, subject) {
    if (subject.user == "alice") return polkit.Result.YES;
});
"""


@pytest.fixture
def good_world(polkit_world):
    """Nothing is wrong for alice; bob may have nothing."""
    polkit_world.rules(ALICE_MAY)
    polkit_world.write_acl("allow bridge br0 user alice polkit=no\n"
                           "allow bridge br1 user alice\n")
    return polkit_world


@pytest.fixture
def plain_world(world):
    """alice may have br0, without polkit."""
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    return world


def run(world, *words, user="alice", **options):
    return world.run_as(user, ["vmgrant", "check", *words], **options)


def findings(world, user="alice", **options):
    """{check: [finding, ...]} and whether all is good; the exit status must agree."""
    done = run(world, "--json", user=user, **options)
    answer = json.loads(done.stdout)
    assert done.stderr == b"" and done.code == (0 if answer["good"] else FOUND), done
    by_check = {}
    for finding in answer["findings"]:
        assert finding["level"] in LEVELS
        by_check.setdefault(finding["check"], []).append(finding)
    return by_check, answer["good"]


def failure(world, check, level="fail", **options):
    """The only finding of that check on that level."""
    by_check, good = findings(world, **options)
    assert good == (level != "fail")
    (found,) = [finding for finding in by_check[check] if finding["level"] == level]
    return found


def levels(world, check, level, **options):
    """The findings of that check on that level."""
    return [finding for finding in findings(world, **options)[0].get(check, [])
            if finding["level"] == level]


def mend(world, found, user="root"):
    """Do what a finding says, as root, who needs no sudo here."""
    assert found["command"], found
    done = world.run_as(user, ["sh", "-c", found["mend"].replace("sudo ", "")])
    assert done.code == 0, (found, done.stderr)
