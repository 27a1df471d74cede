# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant allow and deny: one line of the policy, whole or not at all."""

import json
import os
import re
import stat

import pytest

import replies
# pytest finds the fixtures by their names.
from test_acl import ask, clean, shared  # noqa: F401
from test_native_client import sentence
from world import ACL

TRACE = "/tmp/trace"
RULES = """# who may do what

allow bridge br0 group students quota=2   # the class
deny  bridge br9 user bob
include /etc/vmgrant/acl.d
"""
ALICE = "allow bridge br0 user alice polkit=no"


@pytest.fixture(name="world")
def acl_world(shared):  # noqa: F811
    shared.run(["sh", "-c", "rm -rf /etc/vmgrant/* /etc/vmgrant/.[a-z]*; mkdir -p /etc/vmgrant/acl.d"])
    write(shared, RULES)
    return shared


def write(world, content):
    """As it is installed."""
    gid = int(re.search(r"^vmgrant:[^:]*:(\d+)", text(world, "/etc/group"), re.MULTILINE)[1])
    world.write_acl(content, mode=0o640, owner=(0, gid))


def edit(world, words, user="root"):
    return world.run_as(user, ["vmgrant", *words.split()])


def edited(world, words):
    """Standard output, as lines, of an edit that went well."""
    done = edit(world, words)
    assert done.code == 0 and done.stderr == b"", (done.code, done.stderr)
    return done.stdout.decode("ascii").splitlines()


def text(world, path=ACL):
    return world.path(path).read_text()


def names(world):
    return sorted(world.run(["ls", "-A", "/etc/vmgrant"]).stdout.decode().split())


# ---- what it does ----

def test_a_new_line_counts_at_once_and_the_rest_stays(world):
    write(world, "# nobody yet\n")
    assert ask(world, "alice") == replies.DENIED
    assert edited(world, ALICE) == [f"{ACL}: line 2 added: {ALICE}",
                                    "user alice may use bridge br0 now, without asking polkit"]
    assert ask(world, "alice") == replies.GRANTED
    assert text(world) == f"# nobody yet\n{ALICE}\n"
    assert text(world, f"{ACL}~") == "# nobody yet\n"


def test_a_line_that_another_would_decide_before_is_put_in_front_of_it(world):
    assert edited(world, ALICE)[0] == f"{ACL}: line 3 added: {ALICE}"
    assert text(world) == RULES.replace("allow", f"{ALICE}\nallow", 1)
    # Whom nothing is said about yet goes to the end.
    assert edited(world, "allow bridge br0 user carol")[0].startswith(f"{ACL}: line 7 added")


def test_a_line_before_an_include_decides_before_what_is_included(world):
    world.write("/etc/vmgrant/acl.d/x.conf", "allow bridge br1 quota=1\n", mode=0o640)
    assert edited(world, "allow bridge br0 user al")[0].startswith(f"{ACL}: line 6 added")
    done = edit(world, "allow bridge br1 user al")
    assert b"line 3 added" in done.stdout, done.stdout
    done = edit(world, "allow bridge br7 user alcie")
    for missing in ("bridge br7", "user alcie"):
        assert f"allow: warning: there is no {missing}\n".encode() in done.stderr, done.stderr


def test_an_equal_line_is_nothing_to_do(world):
    write(world, "allow usb 0951:1666  polkit=no user alice # stick\n")
    lines = edited(world, "allow usb 0951:1666 user alice polkit=no")
    assert lines[0].startswith(f"{ACL}: line 1: there already: allow usb")
    assert names(world) == ["acl.conf", "acl.d"]


def test_a_line_about_the_same_is_replaced_only_when_asked(world):
    words = "allow bridge br0 group students queues=4"
    said = sentence(edit(world, words), replies.DENIED)
    assert f"{ACL}: line 3 is about the same" in said and "quota=2" in said and "--replace" in said
    assert text(world) == RULES
    assert edited(world, f"{words} --replace") == [
        f"{ACL}: line 3 replaced: {words}",
        "members of group students may use bridge br0 now, if polkit agrees"]
    assert text(world) == RULES.replace("allow bridge br0 group students quota=2", words)


def test_a_line_that_a_deny_forbids_is_not_added(world):
    said = sentence(edit(world, "allow bridge br9 user bob"), replies.DENIED)
    assert f"{ACL}: line 4 denies it, and a deny wins: deny  bridge br9 user bob" in said
    write(world, "deny bridge br0 group students\n")
    assert "line 1 denies it" in sentence(edit(world, ALICE), replies.DENIED)
    assert text(world) == "deny bridge br0 group students\n"


def test_a_deny_counts_and_names_what_it_leaves_in_vain(world):
    write(world, ALICE + "\n")
    assert edited(world, "deny bridge br0 user alice") == [
        f"{ACL}: line 2 added: deny bridge br0 user alice",
        "user alice may not use bridge br0 now", f"  never granted now: {ACL}: line 1: {ALICE}",
        "what a guest holds already stays with it: vmgrant log --held"]
    assert ask(world, "alice") == replies.DENIED


def test_a_line_is_taken_away_wherever_it_stands(world):
    write(world, f"{ALICE}\n# x\nallow bridge br0 polkit=no user alice\ndeny usb *:*\n")
    assert edited(world, ALICE.replace("allow", "allow --remove"))[:2] == [
        f"{ACL}: line 1 taken away: {ALICE}", "user alice may not use bridge br0 now"]
    assert text(world) == "# x\ndeny usb *:*\n"
    edited(world, "deny --remove usb *:*")
    assert text(world) == "# x\n"
    said = sentence(edit(world, "deny usb *:* --remove"), replies.OBJECT)
    assert said == "vmgrant: deny: there is no line deny usb *:*"


def test_of_a_line_that_is_not_there_the_one_that_was_meant_is_named(world):
    world.write("/etc/vmgrant/acl.d/x.conf", "allow vfio 10de:* user alice\n", mode=0o640)
    for words, meant in (("allow bridge br0 group students", "line 3: allow bridge br0 group students quota=2"),
                         ("deny bridge br8 user bob", "line 4: deny  bridge br9 user bob"),
                         ("allow vfio 10de:* user alice", "acl.d/x.conf: line 1: name it with --file")):
        assert meant in sentence(edit(world, f"{words} --remove"), replies.OBJECT)
    assert text(world) == RULES


def test_a_dry_run_is_a_patch_and_no_change(world):
    done = edit(world, f"{ALICE} --dry-run")
    assert done.code == 0 and text(world) == RULES and names(world) == ["acl.conf", "acl.d"]
    world.write("/etc/p", done.stdout)
    assert world.run(["patch", "-p0", "-d", "/", "-i", "/etc/p"]).code == 0
    patched = text(world)
    write(world, RULES)
    edited(world, ALICE)
    assert text(world) == patched


def test_json_says_the_same(world):
    answer = json.loads("\n".join(edited(world, f"{ALICE} --json")))
    assert answer["file"] == ACL and answer["line"] == 3 and answer["changed"]
    assert answer["text"] == ALICE and answer["action"] == "added" and not answer["draft"]
    assert answer["user"] == "alice" and answer["allowed"] and not answer["polkit"]
    assert f"+{ALICE}\n" in answer["diff"] and answer["warnings"] == []
    answer = json.loads("\n".join(edited(world, f"{ALICE} --json")))
    assert not answer["changed"] and "action" not in answer


# ---- which file ----

def test_a_file_of_the_policy_and_a_folder_are_edited_too(world):
    folder = "/etc/vmgrant/acl.d"
    assert edited(world, f"allow --file {folder} bridge br0 user al polkit=no")[1].startswith("user al may")
    assert text(world, f"{folder}/local.conf") == "allow bridge br0 user al polkit=no\n"
    status = world.path(f"{folder}/local.conf").stat()
    group = int(world.run(["id", "-g", "vmgrant"]).stdout)
    assert stat.S_IMODE(status.st_mode) == 0o640 and status.st_gid == group
    assert ask(world, "al") == replies.GRANTED
    edited(world, f"allow --file {folder}/local.conf bridge br0 user carol")
    assert len(text(world, f"{folder}/local.conf").splitlines()) == 2


def test_a_policy_that_is_missing_is_made(world):
    world.path(ACL).unlink()
    edited(world, ALICE)
    assert ask(world, "alice") == replies.GRANTED and text(world) == f"{ALICE}\n"


def test_a_link_stays_and_its_target_is_edited(world):
    world.run(["sh", "-c", f"mkdir -p /etc/store && mv {ACL} /etc/store/real && ln -s /etc/store/real {ACL}"])
    edited(world, ALICE)
    assert world.path(ACL).is_symlink() and ALICE in text(world, "/etc/store/real")
    assert text(world, "/etc/store/real~") == RULES
    world.run(["chown", "-h", "alice", ACL])
    assert ACL in sentence(edit(world, "allow bridge br0 user al"), replies.POLICY)
    world.run(["sh", "-c", f"rm {ACL}; ln -s /etc/store/gone {ACL}"])
    assert "no such file" in sentence(edit(world, ALICE), replies.POLICY)
    assert not world.path("/etc/store/gone").exists()


def test_root_edits_nothing_that_somebody_else_can_write(world):
    world.run(["sh", "-c", "mkdir -p /etc/hers && echo >/etc/hers/d.conf && chown alice /etc/hers"])
    for path in ("/etc/hers/d.conf", "/etc/hers/new.conf"):
        assert "/etc/hers" in sentence(edit(world, f"{ALICE} --file {path}"), replies.POLICY)
    world.path(ACL).chmod(0o664)
    assert ACL in sentence(edit(world, ALICE), replies.POLICY)
    assert text(world) == RULES


def test_a_draft_is_anybodys_and_said_to_be_one(world):
    world.run(["sh", "-c", "mkdir -p /home/alice && chown alice /home/alice"])
    done = edit(world, f"{ALICE} --file /home/alice/d.conf", user="alice")
    assert done.code == 0 and b"is a draft" in done.stdout, done.stderr
    done = edit(world, "deny bridge br0 user bob --file /home/alice/d.conf", user="alice")
    assert done.code == 0, done.stderr
    assert text(world, "/home/alice/d.conf") == f"{ALICE}\ndeny bridge br0 user bob\n"


def test_without_root_it_says_how(world):
    for words in (ALICE, f"{ALICE} --file {ACL}", f"{ALICE} --dry-run"):
        said = sentence(edit(world, words, user="alice"), replies.NO_PRIVILEGE)
        assert "only root may" in said and "try sudo vmgrant allow" in said, said


def test_qemus_own_file_is_left_alone(world):
    world.write("/etc/qemu/bridge.conf", "allow br0\n")
    write(world, "import-qemu /etc/qemu/bridge.conf\n")
    said = sentence(edit(world, f"{ALICE} --file /etc/qemu/bridge.conf"), replies.UNSUPPORTED)
    assert "syntax of qemu-bridge-helper" in said


# ---- what it refuses ----

@pytest.mark.parametrize("words,said", (
    ("allow bridge br0 alice", "did you mean user alice?"),
    ("allow bridge br0 students", "did you mean group students?"),
    ("deny bridge br0 bob", "did you mean user bob?"),
    ("allow br0 user alice", "did you mean bridge br0?"),
    ("allow 0951:1666 user alice", "did you mean usb 0951:1666 or vfio 0951:1666?"),
    ("allow brigde br0 user alice", "did you mean bridge?"),
    ("allow bridge br0 user alice qutoa=2", "did you mean quota=?"),
    ("allow bridge br0 user alice memlock=2G", "only a vfio rule takes this option"),
    ("allow usb 0951:1666 quota=2", "only a bridge rule takes this option"),
    ("allow bridge", "must follow"), ("allow", "KIND and SELECTOR are missing"),
    ("allow bridge br0 polkit=no", "may not skip polkit"),
    ("allow bridge br0 lock-mac port=direct", "could never be granted"),
    ("allow bridge br0 #x", "one word"), ("allow --dryrun bridge br0", "did you mean --dry-run?"),
    ("allow --remove --replace bridge br0", "exclude each other"),
))
def test_a_slip_is_named_with_what_was_meant(world, words, said):
    assert said in sentence(edit(world, words), replies.USAGE)
    assert text(world) == RULES


@pytest.mark.parametrize("words,line", (
    (("group", "domain users"), 'allow bridge br0 group "domain users"'),
    (("user", "LAB\\erin"), "allow bridge br0 user LAB\\erin"),
    (("user", '"20231234"'), 'allow bridge br0 user "20231234"'),
    (("user", "jörg"), 'allow bridge br0 user "jörg"'),
))
def test_names_are_quoted_as_the_policy_wants_it(world, words, line):
    done = world.run(["vmgrant", "allow", "bridge", "br0", *words])
    assert done.code == 0 and b"warning: there is no" in done.stderr
    assert text(world).splitlines()[-1] == line
    assert world.run(["vmgrant", "check-acl"]).code == 0


def test_no_word_becomes_two_or_another_line(world):
    for word in ("br0 user bob", "br0\nallow bridge *", "br0\t", "a\nb", ""):
        for words in ((word,), ("br0", "user", word)):
            done = world.run(["vmgrant", "allow", "bridge", *words])
            assert done.code in (0, replies.USAGE), done.stderr
            added = text(world).removeprefix(RULES)
            assert done.code == replies.USAGE or added == 'allow bridge br0 user "br0 user bob"\n'
            write(world, RULES)


@pytest.mark.parametrize("broken,place", (
    (RULES + "permit bridge br0\n", "line 6, column 1: permit"), (RULES + "deny bridge br1", "line 6"),
    (RULES.replace("\n", "\r\n"), "line 1"), (RULES + "#\0\n" + "deny bridge br0\n", "NUL"),
    ("include /etc/vmgrant/gone.conf\n", "/etc/vmgrant/gone.conf"),
))
def test_a_policy_with_an_error_is_to_be_mended_first(world, broken, place):
    write(world, broken)
    said = sentence(edit(world, ALICE), replies.POLICY)
    assert place in said and "mend" in said, said
    assert world.path(ACL).read_bytes() == broken.encode()


# ---- whole or not at all ----

def test_owner_mode_and_attributes_are_kept(world):
    access = b"\2\0\0\0" + b"".join(part.to_bytes(2, "little") + bits.to_bytes(2, "little") + who.to_bytes(4, "little")
                                   for part, bits, who in ((1, 6, 2**32 - 1), (2, 4, 1001), (4, 4, 2**32 - 1),
                                                           (16, 4, 2**32 - 1), (32, 0, 2**32 - 1)))
    attributes = {"trusted.note": b"mine", "system.posix_acl_access": access}

    def give():
        for name, value in attributes.items():
            os.setxattr(ACL, name, value)

    def look():
        status = os.stat(ACL)
        return (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode),
                {name: os.getxattr(ACL, name) for name in attributes})
    world.call(give)
    before = world.call(look)
    assert before[1] != 0 and before[2] == 0o640
    edited(world, ALICE)
    assert world.call(look) == before and ALICE in text(world)


def test_edits_at_once_lose_nothing(world):
    people = [f"{number}" for number in range(5000, 5024)]
    running = [world.spawn(["vmgrant", "allow", "bridge", "br0", "user", one]) for one in people]
    assert all(process.wait().code == 0 for process in running)
    assert sorted(re.findall(r"user (5\d+)", text(world))) == people


def test_a_full_disk_leaves_the_old_file(world):
    world.run(["sh", "-c", "mount -t tmpfs -o size=16k,mode=750 none /etc/vmgrant && chgrp vmgrant /etc/vmgrant"])
    try:
        write(world, RULES.replace("include", "#"))
        world.run(["sh", "-c", "cat /dev/zero >/etc/vmgrant/fill"])
        said = sentence(edit(world, ALICE), replies.INTERNAL)
        assert "No space left on device" in said
        assert text(world) == RULES.replace("include", "#") and names(world) == ["acl.conf", "fill"]
    finally:
        world.run(["umount", "/etc/vmgrant"])


# Only what changes something can leave something else behind.
CHANGING = {"openat", "write", "fsetxattr", "fremovexattr", "fchown", "fchmod", "fsync", "linkat",
            "renameat", "unlinkat"}


def changing_calls(world):
    """[(name, number)] of an edit's system calls from its first new file on."""
    done = world.run(["strace", "-qq", "-o", TRACE, "vmgrant", *ALICE.split()])
    assert done.code == 0, done.stderr
    found, counts, start = [], {}, None
    for name, arguments in re.findall(r"^(\w+)\((.*)", text(world, TRACE), re.MULTILINE):
        counts[name] = counts.get(name, 0) + 1
        if start is None and ".acl.conf.new" in arguments:
            start = len(found)
        found.append((name, counts[name]))
    assert {"linkat", "renameat", "fsync"} <= set(counts)
    return [call for call in found[start:] if call[0] in CHANGING]


@pytest.mark.parametrize("what", ("signal=KILL", "error=EIO"))
def test_whatever_fails_the_policy_is_the_old_or_the_new_one(world, what):
    calls = changing_calls(world)
    new = text(world)
    for name, number in calls:
        world.path(f"{ACL}~").unlink()
        write(world, RULES)
        done = world.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e",
                          f"inject={name}:{what}:when={number}", "vmgrant", *ALICE.split()])
        now, left = text(world), names(world)
        assert now in (RULES, new), (name, number, now)
        assert done.code or now == new, (name, number)
        if what == "error=EIO" and name != "unlinkat":
            assert ".acl.conf.new" not in left and ".acl.conf.old" not in left, (name, number, left)
        # What is left of it is no obstacle.
        edited(world, "deny bridge br0 user 1001")
        assert names(world) == ["acl.conf", "acl.conf~", "acl.d"], (name, number)
        assert text(world, f"{ACL}~") == now and "1001" in text(world)
