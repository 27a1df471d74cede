# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A reader of policies that knows vmgrant.acl(5), and nothing of the program."""

import os
import re

USERS = {"alice": 1000, "bob": 1001, "LAB\\erin": 1004, "20231234": 1005}
GROUPS = {"students": 2000, "gpu": 2001, "domain users": 2002}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
DEPTH = 8


class Bad(Exception):
    """No policy at all."""


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
    if not re.fullmatch(r"0|[1-9][0-9]*", text) or not low <= int(text) <= high:
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
