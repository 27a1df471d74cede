# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The Python package against helpers that are not what they should be: no file, no process stays."""

import asyncio
import importlib
import os
import resource
import signal
import threading

import pytest

import python_binding
from process import wait_until
from python_binding import nothing_left
from python_stand_in import GOOD, by_asyncio, plain, vmgrant, writer

core = importlib.import_module(f"{python_binding.TREE}._core")

FACES = pytest.mark.parametrize("face", (plain, by_asyncio), ids=("plain", "asyncio"))


@pytest.fixture
def helper(tmp_path):
    return writer(tmp_path)


@FACES
def test_a_stand_in_that_is_good_is_taken(helper, face):
    """Or the tests below would prove nothing."""
    path = helper(GOOD)
    with nothing_left():
        with face(path) as tap:
            assert len(tap.fds) == 1 and not os.get_inheritable(tap.fds[0])
        assert tap.fds == ()


@FACES
@pytest.mark.parametrize("body, code, part", (
    ("s.sendmsg([reply(request())], fds(3))", "INTERNAL", "number of files"),
    ("s.sendmsg([reply(request())], fds(60))", "INTERNAL", "did not arrive"),
    ("s.sendmsg([reply(request(), extra=b'xx')], fds(1))", "INTERNAL", "too long"),
    ("s.sendmsg([reply(request())[:607]], fds(1))", "INTERNAL", "wrong length"),
    ("s.sendmsg([b'V'], fds(9))", "INTERNAL", "shorter"),
    ("s.sendmsg([reply(request() + 1)], fds(1))", "INTERNAL", "another request"),
    ("s.sendmsg([reply(0)], fds(1)); request()", "INTERNAL", "another request"),
    ("s.sendmsg([reply(request(), code=7)], fds(2))", "INTERNAL", "nobody asked for"),
    ("s.sendmsg([reply(request(), queues=16)], fds(16))", "INTERNAL", "queues"),
    ("request(); sys.exit('vmgrant-helper: ' + chr(27) + 'x')", "INTERNAL", "?x"),
    ("sys.stderr.write('ld.so: no\\nvmgrant-helper: why\\nmore\\n'); sys.exit(3)", "NO_PRIVILEGE", "why"),
    ("sys.stderr.write('x' * 60000); sys.exit(6)", "POLICY", "xxx"),
    ("request(); sys.exit(127)", "INSTALLATION", "is vmgrant installed?"),
    ("request(); sys.exit(99)", "INTERNAL", "ended without an answer"),
    ("request(); os.kill(os.getpid(), 9)", "INTERNAL", "signal 9"),
    ("request(); sys.exit(0)", "INTERNAL", "ended without an answer"),
), ids=("fds", "too-many-fds", "long", "cut", "byte", "serial", "early", "fds-with-no", "queues", "escape",
        "words", "flood", "loader", "status", "killed", "in-peace"))
def test_a_helper_that_is_wrong(helper, face, body, code, part):
    path = helper(body + "\n")
    with nothing_left():
        with pytest.raises(vmgrant.Failed) as caught:
            face(path)
        assert caught.value.code == vmgrant.Code[code] and caught.value.kind == "bridge"
        assert part in caught.value.sentence and caught.value.sentence.isprintable()
        del caught


@FACES
def test_more_files_than_may_be_open(helper, face):
    """MSG_CTRUNC: what came is closed, and who may open more is told."""
    path = helper("s.sendmsg([reply(request(), queues=16)], fds(16)); request()\n")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with nothing_left():
        used = {int(name) for name, _ in python_binding.open_files()}
        # Enough for the helper's start and a loop, and not for a reply.
        limit = next(n for n in range(limits[0]) if n - len([fd for fd in used if fd < n]) == 15)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
        try:
            with pytest.raises(vmgrant.Failed) as caught:
                face(path, lambda c: c.tap("br0", queues=16))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert "too many are open" in caught.value.sentence
        del caught


@FACES
def test_a_helper_that_went_in_peace_is_started_once_more(helper, face):
    """After a change of the policy, or five idle minutes."""
    path = helper("s.sendmsg([reply(request())], fds(1))\n")

    def two(connection):
        first = connection.tap("br0")
        if not asyncio.iscoroutine(first):
            with first, connection.tap("br0") as second:
                return second.port

        async def go_on():
            with await first, await connection.tap("br0") as other:
                return other.port
        return go_on()

    with nothing_left():
        assert face(path, two) == "p"


@FACES
def test_a_refusal_leaves_the_connection_open(helper, face):
    path = helper("started()\n"
                  "s.send(reply(request(), code=7, sentence=b'not for you'))\n" + GOOD)
    with nothing_left():
        def both(connection):
            if face is plain:
                with pytest.raises(vmgrant.Refused, match="not for you"):
                    connection.tap("br0")
                return connection.tap("br0")

            async def run():
                with pytest.raises(vmgrant.Refused, match="not for you"):
                    await connection.tap("br0")
                return await connection.tap("br0")
            return run()
        face(path, both).close()
        with open(os.path.dirname(path) + "/started", encoding="ascii") as started:
            assert started.read() == "x"


@FACES
@pytest.mark.parametrize("error", ("missing", "not-executable", "folder"))
def test_a_helper_that_cannot_be_started(tmp_path, face, error):
    path = tmp_path / "helper"
    if error == "folder":
        path.mkdir()
    elif error == "not-executable":
        path.write_text("", encoding="utf-8")
    with nothing_left():
        with pytest.raises(vmgrant.Failed) as caught:
            face(str(path))
        assert caught.value.code == vmgrant.Code.INSTALLATION, caught.value
        assert "cannot be started" in caught.value.sentence
        del caught


@FACES
def test_one_that_does_not_answer_and_does_not_end_is_killed(helper, face, monkeypatch):
    monkeypatch.setattr(core, "_REPLY_S", 0.2)
    monkeypatch.setattr(core, "_END_S", 0.2)
    path = helper("time.sleep(1000)\n")
    with nothing_left():
        with pytest.raises(vmgrant.Failed, match="no answer in time"):
            face(path)


# ---- interrupted ----

WAITING = "request(); started(); s.recv(1)\n"  # and ends when its client has gone
STUBBORN = "request(); started(); time.sleep(1000)\n"


def wait_started(path):
    wait_until(lambda: os.path.exists(os.path.dirname(path) + "/started"), "the request to arrive")


@pytest.mark.parametrize("body", (WAITING, STUBBORN), ids=("waiting", "stubborn"))
@pytest.mark.parametrize("times", (1, 2))
def test_a_cancelled_task_leaves_no_file_and_no_process(helper, monkeypatch, body, times):
    monkeypatch.setattr(core, "_END_S", 60 if body is WAITING or times == 2 else 0.2)
    path = helper(body)

    async def run():
        async with vmgrant.AsyncConnection(path) as connection:
            task = asyncio.ensure_future(connection.tap("br0"))
            await asyncio.get_running_loop().run_in_executor(None, wait_started, path)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            # Of the task itself, before the connection is closed.
            assert not connection._core.open
        return True

    with nothing_left():
        assert asyncio.run(run())


def test_a_cancelled_task_does_not_spoil_the_next_answer(helper):
    """Its reply would be taken for that of the next."""
    path = helper("started()\n"
                  "if os.path.getsize(os.path.dirname(sys.argv[0]) + '/started') == 1: s.recv(300); s.recv(1)\n"
                  + GOOD)

    async def run():
        async with vmgrant.AsyncConnection(path) as connection:
            task = asyncio.ensure_future(connection.tap("br0"))
            await asyncio.get_running_loop().run_in_executor(None, wait_started, path)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with await connection.tap("br0") as tap:
                return tap.port

    with nothing_left():
        assert asyncio.run(run()) == "p"


def test_a_loop_that_is_dropped_with_a_task_in_it(helper):
    """A coroutine that nobody finishes ends its helper when it goes."""
    path = helper(STUBBORN)

    def run():
        connection = vmgrant.AsyncConnection(path)
        loop = asyncio.new_event_loop()
        coroutine = connection.tap("br0")
        task = loop.create_task(coroutine)
        loop.run_until_complete(loop.run_in_executor(None, wait_started, path))
        loop.run_until_complete(loop.shutdown_default_executor())
        task._log_destroy_pending = False
        loop.close()
        coroutine.close()
        assert not connection._core.open

    with nothing_left():
        run()


def test_ctrl_c_leaves_no_file_and_no_process(helper):
    path = helper(WAITING)

    def interrupt():
        wait_started(path)
        signal.pthread_kill(main, signal.SIGINT)

    main = threading.main_thread().ident
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with nothing_left():
            with vmgrant.Connection(path) as connection:
                thread = threading.Thread(target=interrupt)
                thread.start()
                with pytest.raises(KeyboardInterrupt):
                    connection.tap("br0")
                assert not connection._core.open
                thread.join()
    finally:
        signal.signal(signal.SIGINT, before)


def test_close_ends_what_another_thread_waits_for(helper):
    path, answers = helper(WAITING), []

    def ask(connection):
        try:
            answers.append(connection.tap("br0"))
        except vmgrant.Failed as error:
            answers.append(error.sentence)

    with nothing_left():
        with vmgrant.Connection(path) as connection:
            thread = threading.Thread(target=ask, args=(connection,))
            thread.start()
            wait_started(path)
        thread.join()
        assert answers == ["connection: closed"]
        with pytest.raises(vmgrant.Failed, match="connection: closed"):
            connection.tap("br0")


def test_threads_and_tasks_take_turns(helper):
    path, ports = helper(GOOD), []

    def ask(connection):
        for _ in range(20):
            with connection.tap("br0") as tap:
                ports.append(tap.port)

    async def ask_all():
        async with vmgrant.AsyncConnection(path) as connection:
            for tap in await asyncio.gather(*(connection.tap("br0") for _ in range(20))):
                with tap:
                    ports.append(tap.port)

    with nothing_left():
        with vmgrant.Connection(path) as connection:
            threads = [threading.Thread(target=ask, args=(connection,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        asyncio.run(ask_all())
        assert ports == ["p"] * 100
