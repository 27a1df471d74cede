# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the first screen of README.md says, word by word, on a machine that has never seen vmgrant: from
the packages to a guest with an address in the machine's own network, and how long that takes.

Runs when it is named, with vm-test --packages FOLDER: building the packages is what comes before.
"""

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import time

import package
from beside import LONG_S, service
from checks import main, need, read, run, say, wait_until
from people import Seated

CARD = "eth0"
SCREEN_LINES = 30
README = "/host/tests/README.md"
BUILD = ["sudo ./scripts/install-deps build packages", "dpkg-buildpackage -us -uc -b"]
# What setup asks, and what somebody answers who takes what it offers.
ANSWERS = (("User [alice]: ", ""), ("Bridge [br0]: ", ""), (f"by card {CARD}? [y/N] ", "y"),
           ("Make these changes? [y/N] ", "y"), ("seconds. [y/N] ", "y"))


def commands():
    """Those that the first screen shows, without the two that make the packages."""
    screen = (read(README) or "").splitlines()[:SCREEN_LINES]
    shown = [re.sub(" +#.*", "", line).strip() for line in screen if line.startswith("    ")]
    assert shown[:2] == BUILD and len(shown) == 5, shown
    return shown[2:]


class Typed:
    """A command on a terminal, by somebody who reads what it says."""

    def __init__(self, start, command, **more):
        self.master, terminal = pty.openpty()
        self.text = ""
        self.process = start(["setsid", "--ctty", "--wait", "sh", "-c", f"exec {command}"], stdin=terminal,
                             stdout=terminal, stderr=subprocess.STDOUT, **more)
        os.close(terminal)

    def read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # nobody has it open any more
                self.text += os.read(self.master, 65536).decode(errors="backslashreplace")

    def says(self, words):
        """Wait until it does; what it said before that is read."""
        def is_said():
            self.read()
            assert words in self.text or self.process.poll() is None, self.text
            return words in self.text
        wait_until(is_said, f"{words!r}", limit_s=LONG_S)
        self.text = self.text.split(words, 1)[1]

    def answers(self, words, answer):
        self.says(words)
        os.write(self.master, f"{answer}\n".encode())

    def ends(self):
        """The exit status, and what it said at last."""
        def is_over():
            self.read()
            return self.process.poll() is not None
        wait_until(is_over, "the end", limit_s=LONG_S)
        self.read()
        os.close(self.master)
        return self.process.returncode, self.text


def as_root(argv, **more):
    return subprocess.Popen(argv, env={**os.environ, "SUDO_USER": "alice"}, **more)


def installs(command):
    """Beside the folder of the sources, where the packages are when they are built."""
    os.makedirs(f"{package.PLACE}/vmgrant", exist_ok=True)
    need(["sh", "-c", command], cwd=f"{package.PLACE}/vmgrant", limit_s=LONG_S)


def sets_up(command):
    setup = Typed(as_root, command)
    for words, answer in ANSWERS:
        setup.answers(words, answer)
    status, said = setup.ends()
    # What check finds of an emulated machine is no failure of the setup.
    assert status in (0, 104), said
    for line in said.splitlines():
        if "FAIL" in line or "warn" in line:
            say(line.strip())


def gets_address(person, command):
    guest = Typed(person.start, command)
    try:
        guest.says("Configuring (net0 52:54:00")
        guest.says("net0: 10.0.2.")
        guest.says("/255.255.255.0")
    finally:
        guest.process.kill()
        guest.process.wait()


def is_activated():
    return need(["nmcli", "-g", "GENERAL.STATE", "device", "show", CARD]).startswith("100")


def seconds_since(begin):
    return time.monotonic() - begin


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)

    def check_first_screen():
        """The first screen of README.md leads from packages to a guest with an address"""
        install, setup, start = [one.removeprefix("sudo ") for one in commands()]
        assert not package.is_installed()
        need(["ip", "link", "set", CARD, "down"])
        need(["ip", "address", "flush", "dev", CARD])
        with service("NetworkManager"):
            wait_until(is_activated, "NetworkManager to be done with the card", limit_s=LONG_S)
            # This network gives none; real ones do.
            need(["ip", "route", "replace", "default", "via", "10.0.2.2", "dev", CARD])
            try:
                begin = time.monotonic()
                installs(install)
                installed = seconds_since(begin)
                sets_up(setup)
                ready = seconds_since(begin)
                gets_address(alice, start)
                say(f"from the packages to an address: {seconds_since(begin):.0f} s, of these install "
                    f"{installed:.0f}, setup {ready - installed:.0f}")
            finally:
                run(["sh", "-c", "vmgrant setup --undo --yes"], limit_s=LONG_S)

    sys.exit(main(globals()))
