# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB requests in which a system call fails, the helper is killed, or is stopped meanwhile."""

import contextlib
import os
import select
import signal
import threading
from collections import Counter

import pytest

import faults
import protocol_client
import replies
import usb_client as client
from fault_devices import Usb
from looking import descendants_of
from process import wait_until
from tracing import CALL
from usbtree import STORAGE, Loop, UsbTree
from world import World

TRACE = "/tmp/trace"


PORT, IDS = "1-1", "0951:1660"


@pytest.fixture
def stick(stage, tmp_path):
    """A world with a stick, which has a disk."""
    with contextlib.closing(Loop(tmp_path / "disk")) as loop, World(stage) as world:
        world.write_acl("allow usb 0951:* serial=GOOD user alice polkit=no\n")
        world.write(TRACE, "", mode=0o666)
        world.usb = UsbTree(world)
        world.usb.add(PORT, 2, IDS, serial="GOOD", classes=(STORAGE,))
        world.usb.add_disk(PORT, "sdza", loop.number)
        yield world


def start(world, *options):
    """A request for the stick, under strace."""
    world.usb.reset(PORT, world.usb.path(1, 2))
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                                  strace=["-f", "-qq", "-o", TRACE, *options])
    protocol_client.sent(request.socket, client.encode(1, ids=IDS))
    return request


def finish(request):
    """The reply, None if there was none."""
    data, fds = protocol_client.receive_message(request.socket)
    request.socket.close()
    request.finish()
    return client.Reply(data, fds) if data else None


def calls_of_a_request(world):
    """[(name, number)] of the system calls from the request on to the reply."""
    reply = finish(start(world))
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


@pytest.fixture(scope="module")
def scenario(stage, tmp_path_factory):
    with Usb(stage, tmp_path_factory.mktemp("disks")) as scenario:
        yield scenario


@pytest.mark.parametrize("error", ("EIO", "ENOENT"))
def test_attack_36_a_call_that_fails_gives_a_whole_grant_or_none(scenario, error):
    scenario.check_each_request_call(faults.FAIL, error)


def test_attack_11_a_helper_that_is_killed_gives_nothing(scenario):
    scenario.check_each_request_call(faults.KILL)


# ---- stopped, and the device is exchanged ----

def exchange(world, serial="EVIL"):
    """Another device of the same kind, port and number, with a node of its own."""
    usb, node = world.usb, world.usb.path(1, 2)
    disk, kept = world.path(f"{usb.folder(PORT)}/{PORT}:1.0"), world.path("/sys/devices/kept")
    disk.rename(kept)
    usb.remove(PORT)
    usb.unmake_node(node)
    usb.add(PORT, 2, IDS, serial=serial, classes=(STORAGE,))
    kept.rename(disk)
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
    request = start(world, "-e", f"inject={name}:signal=STOP:when={count}")
    answered = wait_until(
        lambda: "no" if select.select([request.socket], [], [], 0)[0] else
        "yes" if b"stopped by SIGSTOP" in path.read_bytes() else None, "the helper to stop")
    return request, answered == "yes"


def test_attack_10_an_exchanged_device_is_never_granted(stick):
    """Whatever the helper has looked at by then: the new one's serial is not allowed."""
    calls = calls_of_a_request(stick)[:-1]  # not behind the reply
    stopped = refused = 0
    for call in calls:
        request, is_stopped = stop_at(stick, call)
        evil = exchange(stick) if is_stopped else None
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
        exchange(stick, "GOOD")
    assert stopped > len(calls) // 2 and refused > stopped // 2
