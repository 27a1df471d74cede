# SPDX-License-Identifier: LGPL-2.1-or-later
"""A system bus that talks nonsense. Runs inside a world, never returns."""

import os
import selectors
import socket
import struct

from services import BUS_SOCKET

NO_REPLY_EXPECTED = 1


def _reply(serial, signature, body):
    """A method return with a body of this signature."""
    fields = struct.pack("<BBBxI", 5, 1, ord("u"), serial)
    if signature:
        text = signature.encode()
        fields += struct.pack(f"<B3sB{len(text)}sx", 8, b"\1g\0", len(text), text)
    header = struct.pack("<cBBBIII", b"l", 2, 1, 1, len(body), serial, len(fields)) + fields
    return header + bytes(-len(header) % 8) + body


def _string(text):
    return struct.pack("<I", len(text)) + text + b"\0"


def string_reply(serial):
    return _reply(serial, "s", _string(b"yes"))


def number_reply(serial):
    return _reply(serial, "u", struct.pack("<I", 1))


def empty_reply(serial):
    return _reply(serial, "", b"")


def short_reply(serial):
    """Says it has the right type and ends before the end."""
    return _reply(serial, "(bba{ss})", struct.pack("<I", 1))


def garbage_reply(_):
    return os.urandom(200)


# What any client asks before it comes to its question, and the right answers.
SENSIBLE = {
    b"Hello": ("s", _string(b":1.1")),
    b"GetNameOwner": ("s", _string(b":1.7")),
    b"StartServiceByName": ("u", struct.pack("<I", 2)),
    b"GetAll": ("a{sv}", bytes(8)),
    b"AddMatch": ("", b""),
    b"RemoveMatch": ("", b""),
}


def _answer_call(header, serial, nonsense):
    for member, (signature, body) in SENSIBLE.items():
        if b"\0" + member + b"\0" in header:
            return _reply(serial, signature, body)
    return nonsense(serial)


def _answer(client, reply, state):
    try:
        data = client.recv(65536)
    except ConnectionResetError:
        return False
    if not data:
        return False
    if not state.get("begun"):
        for line in data.lstrip(b"\0").split(b"\r\n"):
            if line.startswith(b"DATA") or line.startswith(b"AUTH EXTERNAL "):
                client.send(b"OK 0123456789abcdef0123456789abcdef\r\n")
            elif line == b"AUTH EXTERNAL":
                client.send(b"DATA\r\n")
            elif line.startswith(b"AUTH"):
                client.send(b"REJECTED EXTERNAL\r\n")
            elif line.startswith(b"NEGOTIATE"):
                client.send(b"AGREE_UNIX_FD\r\n")
            elif line.startswith(b"BEGIN"):
                state["begun"] = True
        data = data.partition(b"BEGIN\r\n")[2]
    while len(data) >= 16:
        flags, body, serial, fields = struct.unpack_from("<xxBxIII", data)
        if not flags & NO_REPLY_EXPECTED:
            client.send(_answer_call(data[:16 + fields], serial, reply))
        data = data[16 + fields + -fields % 8 + body:]
    return True


def serve(reply):
    """Answer every question with reply(serial); None: never answer anything."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(BUS_SOCKET)
    os.chmod(BUS_SOCKET, 0o666)
    listener.listen(100)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                client, _ = listener.accept()
                if reply:
                    selector.register(client, selectors.EVENT_READ, {})
            elif not _answer(key.fileobj, reply, key.data):
                selector.unregister(key.fileobj)
                key.fileobj.close()
