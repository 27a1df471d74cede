# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ask for cards by a door, again and again, and say what it took: a line each, in milliseconds.

To be run by a user whom a rule allows the bridge br0 with polkit=no, on a machine where
vmgrant.socket is on: doc/benchmarks.md, the service.

    ask-doors.py compare ROUNDS     both doors in turn: the first card of a connection, and the next;
                                    with a pause between, or the service would let them wait
    ask-doors.py service ROUNDS     by the service alone
    ask-doors.py instance SOCKET ROUNDS     from connect to what a service there says by itself
    ask-doors.py flood              by the service, as fast as it goes, until it is ended
    ask-doors.py refused COUNT      by the service, ten refusals on each of so many connections
    ask-doors.py hold DOOR          one connection: each line of standard input is a bridge, of
                                    which "granted" is said, or the code of the refusal
"""

import array
import contextlib
import os
import socket
import struct
import sys
import time

HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
SOCKET = "/run/vmgrant/socket"
HEADER, REQUEST = struct.Struct("<4sHHII"), struct.Struct("<16sIH6s4x")
CODE = struct.Struct("<I")
LIMIT_S = 60.0
# A helper is new for a tenth of a second, and a user has two of them at a time.
PAUSE_S = 0.15
HELD_UP, TRIES = 6, 3


def ask(connection, bridge="br0"):
    """The code of the reply; what came is closed."""
    body = REQUEST.pack(bridge.encode(), 1, 1, bytes(6))
    connection.send(HEADER.pack(b"VMGQ", 1, 1, 1, HEADER.size + len(body)) + body)
    data, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(64))
    if not data:
        raise ConnectionResetError("no answer")
    fds = array.array("i")
    for _, _, content in control:
        fds.frombytes(content)
    for fd in fds:
        os.close(fd)
    code = CODE.unpack_from(data, HEADER.size)[0]
    assert bool(fds) == (code == 0), (code, len(fds))
    return code


def ask_patiently(connection, bridge):
    """Again where it was held up, which its sentence says: a machine that has much to do."""
    for _ in range(TRIES):
        code = ask(connection, bridge)
        if code != HELD_UP:
            break
    return code


@contextlib.contextmanager
def setuid_door():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(LIMIT_S)
    theirs.set_inheritable(True)
    helper = os.posix_spawn(HELPER, [HELPER, f"--fd={theirs.fileno()}"], os.environ)
    theirs.close()
    try:
        with ours:
            yield ours
    finally:
        os.waitpid(helper, 0)


@contextlib.contextmanager
def service_door(path=SOCKET):
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(LIMIT_S)
        connection.connect(path)
        yield connection


DOORS = {"setuid": setuid_door, "service": service_door}


def timed(action):
    begin = time.monotonic()
    code = action()
    took = 1000 * (time.monotonic() - begin)
    assert code == 0, code
    return took


def one_card(door):
    """The first of a connection, from the start of the helper, or from connect."""
    with contextlib.ExitStack() as world:
        return timed(lambda: ask(world.enter_context(DOORS[door]())))


def next_card(door):
    with DOORS[door]() as connection:
        ask(connection)
        return timed(lambda: ask(connection))


def hear(path):
    with service_door(path) as connection:
        return 0 if connection.recv(64) else 1


def rounds(count, subjects):
    """Each in turn; the first round warms caches and is not told."""
    for number in range(count + 1):
        for name, subject in subjects.items():
            time.sleep(PAUSE_S)
            milliseconds = subject()
            if number > 0:
                print(f"{name} {milliseconds:.1f}", flush=True)


def flood():
    while True:
        # Its connections are limited, and so are its cards: that is what is tried.
        with contextlib.suppress(OSError), service_door() as connection:
            ask(connection)


def refused(count):
    for _ in range(count):
        with service_door() as connection:
            for _ in range(10):
                assert ask(connection, "gone") != 0


def hold(door):
    with DOORS[door]() as connection:
        for line in sys.stdin:
            code = ask_patiently(connection, line.strip())
            print("granted" if code == 0 else code, flush=True)
    print("ended", flush=True)


def main(mode, *words):
    if mode == "compare":
        rounds(int(words[0]), {
            "setuid": lambda: one_card("setuid"), "service": lambda: one_card("service"),
            "setuid-next": lambda: next_card("setuid"),
            "service-next": lambda: next_card("service")})
    elif mode == "service":
        rounds(int(words[0]), {"service": lambda: one_card("service")})
    elif mode == "instance":
        rounds(int(words[1]), {"instance": lambda: timed(lambda: hear(words[0]))})
    elif mode == "refused":
        refused(int(words[0]))
    elif mode == "flood":
        flood()
    else:
        hold(words[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
