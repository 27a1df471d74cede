# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The commands that the project's documents show: each with the place where it stands.

In Markdown they are the lines of indented blocks and of code between backquotes that begin with
a program's name, in manual pages the lines of displays. A backslash at the end of a line goes on.
"""

import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
MARKDOWN = ("README.md", "CONTRIBUTING.md", "HACKING.md", "ARCHITECTURE.md", "SECURITY.md", "packaging/README.md",
            "bindings/python/README.md", *(f"doc/{path.name}" for path in sorted(TOP.glob("doc/*.md"))))
MANUALS = tuple(f"doc/{path.name}" for path in sorted(TOP.glob("doc/*.in")))
PROGRAMS = ("vmgrant", "sudo", "nmcli", "ip", "udevadm", "ln", "systemctl", "dpkg-buildpackage",
            "dpkg-statoverride", "autoreconf", "./configure", "../configure", "make", "mkdir", "cc",
            "setcap", "chmod", "echo", "qemu-system-x86_64", "pip", "apparmor_parser", "driverctl",
            "scripts/", "./scripts/", "virt-install", "journalctl", "ausearch", "usermod", "groupadd", "chgrp", "cp")
RULE = re.compile(r"(allow|deny) +(bridge|usb|vfio|disk) |(include|import-qemu) /")


class Command:
    """One that a document shows; text is without comment, `sudo` and what stands for more."""

    def __init__(self, place, text):
        self.place = place
        self.shown = text
        text = re.sub(r"\s+#.*", "", text)
        self.text = " ".join(re.sub(r"^sudo ", "", text).replace("...", "").split())

    def __repr__(self):
        return f"{self.place}: {self.shown}"


def is_command(text):
    word = text.split(None, 1)[0] if text.strip() else ""
    return any(word == name or name.endswith("/") and word.startswith(name) for name in PROGRAMS)


def joined(lines):
    """[(number of the first line, text)]; what a backslash goes on with is part of it."""
    found, begun = [], None
    for number, text in lines:
        if begun:
            number, text = begun[0], begun[1] + " " + text.strip()
        begun = (number, text[:-1].rstrip()) if text.endswith("\\") else None
        if not begun:
            found.append((number, text))
    return found


def blocks_of(name):
    """[(number, text)] of a Markdown file's indented lines and its code between backquotes."""
    lines = (TOP / name).read_text(encoding="utf-8").splitlines()
    indented = [(number, line.strip()) for number, line in enumerate(lines, 1)
                if line.startswith("    ") and line.strip()]
    # Two words at least: a single one is a name.
    quoted = [(number, text) for number, line in enumerate(lines, 1) if not line.startswith("    ")
              for text in re.findall(r"`([^`]+ [^`]+)`", line)]
    return joined(indented) + quoted


def displays_of(name):
    """[(number, text)] of a manual page's displays, as they are shown."""
    found, inside = [], False
    for number, line in enumerate((TOP / name).read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith((".Bd", ".Ed")):
            inside = line.startswith(".Bd")
        elif inside or line.startswith(".Dl "):
            text = line.removeprefix(".Dl ").replace("\\e", "\\").replace("\\(dq", '"')
            text = text.replace("@pkglibexecdir@", "/usr/libexec/vmgrant")
            found.append((number, text.replace("@sysconfdir@", "/etc").strip()))
    return joined(found)


def shown():
    """[(place, text)] of everything that is set like something to type."""
    return [(f"{name}:{number}", text)
            for names, reader in ((MARKDOWN, blocks_of), (MANUALS, displays_of))
            for name in names for number, text in reader(name)]


def commands():
    return [Command(place, text) for place, text in shown() if is_command(text)]


def rules():
    """Lines of policies, by document: {document: [line]}."""
    found = {}
    for place, text in shown():
        if RULE.match(text):
            found.setdefault(place.rpartition(":")[0], []).append(re.sub(r"\s+#.*", "", text))
    return found
