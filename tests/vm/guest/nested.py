# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""QEMU as people of the test VM start it, and its monitor."""

import json
import os
import socket
import subprocess
import tempfile

from checks import say, wait_until
from people import LATE, MORE_TRIES

OLDER = "qemu-system-x86_64"
NEWER = "/opt/qemu10/qemu-system-x86_64"
# Firmware and boot programs need no more; a second emulator inside an emulator is slow.
SMALL = ["-M", "q35", "-accel", "tcg", "-m", "64", "-nodefaults", "-display", "none",
         "-vga", "none"]


class Guest:
    """A QEMU of a person's with a monitor, and what it printed.

    before    words before QEMU's name: ["vmgrant", "run", "--net", "br0", "--"]
    program   OLDER, NEWER or another
    extra_monitor    a second monitor for vmgrant, whose socket is at self.second
    """

    def __init__(self, person, arguments, before=(), program=OLDER, base=SMALL, wait=True,
                 extra_monitor=False):
        self.folder = tempfile.mkdtemp(prefix="guest-", dir="/var/tmp")
        os.chown(self.folder, person.entry.pw_uid, person.entry.pw_gid)
        self.path = f"{self.folder}/qmp"
        self.log = f"{self.folder}/log"
        self.serial = f"{self.folder}/serial"
        self.second = f"{self.folder}/second"
        self.rest = b""
        self.connection = None
        if extra_monitor:
            arguments = [*arguments, "-qmp", f"unix:{self.second},server=on,wait=off"]
        self.person, self.tries_left = person, MORE_TRIES
        self.words = [*before, program, *base, "-qmp", f"unix:{self.path},server=on,wait=off",
                      "-serial", f"file:{self.serial}", *arguments]
        self.process = self.start()
        if wait:
            self.connect()

    def start(self):
        with open(self.log, "wb") as log:
            return self.person.start(self.words, stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def said(self):
        with open(self.log, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()

    def printed(self):
        """What the guest wrote to its serial port."""
        try:
            with open(self.serial, encoding="utf-8", errors="backslashreplace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def try_connect(self):
        """A connection, or None: not yet; again where vmgrant says so, as a person would."""
        status = self.process.poll()
        if status is not None and LATE.search(self.said()) and self.tries_left > 0:
            say(self.said().strip())
            self.tries_left -= 1
            self.process = self.start()
            return None
        assert status is None, f"QEMU left with {status}: {self.said()}"
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
            return None
        return connection

    def connect(self):
        self.connection = wait_until(self.try_connect, "QEMU's monitor")
        self.connection.settimeout(60)
        self.line()
        self.execute("qmp_capabilities")

    def line(self):
        while b"\n" not in self.rest:
            data = self.connection.recv(65536)
            assert data, f"QEMU closed its monitor: {self.said()}"
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def execute(self, command, **arguments):
        """What a command returned; events are passed over."""
        self.connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = self.line()
            if "event" not in answer:
                assert "return" in answer, f"{command}: {answer}"
                return answer["return"]

    def monitor(self, command):
        """What the monitor for people answers."""
        return self.execute("human-monitor-command", **{"command-line": command})

    def end(self):
        """End it, by force if it does not end itself; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        if self.connection:
            self.connection.close()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
