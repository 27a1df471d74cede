# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Granted PCI devices: the kernel's answer about the made-up node is injected by strace.

All the rest of the way is real: who asks, the ACL, the nodes, the limit on locked memory.
"""

import os
import re
import resource
import signal
import socket

import pytest

import faults
import namespaces as ns
import replies
import vfio_client as client
from fault_devices import Vfio
from looking import named, status_of
from pci import GPU, ZERO, Machine
from process import become, receive, send_fds, wait_until
from protocol_client import pair
from service import Service, connect as connect_service
from world import JOURNAL, World, identity_of

ACL_TEXT = "allow vfio 10de:* user alice polkit=no memlock=4M\n"
TRACE = "/tmp/trace"
MEGABYTE = 1 << 20
# Two questions to the machine's own devices have no answer that a VFIO node would give.
# Raw: each version of strace knows other requests by name.
ANSWERED = ["-e", "inject=ioctl:retval=0", "-e", "raw=ioctl"]
IOMMU_OPTION = 0x3b87


@pytest.fixture
def machine(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        made_up = Machine(world)
        made_up.with_iommufd()
        world.write(TRACE, "", mode=0o666)
        yield made_up


def as_client(user, limit, hard=None):
    """A socketpair made by a process of the user's, as in an ordinary client.

    strace has to stay root; this process lives until the client is closed.
    """
    def make():
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        os.setresuid(-1, 0, -1)
        if os.fork() == 0:
            here.close()
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (limit, hard or limit))
            become(identity_of(user))
            near, far = pair()
            send_fds(there, b"x", [near.fileno(), far.fileno()])
            near.close()
            far.close()
            there.recv(1)
            os._exit(0)
        there.close()
        _, fds = receive(here)
        os.set_inheritable(here.fileno(), False)
        make.kept = here
        return socket.socket(fileno=fds[0]), socket.socket(fileno=fds[1])
    return make


def connect(machine, limit=MEGABYTE, options=(), output=TRACE, hard=None):
    return machine.world.start_request(
        "alice", channel=as_client("alice", limit, hard), arguments=["--fd=9"],
        strace=["-f", "-qq", "-o", output, *ANSWERED, *options])


def ask(machine, limit=MEGABYTE, options=(), hard=None, **message):
    request = connect(machine, limit, options, hard=hard)
    reply = client.ask(request.socket, GPU, **message)
    request.socket.close()
    assert request.finish().code == 0
    return reply


def trace(machine):
    return machine.world.path(TRACE).read_text(encoding="utf-8")


def close(reply):
    for fd in reply.fds:
        os.close(fd)


def is_whole(reply):
    return [os.fstat(fd).st_rdev for fd in reply.fds] == [os.makedev(1, 3), os.makedev(*ZERO)]


def capability_is_missing():
    with open("/proc/self/status", encoding="ascii") as status:
        sets = dict(line.split(":", 1) for line in status)
    return not int(sets["CapBnd"], 16) >> 24 & 1


# ---- what is granted ----

def test_attack_49_a_grant_carries_the_two_nodes_and_nothing_else(machine):
    reply = ask(machine)
    assert reply.code == 0 and is_whole(reply), reply.sentence
    assert reply.flags == client.IOMMUFD and reply.node == "/dev/vfio/devices/vfio0"
    assert reply.memlock == MEGABYTE  # left as it is, and told
    close(reply)


def test_the_iommufd_charges_the_process_that_maps(machine):
    reply = ask(machine)
    assert reply.code == 0, reply.sentence
    calls = [line for line in trace(machine).splitlines() if "ioctl(" in line]
    assert len(calls) == 1 and f", {IOMMU_OPTION:#x}, " in calls[0], calls
    close(reply)


def test_the_record_says_which_device_and_group(machine):
    sink = machine.world.sink(JOURNAL)
    close(ask(machine))
    (record,) = sink.records()
    assert f'user="alice" object="vfio {GPU}" device="10de:1c82 group 12"'.encode() in record
    assert b"VMGRANT_GIVEN=/dev/vfio/" in record
    assert b"VMGRANT_ACTION=org.vmgrant.vfio\n" in record


# ---- the kernel's no ----

def test_attack_32_a_group_that_is_not_viable_is_refused(machine):
    """The injected answer sets no flag: not viable, and in nobody's use."""
    reply = ask(machine, flags=client.GROUP)
    assert (reply.code, reply.fds) == (replies.OBJECT, [])
    assert "not viable" in reply.sentence and "/dev/vfio/12" in reply.sentence


@pytest.mark.parametrize("flags, node", ((client.GROUP, "/dev/vfio/12"),
                                         (0, "/dev/vfio/devices/vfio0")))
def test_attack_32_a_busy_node_is_refused(machine, flags, node):
    # Only the helper looks at nodes that way, right before it opens them.
    reply = ask(machine, options=["-e", "inject=openat2:error=EBUSY:when=1"], flags=flags)
    assert (reply.code, reply.fds) == (replies.OBJECT, [])
    assert f"{node} is in use by another virtual machine" in reply.sentence


@pytest.mark.parametrize("flags, node", ((client.GROUP, "/dev/vfio/12"),
                                         (0, "/dev/vfio/devices/vfio0")))
def test_a_node_that_a_unit_keeps_closed_is_named(machine, flags, node):
    """The control group answers EPERM; check says it before anything is asked for."""
    reply = ask(machine, options=["-e", "inject=openat2:error=EPERM:when=1"], flags=flags)
    assert (reply.code, reply.fds) == (replies.OBJECT, [])
    assert (f"{node} is forbidden to this service or container: DeviceAllow={node} rw"
            in reply.sentence)


def test_check_names_a_node_that_a_unit_keeps_closed(machine):
    for node in ("/dev/vfio/devices/vfio0", "/dev/iommu"):
        done = machine.world.run(["strace", "-f", "-qq", "-o", TRACE, "-P", node, "-e",
                                  "inject=/^f?access:error=EPERM", "vmgrant", "check", "--user",
                                  "alice", "--vfio", GPU])
        text = done.stdout.decode()
        assert done.code == 104 and f"FAIL  {node}: forbidden to this service" in text, text
        assert f"DeviceAllow={node} rw in the unit" in text, text


# ---- locked memory ----

def test_a_limit_that_is_high_enough_is_left_alone(machine):
    reply = ask(machine, 6 * MEGABYTE, memlock=client.ALL)
    assert reply.code == 0 and reply.memlock == 6 * MEGABYTE, reply.sentence
    close(reply)


def test_a_raised_limit_is_on_the_record_like_everything_that_is_given(machine):
    sink = machine.world.sink(JOURNAL)
    # Up to its own hard limit the process could do it itself: this takes no capability.
    reply = ask(machine, hard=6 * MEGABYTE, memlock=2 * MEGABYTE)
    assert reply.code == 0 and reply.memlock == 2 * MEGABYTE, reply.sentence
    device, limit = sink.records()
    assert b"VMGRANT_GIVEN=/dev/vfio/" in device
    assert b"VMGRANT_RESULT=granted" in limit and b"VMGRANT_UID=1000" in limit
    assert b"VMGRANT_GIVEN=locked memory up to 2097152 bytes for process " in limit
    assert f"VMGRANT_OBJECT=vfio {GPU}\n".encode() in limit and b"VMGRANT_RULE=/etc" in limit
    close(reply)


def test_a_limit_that_cannot_be_raised_is_on_the_record_as_refused_alone(machine):
    if not capability_is_missing():
        pytest.skip("this machine has the capability that is to be missing")
    sink = machine.world.sink(JOURNAL)
    assert ask(machine, memlock=2 * MEGABYTE).code == replies.NO_PRIVILEGE
    device, refusal = sink.records()
    assert b"VMGRANT_GIVEN=/dev/vfio/" in device and b"VMGRANT_RESULT=refused" in refusal


def test_without_the_capability_nothing_is_granted_and_the_sentence_says_why(machine):
    reply = ask(machine, memlock=2 * MEGABYTE)
    if capability_is_missing():
        assert (reply.code, reply.fds) == (replies.NO_PRIVILEGE, [])
        assert "from 1M to 2M" in reply.sentence and "CAP_SYS_RESOURCE" in reply.sentence
        return
    assert reply.code == 0 and reply.memlock == 2 * MEGABYTE
    close(reply)


# What the kernel says of the client's limit: 1 MiB and 6 MiB. To ask takes CAP_SYS_RESOURCE.
LIMIT_READ = ["-e", f"inject=prlimit64:retval=0:poke_exit=@arg4={MEGABYTE.to_bytes(8, 'little').hex()}"
              f"{(6 * MEGABYTE).to_bytes(8, 'little').hex()}"]


def trace_service(world):
    """Attach to the helper of the service's only connection, and to its judge."""
    def of_service():
        return {pid: status_of(pid) for pid in named("vmgrant-helper")}

    pids = list(wait_until(lambda: len(found := world.call(of_service)) == 2 and found,
                           "helper and judge"))
    world.spawn(["strace", "-qq", "-o", TRACE, *ANSWERED, *LIMIT_READ,
                 *(word for pid in pids for word in ("-p", str(pid)))])
    wait_until(lambda: all(one["TracerPid"] != "0" for one in world.call(of_service).values()),
               "strace")


def test_attack_73_memory_is_raised_for_the_process_that_the_kernel_names(machine):
    """a client of the service in a process namespace, where it is 1: not for the 1 out here."""
    world = machine.world

    def ask_as_1():
        ns.unshare(ns.CLONE_NEWUSER | ns.CLONE_NEWPID)
        pid = os.fork()
        if pid == 0:
            assert os.getpid() == 1
            connection = connect_service()
            os.read(3, 1)
            reply = client.ask(connection, GPU, memlock=2 * MEGABYTE)
            os._exit(0 if reply.code == 0 and reply.memlock == 2 * MEGABYTE else 1)
        os.write(1, str(pid).encode())
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    here, there = socket.socketpair()
    with here, there:
        Service(world, ("net_admin", "dac_override"))
        asker = world.spawn(ask_as_1, "alice", fds={3: there.fileno()})
        trace_service(world)
        here.send(b".")
        asker.wait()
    assert asker.code == 0, trace(machine)
    calls = re.findall(r"prlimit64\((\d+), RLIMIT_MEMLOCK, (\w+|{rlim_cur=\d+\*1024)", trace(machine))
    # Read, and raised.
    assert calls == [(asker.stdout.decode(), "NULL"),
                     (asker.stdout.decode(), "{rlim_cur=2048*1024")], calls


def test_attack_4_a_requester_that_is_not_the_callers_gets_no_memory(machine):
    """The socket was made by root while he looked like alice; now the process is root's."""
    request = machine.world.start_request(
        "alice", channel=pair, arguments=["--fd=9"],
        strace=["-f", "-qq", "-o", TRACE, *ANSWERED])
    reply = client.ask(request.socket, GPU, memlock=2 * MEGABYTE)
    assert (reply.code, reply.fds) == (replies.CHANNEL, []), reply.sentence


def test_attack_11_the_limit_is_the_last_thing_before_the_hand_over(machine):
    close(ask(machine, hard=6 * MEGABYTE, memlock=2 * MEGABYTE))
    # The helper's own limits are those of process 0.
    calls = re.findall(r"(prlimit64\([1-9]\d*, RLIMIT_MEMLOCK, \{|openat\(|ioctl\(|sendmsg\()",
                       trace(machine))
    # The helper's answer to the judge, and the judge's reply to the client.
    assert calls[-3].startswith("prlimit64(") and calls[-2:] == ["sendmsg("] * 2, calls
    assert sum(call.startswith("prlimit64(") for call in calls) == 1


def test_attack_10_a_helper_that_was_stopped_sets_no_limit(machine):
    """Between the question whose process it is and the limit, its number could change hands."""
    request = connect(machine, hard=6 * MEGABYTE,
                      options=["-e", "inject=pidfd_send_signal:signal=STOP:when=2"])
    request.socket.send(client.encode(1, GPU, memlock=2 * MEGABYTE))

    # Longer than the moment that the helper gives itself, it is not even there any more.
    result = request.finish()
    assert result.code == -signal.SIGKILL and not result.fds and result.payload == b""
    assert "pidfd_send_signal" in trace(machine)
    assert not re.search(r"prlimit64\([1-9]\d*, RLIMIT_MEMLOCK, \{", trace(machine))


# ---- whatever fails or ends ----

@pytest.fixture(scope="module")
def scenario(stage):
    with Vfio(stage, None) as scenario:
        yield scenario


@pytest.mark.parametrize("error", ("EIO", "ENOMEM"))
def test_attack_36_a_call_that_fails_gives_a_whole_grant_or_none(scenario, error):
    scenario.check_each_request_call(faults.FAIL, error)


def test_attack_11_a_helper_that_is_killed_gives_nothing(scenario):
    scenario.check_each_request_call(faults.KILL)
