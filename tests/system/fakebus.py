# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A bus, and a polkit or a systemd on it, that talk nonsense."""

import os
import selectors
import socket
import struct

from process import wait_until
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


def silent_reply(_):
    """To the question; everything else is answered."""
    return b""


def verdict_reply(authorised=1, challenge=0, details=None, more=b"", signature="(bba{ss})"):
    """A function that answers with this verdict of polkit's."""
    pairs = b""
    for key, value in (details or {}).items():
        pairs += bytes(-len(pairs) % 8) + _string(key.encode())
        pairs += bytes(-len(pairs) % 4) + _string(value.encode())
    # The array's elements are aligned to 8, which its length, at 8, does not count.
    body = struct.pack("<III4x", authorised, challenge, len(pairs)) + pairs + more
    return lambda serial: _reply(serial, signature, body)


def error_reply(serial, name="org.freedesktop.DBus.Error.AccessDenied"):
    text = _string(name.encode())
    fields = struct.pack("<BBBxI", 5, 1, ord("u"), serial) + b"\4\1s\0" + text
    fields += bytes(-len(fields) % 8) + b"\x08\1g\0\1s\0"
    body = _string(b"not today")
    header = struct.pack("<cBBBIII", b"l", 3, 1, 1, len(body), serial, len(fields)) + fields
    return header + bytes(-len(header) % 8) + body


JOB = b"/org/freedesktop/systemd1/job/7"


def job_reply(result):
    """A function that answers with a job of systemd's, which ends with this result at once."""
    fields = b""
    for code, kind, text in ((1, b"o", b"/org/freedesktop/systemd1"),
                             (2, b"s", b"org.freedesktop.systemd1.Manager"),
                             (3, b"s", b"JobRemoved"), (7, b"s", b":1.7")):
        fields += bytes(-len(fields) % 8) + bytes((code, 1)) + kind + b"\0" + _string(text)
    fields += bytes(-len(fields) % 8) + b"\x08\1g\0\4uoss\0"
    body = struct.pack("<I", 7)
    for text in (JOB, b"vmgrant.scope", result.encode()):
        body += bytes(-len(body) % 4) + _string(text)
    header = struct.pack("<cBBBIII", b"l", 4, 1, 1, len(body), 99, len(fields)) + fields
    signal = header + bytes(-len(header) % 8) + body
    return lambda serial: signal + _reply(serial, "o", _string(JOB))


CALLS = "/tmp/bus-calls"  # one line for each call: its member
BODY = "/tmp/bus-question"  # the arguments of the newest question, as they came

# What any client asks before it comes to its question, and the right answers.
SENSIBLE = {
    b"Hello": ("s", _string(b":1.1")),
    b"GetNameOwner": ("s", _string(b":1.7")),
    b"StartServiceByName": ("u", struct.pack("<I", 2)),
    b"GetAll": ("a{sv}", bytes(8)),
    b"AddMatch": ("", b""),
    b"RemoveMatch": ("", b""),
    b"CancelCheckAuthorization": ("", b""),
    b"Ping": ("", b""),
}
QUESTIONS = (b"CheckAuthorization", b"StartTransientUnit")


def _note(header, body):
    """Tell a file what was asked. A member follows its length; no other field is one."""
    for member in (*SENSIBLE, *QUESTIONS):
        if struct.pack("<I", len(member)) + member + b"\0" in header:
            with open(CALLS, "ab") as file:
                file.write(member + b"\n")
            if member in QUESTIONS:
                with open(BODY, "wb") as file:
                    file.write(body)


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
        _note(data[:16 + fields], data[16 + fields + -fields % 8:][:body])
        if not flags & NO_REPLY_EXPECTED:
            client.send(_answer_call(data[:16 + fields], serial, reply))
        data = data[16 + fields + -fields % 8 + body:]
    return True


def serve(reply, path):
    """Answer every question with reply(serial); None: never answer anything. Never returns."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o666)
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


def start(world, reply, path=BUS_SOCKET):
    """Serve in a world, and wait until somebody can connect."""
    world.spawn(lambda: serve(reply, path))
    wait_until(lambda: world.path(path).exists(), "the fake bus")
