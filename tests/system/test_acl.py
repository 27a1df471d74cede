# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The ACL as the installed setuid program reads it: who gets in, who does not."""

import os

import pytest

import replies
import rootfs
from world import ACL, World

ALICE, BOB = 1000, 1001


@pytest.fixture(scope="module")
def shared(stage):
    """Every test writes the whole policy; bridges stay."""
    with World(stage) as world:
        for name in ("br0", "br01", "br1"):
            world.bridge(name)
        yield world


@pytest.fixture(autouse=True)
def clean(request):
    yield
    if "shared" in request.fixturenames:
        request.getfixturevalue("shared").run(["rm", "-rf", "/etc/vmgrant", "/etc/qemu"])


def ask(world, user, bridge="br0"):
    """Exit code of one request, checked to be a whole grant or a whole refusal."""
    result = world.request(user, bridge)
    assert result.granted or result.refused, result
    result.close()
    return result.code


def codes(world, *questions):
    return [ask(world, *question.split()) for question in questions]


# ---- verdicts ----

@pytest.mark.parametrize("rule, admitted", (
    ("user alice", ["alice"]), ("user 1000", ["alice"]), ("user 1001", ["bob"]),
    ("group alice", ["alice"]), ("group students", ["alice"]), ("group 2000", ["alice"]),
    ("group gpu", ["carol"]), ("group 2001", ["carol"]), ("user nobody-here", []),
    ("group nobody-here", []), ("user vmgrant", []), ("user root", []), ("group root", [])))
def test_a_rule_admits_its_user_or_group_and_nobody_else(shared, rule, admitted):
    shared.write_acl(f"allow bridge br0 {rule} polkit=no\n")
    for user in ("alice", "bob", "carol", "al"):
        wanted = replies.GRANTED if user in admitted else replies.DENIED
        assert ask(shared, user) == wanted, user


def test_what_no_line_allows_is_denied(shared):
    shared.write_acl("# nothing\n\n")
    assert ask(shared, "alice") == replies.DENIED
    shared.write_acl("")
    assert ask(shared, "alice") == replies.DENIED
    shared.write_acl("allow bridge br1 user alice polkit=no\n")
    assert codes(shared, "alice br0", "alice br1") == [replies.DENIED, replies.GRANTED]


@pytest.mark.parametrize("text", (
    "deny bridge br0 user alice\nallow bridge br0 user alice polkit=no\n",
    "allow bridge br0 user alice polkit=no\ndeny bridge br0 user alice\n",
    "allow bridge br0 user alice polkit=no\ndeny bridge * group students\n",
    "allow bridge * user alice polkit=no\ndeny bridge br0\n",
    "allow bridge br0 user alice polkit=no\ndeny bridge br0 user 1000\n"))
def test_any_deny_wins_wherever_it_stands(shared, text):
    shared.write_acl(text)
    assert ask(shared, "alice") == replies.DENIED


def test_a_deny_of_somebody_else_changes_nothing(shared):
    shared.write_acl("deny bridge br0 user bob\nallow bridge br0 user alice polkit=no\n"
                     "deny bridge br1\ndeny usb *:* user alice\n")
    assert ask(shared, "alice") == replies.GRANTED


@pytest.mark.parametrize("rule, user", (
    ("user alice", "al"), ("user al", "alice"), ("user 1000", "al"), ("user 10000", "alice"),
    ("group al", "alice"), ("group alice", "al"), ("group 200", "alice"), ("user 100", "alice")))
def test_attack_18_prefix_twins_of_people_do_not_match(shared, rule, user):
    shared.write_acl(f"allow bridge br0 {rule} polkit=no\n")
    assert ask(shared, user) == replies.DENIED


def test_attack_18_prefix_twins_of_bridges_do_not_match(shared):
    shared.write_acl("allow bridge br0 user alice polkit=no\n")
    assert codes(shared, "alice br01", "alice br") == [replies.DENIED, replies.DENIED]
    shared.write_acl("allow bridge br01 user alice polkit=no\n")
    assert ask(shared, "alice", "br0") == replies.DENIED


def test_polkit_no_is_for_named_people_only(shared):
    shared.write_acl("allow bridge br0 polkit=no\n")
    assert ask(shared, "alice") == replies.POLICY
    # Without it polkit is asked, and here is none.
    shared.write_acl("allow bridge br0 user alice\n")
    assert ask(shared, "alice") == replies.POLKIT_FAILED


# ---- include ----

def test_an_included_file_and_a_folder_in_order(shared):
    shared.write_acl("include /etc/vmgrant/one.conf\ninclude /etc/vmgrant/acl.d\n")
    shared.write("/etc/vmgrant/one.conf", "allow bridge br0 user alice polkit=no\n")
    shared.write("/etc/vmgrant/acl.d/10-a.conf", "allow bridge br0 user bob polkit=no quota=1\n")
    shared.write("/etc/vmgrant/acl.d/20-b.conf", "allow bridge br0 user bob polkit=no\n")
    shared.write("/etc/vmgrant/acl.d/30-c", "this is not read\n")
    shared.write("/etc/vmgrant/acl.d/.40-d.conf", "neither is this\n")
    assert codes(shared, "alice", "bob", "carol") == [0, 0, replies.DENIED]
    # The first allow that matches gives its options: bob's quota is 1.
    held = shared.request("bob")
    assert held.granted
    assert ask(shared, "bob") == replies.QUOTA
    shared.write("/etc/vmgrant/acl.d/99-z.conf", "deny bridge br0 user alice\n")
    assert ask(shared, "alice") == replies.DENIED


def test_attack_21_includes_in_a_circle_too_deep_relative_or_missing_deny_all(shared):
    good = "allow bridge br0 user alice polkit=no\n"
    shared.write_acl(good + f"include {ACL}\n")
    assert ask(shared, "alice") == replies.POLICY
    shared.write_acl(good + "include /etc/vmgrant/d0.conf\n")
    for depth in range(40):
        shared.write(f"/etc/vmgrant/d{depth}.conf", f"include /etc/vmgrant/d{depth + 1}.conf\n")
    shared.write("/etc/vmgrant/d40.conf", "\n")
    assert ask(shared, "alice") == replies.POLICY
    for path in ("acl.d", "../vmgrant/acl.d", "/etc/vmgrant/missing.conf",
                 "/etc/vmgrant/../vmgrant/d40.conf"):
        shared.write_acl(good + f"include {path}\n")
        assert ask(shared, "alice") == replies.POLICY, path


def test_attack_21_an_error_in_an_included_file_denies_all_and_names_its_place(shared):
    shared.write_acl("allow bridge br0 user alice polkit=no\ninclude /etc/vmgrant/acl.d\n")
    shared.write("/etc/vmgrant/acl.d/one.conf", "# fine\nallow bridge br0 usr alice\n")
    result = shared.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    for part in ("/etc/vmgrant/acl.d/one.conf", "line 2", "column 18", "usr"):
        assert part in result.text, result


def service_group(world):
    return int(world.run(["id", "-g", "vmgrant"]).stdout)


def test_a_policy_closed_to_users_is_read_by_the_account(world):
    owner = (0, service_group(world))
    os.chown(world.path("/etc/vmgrant"), *owner)
    world.path("/etc/vmgrant").chmod(0o750)
    world.write(ACL, "include /etc/vmgrant/secret.conf\n", 0o640, owner)
    world.write("/etc/vmgrant/secret.conf", "allow bridge br0 user alice polkit=no\n", 0o640, owner)
    assert codes(world, "alice", "bob") == [replies.GRANTED, replies.DENIED]


@pytest.mark.parametrize("path", (ACL, "/etc/vmgrant/secret.conf"))
def test_a_policy_that_the_account_cannot_read_is_refused_with_the_command_that_helps(world, path):
    world.write_acl("include /etc/vmgrant/secret.conf\n")
    world.write("/etc/vmgrant/secret.conf", "allow bridge br0 user alice polkit=no\n")
    world.path(path).chmod(0o600)
    result = world.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    command = f"chgrp vmgrant {path} && chmod 640 {path}"
    assert result.text.strip().endswith(command), result.text
    assert world.run(["sh", "-c", command]).code == 0
    assert codes(world, "alice", "bob") == [replies.GRANTED, replies.DENIED]


# ---- qemu's own files ----

QEMU = "/etc/qemu/bridge.conf"


def import_qemu(world, text, **files):
    # qemu's rules are for everybody, so polkit would be asked. A rule of ours
    # before them lets it out; the verdict still needs all of them.
    world.write_acl(f"import-qemu {QEMU}\n")
    world.write(QEMU, text)
    for name, (content, mode, owner) in files.items():
        world.write(f"/etc/qemu/{name}.conf", content, mode, owner)


def admitted(world, user, bridge="br0"):
    """Did the ACL say yes? Without a bus the question to polkit is what fails then."""
    code = ask(world, user, bridge)
    assert code in (replies.DENIED, replies.POLKIT_FAILED), code
    return code == replies.POLKIT_FAILED


def test_import_qemu_reads_what_qemu_bridge_helper_reads(shared):
    import_qemu(shared, "# comment\n\nallow br0\n  allow   br1  \ndeny br01\n")
    assert admitted(shared, "alice", "br0") and admitted(shared, "bob", "br1")
    assert not admitted(shared, "alice", "br01")
    import_qemu(shared, "allow all\ndeny br1\n")
    assert admitted(shared, "alice", "br0") and not admitted(shared, "alice", "br1")


def test_attack_23_an_include_for_alice_admits_alice_and_never_bob(shared):
    import_qemu(shared, "include /etc/qemu/alice.conf\n",
                alice=("allow br0\n", 0o640, (0, ALICE)))
    assert admitted(shared, "alice")
    assert not admitted(shared, "bob")
    assert not admitted(shared, "carol")


def test_attack_23_by_a_supplementary_group_too(shared):
    import_qemu(shared, "include /etc/qemu/students.conf\n",
                students=("allow br0\n", 0o640, (0, 2000)))
    assert admitted(shared, "alice")
    assert not admitted(shared, "bob")


def test_attack_23_an_unreadable_include_grants_nothing_and_breaks_nothing(shared):
    import_qemu(shared, "include /etc/qemu/alice.conf\nallow br1\ninclude /etc/qemu/none.conf\n",
                alice=("allow br0\n", 0o640, (0, ALICE)))
    assert [admitted(shared, "bob", name) for name in ("br0", "br1")] == [False, True]


def test_import_qemu_rules_before_an_error_in_an_include_stay(shared):
    import_qemu(shared, "include /etc/qemu/more.conf\n",
                more=("allow br0\nnonsense here\nallow br1\n", 0o644, (0, 0)))
    assert [admitted(shared, "bob", name) for name in ("br0", "br1")] == [True, False]


def test_import_qemu_of_a_bad_or_missing_main_file_denies_all(shared):
    import_qemu(shared, "allow br0\nnonsense here\n")
    assert ask(shared, "alice") == replies.POLICY
    shared.write_acl(f"allow bridge br0 user alice polkit=no\nimport-qemu {QEMU}\n")
    shared.path(QEMU).unlink()
    assert ask(shared, "alice") == replies.POLICY


def test_attack_22_a_qemu_file_that_alice_could_write_denies_all(shared):
    import_qemu(shared, "include /etc/qemu/alice.conf\n",
                alice=("allow br0\n", 0o644, (ALICE, ALICE)))
    assert ask(shared, "alice") == replies.POLICY


# ---- quota ----

def test_a_quota_counts_interfaces_that_exist(shared):
    shared.write_acl("allow bridge * user alice polkit=no quota=2\n"
                     "allow bridge * user bob polkit=no quota=1\n")
    first, second = shared.request("alice"), shared.request("alice")
    assert first.granted and second.granted
    refused = shared.request("alice")
    assert refused.refused and refused.code == replies.QUOTA, refused
    # Another bridge and another person have quotas of their own.
    assert codes(shared, "alice br1", "bob br0") == [replies.GRANTED, replies.GRANTED]
    first.close()
    assert ask(shared, "alice") == replies.GRANTED


def test_a_lowered_quota_counts_what_is_there_already(shared):
    shared.write_acl("allow bridge br0 user alice polkit=no quota=4\n")
    held = [shared.request("alice") for _ in range(4)]
    shared.write_acl("allow bridge br0 user alice polkit=no quota=2\n")
    held[0].close()
    held[1].close()
    # Two are left, in whatever places: full.
    assert ask(shared, "alice") == replies.QUOTA
    held[2].close()
    assert ask(shared, "alice") == replies.GRANTED


def test_a_quota_is_exact_with_many_requests_at_once(shared):
    shared.write_acl("allow bridge br0 user alice polkit=no quota=5\n")
    requests = [shared.start_request("alice") for _ in range(20)]
    results = [request.finish() for request in requests]
    assert sorted({result.code for result in results}) == [replies.GRANTED, replies.QUOTA]
    assert sum(result.granted for result in results) == 5
    assert sum(result.refused for result in results) == 15
    for result in results:
        result.close()


# ---- names and ids: ATTACKS 25 ----

def test_attack_25_a_uid_without_passwd_entry_is_denied(shared):
    shared.write_acl("allow bridge br0 user 555 polkit=no\nallow bridge br0\n"
                     "allow bridge br0 group students polkit=no\n"
                     "allow bridge br0 group 2000 polkit=no\n")
    nameless = (5555, 5555, [2000])
    result = shared.request(nameless)
    assert result.refused and result.code == replies.DENIED, result


@pytest.mark.parametrize("count", (5000, 65536))
def test_attack_25_thousands_of_groups_are_all_seen(shared, count):
    groups = list(range(100000, 100000 + count))
    crowd = (ALICE, ALICE, groups)
    shared.write_acl("allow bridge br0 group gpu polkit=no\n")
    assert ask(shared, crowd) == replies.DENIED
    shared.write_acl(f"allow bridge br0 group {groups[-1]} polkit=no\n")
    assert ask(shared, crowd) == replies.GRANTED
    shared.write_acl(f"allow bridge br0 user alice polkit=no\ndeny bridge br0 group {groups[-1]}\n")
    assert ask(shared, crowd) == replies.DENIED


BROKEN_NAME_SERVICES = {
    "no such service": "echo 'passwd: nosuchthing\ngroup: nosuchthing' >/etc/nsswitch.conf",
    "group file unreadable": "chmod 600 /etc/group",
    "passwd file unreadable": "chmod 600 /etc/passwd",
    "group file missing": "rm /etc/group",
    "passwd file missing": "rm /etc/passwd",
    # Here libc says "not found", since the last service that it asked knew nothing.
    "group file missing and another service": "rm /etc/group; "
        "echo 'passwd: files\ngroup: files systemd' >/etc/nsswitch.conf",
    "group file unreadable and another service": "chmod 600 /etc/group; "
        "echo 'passwd: files\ngroup: files systemd' >/etc/nsswitch.conf",
}


@pytest.mark.parametrize("name", BROKEN_NAME_SERVICES)
def test_attack_25_a_failing_name_service_denies(world, name):
    """Also where the rule that could not be resolved is a deny."""
    text = "allow bridge br0 user alice polkit=no\ndeny bridge br0 group students\n"
    world.write_acl(text.replace("students", "gpu"))
    world.run(["sh", "-c", "echo 'passwd: files\ngroup: files' >/etc/nsswitch.conf"])
    assert ask(world, "alice") == replies.GRANTED
    world.write_acl(text)
    world.run(["sh", "-c", BROKEN_NAME_SERVICES[name]])
    result = world.request("alice")
    assert result.refused, result


def test_attack_25_a_group_that_only_an_absent_service_knows_denies(world):
    """The caller is in it, the kernel says so by number; nobody can tell its name."""
    uid, gid, groups = rootfs.USERS["alice"]
    world.write_acl("allow bridge br0 user alice polkit=no\ndeny bridge br0 group far-away\n")
    assert ask(world, "alice") == replies.GRANTED
    result = world.request((uid, gid, [*groups, 7777]))
    assert result.refused and result.code == replies.DENIED, result


def test_policy_words_stay_with_those_who_may_read_it(world):
    world.write_acl("allow bridge br0 user alice polkit=no\nsecretword bridge br0\n")
    assert "secretword" in world.request("alice").text
    os.chown(world.path(ACL), 0, service_group(world))
    world.path(ACL).chmod(0o640)
    result = world.request("alice")
    assert result.code == replies.POLICY and "secretword" not in result.text, result
    assert "acl.conf: line 2, column 1" in result.text


# ---- what a refusal gives away: ATTACKS 26 ----

def test_attack_26_missing_and_forbidden_bridges_look_the_same(shared):
    shared.write_acl("allow bridge br0 user bob polkit=no\nallow bridge br8 user bob polkit=no\n"
                     "deny bridge br1 user alice\n")
    seen = set()
    for name in ("br0", "br1", "br8", "br9"):
        result = shared.request("alice", name)
        seen.add((result.code, result.stderr.replace(name.encode(), b"NAME")))
    assert len(seen) == 1, seen
    assert next(iter(seen))[0] == replies.DENIED
