# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A QEMU for cards whose guest never lets one go before it is told to, of any version.

Before QEMU 10 netdev_del closes a netdev's files at once. From 10 on it only marks a netdev
whose card exists: its name is free again, its files stay open until the card goes.
"""

import json
import os
import socket
import threading

from process import receive


class FakeQemu:
    """Listens at a path inside the world. `broken` is cut off once, behind this command."""

    def __init__(self, world, path, major, broken=None):
        self.major, self.broken = major, broken
        self.files, self.netdevs, self.cards, self.orphans = {}, {}, {}, {}
        self.links_down, self.seen = set(), []
        self._connection = None
        self._listener = socket.socket(socket.AF_UNIX)
        place = world.path(path)
        self._listener.bind(os.fspath(place))
        place.chmod(0o666)
        self._listener.listen(4)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listener.close()
        for fds in [*self.netdevs.values(), *self.orphans.values(), self.files.values()]:
            for fd in fds:
                os.close(fd)

    def let_go(self):
        """The guest gives back what it was asked for."""
        for card in list(self.cards):
            self._end_card(card)
            self._say({"event": "DEVICE_DELETED", "data": {"device": card, "path": "/x"}})

    def _end_card(self, card):
        netdev = self.cards.pop(card)
        for fd in self.orphans.pop(netdev, []):
            os.close(fd)

    def _say(self, message):
        self._connection.sendall(json.dumps(message).encode() + b"\r\n")

    def _serve(self):
        while True:
            try:
                self._connection, _ = self._listener.accept()
            except OSError:
                return
            with self._connection:
                try:
                    self._serve_one()
                except OSError:
                    pass  # the other end has had enough

    def _serve_one(self):
        self._say({"QMP": {"version": {"qemu": {"major": self.major, "minor": 0, "micro": 0}},
                           "capabilities": []}})
        while True:
            data, fds = receive(self._connection)
            if not data:
                return
            command = json.loads(data)
            name = command["execute"]
            self.seen.append(name)
            answer = self._answer(name, command.get("arguments", {}), fds)
            if name == self.broken:
                self.broken = None
                return
            if answer is None:
                answer = {"error": {"class": "DeviceNotFound", "desc": "Device not found"}}
            self._say({**answer, "id": command["id"]})

    def _answer(self, name, given, fds):
        """None: there is no such thing."""
        method = getattr(self, f"_{name.replace('-', '_')}", None)
        if method is None:
            return {"return": [] if name == "query-pci" else {}}
        return method(given, fds)

    def _qom_list(self, _given, _fds):
        return {"return": [{"name": card, "type": "child<x>"} for card in self.cards]}

    def _qom_get(self, given, _fds):
        card = given["path"].rsplit("/", 1)[1]
        if card not in self.cards:
            return None
        return {"return": self.cards[card] if given["property"] == "netdev" else "virtio-net-pci"}

    def _getfd(self, given, fds):
        (self.files[given["fdname"]],) = fds
        return {"return": {}}

    def _closefd(self, given, _fds):
        if given["fdname"] not in self.files:
            return None
        os.close(self.files.pop(given["fdname"]))
        return {"return": {}}

    def _netdev_add(self, given, _fds):
        self.netdevs[given["id"]] = [self.files.pop(given["fd"])]
        return {"return": {}}

    def _netdev_del(self, given, _fds):
        if given["id"] not in self.netdevs:
            return None
        fds = self.netdevs.pop(given["id"])
        if self.major >= 10 and given["id"] in self.cards.values():
            self.orphans[given["id"]] = fds
        else:
            for fd in fds:
                os.close(fd)
        return {"return": {}}

    def _device_add(self, given, _fds):
        self.cards[given["id"]] = given["netdev"]
        return {"return": {}}

    def _device_del(self, given, _fds):
        return {"return": {}} if given["id"] in self.cards else None

    def _set_link(self, given, _fds):
        (self.links_down.discard if given["up"] else self.links_down.add)(given["name"])
        return {"return": {}}

    def _human_monitor_command(self, _given, _fds):
        text = "".join(f"{card}: index=0,type=nic\r\n \\ {netdev}: index=0,type=tap\r\n"
                       for card, netdev in self.cards.items())
        text += "".join(f"{netdev}: index=0,type=tap\r\n" for netdev in self.netdevs
                        if netdev not in self.cards.values())
        return {"return": text}
