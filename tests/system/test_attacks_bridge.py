# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 10, 34 and 35: the network changes, or lies, while the helper is at work."""

import os
import re
import signal
import socket
import struct

import pytest

import tracing
from looking import children_of
from process import wait_until
from world import World


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.write_acl("allow bridge br0 user alice polkit=no\n")
        rebuild(world)
        yield world


def rebuild(world):
    """br0, which is allowed, and evil, which is not."""
    world.run(["sh", "-c", "printf 'link del %s\\n' br0 evil moved | ip -force -batch -"])
    world.bridge("br0")
    world.bridge("evil")


def recreate(world):
    world.ip("link del br0", "link add name br0 type bridge", "link set dev br0 up")


def delete(world):
    world.ip("link del br0")


def exchange_names(world):
    world.ip("link set dev br0 down", "link set dev br0 name moved", "link set dev moved up",
             "link set dev evil down", "link set dev evil name br0", "link set dev br0 up")


def move_port(world):
    world.ip(*[f"link set dev {name} master evil" for name in world.taps()])


def take_port_out(world):
    world.ip(*[f"link set dev {name} nomaster" for name in world.taps()])


def bring_port_down(world):
    world.ip(*[f"link set dev {name} down" for name in world.taps()])


def delete_port(world):
    world.ip(*[f"link del {name}" for name in world.taps()])


@pytest.fixture(scope="module")
def points(shared):
    """The calls from the first look at the bridge to the last before the final look.

    A signal from strace stops the process when the call has been done. What changes after
    the final look, which reads the port and then the bridge's name, nobody can notice.
    """
    calls = tracing.ordered_calls(shared)
    first = next(i for i, call in enumerate(calls)
                 if call[0] == "socket" and "NETLINK" in call[2])
    sends = [i for i, call in enumerate(calls) if call[0] == "sendmsg"]
    hand_over = next(i for i in sends if "SCM_RIGHTS" in calls[i][2])
    final_look = [i for i in sends if i < hand_over and "NETLINK" in calls[i][2]][-1]
    return [call[:2] for call in calls[first:final_look]
            if call[0] in ("bind", "sendmsg", "recvmsg", "openat", "ioctl")]


def child_of(pid):
    """The one child of a process, None while there is none."""
    return next(iter(children_of(pid)), None)


def run_stopped_at(world, call, change, **options):
    """One request that stands still after call while change(world) happens.

    Without -f: the child that makes a namespace has calls of that name, too, and must not
    be taken for the helper.
    """
    world.path(tracing.TRACE).unlink(missing_ok=True)
    name, number = call
    request = world.start_request("alice", strace=[
        "-qq", "-o", tracing.TRACE, "-e", f"inject={name}:signal=STOP:when={number}"], **options)
    wait_until(lambda: "stopped by SIGSTOP" in read_trace(world), f"the stop at {call}")
    change(world)
    helper = child_of(request.pid)
    assert helper, (call, read_trace(world), request.finish())
    os.kill(helper, signal.SIGCONT)
    return request.finish()


def read_trace(world):
    path = world.path(tracing.TRACE)
    return path.read_text(encoding="utf-8") if path.exists() else ""


def is_whole(world, name):
    """Has this port everything that a port must have?"""
    port = world.port(name)
    link = world.links()[name]
    return (port["master"] == "br0" and port["guard"] and port["root_block"] and
            "UP" in link["flags"] and link["address"].startswith("fe:") and
            link.get("ifalias") == "vmgrant: user alice (uid 1000) on br0" and
            link["mtu"] == 1500 and world.sysfs(name, "owner") == "1000")


def problem_of(world, result):
    """What is wrong with an outcome, None if it is a whole grant or a whole refusal."""
    if result.code == 0 and not result.granted:
        return "exit 0 without one byte and one fd"
    if result.code != 0 and (result.payload or result.fds):
        return "something was sent before a failure"
    if result.granted and result.name not in world.interfaces():
        return "a descriptor without its interface"
    if result.granted and not is_whole(world, result.name):
        return "a port without its protections"
    return None


@pytest.mark.parametrize("change", (recreate, delete, exchange_names, move_port, take_port_out,
                                    bring_port_down, delete_port))
def test_attacks_10_and_34_a_change_in_between_is_never_a_wrong_grant(shared, points, change):
    """At whatever moment: the port is on the bridge of that name, or there is no grant."""
    wrong, refused = [], 0
    for call in points:
        result = run_stopped_at(shared, call, change)
        problem = problem_of(shared, result)
        if problem:
            wrong.append((call, problem, result))
        refused += result.code != 0
        result.close()
        rebuild(shared)
    assert not wrong, wrong
    assert refused, "no change was noticed at any moment"
    shared.wait_no_taps()


# ---- 35: answers that the kernel did not give ----

def forge(world, port, sequence, error):
    """As root, tell the helper's netlink socket that its request was done."""
    def send():
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as forger:
            forger.bind((0, 0))
            original = struct.pack("=IHHII", 16, 19, 5, sequence, port)
            answer = struct.pack("=IHHII", 36, 2, 0, sequence, port)
            forger.sendto(answer + struct.pack("=i", error) + original, (port, 0))
    world.call(send)


@pytest.mark.parametrize("error", (0, -1))
def test_attack_35_an_answer_from_a_forged_sender_is_not_believed(shared, points, error):
    def change(world):
        trace = read_trace(world)
        sequences = [int(found) for found in re.findall(r"nlmsg_seq=(\d+)", trace)]
        port = re.search(r"getsockname.*nl_pid=(-?\d+)", trace)
        if sequences and port:
            world.sent = True
            # The answer to the next request comes before the request.
            forge(world, int(port.group(1)) & 0xffffffff, max(sequences) + 1, error)

    shared.sent = False
    wrong = []
    for call in [point for point in points if point[0] in ("recvmsg", "ioctl", "openat")]:
        result = run_stopped_at(shared, call, change)
        problem = problem_of(shared, result)
        if problem:
            wrong.append((call, problem, result))
        result.close()
    assert shared.sent and not wrong, wrong
    shared.wait_no_taps()


@pytest.mark.parametrize("size", (0, 1, 15, 16, 20))
def test_attack_35_a_truncated_answer_is_a_refusal(shared, points, size):
    calls = [point for point in points if point[0] == "recvmsg"]
    assert calls
    wrong = []
    for call, result in tracing.inject_each(shared, calls, f"retval={size}"):
        problem = problem_of(shared, result)
        if problem:
            wrong.append((call, problem, result))
        result.close()
    assert not wrong, wrong
    shared.wait_no_taps()
