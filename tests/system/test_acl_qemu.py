# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Imported files: qemu-bridge-helper's own reader is the specification, and is asked here."""

import os
import random
import socket

import pytest

import replies
from world import World

QEMU = "/etc/qemu/bridge.conf"
THEIRS = "/usr/lib/qemu/qemu-bridge-helper"
BRIDGES = ("br0", "br01", "br1")


@pytest.fixture(scope="module")
def shared(stage):
    if not os.path.exists(THEIRS):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{THEIRS} is not installed")
    with World(stage) as world:
        for name in BRIDGES:
            world.bridge(name)
        world.write_acl(f"import-qemu {QEMU}\n")
        world.write("/etc/qemu/good.conf", "allow br01\ndeny br1\n")
        world.write("/etc/qemu/bad.conf", "allow br01\npermit br0\nallow br1\n")
        world.write("/etc/qemu/long.conf", "allow br01\nallow sixteen-letters0\ndeny br0\n")
        world.write("/etc/qemu/closed.conf", "allow all\n", mode=0o600)
        world.run(["mkdir", "/etc/qemu/folder"])
        yield world


def granted_by_qemu(world, bridge, user="alice"):
    """Run the original, as an unprivileged user: how far it comes tells what it read."""
    here, there = socket.socketpair()

    def start():
        os.execv(THEIRS, [THEIRS, f"--br={bridge}", "--fd=9"])
    with here, there:
        done = world.run(start, user, fds={9: there.fileno()})
    text = done.stderr.decode(errors="replace")
    assert done.code == 1
    if "failed to create tun device" in text:
        return True
    assert "access denied by acl file" in text or "failed to parse default acl file" in text, text
    return False


def granted_by_us(world, bridge, user="alice"):
    """Without a bus the question to polkit is what fails behind the rules."""
    result = world.request(user, bridge)
    assert result.refused, result
    assert result.code in (replies.DENIED, replies.POLKIT_FAILED, replies.POLICY), result
    return result.code == replies.POLKIT_FAILED


def compare(world, text):
    world.write(QEMU, text)
    for bridge in BRIDGES:
        theirs, ours = granted_by_qemu(world, bridge), granted_by_us(world, bridge)
        assert theirs == ours, (text, bridge, "qemu" if theirs else "vmgrant")
    return theirs


FILES = {
    "a comment at the end of a line": b"allow br0 # lan\nallow br1\n",
    "a long comment at the end of a line": b"allow br1\nallow br0 # the lan of the house\n",
    "a comment without a space": b"allow br0#x\nallow br1\n",
    "two names": b"allow br0 br1\nallow br01\n",
    "no name": b"allow br0\nallow\n",
    "no name but a space": b"allow br0\nallow \ndeny \t\nallow br1\n",
    "no name but a tab": b"allow br0\nallow\t\nallow br1\n",
    "all in capitals": b"allow All\nallow br1\n",
    "all and a deny": b"allow all\ndeny br0\n",
    "a star": b"allow *\nallow br1\ndeny *\n",
    "carriage returns": b"allow br0\r\n\r\n# x\r\ndeny br1\r\nallow all\r\n",
    "a carriage return alone": b"allow\rbr0\nallow br1\n",
    "blanks everywhere": b" \t allow  \t br0 \t \n\n\f\nallow\tbr1\n",
    "a tab before a space": b"allow\tbr0 \nallow br1\n",
    "a tab and a space": b"allow\t br0\nallow br1\n",
    "a vertical tab": b"\vallow br0\nallow br1\n",
    "a vertical tab behind": b"allow br0\v\nallow br1\n",
    "no final newline": b"allow br0\nallow br1",
    "no final newline and a blank": b"allow br0\nallow br1 ",
    "an unknown command": b"allow br0\npermit br1\n",
    "capital commands": b"Allow br0\n",
    "a name of 15 bytes": b"allow fifteen-letters\nallow br1\n",
    "a name of 16 bytes": b"allow br1\nallow sixteen-letters0\n",
    "a NUL in a name": b"allow br0\0x\nallow br1\n",
    "a NUL in a command": b"allow br1\nal\0low br0\n",
    "a NUL at the start": b"\0allow br0\nallow br1\n",
    "a NUL behind a comment": b"# x\0\nallow br1\n",
    "a long comment line": b"#" * 4094 + b"\nallow br1\n",
    "a comment of 4095 bytes": b"#" * 4095 + b"\nallow br1\n",
    "a comment that is cut": b"#" * 4095 + b"allow br0\nallow br1\n",
    "a comment cut within a word": b"#" * 4100 + b"\nallow br1\n",
    "a rule that is cut": b" " * 4086 + b"allow br0allow br1\n",
    "a rule cut in its name": b" " * 4087 + b"allow br01\nallow br1\n",
    "a byte order mark": b"\xef\xbb\xbfallow br0\nallow br1\n",
    "letters of others": b"allow br\xc3\xb60\nallow br1\n",
    "an include": b"include /etc/qemu/good.conf\nallow br0\n",
    "an include with a comment": b"include /etc/qemu/good.conf # more\nallow br0\n",
    "an include without a path": b"include \nallow br0\n",
    "an include alone": b"allow br0\ninclude\n",
    "an include that is missing": b"include /etc/qemu/none.conf\nallow br0\n",
    "an include with an error": b"include /etc/qemu/bad.conf\nallow br0\n",
    "an include with a long name": b"include /etc/qemu/long.conf\nallow br0\n",
    "an include that is closed": b"include /etc/qemu/closed.conf\nallow br0\n",
    "an include of a folder": b"include /etc/qemu/folder\nallow br0\n",
    "a relative include": b"include no/such/file\nallow br0\n",
    "nothing": b"",
    "only a newline": b"\n",
}


@pytest.mark.parametrize("name", FILES)
def test_what_qemu_bridge_helper_grants_is_granted(shared, name):
    compare(shared, FILES[name])


# What lines are made of: words and blanks that mean something, and some that do not.
PARTS = (b"allow", b"deny", b"include", b"br0", b"br01", b"br1", b"all", b" ", b" ", b" ", b"\t",
         b"\r", b"\f", b"\v", b"#", b"\0", b"/etc/qemu/good.conf", b"/etc/qemu/bad.conf",
         b"sixteen-letters0", b"x" * 4080, b"", b"permit", b"\xc3\xb6")


def test_files_made_at_random_mean_the_same(shared):
    """Mutations of good files, and lines of random parts; the seed is fixed."""
    chance = random.Random(20261128)
    outcomes = []
    for _ in range(50):
        lines = [chance.choice((b"allow br0", b"deny br1", b"allow all", b"# x", b"",
                                b"include /etc/qemu/good.conf", b"allow br1 ",
                                b"".join(chance.choices(PARTS, k=chance.randint(1, 5)))))
                 for _ in range(chance.randint(1, 4))]
        text = b"\n".join(lines) + chance.choice((b"\n", b"", b"\r\n"))
        outcomes.append(compare(shared, text))
    assert 5 < sum(outcomes) < 45, "neither all nor nothing"


def test_check_acl_says_what_is_passed_over(shared):
    shared.write(QEMU, b"allow br0 # lan\nallow br1\ninclude more.conf\n"
                       b"include /etc/qemu/bad.conf\ninclude /etc/qemu/none.conf\n")
    for words in ((), ("/etc/vmgrant/acl.conf",)):
        done = shared.run_as("alice", ["vmgrant", "check-acl", *words])
        assert done.code == 0, done.stderr
        text = done.stdout.decode()
        for part in (f"{QEMU}: line 1, column 7: br0 # lan: warning: passed over: a comment needs",
                     f"{QEMU}: line 3, column 9: more.conf: warning: passed over: the path is not",
                     "/etc/qemu/bad.conf: line 2, column 1: permit: warning: passed over, and what",
                     "/etc/qemu/none.conf: warning: passed over: No such file"):
            assert part in text, text
