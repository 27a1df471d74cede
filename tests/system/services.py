# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The daemons of a world: system bus, polkitd, and sinks for log records."""

import os
import signal
import socket
from pathlib import Path

from process import receive, send_fds, wait_until

BUS_SOCKET = "/run/dbus/system_bus_socket"
POLKIT_NAME = "org.freedesktop.PolicyKit1"
POLKITD_PLACES = ("/usr/lib/polkit-1/polkitd", "/usr/libexec/polkitd",
                  "/usr/libexec/polkit-1/polkitd")
RULES_FOLDER = "/etc/polkit-1/rules.d"


class Polkit:
    """A real dbus-daemon and a real polkitd."""

    def __init__(self, world):
        self.world = world
        self.bus = self.daemon = None

    def start(self):
        self.start_bus()
        self.start_daemon()

    def start_bus(self):
        self.bus = self.world.spawn(
            ["dbus-daemon", "--system", "--nofork", "--nopidfile", "--nosyslog"], capture=False)
        wait_until(lambda: self.world.path(BUS_SOCKET).exists(), "the system bus")

    def start_daemon(self):
        place = next(place for place in POLKITD_PLACES if os.path.exists(place))

        def has_name():
            # One that lost a race for the name, or met a busy bus, has left.
            if self.daemon is None or not self.daemon.running():
                self.daemon = self.world.spawn([place, "--no-debug"], capture=False)
            owner = self.owner()
            return owner is not None and self.daemon.running() and owner == self.daemon.inner_pid

        wait_until(has_name, "polkitd on the bus")

    def owner(self):
        """Pid of the process that has polkit's name, 0 when there is none; None: no answer."""
        answer = self.world.run(
            ["dbus-send", "--system", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/",
             "org.freedesktop.DBus.GetConnectionUnixProcessID", f"string:{POLKIT_NAME}"])
        if answer.code != 0:
            return 0 if b"NameHasNoOwner" in answer.stderr else None
        return int(answer.stdout.split()[-1])

    def write_rules(self, script, name="10-test.rules"):
        """Replace the administrator's rules and make polkitd read them."""
        folder = self.world.path(RULES_FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(script, encoding="utf-8")
        (folder / name).chmod(0o644)
        if self.daemon:
            # polkitd notices by itself, but nobody can tell when.
            self.restart_daemon()

    def restart_daemon(self):
        self.daemon.kill()
        # The next one would leave at once while the bus takes the name for owned.
        wait_until(lambda: self.owner() == 0, "the bus to notice")
        self.start_daemon()

    def stop(self):
        for process in (self.daemon, self.bus):
            if process:
                process.signal(signal.SIGCONT)
                process.kill()
        self.daemon = self.bus = None
        self.world.path(BUS_SOCKET).unlink(missing_ok=True)


class Sink:
    """An AF_UNIX datagram socket at path that keeps what arrives."""

    def __init__(self, world, path):
        self.path, self.world = path, world
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with here, there:
            world.call(lambda: self._bind(there, path), keep=[there.fileno()])
            _, (fd,) = receive(here)
        self.socket = socket.socket(fileno=fd)
        self.socket.setblocking(False)
        self._records = []

    @staticmethod
    def _bind(there, path):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        Path(path).unlink(missing_ok=True)
        listener.bind(path)
        os.chmod(path, 0o666)
        send_fds(there, b"bound", [listener.fileno()])

    def records(self):
        """Everything received so far, as bytes; a record passed by fd is read."""
        while True:
            try:
                data, fds = receive(self.socket, 1 << 20)
            except BlockingIOError:
                return list(self._records)
            for fd in fds:
                with os.fdopen(fd, "rb") as content:
                    content.seek(0)
                    data += content.read()
            self._records.append(data)

    def take(self):
        """The same, and they are forgotten."""
        records, self._records = self.records(), []
        return records

    def fill(self):
        """Fill the queue, so that the next sender has to wait or give up."""
        def fill():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.connect(self.path)
                try:
                    while True:
                        sender.send(b"filler")
                except BlockingIOError:
                    return
        self.world.call(fill)

    def close(self):
        self.socket.close()
