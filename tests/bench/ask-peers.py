# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ask other services of the machine in turn with ours, and say what it took: lines as ask-doors.py's.

    ask-peers.py ROUNDS      as root, on a machine where vmgrant.socket is on and a rule allows the
                             user alice the bridge br0 with polkit=no: doc/benchmarks.md, the service

NAME is a question on a new connection, NAME-next the second one on it, NAME-cold one for which the
service has to be started. polkit decides; machined, hostnamed and nsresourced only tell something.
"""

import contextlib
import json
import os
import pwd
import runpy
import socket
import struct
import subprocess
import sys

DOORS = runpy.run_path(f"{os.path.dirname(os.path.abspath(__file__))}/ask-doors.py")
USER = pwd.getpwnam("alice")
BUS = "/run/dbus/system_bus_socket"
VARLINK = "/run/systemd/io.systemd.NamespaceResource"
LIMIT_S = 60.0
CALL, RETURN, ERROR = 1, 2, 3
PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE = 1, 2, 3, 6, 8


@contextlib.contextmanager
def as_user():
    """Real and effective ids are the person's; what was saved leads back."""
    os.setgroups([])
    os.setresgid(USER.pw_gid, USER.pw_gid, 0)
    os.setresuid(USER.pw_uid, USER.pw_uid, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


# ---- D-Bus ----

class Body(bytearray):
    """A message, or a part of one that begins where eight bytes do."""

    def put(self, layout, *values):
        self.extend(bytes(-len(self) % struct.calcsize(layout[-1])))
        self.extend(struct.pack(f"<{layout}", *values))
        return self

    def text(self, words):
        self.put("I", len(words)).extend(words.encode() + b"\0")
        return self

    def signature(self, words):
        self.extend(bytes([len(words)]) + words.encode() + b"\0")
        return self

    def align(self):
        self.extend(bytes(-len(self) % 8))
        return self


def message(serial, where, member, signature="", body=b""):
    """where: the service, the object and its interface."""
    service, path, interface = where
    fields = Body()
    for code, kind, words in ((PATH, "o", path), (INTERFACE, "s", interface), (MEMBER, "s", member),
                              (DESTINATION, "s", service)):
        fields.align().extend([code])
        fields.signature(kind).text(words)
    if signature:
        fields.align().extend([SIGNATURE])
        fields.signature("g").signature(signature)
    head = Body(struct.pack("<cBBBIII", b"l", CALL, 0, 1, len(body), serial, len(fields)))
    head.extend(fields)
    return head.align() + body


def take(connection, length):
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise ConnectionResetError("the bus has hung up")
        data += more
    return data


def call(connection, *words):
    """Send a call and wait for its answer."""
    connection.sendall(message(*words))
    while True:
        head = take(connection, 16)
        length, _, fields = struct.unpack("<III", head[4:])
        rest = take(connection, fields + -fields % 8 + length)
        if head[1] in (RETURN, ERROR):
            assert head[1] == RETURN, rest
            return


@contextlib.contextmanager
def bus():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(BUS)
        uid = str(USER.pw_uid).encode().hex().encode()
        connection.sendall(b"\0AUTH EXTERNAL " + uid + b"\r\n")
        assert connection.recv(4096).startswith(b"OK ")
        connection.sendall(b"BEGIN\r\n")
        name = "org.freedesktop.DBus"
        call(connection, 1, (name, "/org/freedesktop/DBus", name), "Hello")
        yield connection


def began():
    """When this process did, by polkit's clock."""
    with open("/proc/self/stat", encoding="ascii") as stat:
        return int(stat.read().rpartition(")")[2].split()[19])


def question():
    """May this process have a TAP? Nobody is asked for a password."""
    body = Body().text("unix-process")
    pairs = Body()
    pairs.align().text("pid").signature("u").put("I", os.getpid())
    pairs.align().text("start-time").signature("t").put("Q", began())
    pairs.align().text("uid").signature("i").put("i", USER.pw_uid)
    body.put("I", len(pairs)).align().extend(pairs)
    return body.text("org.vmgrant.tap").put("I", 0).align().put("I", 0).text("")


def polkit(connection):
    name = "org.freedesktop.PolicyKit1"
    call(connection, 2, (name, f"/{name.replace('.', '/')}/Authority", f"{name}.Authority"),
         "CheckAuthorization", "(sa{sv})sa{ss}us", question())


def machined(connection):
    name = "org.freedesktop.machine1"
    call(connection, 2, (name, f"/{name.replace('.', '/')}", f"{name}.Manager"), "ListMachines")


def hostnamed(connection):
    name = "org.freedesktop.hostname1"
    call(connection, 2, (name, f"/{name.replace('.', '/')}", "org.freedesktop.DBus.Peer"), "Ping")


# ---- varlink ----

@contextlib.contextmanager
def varlink():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(VARLINK)
        yield connection


def nsresourced(connection):
    connection.sendall(b'{"method":"org.varlink.service.GetInfo"}\0')
    answer = b""
    while not answer.endswith(b"\0"):
        answer += connection.recv(4096) or b"\0"
    assert "parameters" in json.loads(answer[:-1]), answer


# ---- rounds ----

def first(door, ask):
    def asked():
        with door() as connection:
            ask(connection)
        return 0
    with as_user():
        return DOORS["timed"](asked)


def following(door, ask):
    def asked():
        ask(connection)
        return 0
    with as_user(), door() as connection:
        ask(connection)
        return DOORS["timed"](asked)


def cold(door, ask, unit):
    subprocess.run(["systemctl", "stop", unit], check=True, stderr=subprocess.DEVNULL)
    return first(door, ask)


def main(rounds):
    ours = {name: (DOORS["DOORS"][name], DOORS["ask"]) for name in ("setuid", "service")}
    peers = {"polkit": (bus, polkit), "machined": (bus, machined), "hostnamed": (bus, hostnamed),
             "nsresourced": (varlink, nsresourced)}
    units = {"service": "vmgrant.service", "machined": "systemd-machined.service",
             "hostnamed": "systemd-hostnamed.service", "nsresourced": "systemd-nsresourced.service",
             "polkit": "polkit.service"}
    subjects = {}
    for name, pair in {**ours, **peers}.items():
        subjects[name] = lambda pair=pair: first(*pair)
        subjects[f"{name}-next"] = lambda pair=pair: following(*pair)
        if name in units:
            subjects[f"{name}-cold"] = lambda pair=pair, unit=units[name]: cold(*pair, unit)
    DOORS["rounds"](rounds, subjects)


main(int(sys.argv[1]))
