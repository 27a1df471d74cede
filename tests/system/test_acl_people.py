# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Names of people and groups as directories make them, numbers without one: ATTACKS 25 and 61."""

import pytest

import replies
# pytest finds the fixture by its name.
from test_acl import ask, clean  # noqa: F401
from world import ACL, World

PEOPLE = (r"LAB\erin", "frank@lab.example", "HOST$", "jörg müller", "20231234", "o'brien (x), #1")
GROUPS = ("domain users", r"LAB\domain users", "Domänen-Benutzer", "4711")
FIRST_UID, FIRST_GID = 3000, 4000
FAR_AWAY = 7777


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.bridge("br0")
        for path, lines in (
                ("/etc/passwd", [f"{name}:x:{FIRST_UID + number}:3999:::/bin/sh"
                                 for number, name in enumerate(PEOPLE)]),
                ("/etc/group", [f"{name}:x:{FIRST_GID + number}:"
                                for number, name in enumerate(GROUPS)] + ["nogroup:x:3999:"])):
            text = world.path(path).read_text(encoding="utf-8") + "\n".join(lines) + "\n"
            world.write(path, text)
        yield world


def person(name, groups=()):
    return (FIRST_UID + PEOPLE.index(name), 3999, list(groups))


def write_rule(world, subject):
    world.write_acl(f"allow bridge br0 {subject} polkit=no\n")


@pytest.mark.parametrize("name", PEOPLE)
def test_a_name_of_a_person_as_a_directory_makes_it(shared, name):
    write_rule(shared, f'user "{name}"')
    for other in PEOPLE:
        assert ask(shared, person(other)) == (0 if other == name else replies.DENIED), other
    assert ask(shared, "alice") == replies.DENIED
    shared.write_acl(f'allow bridge br0 user "{name}" polkit=no\ndeny bridge br0 user "{name}"\n')
    assert ask(shared, person(name)) == replies.DENIED


@pytest.mark.parametrize("name", (r"LAB\erin", "frank@lab.example", "HOST$"))
def test_what_has_no_space_needs_no_quotes(shared, name):
    write_rule(shared, f"user {name}")
    assert ask(shared, person(name)) == 0


@pytest.mark.parametrize("name", GROUPS)
def test_a_name_of_a_group_as_a_directory_makes_it(shared, name):
    gid = FIRST_GID + GROUPS.index(name)
    write_rule(shared, f'group "{name}"')
    assert ask(shared, person("HOST$", [gid])) == 0
    assert ask(shared, person("HOST$", [gid + 1])) == replies.DENIED
    assert ask(shared, "alice") == replies.DENIED


def test_digits_are_a_number_and_in_quotes_a_name(shared):
    write_rule(shared, "user 20231234")
    assert ask(shared, person("20231234")) == replies.DENIED
    assert ask(shared, (20231234, 3999, [])) == 0
    write_rule(shared, 'user "1000"')
    assert ask(shared, "alice") == replies.DENIED


@pytest.mark.parametrize("line, words", (
    ("user alice,bob", "one rule for each person"), ("user b\xf6b", "not an ASCII character"),
    ('user "b\u200bb"', "not seen"), ('user "alice ', "without a closing quote"),
    ('user "alice "', "begin or end with a space"), ("user a/b", "quote it if it is one")))
def test_attack_19_a_name_that_may_hide_something_denies_and_is_told(shared, line, words):
    shared.write_acl(f"allow bridge br0 user alice polkit=no\nallow bridge br0 {line}\n")
    result = shared.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    assert words in result.text and f"{ACL}: line 2" in result.text, result


# ---- numbers without a name ----

def test_attack_61_a_uid_without_an_entry_is_allowed_by_its_number(shared):
    write_rule(shared, "user 5555")
    assert ask(shared, (5555, 5555, [2000])) == 0
    assert ask(shared, (5556, 5555, [2000])) == replies.DENIED
    for deny in ("", " user 5555", " group 2000", " group students", " group 5555"):
        shared.write_acl("allow bridge br0 user 5555 polkit=no\n" + f"deny bridge br0{deny}\n")
        assert ask(shared, (5555, 5555, [2000])) == replies.DENIED, deny
    shared.write_acl("allow bridge br0 user 5555 polkit=no\ndeny bridge br0 user bob\n")
    assert ask(shared, (5555, 5555, [2000])) == 0


@pytest.mark.parametrize("uid", (2**31, 2**32 - 3))
def test_attack_61_large_numbers_are_numbers(shared, uid):
    write_rule(shared, f"user {uid}")
    assert ask(shared, (uid, uid, [])) == 0
    assert ask(shared, (uid - 1, uid, [])) == replies.DENIED


def test_attack_61_a_group_without_a_name_is_no_reason_to_refuse(shared):
    """Another rule's group that nobody knows has nothing to do with it."""
    crowd = (1000, 1000, [2000, FAR_AWAY])
    shared.write_acl("allow bridge br0 group nobody-here polkit=no\n"
                     "allow bridge br0 user nobody-here polkit=no\n"
                     "allow bridge br0 user alice polkit=no\n")
    assert ask(shared, crowd) == 0
    write_rule(shared, f"group {FAR_AWAY}")
    assert ask(shared, crowd) == 0 and ask(shared, "alice") == replies.DENIED


@pytest.mark.parametrize("subject, caller", (
    ("group far-away", (1000, 1000, [2000, FAR_AWAY])),
    ('group "far away"', (1000, 1000, [2000, FAR_AWAY])), ("user mallory", (5555, 1000, []))))
def test_attack_61_a_deny_by_a_name_that_may_be_the_callers_stops_and_says_which(shared, subject,
                                                                                caller):
    shared.write_acl("allow bridge br0 user alice polkit=no\nallow bridge br0 user 5555 polkit=no\n"
                     f"\ndeny bridge br0 {subject}\n")
    result = shared.request(caller)
    assert result.refused and result.code == replies.DENIED, result
    assert f"{ACL}: line 4: {subject.replace(chr(34), '')}: " in result.text, result
    # Nobody who is known by name is meant.
    assert ask(shared, "alice") == 0
