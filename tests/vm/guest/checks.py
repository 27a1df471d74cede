# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What every check file of the test VM uses: run the checks, start programs, wait.

A check is a function whose name begins with check_ and whose docstring is its name.
They run in the order of the file and build upon each other.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import traceback

# Emulated processors inside emulated processors: a limit only ends a hang.
LIMIT_S = 60.0
# Of one check, whatever it waits for; the slowest takes less than half of it by itself.
CHECK_LIMIT_S = int(os.environ.get("VMGRANT_CHECK_LIMIT_S", "420"))


class TooLong(Exception):
    """A check that hangs: its traceback tells where."""


def too_long(*_):
    raise TooLong(f"ended after its limit of {CHECK_LIMIT_S} s")


class Skip(Exception):
    """What the check needs is not here; the text says what."""


# A file that takes too long is ended, and takes away what it made.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))
signal.signal(signal.SIGALRM, too_long)


def tell(problem):
    """Where it happened; of a check that hangs what called the innermost wait is what tells."""
    limit = None if isinstance(problem, TooLong) else -3
    print("".join(f"#   {line}\n" for line in
                  "".join(traceback.format_exception(problem, limit=limit)).splitlines()),
          end="", flush=True)


def attempt(title, function):
    """Run one check and say how it went; the problem, if there was one that counts."""
    begin = time.monotonic()
    signal.alarm(CHECK_LIMIT_S)
    try:
        function()
    except Skip as reason:
        print(f"ok - {title} # SKIP {reason}", flush=True)
    except Exception as problem:  # whatever it is, it is told and the next check runs
        return problem
    else:
        print(f"ok - {title} [{time.monotonic() - begin:.1f} s]", flush=True)
    finally:
        signal.alarm(0)
    return None


def main(names):
    """Run the checks among names, which are a module's; the exit status.

    Words on the command line choose those whose functions have one of them in their name. The first
    one that fails is run again, as this machine is emulated on one that may be busy otherwise: it
    is said, and a second failure counts. One that hangs is not.
    """
    bad, may_again = 0, True
    wanted = sys.argv[1:] or [""]
    for name, function in list(names.items()):
        if not name.startswith("check_") or not any(word in name for word in wanted):
            continue
        title = " ".join(function.__doc__.split()).rstrip(".")
        problem = attempt(title, function)
        if problem and may_again and not isinstance(problem, TooLong):
            may_again = False
            tell(problem)
            problem = attempt(title, function)
            if not problem:
                print(f"passed when run again: {title}", flush=True)
        if problem:
            bad += 1
            print(f"not ok - {title}")
            tell(problem)
    return 1 if bad else 0


def run(argv, limit_s=LIMIT_S, **more):
    """A program's CompletedProcess, its text in stdout, standard error included."""
    more.setdefault("stderr", subprocess.STDOUT)
    if "input" not in more:
        more["stdin"] = subprocess.DEVNULL
    return subprocess.run(argv, stdout=subprocess.PIPE, text=True,
                          errors="backslashreplace", timeout=limit_s, **more)


def need(argv, **more):
    """The text of a program that has to succeed."""
    done = run(argv, **more)
    assert done.returncode == 0, f"{argv}: status {done.returncode}: {done.stdout}"
    return done.stdout


def wait_until(condition, what, limit_s=LIMIT_S, pause_s=0.05):
    """Ask until condition() is true; returns what it returned."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"waited {limit_s} s for: {what}"
        time.sleep(pause_s)


def read(path):
    """A file's text without the white space around it; None if it is not there."""
    try:
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read().strip()
    except FileNotFoundError:
        return None


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def acl(text):
    """The administrator's policy, for as long as it lasts."""
    path = "/etc/vmgrant/acl.conf"
    before = read(path)
    write(path, f"{text}\n")
    try:
        yield
    finally:
        write(path, f"{before}\n")


def say(text):
    """A remark among the results."""
    print(f"# {text}", file=sys.stdout, flush=True)
