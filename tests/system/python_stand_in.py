# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Helpers that are written for a test of the Python package, and its two faces."""

import asyncio

import python_binding

vmgrant = python_binding.of_the_tree()

# What every helper here begins with. reply() is a granted TAP unless it is said otherwise.
BEGIN = """#!/usr/bin/python3 -IS
import array, os, socket, struct, sys, time
s, null = socket.socket(fileno=3), os.open("/dev/null", os.O_RDONLY)
def fds(count): return [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [null] * count))]
def reply(serial, kind=1, code=0, sentence=b"", queues=1, extra=b""):
    return struct.pack("<4sHHIIIIIIIHHH22x16s16s512s", b"VMGR", 1, kind, serial, 608, code, 1, 1500,
                       0, 0, queues, 0, 0, b"p", b"t", sentence) + extra
def request(): return struct.unpack("<I", s.recv(4096)[8:12])[0]
def started(): open(os.path.dirname(sys.argv[0]) + "/started", "a").write("x")
"""
GOOD = "while True: s.sendmsg([reply(request())], fds(1))\n"


def writer(tmp_path):
    """A function that writes a helper and returns its path."""
    def write(body):
        program = tmp_path / "helper"
        program.write_text(BEGIN + body, encoding="utf-8")
        program.chmod(0o755)
        return str(program)
    return write


def plain(helper, ask=lambda c: c.tap("br0")):
    with vmgrant.Connection(helper) as connection:
        return ask(connection)


def by_asyncio(helper, ask=lambda c: c.tap("br0")):
    async def run():
        async with vmgrant.AsyncConnection(helper) as connection:
            return await ask(connection)
    return asyncio.run(run())
