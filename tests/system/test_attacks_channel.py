# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 3 to 5: the descriptor for the answer, and who is at its other end."""

import os
import signal
import socket

import pytest

import replies
from conftest import short
from looking import state_of
from process import receive, send_fds, wait_until
from world import World


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl("allow bridge br0 user alice polkit=no\n")
        yield world


# ---- 3: the number and what stands behind it ----

@pytest.mark.parametrize("word", (
    "-1", "0", "1", "2", "3x", "9x", "x", "", " 9", "9 ", "+9", "-9", "0x9", "9.0", "9,9", "1e1",
    "2147483648", "4294967305", "18446744073709551625", "9" * 200, "%d", "9\n"), ids=short)
def test_attack_3_fd_arguments_that_are_no_numbers_or_streams(shared, word):
    result = shared.request("alice", arguments=["--br=br0", f"--fd={word}"])
    assert result.refused and result.code == replies.USAGE, result


class FdHolder:
    def __init__(self, fd):
        self._fd = fd

    def fileno(self):
        return self._fd

    def close(self):
        os.close(self._fd)


def tcp_connection():
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    return listener.accept()[0], client


def unconnected():
    return None, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)


def listening():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("\0listening")
    listener.listen()
    return None, listener


def pipe_end(number):
    def make():
        return None, os.fdopen(os.pipe()[number], "rb" if number == 0 else "wb")
    return make


def datagram_pair():
    # There is no end of such a socket that could be waited for.
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.detach()
    return None, far


WRONG_CHANNELS = {
    "file": lambda: (None, open("/etc/passwd", "rb")),
    "null device": lambda: (None, open("/dev/null", "r+b", buffering=0)),
    "folder": lambda: (None, FdHolder(os.open("/", os.O_PATH))),
    "tun device": lambda: (None, open("/dev/net/tun", "r+b", buffering=0)),
    "pipe, reading end": pipe_end(0),
    "pipe, writing end": pipe_end(1),
    "TCP": tcp_connection,
    "UDP": lambda: (None, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
    "netlink": lambda: (None, socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)),
    "unix datagram pair": datagram_pair,
    "unix seqpacket pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET),
    "unconnected": unconnected,
    "listening": listening,
}


@pytest.mark.parametrize("name", WRONG_CHANNELS)
def test_attack_3_an_fd_that_is_no_connected_unix_stream(shared, name):
    result = shared.request("alice", channel=WRONG_CHANNELS[name])
    assert result.refused and result.code == replies.CHANNEL, result
    assert "--fd=9" in result.text and not shared.taps()


def test_attack_3_an_fd_that_is_not_open(shared):
    for number in (3, 8, 1023, 65535, 2147483647):
        result = shared.request("alice", arguments=["--br=br0", f"--fd={number}"])
        assert result.refused and result.code == replies.CHANNEL, result


# ---- 4 and 5: the other end of the socket ----

def foreign_pair(world, user):
    """A socketpair made by user, in our hands. The maker lives on."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def make():
        ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        send_fds(there, b"pair", [end.fileno() for end in ends])
        signal.pause()

    maker = world.spawn(make, user, fds={there.fileno(): there.fileno()})
    there.close()
    fds = receive(here)[1]
    here.close()
    ends = [socket.socket(fileno=fd) for fd in fds]
    world.keep(*ends)
    return maker, ends


@pytest.mark.parametrize("maker", ("bob", "root", "al"))
def test_attack_4_a_socket_that_was_made_by_somebody_else(shared, maker):
    process, (near, far) = foreign_pair(shared, maker)
    number = far.fileno()
    result = shared.request("alice", fds={number: number},
                            channel=lambda: (None, socket.socket(fileno=os.dup(number))))
    process.kill()
    assert result.refused and result.code == replies.CHANNEL, result
    near.setblocking(False)
    with pytest.raises(BlockingIOError):
        near.recv(1)
    shared.wait_no_taps()


def test_attack_4_a_socket_connected_to_bobs_server(shared):
    path = "/tmp/bobs-server"

    def listen():
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        os.chmod(path, 0o666)
        listener.listen()
        signal.pause()

    def connect():
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        client.connect(path)
        return None, client

    server = shared.spawn(listen, "bob")
    wait_until(lambda: shared.path(path).exists(), "bob's server")
    result = shared.request("alice", channel=connect)
    server.kill()
    assert result.refused and result.code == replies.CHANNEL, result


def test_a_pair_that_was_made_by_the_caller_earlier_is_fine(shared):
    process, (near, far) = foreign_pair(shared, "alice")
    number = far.fileno()
    result = shared.request("alice", fds={number: number},
                            channel=lambda: (None, socket.socket(fileno=os.dup(number))))
    process.kill()
    assert result.code == 0, result
    data, fds = receive(near)
    assert data == b"\0" and len(fds) == 1
    os.close(fds[0])


def pair_with(change):
    def make():
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        change(near, far)
        return near, far
    return make


def stuff(_, far):
    far.setblocking(False)
    try:
        while True:
            far.send(bytes(65536))
    except BlockingIOError:
        far.setblocking(True)


def test_attack_5_a_peer_that_never_reads_is_given_up_in_bounded_time(shared):
    request = shared.start_request("alice", channel=pair_with(stuff))
    # Whoever does not read for that long does not get it either.
    wait_until(lambda: request.pid < 0 or state_of(request.pid) == "Z", "the helper to give up")
    shared.wait_no_taps()
    request.socket.setblocking(False)
    seen = b""
    while True:
        data, fds = receive(request.socket)
        assert not fds
        if not data:
            break
        seen += data
    result = request.finish()
    assert result.code == replies.CHANNEL, result


def test_attack_5_a_peer_that_has_gone_is_no_sigpipe(shared):
    result = shared.request("alice", channel=lambda: (None, pair_with(
        lambda near, far: near.close())()[1]))
    assert result.refused and result.code == replies.CHANNEL, result
    shared.wait_no_taps()


def test_attack_5_a_peer_that_has_closed_its_reading_side(shared):
    result = shared.request("alice", channel=pair_with(
        lambda near, far: near.shutdown(socket.SHUT_RD)))
    assert result.code == replies.CHANNEL and not result.fds, result
    shared.wait_no_taps()


@pytest.mark.parametrize("change", (
    lambda near, far: near.shutdown(socket.SHUT_WR),
    lambda near, far: near.send(b"half a mess"),
    lambda near, far: send_fds(near, b"x", [0, 0, 0])),
    ids=("half-closed", "half a message", "with fds"))
def test_attack_5_what_the_peer_sends_changes_nothing(shared, change):
    result = shared.request("alice", channel=pair_with(change))
    assert result.granted, result
    result.close()
    shared.wait_no_taps()


def test_attack_5_a_peer_that_closes_without_reading_leaves_no_interface(shared):
    request = shared.start_request("alice")
    wait_until(lambda: state_of(request.pid) == "Z", "the helper to end")
    assert len(shared.taps()) == 1
    request.close()
    shared.wait_no_taps()
