# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 19 and 24: policies with random mistakes, against a reader of them written from vmgrant.acl(5).

The reader below knows the manual page and nothing of the program. What the page does not say the
policies made here do not hold. VMGRANT_POLICIES is how many there are (1500), VMGRANT_POLICIES_SEED
the seed.
"""

import os
import random
import re
import shutil
import subprocess

import pytest

import nss

USERS = {"alice": 1000, "bob": 1001, "LAB\\erin": 1004, "20231234": 1005}
GROUPS = {"students": 2000, "gpu": 2001, "domain users": 2002}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
DEPTH = 8


class Bad(Exception):
    """No policy at all."""


# ---- the reader ----

def words_of(line):
    """[(text, was it in quotes)]: what stands between blanks, up to a comment."""
    if re.search(rb"[^\t -~\x80-\xff]", line):
        raise Bad("a control character")
    words, rest = [], line.decode("utf-8", "surrogateescape")
    while rest := rest.lstrip(" \t"):
        if rest[0] == "#":
            if re.search(r"[^\t -~]", rest):
                raise Bad("the file is ASCII text")
            break
        match = re.match(r'"([^"]*)"(?=[ \t]|$)|(serial="[^"]*")(?=[ \t]|$)|([^ \t"]+)(?=[ \t]|$)', rest)
        if match is None:
            raise Bad("quotes")
        quoted, serial, plain = match.groups()
        # Quoted names may hold other letters, a serial number is no name.
        if not re.fullmatch(r"[ -~]*", serial or plain or ""):
            raise Bad("not ASCII")
        words.append((serial.replace('"', "") if serial else plain if plain is not None else quoted,
                      quoted is not None))
        rest = rest[match.end():]
    return words


def number(text, low, high):
    if not re.fullmatch(r"[0-9]+", text) or not low <= int(text) <= high:
        raise Bad(f"a number: {text}")
    return int(text)


def ids(text):
    """A test of a pair of ids, None if it is no such pair."""
    match = re.fullmatch(r"([0-9a-fA-F]{4}|\*):([0-9a-fA-F]{4}|\*)", text)
    if match is None:
        return None
    wanted = [None if part == "*" else int(part, 16) for part in match.groups()]
    return lambda pair: all(want in (None, have) for want, have in zip(wanted, pair))


def bridge_selector(words):
    name, quoted = words.pop(0) if words else ("", False)
    # What the kernel calls no interface no rule does either.
    if quoted or not re.fullmatch(r'\*|[^/:%*#"]{1,15}', name) or name in (".", ".."):
        raise Bad("a bridge")
    return lambda thing: name in ("*", thing["bridge"])


def usb_selector(words):
    tests, seen = [], set()
    while words and not words[0][1]:
        text = words[0][0]
        name, _, value = text.partition("=")
        if (pair := ids(text)) is not None:
            name, test = "ids", lambda thing, pair=pair: pair(thing["ids"])
        elif name == "class" and re.fullmatch(r"[0-9a-fA-F]{2}", value):
            test = lambda thing, value=value: thing["class"] == int(value, 16)
        elif name == "serial" and value:
            test = lambda thing, value=value: thing["serial"] == value
        elif name == "port" and re.fullmatch(r"[1-9][0-9]*-[1-9][0-9]*(\.[1-9][0-9]*)*", value):
            test = lambda thing, value=value: thing["port"] == value
        else:
            break
        if name in seen:
            raise Bad("a selector twice")
        seen.add(name)
        tests.append(test)
        words.pop(0)
    if not tests:
        raise Bad("no selector")
    return lambda thing: all(test(thing) for test in tests)


def vfio_selector(words):
    text, quoted = words.pop(0) if words else ("", False)
    if quoted:
        raise Bad("quotes")
    if (pair := ids(text)) is not None:
        return lambda thing: pair(thing["ids"])
    match = re.fullmatch(r"([0-9a-fA-F]{4}:)?([0-9a-fA-F]{2}:[0-9a-fA-F]{2}\.[0-7])", text)
    if match is None:
        raise Bad("a device")
    address = (match[1] or "0000:").lower() + match[2].lower()
    return lambda thing: thing["address"] == address


SELECTORS = {"bridge": bridge_selector, "usb": usb_selector, "vfio": vfio_selector}
NOTHING = {"queues": 0, "quota": 0, "vlan": 0, "memlock": 0, "vhost": 0, "lock-mac": 0, "isolated": 0,
           "direct": 0, "polkit": 0}
OF_BRIDGES = {"quota": (1, 1024), "vlan": (1, 4094), "queues": (1, 256)}


def take_subject(words):
    """What matches a person, and whether the rule names anybody; the words are taken out."""
    places = [place for place, word in enumerate(words) if word in (("user", False), ("group", False))]
    if not places:
        return lambda person: True, False
    # What follows is the name, also where it is such a word.
    kind, name = words[places[0]][0], words[places[0] + 1:places[0] + 2]
    del words[places[0]:places[0] + 2]
    return named(kind, name), True


def named(kind, words):
    if not words:
        raise Bad("nobody is named")
    name, quoted = words[0]
    if quoted and (not name or '"' in name or ":" in name or name[0] == " " or name[-1] == " " or
                   not name.isprintable()):
        raise Bad("a name")
    if not quoted and not re.fullmatch(r"[A-Za-z0-9_.\\-]+", name):
        raise Bad("a name")
    if not quoted and name.isdigit():
        known = number(name, 0, 4294967294)
    else:
        known = (USERS if kind == "user" else GROUPS).get(name)
    if kind == "user":
        return lambda person: person["uid"] == known
    return lambda person: known in person["groups"]


def options(kind, words, is_somebodys):
    found = {}
    for text, quoted in words:
        name, equals, value = text.partition("=")
        if quoted:
            raise Bad("quotes")
        if kind == "bridge" and name in OF_BRIDGES and equals:
            given = name, number(value, *OF_BRIDGES[name])
        elif kind == "bridge" and text in ("isolated", "lock-mac", "vhost"):
            given = text, 1
        elif kind == "bridge" and text == "port=direct":
            given = "direct", 1
        elif text == "polkit=no" and is_somebodys:
            given = "polkit", 1
        elif kind == "vfio" and name == "memlock" and re.fullmatch(r"[0-9]+[KMGT]?", value):
            given = "memlock", int(value.rstrip("KMGT")) * UNITS[value.lstrip("0123456789")]
        else:
            raise Bad(f"an option: {text}")
        if given[0] in found:
            raise Bad("an option twice")
        found[given[0]] = given[1]
    if "lock-mac" in found and "direct" in found:
        raise Bad("lock-mac with port=direct")
    return {**NOTHING, **found}


def read_rule(words, place):
    allows = words.pop(0)[0] == "allow"
    kind, quoted = words.pop(0) if words else ("", False)
    if quoted or kind not in SELECTORS:
        raise Bad("a kind")
    about = SELECTORS[kind](words)
    whom, is_somebodys = take_subject(words)
    if not allows and words:
        raise Bad("a deny has no options")
    given = options(kind, words, is_somebodys)
    return allows, kind, about, whom, place, given


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Bad(str(error)) from error


def read_path(words):
    if len(words) != 1 or not words[0][0].startswith("/") or ".." in words[0][0].split("/"):
        raise Bad("a path")
    return words[0][0]


def read_policy(path, depth=0):
    """The rules of a file and of what it includes."""
    if depth >= DEPTH:
        raise Bad("too deep")
    if os.path.isdir(path) and depth:
        return [rule for name in sorted(os.listdir(path))
                if name.endswith(".conf") and name[0] != "." and len(name) > 5
                for rule in read_policy(f"{path}/{name}", depth)]
    data, rules = read_bytes(path), []
    if data and not data.endswith(b"\n"):
        raise Bad("no newline at the end")
    for line, text in enumerate(data.split(b"\n")[:-1], 1):
        words = words_of(text)
        if not words:
            continue
        if words[0] in (("allow", False), ("deny", False)):
            rules.append(read_rule(words, f"{path}:{line}"))
        elif words[0] == ("include", False):
            rules += read_policy(read_path(words[1:]), depth + 1)
        elif words[0] == ("import-qemu", False):
            rules += read_qemu(read_path(words[1:]), depth + 1, [])
        else:
            raise Bad("a statement")
    return rules


class Fatal(Bad):
    """An error that is one also in an included file of qemu's."""


def read_qemu(path, depth, rules):
    """The rules of qemu's file; those before an error are in rules."""
    if depth > DEPTH:
        raise Fatal("too deep")
    for line, text in enumerate(read_bytes(path).decode("ascii").split("\n"), 1):
        if not text or text[0] == "#":
            continue
        command, blank, name = text.partition(" ")
        if not blank or command not in ("allow", "deny", "include"):
            raise Bad("not known, or a word alone")
        if command == "include":
            if name.startswith("/") and os.path.isfile(name):
                try:
                    read_qemu(name, depth + 1, rules)
                except Fatal:
                    raise
                except Bad:
                    pass
        elif len(name) > 15:
            raise Bad("a long name")
        else:
            rules.append((command == "allow", "bridge",
                          lambda thing, name=name: name in ("all", thing["bridge"]),
                          lambda person: True, f"{path}:{line}", {**NOTHING, "direct": 1}))
    return rules


def judge(rules, person, kind, thing):
    """None, or (place, options) of the rule that allows it."""
    matching = [rule for rule in rules if rule[1] == kind and rule[2](thing) and rule[3](person)]
    if not matching or not all(allows for allows, *_ in matching):
        return None
    return matching[0][4:]


# ---- policies ----

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
    seed = int(os.environ.get("VMGRANT_POLICIES_SEED") or random.SystemRandom().randrange(1 << 32))
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
