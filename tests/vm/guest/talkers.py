# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Guests that say who they are and hear each other, see talker.py."""

import contextlib
import os

from checks import read, wait_until

# Emulated and with half a dozen daemons: what takes seconds elsewhere.
LONG_S = 240.0
PROGRAM = "/host/tests/guest/talker.py"


class Guest:
    """A talker of a person's with a card on a bridge."""

    def __init__(self, person, bridge, number):
        self.number, self.heard = number, f"/var/tmp/heard-{number}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.heard)
        command = f"exec python3 {PROGRAM} {{net0.fd}} {number} >{self.heard}"
        self.process = person.start(["vmgrant", "run", "--no-prompt", "--net", f"{bridge},vnet=off",
                                     "--", "sh", "-c", command])
        wait_until(lambda: self.process.poll() is not None or os.path.exists(self.heard),
                   "the guest", limit_s=LONG_S)
        assert self.process.poll() is None, "the guest has ended"

    def lines(self):
        return (read(self.heard) or "").splitlines()

    def last_of(self, other):
        """The last count of the other one that was heard; 0 for none."""
        counts = [int(line.split()[1]) for line in self.lines()
                  if line.startswith(f"{other.number} ")]
        return counts[-1] if counts else 0

    def hears(self, other):
        """From now on, as often as not to be by chance."""
        before = self.last_of(other)
        wait_until(lambda: self.last_of(other) >= before + 3,
                   f"guest {self.number} to hear guest {other.number}", limit_s=LONG_S)

    def reaches_gateway(self):
        before = self.lines().count("gateway")
        wait_until(lambda: self.lines().count("gateway") >= before + 2,
                   "an answer from behind the card", limit_s=LONG_S)

    def end(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def talking(person, bridge, *numbers):
    """Guests with these numbers."""
    found = []
    try:
        for number in numbers:
            found.append(Guest(person, bridge, number))
        yield found
    finally:
        for one in found:
            one.end()
