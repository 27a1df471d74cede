# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""An authentication agent that stands in for a desktop's: it registers with the real polkitd
for a process and closes the dialog. A D-Bus client in bytes, since Python brings none."""

import os
import socket
import struct

from services import BUS_SOCKET, POLKIT_NAME

CALL, RETURN, ERROR = 1, 2, 3
AUTHORITY, PATH = "/org/freedesktop/PolicyKit1/Authority", "/org/vmgrant/test/agent"
CANCELLED = "org.freedesktop.PolicyKit1.Error.Cancelled"
FIELDS = {"path": (1, "o"), "interface": (2, "s"), "member": (3, "s"), "error": (4, "s"),
          "reply_serial": (5, "u"), "destination": (6, "s"), "signature": (8, "g")}


def _padded(data, boundary):
    return data + bytes(-len(data) % boundary)


def _string(text):
    return struct.pack("<I", len(text)) + text.encode() + b"\0"


def _variant(data, signature, value):
    """data with a variant behind it. Only what the messages here need."""
    data += struct.pack("B", len(signature)) + signature.encode() + b"\0"
    if signature == "g":
        return data + struct.pack("B", len(value)) + value.encode() + b"\0"
    size, form = {"u": (4, "<I"), "i": (4, "<i"), "t": (8, "<Q")}.get(signature, (4, ""))
    data = _padded(data, size)
    return data + (struct.pack(form, value) if form else _string(value))


def _dictionary(data, items):
    """data with an a{sv} behind it."""
    data = _padded(data, 4)
    entries = _padded(data + bytes(4), 8)
    start = len(entries)
    for key, signature, value in items:
        entries = _variant(_padded(entries, 8) + _string(key), signature, value)
    return data + struct.pack("<I", len(entries) - start) + entries[len(data) + 4:]


class Bus:
    """A connection to the system bus."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(BUS_SOCKET)
        uid = str(os.getuid()).encode().hex().encode()
        self.socket.send(b"\0AUTH EXTERNAL " + uid + b"\r\n")
        assert self.socket.recv(1024).startswith(b"OK")
        self.socket.send(b"BEGIN\r\n")
        self.data, self.serial = b"", 0
        bus = "org.freedesktop.DBus"
        self.call(destination=bus, path="/org/freedesktop/DBus", interface=bus, member="Hello")

    def send(self, kind, body=b"", **fields):
        self.serial += 1
        header = struct.pack("<cBBBII", b"l", kind, 0, 1, len(body), self.serial)
        array = b""
        for name, value in fields.items():
            number, signature = FIELDS[name]
            array = _variant(_padded(array, 8) + struct.pack("B", number), signature, value)
        self.socket.sendall(_padded(header + struct.pack("<I", len(array)) + array, 8) + body)
        return self.serial

    def receive(self):
        """(kind, serial, header) of the next message."""
        while True:
            if len(self.data) >= 16:
                kind, body, serial, fields = struct.unpack_from("<xBxxIII", self.data)
                start = 16 + fields + -fields % 8
                if len(self.data) >= start + body:
                    header, self.data = self.data[:start], self.data[start + body:]
                    return kind, serial, header
            piece = self.socket.recv(65536)
            assert piece, "the bus hung up"
            self.data += piece

    def call(self, body=b"", **fields):
        self.send(CALL, body, **fields)
        while (answer := self.receive())[0] not in (RETURN, ERROR):
            pass
        assert answer[0] == RETURN, answer
        return answer


def _sender(header):
    """The unique name of who sent a message: the bus writes it into every header."""
    start = header.index(b"\7\1s\0") + 8
    return header[start:header.index(b"\0", start)].decode()


def serve_and_cancel(pid, uid, tell):
    """Register for a process; close the dialog of every question. A letter to the
    descriptor tell for each: r for registered, q for a question."""
    bus = Bus()
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        start_time = int(stat.read().rpartition(")")[2].split()[19])
    body = _dictionary(_string("unix-process"), [("pid", "u", pid), ("start-time", "t", start_time),
                                                 ("uid", "i", uid)])
    body = _padded(_padded(body, 4) + _string("C"), 4) + _string(PATH)
    bus.call(body, destination=POLKIT_NAME, path=AUTHORITY, signature="(sa{sv})ss",
             interface="org.freedesktop.PolicyKit1.Authority", member="RegisterAuthenticationAgent")
    os.write(tell, b"r")
    while True:
        kind, serial, header = bus.receive()
        if kind == CALL and b"BeginAuthentication" in header:
            os.write(tell, b"q")
            bus.send(ERROR, reply_serial=serial, error=CANCELLED, destination=_sender(header))
