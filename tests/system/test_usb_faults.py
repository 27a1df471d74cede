# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB requests in which a system call fails, the helper is killed, or is stopped meanwhile."""

import contextlib
import os
import select
import shutil
import signal
import threading
from collections import Counter

import pytest

import protocol_client
import replies
import usb_client as client
from looking import descendants_of
from process import wait_until
from tracing import CALL
from usbtree import STORAGE, Loop, UsbTree
from world import World

TRACE = "/tmp/trace"
TOGETHER = 4


@pytest.fixture
def sticks(stage, tmp_path):
    """A world with a stick, which has a disk, for each request at a time."""
    loops = [Loop(tmp_path / f"disk{number}") for number in range(TOGETHER)]
    try:
        with World(stage) as world:
            world.write_acl("allow usb 0951:* serial=GOOD user alice polkit=no\n")
            world.write(TRACE, "", mode=0o666)
            world.usb = UsbTree(world)
            for number, loop in enumerate(loops):
                world.usb.add(port(number), number + 2, ids(number), serial="GOOD",
                              classes=(STORAGE,))
                world.usb.add_disk(port(number), f"sdz{chr(97 + number)}", loop.number)
            yield world
    finally:
        for loop in loops:
            loop.close()


def port(number):
    return f"1-{number + 1}"


def ids(number):
    return f"0951:166{number}"


def start(world, number, *options, output="/dev/null"):
    """A request for the stick of that number, under strace."""
    node = world.usb.path(1, number + 2)
    world.usb.reset(port(number), node)
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                                  strace=["-f", "-qq", "-o", output, *options])
    protocol_client.sent(request.socket, client.encode(1, ids=ids(number)))
    return request


def finish(request):
    """The reply, None if there was none."""
    data, fds = protocol_client.receive_message(request.socket)
    request.socket.close()
    request.finish()
    return client.Reply(data, fds) if data else None


def is_whole(world, number, reply):
    node = os.stat(world.path(world.usb.path(1, number + 2)))
    return [os.fstat(fd).st_rdev for fd in reply.fds] == [node.st_rdev]


def calls_of_a_request(world):
    """[(name, number)] of the system calls from the request on to the reply."""
    reply = finish(start(world, 0, output=TRACE))
    assert reply.code == 0, reply.sentence
    reply.close()
    counts, chosen, begun = Counter(), [], False
    for _, name, _ in CALL.findall(world.path(TRACE).read_text(encoding="utf-8")):
        counts[name] += 1
        begun = begun or name == "recvmsg"
        if begun and name != "exit_group":
            chosen.append((name, counts[name]))
        if begun and name == "sendmsg":
            return chosen
    raise AssertionError("no request in the trace")


def with_each(world, what):
    """(stick, call, reply or None) of a request for each call, with what happening at it."""
    calls = calls_of_a_request(world)
    for begin in range(0, len(calls), TOGETHER):
        chunk = calls[begin:begin + TOGETHER]
        requests = [start(world, number, "-e", f"inject={name}:{what}:when={count}")
                    for number, (name, count) in enumerate(chunk)]
        for number, (call, request) in enumerate(zip(chunk, requests)):
            yield number, call, finish(request)


@pytest.mark.parametrize("error", ("EIO", "ENOENT"))
def test_attack_36_a_call_that_fails_gives_a_whole_grant_or_none(sticks, error):
    refused = 0
    for number, call, reply in with_each(sticks, f"error={error}"):
        assert reply is None or (is_whole(sticks, number, reply) if reply.code == 0
                                 else not reply.fds), call
        refused += reply is None or reply.code != 0
        if reply:
            reply.close()
    assert refused > 20


def test_attack_11_a_helper_that_is_killed_gives_nothing(sticks):
    ended = 0
    for number, call, reply in with_each(sticks, "signal=KILL"):
        assert reply is None or is_whole(sticks, number, reply), call
        ended += reply is None
        if reply:
            reply.close()
    assert ended > 20, ended


# ---- stopped, and the device is exchanged ----

def exchange(world, serial="EVIL"):
    """Another device of the same kind, port and number, with a node of its own."""
    usb, node = world.usb, world.usb.path(1, 2)
    disk = world.path(f"{usb.folder(port(0))}/{port(0)}:1.0")
    world.call(lambda: shutil.move(f"{usb.folder(port(0))}/{port(0)}:1.0", "/sys/devices/kept"))
    assert not disk.exists()
    usb.remove(port(0))
    usb.unmake_node(node)
    usb.add(port(0), 2, ids(0), serial=serial, classes=(STORAGE,))
    world.call(lambda: shutil.move("/sys/devices/kept", f"{usb.folder(port(0))}/{port(0)}:1.0"))
    return os.stat(world.path(node)).st_rdev


@contextlib.contextmanager
def going_on(request):
    """Whatever was stopped, and whatever stops at its own call of that number, goes on."""
    done = threading.Event()

    def push():
        while not done.wait(0.05):
            for pid in descendants_of(request.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGCONT)

    pusher = threading.Thread(target=push)
    pusher.start()
    yield
    done.set()
    pusher.join()


def stop_at(world, call):
    """A request that stands still after that call; None if it has ended without."""
    name, count = call
    path = world.path(TRACE)
    path.write_bytes(b"")
    request = start(world, 0, "-e", f"inject={name}:signal=STOP:when={count}", output=TRACE)
    answered = wait_until(
        lambda: "no" if select.select([request.socket], [], [], 0)[0] else
        "yes" if b"stopped by SIGSTOP" in path.read_bytes() else None, "the helper to stop")
    return request, answered == "yes"


def test_attack_10_an_exchanged_device_is_never_granted(sticks):
    """Whatever the helper has looked at by then: the new one's serial is not allowed."""
    calls = calls_of_a_request(sticks)[:-1]  # not behind the reply
    stopped = refused = 0
    for call in calls:
        request, is_stopped = stop_at(sticks, call)
        evil = exchange(sticks) if is_stopped else None
        with going_on(request):
            reply = finish(request)
        assert reply is not None, call
        if reply.code == 0:
            assert os.fstat(reply.fds[0]).st_rdev != evil, call
        else:
            assert not reply.fds and reply.code in (replies.DENIED, replies.OBJECT), call
        stopped += is_stopped
        refused += reply.code != 0
        reply.close()
        exchange(sticks, "GOOD")
    assert stopped > len(calls) // 2 and refused > stopped // 2
