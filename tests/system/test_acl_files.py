# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The policy file itself: what it may say, who may have written it, and vmgrant check-acl."""

import os

import pytest

import protocol_client
import replies
# pytest finds the two fixtures by their names.
from test_acl import ask, clean, shared  # noqa: F401
from world import ACL


# ---- the text: ATTACKS 19 ----

GOOD = b"allow bridge br0 user alice polkit=no\n"
BAD_TEXTS = {
    "line of 4,097 bytes": (GOOD + b"#" * 4097 + b"\n", 2, None),
    "NUL": (GOOD + b"allow bridge br1\0 user bob\n", 2, None),
    "CRLF": (GOOD + b"allow bridge br1 user bob\r\n", 2, None),
    "byte order mark": (b"\xef\xbb\xbf" + GOOD, 1, None),
    "no final newline": (GOOD + b"deny bridge br1", 2, None),
    "unknown statement": (GOOD + b"permit bridge br1\n", 2, "permit"),
    "unknown kind": (GOOD + b"allow brigde br1\n", 2, "brigde"),
    "unknown option": (GOOD + b"allow bridge br1 user bob quoat=1\n", 2, "quoat=1"),
    "option twice": (GOOD + b"allow bridge br1 user bob quota=1 quota=2\n", 2, "quota=2"),
    "number overflow": (GOOD + b"allow bridge br1 user bob quota=99999999999999999999\n", 2,
                        "quota=99999999999999999999"),
    "id overflow": (GOOD + b"allow bridge br1 user 4294967296\n", 2, "4294967296"),
    "negative number": (GOOD + b"allow bridge br1 user bob quota=-1\n", 2, "quota=-1"),
    "zero": (GOOD + b"allow bridge br1 user bob quota=0\n", 2, "quota=0"),
    "name that would be cut": (GOOD + b"allow bridge sixteen-letters0\n", 2, "sixteen-letters0"),
    "name with slash": (GOOD + b"deny bridge br/1\n", 2, "br/1"),
    "two subjects": (GOOD + b"allow bridge br1 user bob user alice\n", 2, "user"),
    "missing subject": (GOOD + b"allow bridge br1 user\n", 2, "user"),
    "option on a deny": (GOOD + b"deny bridge br1 quota=1\n", 2, "quota=1"),
    "polkit=yes": (GOOD + b"allow bridge br1 user bob polkit=yes\n", 2, "polkit=yes"),
    "escape code": (GOOD + b"allow bridge br1 user \x1b[31mbob\n", 2, None),
    "bytes above ASCII": (GOOD + b"allow bridge br1 user b\xc3\xb6b\n", 2, None),
    "bad usb line": (GOOD + b"allow usb 0951:16666 user alice\n", 2, "0951:16666"),
    "bad vfio line": (GOOD + b"allow vfio 0000:03:00.9 user alice\n", 2, "0000:03:00.9"),
}


@pytest.mark.parametrize("name", BAD_TEXTS)
def test_attack_19_a_bad_text_denies_everything_and_names_the_place(shared, name):
    text, line, word = BAD_TEXTS[name]
    shared.write_acl(text)
    result = shared.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    assert ACL in result.text and f"line {line}" in result.text, result
    if word:
        column = text.splitlines()[line - 1].rindex(word.encode()) + 1
        assert word in result.text and f"column {column}:" in result.text, result
    assert all(32 <= byte < 127 or byte == 10 for byte in result.stderr), result


def test_the_longest_line_and_every_kind_of_rule_are_accepted(shared):
    line = b"allow bridge br0 user alice polkit=no #"
    shared.write_acl(line.ljust(4096, b"x") + b"\n" +
                     b"allow usb 0951:1666 user alice\nallow usb class=08 group plugdev\n"
                     b"allow usb 1050:0407 serial=0012345 user alice\n"
                     b"allow vfio 0000:03:00.0 user alice memlock=24G\n"
                     b"allow vfio 10de:* group gpu\n"
                     b"allow bridge br1 group students queues=4 vhost lock-mac isolated vlan=42 "
                     b"quota=2\n")
    assert ask(shared, "alice") == replies.GRANTED


# ---- the file: ATTACKS 20 and 22 ----

def make_missing(world):
    world.run(["rm", "-rf", ACL])


def make_folder(world):
    world.run(["sh", "-c", f"rm -f {ACL}; mkdir {ACL}"])


def make_fifo(world):
    world.run(["sh", "-c", f"rm -f {ACL}; mkfifo -m 644 {ACL}"])


def make_endless(world):
    world.run(["sh", "-c", f"rm -f {ACL}; mknod -m 644 {ACL} c 1 5"])


def make_huge(world):
    world.run(["truncate", "-s", "20G", ACL])


def make_failing_reads(world):
    # Regular, owned by root, not writable by others; a read at 0 gives EIO.
    world.run(["mount", "--bind", "/proc/1/mem", ACL])


def make_growing(world):
    # Says size 0 and goes on for ever or for a while.
    world.run(["mount", "--bind", "/proc/kallsyms", ACL])


@pytest.mark.parametrize("make", (make_missing, make_folder, make_fifo, make_endless, make_huge,
                                  make_failing_reads, make_growing))
def test_attack_20_a_file_that_cannot_be_read_whole_denies(world, make):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    make(world)
    result = world.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    assert ACL in result.text


MISTRUSTED = {
    "owned by its user": f"chown alice {ACL}",
    "owned by the service account": f"chown vmgrant {ACL}",
    "writable by its group": f"chmod 664 {ACL}",
    "writable by others": f"chmod 646 {ACL}",
    "another's symbolic link": f"mv {ACL} /etc/real.conf && ln -s /etc/real.conf {ACL} && "
                               f"chown -h alice {ACL}",
    "in a folder of another": "chown alice /etc/vmgrant",
    "in a folder writable by others": "chmod 777 /etc/vmgrant",
    "in a folder writable by its group": "chmod 775 /etc/vmgrant",
    "in a sticky folder": "chmod 1777 /etc/vmgrant",
    "below a writable folder": "chmod 757 /etc",
    "behind another's linked folder": "mv /etc/vmgrant /etc/real && ln -s real /etc/vmgrant && "
                                      "chown -h alice /etc/vmgrant",
}


@pytest.mark.parametrize("name", MISTRUSTED)
def test_attack_22_a_file_that_somebody_else_could_write_denies(world, name):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    assert ask(world, "alice") == replies.GRANTED
    assert world.run(["sh", "-c", MISTRUSTED[name]]).code == 0
    result = world.request("alice")
    assert result.refused and result.code == replies.POLICY, result


@pytest.mark.parametrize("name", ("writable by its group", "owned by its user",
                                  "another's link"))
def test_attack_22_the_same_for_an_included_file(world, name):
    world.write_acl("allow bridge br0 user alice polkit=no\ninclude /etc/vmgrant/acl.d\n")
    world.write("/etc/vmgrant/acl.d/more.conf", "\n")
    assert ask(world, "alice") == replies.GRANTED
    change = {"writable by its group": "chmod 664 more.conf",
              "owned by its user": "chown alice more.conf",
              "another's link": "mv more.conf real && ln -s real more.conf && "
                                "chown -h alice more.conf"}[name]
    assert world.run(["sh", "-c", f"cd /etc/vmgrant/acl.d && {change}"]).code == 0
    assert ask(world, "alice") == replies.POLICY


# ---- vmgrant check-acl ----

def check(world, *words, user="alice"):
    return world.run_as(user, ["vmgrant", "check-acl", *words])


def test_check_acl_of_a_good_policy(shared):
    shared.write_acl(GOOD)
    for words in ((), (ACL,)):
        for user in ("root", "alice"):
            checked = check(shared, *words, user=user)
            assert checked.code == 0 and checked.stderr == b"", (words, user, checked.stderr)


@pytest.mark.parametrize("user", ("root", "alice"))
def test_check_acl_of_a_bad_policy_names_the_place(shared, user):
    shared.write_acl("allow bridge br0\nallow bridge br1 usr alice\n")
    checked = check(shared, ACL, user=user)
    assert checked.code == replies.POLICY
    for part in (ACL, "line 2", "column 18", "usr"):
        assert part in checked.stderr.decode(), checked.stderr


def test_check_acl_of_a_missing_file(shared):
    for words in ((), (ACL,), ("/nowhere/at/all",)):
        checked = check(shared, *words)
        assert checked.code == replies.POLICY and checked.stderr.startswith(b"vmgrant: ")


def test_check_acl_does_not_read_for_alice_what_alice_may_not_read(shared):
    shared.write("/etc/vmgrant/secret.conf", "hush this-is-secret\n", mode=0o600)
    shared.write_acl("include /etc/vmgrant/secret.conf\n")
    for words in ((ACL,), ("/etc/vmgrant/secret.conf",), ("/etc/shadow",)):
        checked = check(shared, *words)
        assert checked.code == replies.POLICY
        assert b"this-is-secret" not in checked.stderr and b"root" not in checked.stderr


def test_check_acl_makes_no_interface_and_needs_no_socket(shared):
    shared.write_acl(GOOD)
    assert check(shared).code == 0
    shared.wait_no_taps()


def test_check_acl_and_explain_need_no_helper(world):
    world.write_acl(GOOD)
    world.path(world.helper).unlink()
    assert check(world).code == 0
    explained = world.run_as("alice", ["vmgrant", "explain", "bridge", "br0"])
    assert explained.code == 0 and explained.stdout


def test_the_helper_says_where_check_acl_and_explain_went(shared):
    for option, command in (("--check-acl", "vmgrant check-acl"), ("--explain", "vmgrant explain")):
        done = shared.run_as("alice", [shared.helper, option])
        assert done.code == replies.USAGE and done.stdout == b""
        assert done.stderr == f"vmgrant-helper: {option}: has moved: run {command}\n".encode()


def test_check_acl_takes_one_file_at_most(shared):
    for words in (("a", "b"), ("--bogus",)):
        done = check(shared, *words)
        assert done.code == replies.USAGE and done.stdout == b""


def test_check_acl_looks_at_the_names_of_every_rule_also_in_a_draft(world):
    draft = "allow bridge br7\ndeny bridge br8\ndeny bridge br0 user nobody-at-all\n"
    world.write("/tmp/draft.conf", draft, owner=(1000, 1000))
    world.write_acl(draft)
    for words, name in (((), ACL), (("/tmp/draft.conf",), "/tmp/draft.conf")):
        checked = check(world, *words)
        assert checked.code == 0
        warnings = [line for line in checked.stdout.decode().splitlines() if ": line " in line]
        assert warnings == [f"{name}: line 1: warning: there is no bridge br7",
                            f"{name}: line 2: warning: there is no bridge br8",
                            f"{name}: line 3: warning: there is no user nobody-at-all"]


def test_an_imported_file_that_only_the_caller_can_reach_is_looked_at_again(world):
    """The account that judges may not enter the folder; a deny there counts at once all the same."""
    world.write_acl("allow bridge br0 user alice polkit=no\nimport-qemu /etc/qemu/bridge.conf\n")
    world.write("/etc/qemu/bridge.conf", "allow br1\n", 0o640, (0, 1000))
    os.chown(world.path("/etc/qemu"), 0, 1000)
    world.path("/etc/qemu").chmod(0o750)
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    for serial in (1, 2):
        reply = protocol_client.ask(request.socket, serial, "br0")
        assert reply.code == 0, reply.sentence
        for fd in reply.fds:
            os.close(fd)
    world.write("/etc/qemu/bridge.conf", "deny br0\nallow br1\n", 0o640, (0, 1000))
    request.socket.send(protocol_client.encode(3, "br0"))
    # The connection ends: the next one reads the policy anew.
    assert request.socket.recv(1) == b""
    assert request.finish().code == 0
    assert world.request("alice").code == replies.DENIED
