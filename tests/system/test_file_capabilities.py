# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The helper with capabilities of its file instead of the setuid bit, and with other modes.

The tests of the contract run once more here; VMGRANT_FILE_CAPABILITIES=1 runs all others so.
"""

import os
import struct

import pytest

import protocol_client as client
from looking import named, status_of
# pylint: disable=unused-wildcard-import,wildcard-import
from test_contract import *
from test_no_user_namespaces import forbid
from world import HELPER, CapableStage, World

NO_PRIVILEGE = 3
EVERYTHING = ("allow bridge br0 user alice polkit=no queues=4 quota=3\n"
              "allow bridge br1 group students\n")


@pytest.fixture(scope="module")
def stage(stage):
    return CapableStage(stage)


def connect(world, user="alice", **options):
    return world.start_request(user, channel=client.pair, arguments=["--fd=9"], **options)


def own_status(world):
    """Fields of /proc/PID/status of every process of the helper."""
    return world.call(lambda: [
        status for pid in named("vmgrant-helper") if (status := status_of(pid))])


def test_attack_37_no_process_is_ever_roots(world):
    """ids and capabilities are those of a setuid start, and none of them is 0."""
    world.write_acl(EVERYTHING)
    request = connect(world)
    reply = client.ask(request.socket, 1, "br0", queues=2)
    assert reply.code == 0 and reply.flags & client.SEALED and len(reply.fds) == 2, reply.sentence
    helper, judge = sorted(own_status(world), key=lambda fields: -int(fields["CapPrm"], 16))
    account = judge["Uid"].split()[0]
    assert helper["Uid"].split()[:3] == ["1000", account, account]
    assert set(judge["Uid"].split()) == {account} and account not in ("0", "1000")
    for fields in (helper, judge):
        assert not int(fields["CapEff"], 16) and not int(fields["CapBnd"], 16)
        assert not fields["Groups"].strip() and fields["NoNewPrivs"] == "1"
    assert int(helper["CapPrm"], 16) & ~(1 << 12 | 1 << 1 | 1 << 24) == 0
    assert int(judge["CapPrm"], 16) == 0
    close(reply)
    request.socket.close()
    assert request.finish().code == 0


def close(reply):
    for fd in reply.fds:
        os.close(fd)


def test_a_quota_counts_and_polkit_decides(stage):
    with World(stage, polkit=True) as world:
        world.bridge("br0")
        world.bridge("br1")
        world.write_acl(EVERYTHING)
        request = connect(world)
        replies = [client.ask(request.socket, serial, "br0") for serial in range(4)]
        assert [reply.code for reply in replies] == [0, 0, 0, 12], replies[3].sentence
        assert client.ask(request.socket, 5, "br1").code == 9
        world.rules('polkit.addRule(function(action, subject) { return "yes"; });')
        asked = client.ask(request.socket, 6, "br1")
        assert asked.code == 0, asked.sentence
        for reply in (*replies, asked):
            close(reply)
        request.socket.close()
        request.finish()


def test_a_missing_lock_file_is_named(world):
    world.write_acl(EVERYTHING)
    world.path("/run/vmgrant/lock").unlink()
    result = world.request("alice")
    assert result.code == 4 and "systemd-tmpfiles --create vmgrant.conf" in result.text, result


def test_sealed_where_user_namespaces_are_forbidden(stage):
    capable = CapableStage(stage)
    capable.names = (*CapableStage.ALL, "sys_admin")
    for installed, code in ((capable, 0), (stage, 1)):
        with World(installed) as world:
            world.write_acl(EVERYTHING)
            request = connect(world, as_root=forbid)
            reply = client.ask(request.socket, 1, "br0")
            assert reply.code == code, reply.sentence
            close(reply)
            request.socket.close()
            request.finish()


def test_for_network_cards_alone_few_capabilities_do(stage):
    """A site that gives no devices leaves two of them out; without the rest there is no power."""
    few = CapableStage(stage)
    few.names = ("setuid", "setgid", "setpcap", "net_admin")
    with World(few) as world:
        world.bridge("br0")
        world.write_acl(EVERYTHING)
        result = world.request("alice")
        assert result.granted, result
        result.close()
    for missing in few.names:
        less = CapableStage(stage)
        less.names = tuple(name for name in few.names if name != missing)
        with World(less) as world:
            result = world.request("alice")
            assert result.code == NO_PRIVILEGE and "capabilities" in result.text, result


@pytest.mark.parametrize("mode,group,able", (
    (0o4755, 0, ("alice", "bob")), (0o4711, 0, ("alice", "bob")), (0o4750, 2000, ("alice",)),
    (0o755, 0, ())), ids=("4755", "4711", "4750", "0755"))
def test_each_mode_gives_power_to_whom_it_says(request, mode, group, able):
    """--with-helper-mode and --with-helper-group, as they are installed."""
    with World(str(request.getfixturevalue("stage"))) as world:
        world.bridge("br0")
        world.write_acl("allow bridge br0 user alice polkit=no\n"
                        "allow bridge br0 user bob polkit=no\n")
        world.path(world.helper).chown(0, group)
        world.path(world.helper).chmod(mode)
        for user in ("alice", "bob"):
            if mode & 0o5 or user in able:
                result = world.request(user)
                assert result.granted == (user in able), result
                assert result.granted or result.code == NO_PRIVILEGE and "4755" in result.text
                result.close()
            else:
                done = world.run_as(user, [world.helper, "--version"])
                assert done.code != 0


def test_the_command_takes_it(native_world):
    """The library sees that this file gives power, and check says what it has."""
    done = native_world.run_as("alice", ["vmgrant", "run", "--net", "br0", "--", "true", "{net0.fd}"])
    assert done.code == 0, done.stderr
    done = native_world.run_as("alice", ["vmgrant", "check"])
    assert b"has capabilities instead of the setuid bit" in done.stdout, done.stdout


# ---- a wrapper, as NixOS makes it ----

WRAPPER = "/usr/libexec/vmgrant/wrapper"
SETPRIV = "/usr/libexec/vmgrant/setpriv"


def test_a_wrapper_may_pass_them_on_as_ambient_capabilities(world):
    helper = world.path(HELPER)
    os.removexattr(helper, "security.capability")
    names = [name for name in CapableStage.ALL if name != "sys_resource"]  # not on every machine
    every = ",".join(f"+{name}" for name in names)
    with open("/usr/bin/setpriv", "rb") as program:
        world.write(SETPRIV, program.read(), mode=0o755)
    bits = sum(1 << CapableStage.NAMES[name] for name in names)
    # Permitted, and effective since setpriv expects them so.
    os.setxattr(world.path(SETPRIV), "security.capability",
                struct.pack("<IIIII", 0x02000001, bits, bits, 0, 0))
    world.write(WRAPPER, f"#!/bin/sh\nexec {SETPRIV} --inh-caps {every} --ambient-caps {every} "
                         f"{HELPER} \"$@\"\n", mode=0o755)
    world.write_acl(EVERYTHING)
    assert world.request("alice").code == NO_PRIVILEGE
    result = world.request("alice", helper=WRAPPER)
    assert result.granted, result
    result.close()
    request = connect(world, helper=WRAPPER)
    reply = client.ask(request.socket, 1, "br0")
    assert reply.code == 0, reply.sentence
    close(reply)
    request.socket.close()
    assert request.finish().code == 0
