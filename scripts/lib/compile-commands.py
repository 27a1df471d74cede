# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Print a compile_commands.json: compile-commands.py SOURCES BUILD <OUTPUT-OF-MAKE-V=1"""

import json
import os
import re
import shlex
import sys

COMPILATION = re.compile(r"(?:^|\s)(?:gcc|clang|cc) (-.*?) -MT .* -c (?:-o \S+ )?(?:.*`)?(\S+\.c)\b")

# What decides the meaning of a file; warnings and gcc's own options are not clang's.
MEANING = ("-D", "-I", "-U", "-std=", "-isystem", "-include", "-pthread")


def of_meaning(options):
    """The options that clang needs, with the values that follow them."""
    words, kept = shlex.split(options), []
    for before, word in zip([""] + words, words):
        if word.startswith(MEANING) or before in ("-isystem", "-include", "-I", "-D"):
            kept.append(shlex.quote(word))
    return " ".join(kept)


sources, build = sys.argv[1:]
found = {}
for line in sys.stdin:
    if match := COMPILATION.search(line):
        # Automake asks for some by a name below its sources, for others by the whole.
        name = os.path.join(sources, match[2].strip("'\""))
        found.setdefault(name, {"directory": build, "file": name,
                                "command": f"cc {of_meaning(match[1])} -c {name}"})
json.dump(list(found.values()), sys.stdout, indent=1)
