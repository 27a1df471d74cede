#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A program in QEMU's place that tries to get out. Each attempt prints a line of JSON.

It runs by itself, with nothing of the tests: `python3 FOLDER FACTS`, a folder that has it as __main__.py
and its attempts beside it, and a file of JSON that says where the person's things are.
"""

import json
import os
import signal
import subprocess
import sys

import breakout_host  # noqa: F401 - its attempts are listed as they are read
import breakout_kernel  # noqa: F401
from breakout_attempts import ATTEMPTS


def try_one(function, facts):
    try:
        function(facts)
        return "got"
    except subprocess.CalledProcessError as error:
        return f"refused: exit status {error.returncode}"
    except (OSError, KeyError) as error:
        return f"refused: {type(error).__name__}: {error}"


def run(function, facts):
    """In a process of its own: what one attempt breaks is not for the next one."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        signal.alarm(40)
        try:
            os.write(writer, try_one(function, facts).encode()[:4000])
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read().decode()
    _, status = os.waitpid(pid, 0)
    return answer or f"refused: ended by {status}"


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        facts = json.load(file)
    facts["given"] = sys.argv[1]
    facts["supervisor"] = os.getppid()
    with open("/proc/self/uid_map", encoding="ascii") as table:
        inside, outside, _ = map(int, table.readline().split())
    facts["outer_uid"] = os.getuid() - inside + outside
    print(json.dumps({"pid": os.getpid(), "uid": facts["outer_uid"],
                      "program": os.readlink("/proc/self/exe")}), flush=True)
    for function, _, _ in ATTEMPTS:
        print(json.dumps({"name": function.__name__, "end": run(function, facts)}), flush=True)


if __name__ == "__main__":
    main()
