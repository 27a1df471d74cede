# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACK 77: sealed ports where user namespaces are forbidden, and the process that makes them."""

import os
import signal
import subprocess

import pytest

import namespaces as ns
import protocol_client as client
from frames import close, frame, receive, send
from process import wait_until
from service import NETWORK, Service
from test_service import ask, connected
from tun import tungetiff
from world import World

LIMIT = "/proc/sys/user/max_user_namespaces"
MAKING = 1 << 21 | 1 << 12  # CAP_SYS_ADMIN, CAP_NET_ADMIN
ACL_TEXT = ("allow bridge br0 user alice polkit=no queues=4 lock-mac\n"
            "allow bridge one user alice polkit=no\n"
            "allow usb 0403:6001 user bob polkit=no\n")
A, B = bytes.fromhex("020000000a01"), bytes.fromhex("020000000b02")
INTERNAL = 1


def forbid():
    """A host of its own, with every id and two bridges, in which nobody makes user namespaces.

    The sysctl is one of the user namespace that it is set in, so that the machine keeps its own.
    """
    (ready, say_ready), (mapped, say_mapped) = os.pipe(), os.pipe()
    here = os.getpid()
    if os.fork() == 0:
        os.read(ready, 1)
        for kind in ("uid", "gid"):
            with open(f"/proc/{here}/{kind}_map", "w", encoding="ascii") as table:
                table.write("0 0 4294967295\n")
        os.write(say_mapped, b"x")
        os._exit(0)
    ns.unshare(ns.CLONE_NEWUSER)
    os.write(say_ready, b"x")
    os.read(mapped, 1)
    os.wait()
    ns.unshare(ns.CLONE_NEWNET)
    for name in ("br0", "one"):
        subprocess.run(["ip", "link", "add", name, "type", "bridge"], check=True)
        subprocess.run(["ip", "link", "set", name, "up"], check=True)
    with open(LIMIT, "w", encoding="ascii") as limit:
        limit.write("0")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        yield world


def connect(world, user="alice"):
    return world.start_request(user, channel=client.pair, arguments=["--fd=9"], as_root=forbid)


@pytest.fixture
def native(shared):
    request = connect(shared)
    yield request
    request.socket.close()
    assert request.finish().code == 0


def ports(pid):
    """Ports of bridges in the network namespace of a process."""
    said = subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", "-o", "link"], check=True,
                          capture_output=True, text=True).stdout
    return [line.split()[1].split("@")[0] for line in said.splitlines() if " master " in line]


def statuses(helper):
    """{pid: fields of /proc/PID/status} of a helper and its children, by numbers of the machine."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/status", encoding="ascii", errors="replace") as status:
                fields = dict(line.split(":\t", 1) for line in status.read().splitlines()
                              if ":\t" in line)
        except OSError:
            continue
        if str(helper) in (name, fields["PPid"]):
            found[int(name)] = fields
    return found


def makers(helper):
    return {pid: fields for pid, fields in statuses(helper).items()
            if int(fields["CapPrm"], 16) & 1 << 21}


def locked(request, serial, mac, **options):
    return client.ask(request.socket, serial, "br0", mac=mac, flags=client.VNET | client.MAC,
                      **options)


def test_attack_77_a_sealed_port_is_made_without_user_namespaces(native):
    """frames pass, several ports on one connection, and each goes with its descriptor."""
    first, second = locked(native, 1, A), locked(native, 2, B, queues=2)
    assert (first.code, second.code) == (0, 0), (first.sentence, second.sentence)
    assert first.flags & client.SEALED and second.flags & client.SEALED
    assert tungetiff(first.fds[0])[0] == first.tap
    assert sorted(ports(native.pid)) == sorted((first.port, second.port))
    send(first.fds[0], frame(B, A, b"hello"))
    assert receive(second.fds[0], lambda data: b"hello" in data)
    # The address is locked in a namespace that is made this way, too.
    send(first.fds[0], frame(A, B, b"forged"))
    send(second.fds[0], frame(A, B, b"true"))
    assert b"true" in receive(first.fds[0], lambda data: data[:6] == A)[1]
    close(first)
    wait_until(lambda: ports(native.pid) == [second.port], "a port to go while its helper waits")
    assert client.ask(native.socket, 3, "none").code != 0
    assert locked(native, 4, B).code != 0, "the address is taken"
    third = locked(native, 5, A)
    assert third.code == 0, "a failure is of one order"
    close(second, third)
    wait_until(lambda: not ports(native.pid), "the ports to go")


def test_attack_77_a_drop_in_that_takes_a_namespace(shared):
    """with lock-mac qemu-bridge-helper's way gets a sealed port."""
    shared.write_acl("allow bridge br0 user alice polkit=no lock-mac\n")
    try:
        result = shared.request("alice", as_root=forbid, arguments=[
            "--fd=9", "--br=br0", "--use-vnet", "--mac=02:00:00:00:0a:01"])
        assert result.granted, result
        result.close()
    finally:
        shared.write_acl(ACL_TEXT)


def test_attack_77_one_process_has_the_capability_and_nobody_reaches_it(shared, native):
    """never the helper; behind a filter, of the account's ids, out of the caller's reach."""
    assert client.ask(native.socket, 1, "one").code == 0
    (maker, fields), = makers(native.pid).items()
    assert maker != native.pid
    assert int(fields["CapPrm"], 16) == MAKING and int(fields["CapEff"], 16) == 0
    assert not any(int(fields[name], 16) for name in ("CapInh", "CapBnd", "CapAmb"))
    assert (fields["NoNewPrivs"], fields["Seccomp"]) == ("1", "2")
    account = set(fields["Uid"].split())
    assert len(account) == 1 and account != {"1000"} and fields["Groups"].strip() == ""
    for number in (signal.SIGSTOP, signal.SIGKILL, 0):
        assert not shared.call(lambda number=number: can_signal(maker, number), "alice")
    assert not makers(native.pid)[maker]["State"].startswith("T")


def can_signal(pid, number):
    """By the number that this process knows it under."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/status", encoding="ascii", errors="replace") as status:
                text = status.read()
        except OSError:
            continue
        if f"CapPrm:\t{MAKING:016x}" in text:
            try:
                os.kill(int(name), number)
                return True
            except PermissionError:
                return False
    raise AssertionError(f"{pid} is not seen")


def test_attack_77_it_ends_with_its_helper_and_with_the_rules(shared):
    """a helper that is killed takes it along; who may have no port keeps none."""
    request = connect(shared)
    assert client.ask(request.socket, 1, "one").code == 0
    (maker,) = makers(request.pid)
    request.signal(signal.SIGKILL)
    request.finish()
    wait_until(lambda: not os.path.exists(f"/proc/{maker}"), "the process to end")
    request = connect(shared, "bob")
    assert client.ask(request.socket, 1, "one").code != 0
    # It is killed before the request is read, and ends when the kernel comes to it.
    wait_until(lambda: not makers(request.pid), "the process to end")
    request.socket.close()
    request.finish()


def test_there_is_none_where_user_namespaces_are_allowed(shared):
    shared.bridge("one")
    request = shared.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    reply = client.ask(request.socket, 1, "one")
    assert reply.code == 0 and not makers(request.pid)
    close(reply)
    request.socket.close()
    request.finish()


@pytest.mark.parametrize("capabilities", (NETWORK, (*NETWORK, "sys_admin")),
                         ids=("as shipped", "with the drop-in"))
def test_attack_77_the_service_says_what_it_lacks(stage, capabilities):
    """a sentence, or with the drop-in a sealed port; never a direct one instead."""
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        world.replies = []
        world.service = Service(world, capabilities, prepare=forbid)
        reply = ask(world, connected(world, "alice"), 1, "one")
        if len(capabilities) == 1:
            assert reply.code == INTERNAL and "no-user-namespaces.conf" in reply.sentence
        else:
            assert reply.code == 0 and reply.flags & client.SEALED, reply.sentence
        close(reply)
