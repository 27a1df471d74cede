# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A QEMU that takes every USB device: just enough of QMP for what a real one would refuse."""

import json
import os
import socket

from process import receive, wait_until

# While it is there, what has come to device_add gets no answer.
HOLD = "/home/alice/hold"


class State:
    """What QEMU has: the number of its set of fds and the names of its devices."""

    def __init__(self, log):
        self.log, self.sets, self.devices, self.count = log, {}, {}, 0

    def take(self, device):
        """It has this one from its command line."""
        self.count += 1
        self.sets[self.count] = f"vmgrant-{device}"
        self.devices[device] = f"/dev/fdset/{self.count}"


def answer(state, command, fds):
    """(answer, events) to a command. Descriptors that come along are noted and closed."""
    name, given = command["execute"], command.get("arguments", {})
    state.log.write(f"{name} {given.get('id') or given.get('opaque') or ''}".rstrip() + "\n")
    state.log.flush()
    if name == "qom-list":
        return [{"name": device, "type": "child<usb-host>"} for device in state.devices], []
    if name == "qom-get":
        return state.devices.get(given["path"].rsplit("/", 1)[1]), []
    if name == "add-fd":
        assert len(fds) == 1
        state.count += 1
        state.sets[state.count] = given["opaque"]
        return {"fdset-id": state.count, "fd": 20}, []
    if name == "query-fdsets":
        return [{"fdset-id": number, "fds": [{"fd": 20, "opaque": opaque}]}
                for number, opaque in state.sets.items()], []
    if name == "remove-fd":
        del state.sets[given["fdset-id"]]
    elif name == "device_add":
        wait_until(lambda: not os.path.exists(HOLD), f"{HOLD} to go")
        state.devices[given["id"]] = given["hostdevice"]
    elif name == "device_del":
        del state.devices[given["id"]]
        return {}, [{"event": "DEVICE_DELETED", "data": {"device": given["id"], "path": "/x"}}]
    return {}, []


def serve_one(state, connection):
    connection.sendall(b'{"QMP": {"version": {}, "capabilities": []}}\r\n')
    while True:
        data, fds = receive(connection)
        if not data:
            return
        command = json.loads(data)
        value, events = answer(state, command, fds)
        for fd in fds:
            os.close(fd)
        reply = {"return": value} if value is not None else {
            "error": {"class": "DeviceNotFound", "desc": "not found"}}
        for message in ({**reply, "id": command["id"]}, *events):
            connection.sendall(json.dumps(message).encode() + b"\r\n")


def start(world, path, log):
    """Start one as alice, listening at path; its commands are lines in log."""
    def serve():
        with socket.socket(socket.AF_UNIX) as listener, open(log, "w", encoding="ascii") as lines:
            listener.bind(path)
            listener.listen(4)
            state = State(lines)
            while True:
                connection, _ = listener.accept()
                with connection:
                    serve_one(state, connection)
    return world.spawn(serve, "alice")
