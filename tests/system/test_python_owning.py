# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The Python package: who owns what, and what a process of its own inherits."""

import asyncio
import json
import os
import signal
import sys
import warnings

import pytest

import python_binding
from python_binding import nothing_left
from python_stand_in import GOOD, plain, vmgrant, writer


@pytest.fixture
def helper(tmp_path):
    return writer(tmp_path)


@pytest.mark.parametrize("what", ("always", "error"))
def test_what_is_forgotten_is_closed_and_said(helper, monkeypatch, what):
    """Also where a warning is an error, which nobody can catch there."""
    path = helper(GOOD)
    before = python_binding.open_files(), python_binding.children()
    # pytest's own would keep what raised, and all that it knows.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)

    async def forget():
        connection = vmgrant.AsyncConnection(path)
        await connection.tap("br0")

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter(what, ResourceWarning)
        connection = vmgrant.Connection(path)
        connection.tap("br0")
        del connection
        asyncio.run(forget())
    assert (python_binding.open_files(), python_binding.children()) == before
    assert what == "error" or len([one for one in said if "unclosed" in str(one.message)]) == 4


def test_taken_files_are_the_callers(helper):
    path = helper(GOOD)
    with nothing_left():
        with vmgrant.Connection(path) as connection, connection.tap("br0") as tap:
            fds = tap.take()
        assert tap.fds == () and len(fds) == 1
        os.fstat(fds[0])
        os.close(fds[0])


def test_a_forked_process_makes_its_own(helper):
    path = helper(GOOD)
    with nothing_left():
        with vmgrant.Connection(path) as connection:
            connection.tap("br0").close()
            child = os.fork()
            if child == 0:
                try:
                    connection.tap("br0")
                except vmgrant.Usage:
                    connection.close()
                    os._exit(0)
                os._exit(1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            # Its end was not the end of ours.
            connection.tap("br0").close()


def test_a_program_without_standard_files_can_ask(helper):
    """The child's files are laid out over 0 to 3 whatever lies there."""
    path = helper(GOOD)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.closerange(0, 5)
            plain(path).close()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_program_that_reaps_every_child_can_ask(helper):
    """SIGCHLD ignored: the kernel reaps. How it ended is not known then, and nothing hangs."""
    path = helper(GOOD)
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with nothing_left():
            plain(path).close()
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_helper_inherits_nothing(helper):
    """Three standard files, the socket, and what the program itself left open for its children."""
    path = helper("import json\n"
                  "os.close(null)\n"
                  "names = sorted(int(n) for n in os.listdir('/proc/self/fd'))\n"
                  "said = [n for n in names if os.path.lexists(f'/proc/self/fd/{n}')]\n"
                  "words = [os.readlink(f'/proc/self/fd/{n}') for n in (0, 1)]\n"
                  "request()\n"
                  "s.send(reply(1, code=7, sentence=json.dumps([said, words, list(os.environ)]).encode()))\n"
                  "request()\n")
    inheritable = {int(name) for name, _ in python_binding.open_files()
                   if os.path.lexists(f"/proc/self/fd/{name}") and os.get_inheritable(int(name))}
    with pytest.raises(vmgrant.Refused) as caught:
        plain(path)
    files, words, environment = json.loads(caught.value.sentence)
    assert files == sorted({0, 1, 2, 3} | inheritable)
    assert words == ["/dev/null", "/dev/null"]
    # Python's own, where the locale is C.
    assert not set(environment) - {"LC_CTYPE"}
