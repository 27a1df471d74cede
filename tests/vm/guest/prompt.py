# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A person at a terminal whom polkit asks for the password."""

import contextlib
import os
import pty
import select
import subprocess
import termios

from checks import need, wait_until, write

PASSWORD = "correct horse 7"
RULE = "/etc/polkit-1/rules.d/10-vm-test.rules"
LOCAL_MODES = 3  # of termios.tcgetattr()


@contextlib.contextmanager
def own_password(person, action):
    """polkit wants the person's own password for an action."""
    need(["chpasswd"], input=f"{person.name}:{PASSWORD}\n")
    write(RULE, 'polkit.addRule(function(action, subject) {\n'
                f'    if (action.id == "{action}") return "auth_self";\n}});\n')
    try:
        need(["systemctl", "restart", "polkit"])
        yield
    finally:
        os.unlink(RULE)
        need(["systemctl", "restart", "polkit"])


class Asked:
    """A program on a terminal of its own that stands at the question for the password."""

    def __init__(self, person, argv):
        self.master, terminal = pty.openpty()
        self.text = ""
        self.process = person.start(["setsid", "--ctty", "--wait", *argv], stdin=terminal,
                                    stdout=terminal, stderr=subprocess.STDOUT)
        os.close(terminal)
        wait_until(self.is_asked, "the question for the password")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.master)

    def read(self):
        """More of what stands on the terminal; False when nothing more can come."""
        if not select.select([self.master], [], [], 0.1)[0]:
            return True
        try:
            self.text += os.read(self.master, 4096).decode(errors="backslashreplace")
        except OSError:  # nobody has it open any more
            return False
        return True

    def is_asked(self):
        assert self.read(), self.text
        # What is typed before the echo is off is lost.
        modes = termios.tcgetattr(self.master)[LOCAL_MODES]
        return self.text.endswith("Password: ") and not modes & termios.ECHO

    def answer(self):
        """The exit status after the right password, and all that stood on the terminal."""
        os.write(self.master, f"{PASSWORD}\n".encode())
        wait_until(lambda: not self.read(), "the end of the program")
        return self.process.wait(), self.text
