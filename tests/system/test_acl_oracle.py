# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 19 and 24: policies with random mistakes, against a reader of them written from vmgrant.acl(5).

What the page does not say the policies made here do not hold. VMGRANT_POLICIES is how many there
are (1500), VMGRANT_POLICIES_SEED the seed.
"""

import os
import random
import shutil
import subprocess

import pytest

import nss
from acl_oracle import NOTHING, Bad, judge, read_policy
from seeds import seed_of

LINES = (
    "allow bridge br0 user alice polkit=no", "allow bridge br0 group students quota=2 isolated",
    "allow bridge * user 1001 queues=4 vhost polkit=no", "deny bridge br0 user bob", "deny bridge br1",
    "allow bridge br1", "allow bridge br0 vlan=30 lock-mac", "allow bridge br1 port=direct",
    'allow bridge br0 group "domain users" quota=1024', 'deny bridge * user "20231234"',
    "allow bridge br0 user LAB\\erin", "deny bridge br0 user nobody-of-that-name",
    "allow bridge fifteen-letters", "allow usb 0951:1666 user alice", "allow usb *:1666 group gpu",
    "allow usb class=08 port=1-1.4 group students polkit=no", "deny usb serial=GOOD",
    'allow usb 0951:* serial="TWO WORDS" user bob', "deny usb port=1-1.4 user alice",
    "allow usb class=ff", "allow vfio 0000:03:00.0 user alice memlock=17G",
    "allow vfio 03:00.0 group gpu memlock=4096", "deny vfio 10de:* user bob", "allow vfio *:1c82",
    "include @/more.conf", "include @/folder", "import-qemu @/bridge.conf", "# a comment", "",
    "allow bridge br0 # user alice", "\tallow\tbridge  br0 ")
QEMU = ("allow br0", "deny br1", "allow all", "deny br0", "# allow br1", "", "allow br0 # lan",
        "deny br0 br1", "allow ", "include @/qemu.conf", "include qemu.conf", "include @/folder",
        "include @/missing", "permit br0", "allow", "allow sixteen-letters0")
TOKENS = ("allow", "deny", "bridge", "usb", "vfio", "user", "group", "alice", "1001", "br0", "*",
          "quota=0", "quota=1025", "quota=3", "queues=256", "queues=257", "vlan=4094", "vlan=4095",
          "polkit=no", "polkit=yes", "isolated", "vhost", "port=direct", "lock-mac", "memlock=1X",
          "memlock=8M", "class=8", "class=08", "0951:166", "*:*", "GOOD", "include", "import-qemu",
          "0000:03:00.8", "serial=", "port=1-0", "#", '"', '""', "sixteen-letters0")
BYTES = (b" ", b"\t", b"#", b'"', b"=", b"0", b"a", b"\r", b"\0", b"\x7f", b"\xc3\xb6", b"\n", b"*", b"-")

PEOPLE = ({"uid": 1000, "groups": (1000, 2000)}, {"uid": 1001, "groups": (1001, 2001)},
          {"uid": 1004, "groups": (2002,)}, {"uid": 1005, "groups": (1005,)})
THINGS = (
    ("bridge", {"bridge": "br0"}), ("bridge", {"bridge": "br1"}), ("bridge", {"bridge": "fifteen-letters"}),
    ("usb", {"ids": (0x951, 0x1666), "port": "1-1.4", "class": 8, "serial": "GOOD"}),
    ("usb", {"ids": (0x951, 0x1666), "port": "2-1", "class": 0xff, "serial": None}),
    ("vfio", {"ids": (0x10de, 0x1c82), "address": "0000:03:00.0"}),
    ("vfio", {"ids": (0x8086, 0x1c82), "address": "0001:03:00.0"}))


def mutate(chance, line):
    """One mistake, perhaps."""
    words = line.split(" ")
    place = chance.randrange(len(words))
    what = chance.randrange(8)
    if what == 0:
        del words[place]
    elif what == 1:
        words.insert(place, words[chance.randrange(len(words))])
    elif what == 2:
        words.insert(place, chance.choice(TOKENS))
    elif what == 3:
        words[place] = chance.choice(TOKENS)
    elif what == 4:
        other = chance.randrange(len(words))
        words[place], words[other] = words[other], words[place]
    elif what == 5:
        words[place] = words[place].upper()
    data = " ".join(words).encode()
    if what == 6:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + chance.choice(BYTES) + data[at:]
    elif what == 7 and data:
        at = chance.randrange(len(data))
        data = data[:at] + data[at + 1:]
    return data


def make(chance, lines, most, mistakes):
    """A file of some lines, with mistakes in so many of a hundred."""
    chosen = [mutate(chance, line) if chance.randrange(100) < mistakes else line.encode()
              for line in chance.choices(lines, k=chance.randint(0, most))]
    end = b"" if chance.randrange(100) < mistakes / 8 else b"\n"
    return b"\n".join(chosen) + (end if chosen else b"")


class Judge:
    """The program, asked over pipes."""

    def __init__(self):
        self.process = subprocess.Popen([nss.built("tests/system/policy-judge")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, words):
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, person, kind, thing):
        pair = "{:04x}:{:04x}".format(*thing.get("ids", (0, 0)))
        about = {"bridge": lambda: thing["bridge"],
                 "usb": lambda: f"{pair} {thing['port']} {thing['class']:02x} {thing['serial'] or '-'}",
                 "vfio": lambda: f"{thing['address']} {pair}"}[kind]()
        groups = ",".join(map(str, person["groups"]))
        answer = self.say(f"ask {person['uid']} {groups} {kind} {about}").split()
        if answer == ["deny"]:
            return None
        return answer[1], dict(zip(NOTHING, map(int, answer[2:])))

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture
def asked():
    judge_program = Judge()
    yield judge_program
    judge_program.close()


def write_files(chance, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/folder")
    clean = chance.random() < 0.4
    for name, lines, most in (("acl.conf", LINES, 5), ("more.conf", LINES[:-7] + LINES[-5:], 3),
                              ("folder/a.conf", LINES[:24], 2), ("folder/b.conf", LINES[:24], 2),
                              ("folder/not", LINES[:24], 1), ("bridge.conf", QEMU, 3),
                              ("qemu.conf", QEMU, 3)):
        if "bridge" in name or "qemu" in name:
            text = make(chance, lines, most, 0)
        else:
            text = make(chance, lines, most, 0 if clean else 12)
        with open(f"{folder}/{name}", "wb") as file:
            file.write(text.replace(b"@", os.fsencode(folder)))


def show(folder):
    return "".join(f"--- {path}\n{open(path, 'rb').read()!r}\n" for path in (
        f"{folder}/{name}" for name in ("acl.conf", "more.conf", "folder/a.conf", "folder/b.conf",
                                        "bridge.conf", "qemu.conf")))


def test_attack_19_and_24_policies_with_mistakes_mean_what_the_manual_says(asked, tmp_path):
    seed = seed_of("POLICIES")
    chance, folder = random.Random(seed), str(tmp_path / "p")
    good = allowed = 0
    policies = int(os.environ.get("VMGRANT_POLICIES") or 1500)
    for _ in range(policies):
        write_files(chance, folder)
        told = f"VMGRANT_POLICIES_SEED={seed}"
        try:
            rules, why = read_policy(f"{folder}/acl.conf"), ""
        except Bad as error:
            rules, why = None, error
        answer = asked.say(f"load {folder}/acl.conf")
        assert (answer == "good") == (rules is not None), f"{told}: {answer}, {why!r}\n{show(folder)}"
        if rules is None:
            continue
        good += 1
        for person in PEOPLE:
            for kind, thing in THINGS:
                expected, found = judge(rules, person, kind, thing), asked.ask(person, kind, thing)
                assert expected == found, f"{told}: {person} {thing}\n{show(folder)}"
                allowed += expected is not None
    # Neither all of them wrong nor all of them empty.
    assert good > policies / 8 and allowed > policies, (good, allowed)
