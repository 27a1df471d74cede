# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 51 to 57: the process that holds a capability, and how much one user may have of it."""

import errno
import os
import pickle
import signal
import socket
import subprocess
import time

import pytest

import nss
import protocol_client
import ptracing
import replies
import usb_client
from askers import TOKEN, install_asker
from looking import children_of, state_of
from process import wait_until
from test_usb import STICK
from tracing import injecting
from usbtree import STORAGE, VENDOR, Loop, UsbTree
from world import HELPER, environment, helper_arguments, identity_of

NET_ADMIN = 1 << 12
ALL_OF_NATIVE = 1 << 12 | 1 << 1 | 1 << 24
RESULT = "/tmp/result"


# ---- capabilities at every stop ----

def watch(world, arguments, kind):
    """[(has forked, status)] of one helper, at each of its system calls."""
    def traced():
        os.setresuid(-1, 1000, -1)
        near, far = socket.socketpair(socket.AF_UNIX, kind)
        os.setresuid(-1, 0, -1)
        if kind == socket.SOCK_SEQPACKET:
            near.shutdown(socket.SHUT_WR)
        seen = ptracing.statuses(HELPER, arguments, environment("alice"), identity_of("alice"),
                                 far.fileno(), 9)
        with open(RESULT, "wb") as file:
            pickle.dump(seen, file)

    done = world.run(traced)
    assert done.code == 0, done.stderr
    return pickle.loads(world.path(RESULT).read_bytes())


def capabilities(status, name):
    return int(status[name], 16)


def test_a_drop_in_helper_has_net_admin_alone_from_its_first_fork_on(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    seen, code = watch(world, helper_arguments("br0", 9), socket.SOCK_STREAM)
    assert code == 0, code
    behind = [status for forked, status in seen if forked]
    assert len(behind) > 20
    for status in behind:
        assert capabilities(status, "CapPrm") == NET_ADMIN
        assert capabilities(status, "CapEff") in (0, NET_ADMIN)
        assert capabilities(status, "CapBnd") == 0 and capabilities(status, "CapInh") == 0
        assert "0" not in status["Uid"].split() and status["Groups"].split() == []
        assert status["NoNewPrivs"] == "1"
    # It is raised around calls, and not left so.
    assert capabilities(behind[-1], "CapEff") == 0
    assert any(capabilities(status, "CapEff") for status in behind)


@pytest.mark.parametrize("acl, kept", (
    ("", 0), ("allow bridge br0 user bob\n", 0), ("allow bridge br0 group 4242\n", 0),
    ("deny bridge br0\nallow usb 0951:1666 user alice\n", 1 << 1),
    ("allow usb 0951:1666 user alice\n", 1 << 1),
    ("allow vfio 10de:* user alice\n", 1 << 1 | 1 << 24),
    ("allow bridge br0 user alice\n", 1 << 12),
    ("allow bridge br0 user alice vhost\n", 1 << 12 | 1 << 1)))
def test_rights_that_no_rule_could_need_are_gone_before_the_first_message(world, acl, kept):
    world.write_acl(acl)
    seen, code = watch(world, ["--fd=9"], socket.SOCK_SEQPACKET)
    assert code == 0
    # Not every machine that tests run on has CAP_SYS_RESOURCE to give.
    assert capabilities(seen[-1][1], "CapPrm") | 1 << 24 == kept | 1 << 24
    assert all(capabilities(status, "CapPrm") & ~ALL_OF_NATIVE == 0 for forked, status in seen
               if forked)


def test_nothing_of_the_judge_is_referenced_from_the_helper_but_its_one_function():
    folder = os.environ["VMGRANT_BUILD"]

    def symbols(archive, *options):
        lines = subprocess.run(["nm", *options, f"{folder}/{archive}"], check=True, text=True,
                               capture_output=True).stdout.splitlines()
        return {line.split()[-1] for line in lines if line and not line.endswith(":")}

    judges = symbols("libjudge.a", "--defined-only", "--extern-only")
    wanted = symbols("libhelper.a", "--undefined-only") | symbols("helper/vmgrant_helper-main.o",
                                                                  "--undefined-only")
    assert wanted & judges == {"judge_run"}


# ---- 57: names ----

@pytest.mark.parametrize("acl, code", (("allow bridge br0 user alice polkit=no\n", 0),
                                       ("allow bridge br0 group students polkit=no\n", 0),
                                       ("deny bridge br0 user alice\n", replies.DENIED)))
def test_attack_57_no_name_service_module_is_ever_loaded_into_the_helper(world, acl, code):
    world.write_acl(acl)
    sink = nss.install_record(world)
    nss.switch(world, "record files")
    result = world.request("alice")
    assert result.code == code, result
    seen = nss.events(sink)
    assert seen and {event.name for event in seen} >= {"loaded"}
    for event in seen:
        assert set(event.capabilities().values()) == {0}, event
        # Only the judge is behind a filter.
        assert event.status["NoNewPrivs"] == "1" and event.status["Seccomp"] == "2"
    result.close()


# ---- 51: stopped helpers ----

def is_claimed(path):
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_EXCL))
    except OSError as error:
        assert error.errno == errno.EBUSY
        return True
    return False


def test_attack_51_a_helper_stopped_with_a_disk_in_its_hand_lets_it_go(world, tmp_path):
    loop = Loop(tmp_path / "disk")
    try:
        world.usb = UsbTree(world)
        world.write_acl(f"allow usb {STICK} user alice polkit=no\n")
        world.usb.add("1-1", 3, STICK, classes=(STORAGE, VENDOR))
        world.usb.add_disk("1-1", "sdz", loop.number)
        trace = "/tmp/trace"
        world.write(trace, "", mode=0o666)
        request = world.start_request(
            "alice", channel=protocol_client.pair, arguments=["--fd=9"],
            strace=["-qq", "-o", trace, "-e", "trace=openat,openat2",
                    "-e", "inject=openat2:signal=STOP:when=1"])
        request.socket.send(usb_client.encode(1, ids=STICK))
        result = request.finish()
        assert result.code == -signal.SIGKILL, result
        assert "openat2(" in world.path(trace).read_text(encoding="utf-8")
        wait_until(lambda: not is_claimed(loop.path), "the disk to be free")
    finally:
        loop.close()


def test_attack_51_a_helper_stopped_at_a_change_of_its_capabilities_is_ended(world):
    """Wherever it stands when its caller stops it: with one raised, or between."""
    users = ("alice", "bob")  # each may have only so many under way
    world.write_acl("".join(f"allow bridge br0 user {user} polkit=no\n" for user in users))
    requests = {}
    # All of them at once: each has half a minute.
    for number in range(3, 13):
        requests[number] = world.start_request(
            users[number % 2], channel=protocol_client.pair, arguments=["--fd=9"],
            strace=["-qq", "-o", "/dev/null", "-e", "trace=capset",
                    "-e", f"inject=capset:signal=STOP:when={number}"])
        requests[number].socket.send(protocol_client.encode(1, "br0"))
        requests[number].socket.shutdown(socket.SHUT_WR)
    for number, request in requests.items():
        result = request.finish(120)
        assert result.code in (-signal.SIGKILL, 0), (number, result)
        result.close()
    world.wait_no_taps()


def test_attack_51_without_its_timer_a_helper_does_nothing(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    for channel, arguments in ((None, None), (protocol_client.pair, ["--fd=9"])):
        result = world.request("alice", channel=channel, arguments=arguments,
                               strace=injecting("timer_create", 1, "error=EAGAIN"))
        assert result.refused and result.code == replies.INTERNAL, result
        assert b"cannot make a timer" in result.stderr, result


def test_a_connection_may_be_idle_for_longer_than_a_request_may_take(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    for serial in (1, 2):
        reply = protocol_client.ask(request.socket, serial, "br0")
        assert reply.code == 0, reply.sentence
        for fd in reply.fds:
            os.close(fd)
        if serial == 1:
            # A request has half a minute.
            time.sleep(36)
    request.socket.close()
    assert request.finish().code == 0


# ---- 53 and 54: how much one user may have under way ----

def test_attack_53_one_users_questions_to_polkit_are_few_and_others_are_served(world):
    world.write_acl("allow bridge br0\n")
    install_asker(world, "case $QUESTION in *uid=1000*) echo $$ >>/tmp/askers; exec sleep 1000;; "
                  f"*) printf '{TOKEN}';; esac")
    flood = [world.start_request("alice") for _ in range(24)]
    askers = world.path("/tmp/askers")
    wait_until(lambda: askers.exists() and len(askers.read_text().split()) >= 4, "the askers")
    result = world.request("bob")
    assert result.granted, result
    result.close()
    assert len(askers.read_text().split()) == 4
    for request in flood:
        request.close()


def test_attack_54_what_the_quota_refuses_makes_no_namespace(world):
    world.write_acl("allow bridge br0 user alice quota=1 polkit=no\n")
    first = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    held = protocol_client.ask(first.socket, 1, "br0")
    assert held.code == 0, held.sentence
    world.write("/tmp/trace", "", mode=0o666)
    second = world.start_request(
        "alice", channel=protocol_client.pair, arguments=["--fd=9"],
        strace=["-f", "-qq", "-o", "/tmp/trace", "-e", "trace=unshare,clock_nanosleep"])
    assert protocol_client.ask(second.socket, 1, "br0").code == replies.QUOTA
    second.socket.close()
    second.finish()
    trace = world.path("/tmp/trace").read_text(encoding="utf-8")
    assert "unshare" not in trace
    # No port is going, so that there is nothing to wait for: a few pauses of 20 ms.
    assert trace.count("clock_nanosleep(") < 10, trace
    for fd in held.fds:
        os.close(fd)


def test_attack_54_requests_under_way_are_bounded_for_each_user(world):
    """Helpers that are stopped while they make a port keep their own user waiting, nobody else."""
    world.write_acl("allow bridge br0 user alice polkit=no\nallow bridge br0 user bob polkit=no\n")
    stopped = [world.start_request(
        "alice", channel=protocol_client.pair, arguments=["--fd=9"],
        strace=["-qq", "-o", "/dev/null", "-e", "trace=clone",
                "-e", "inject=clone:signal=STOP:when=2"]) for _ in range(20)]
    for request in stopped:
        # It may have been stopped before there was anybody to read it.
        protocol_client.sent(request.socket, protocol_client.encode(1, "br0"))
    result = world.request("bob")
    assert result.granted, result
    result.close()
    for request in stopped:
        request.socket.close()
    for request in stopped:
        request.finish(120)
    world.wait_no_taps()


# ---- 55: a policy that changes ----

def stopped_child(pid):
    """The child of a tracer that its signal has stopped, -1 when the tracer has ended, else 0."""
    for child in children_of(pid):
        if state_of(child) in "tT":
            return int(child)
    return -1 if state_of(pid) == "Z" else 0


@pytest.mark.parametrize("number", range(1, 4))
def test_attack_55_a_drop_in_stopped_anywhere_does_not_outlive_a_deny(world, number):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    world.write("/tmp/trace", "", mode=0o666)
    request = world.start_request(
        "alice", strace=["-qq", "-o", "/tmp/trace", "-e", "trace=recvfrom",
                         "-e", f"inject=recvfrom:signal=STOP:when={number}"])

    def stopped():
        is_stopped = "stopped by SIGSTOP" in world.path("/tmp/trace").read_text(encoding="utf-8")
        pid = stopped_child(request.pid)
        return pid if pid < 0 or is_stopped else 0

    pid = wait_until(stopped, "the helper to stop or to end")
    if pid < 0:
        # It receives less often than that.
        request.finish().close()
        return
    world.write_acl("deny bridge br0 user alice\n")
    # Longer than a look at the policy may be ago.
    time.sleep(6)
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        # Its time was over.
        pass
    result = request.finish(120)
    assert result.code != 0 and not result.fds and result.payload == b"", (result, number)
    result.close()
