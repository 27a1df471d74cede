# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A man in the middle of a QMP connection, who makes what can go wrong go wrong."""

import json
import os
import socket
import threading

from process import receive, send_fds


class QmpProxy:
    """Relays QMP between a client at `path` and a QEMU at `target`, descriptors too.

    Paths are those inside the world. `actions` holds {command: what to do when it comes}:

    "refuse"     answer with an error, QEMU does not hear of it
    "swallow"    answer with success, QEMU does not hear of it
    "hold"       QEMU executes it, the answer never arrives
    "cut"        end both connections, QEMU does not hear of it
    "cut-after"  end both connections when QEMU has executed it
    a callable   is called, then the command goes on

    An action serves once. `seen` are the names of the commands that came and were answered
    or passed on.
    """

    def __init__(self, world, target, path):
        self.seen, self.actions = [], {}
        self._deaf, self._answered = threading.Event(), threading.Event()
        self._target = world.path(target)
        self._listener = socket.socket(socket.AF_UNIX)
        place = world.path(path)
        self._listener.bind(os.fspath(place))
        place.chmod(0o666)
        self._listener.listen(8)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def listen_again(self):
        """End a "hold": answers go through again, those held are lost."""
        self.wait_answer()
        self._deaf.clear()

    def wait_answer(self):
        """Until QEMU has answered the command that it got last."""
        assert self._answered.wait(30)

    def stop_listening(self):
        """As a QEMU that has ended."""
        # Wakes the accept() as well.
        self._listener.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.stop_listening()
        self._thread.join(30)
        self._listener.close()
        assert not self._thread.is_alive()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            with client, server:
                try:
                    server.connect(os.fspath(self._target))
                    self._relay(client, server)
                except OSError:
                    pass

    def _relay(self, client, server):
        back = threading.Thread(target=self._relay_back, args=(client, server), daemon=True)
        self._deaf.clear()
        back.start()
        while self._pass_command(client, server):
            pass
        for side in (client, server):
            self._end(side)
        back.join(30)

    def _relay_back(self, client, server):
        try:
            while data := server.recv(65536):
                self._answered.set()
                if not self._deaf.is_set():
                    client.sendall(data)
        except OSError:
            pass  # a QEMU that was killed with something unread
        self._end(client)

    @staticmethod
    def _end(side):
        try:
            side.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # has ended already

    def _pass_command(self, client, server):
        data, fds = receive(client)
        try:
            return bool(data) and self._deal(client, server, data, fds)
        finally:
            for fd in fds:
                os.close(fd)

    def _deal(self, client, server, data, fds):
        command = json.loads(data)
        name = command["execute"]
        action = self.actions.pop(name, None)
        if action in ("refuse", "swallow"):
            answer = {"return": {}} if action == "swallow" else {
                "error": {"class": "GenericError", "desc": f"no {name} today"}}
            self.seen.append(name)
            client.sendall(json.dumps({**answer, "id": command["id"]}).encode() + b"\r\n")
            return True
        if action == "cut":
            return False
        if callable(action):
            action()
        if action in ("hold", "cut-after"):
            self._deaf.set()
        self._answered.clear()
        self.seen.append(name)
        send_fds(server, data, fds)
        if action == "cut-after":
            self.wait_answer()
        return action != "cut-after"
