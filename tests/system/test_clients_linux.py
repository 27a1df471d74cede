# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real Linux guest that uses all the queues of its card."""

import hashlib
import os
import re
import socket
import threading

import pytest

import linux_guest
from confining import complaints, give_ids
from test_clients_qemu import QEMU
from test_native_client import need

QUEUES = 4
PAYLOAD_BYTES = 16 * 65536
# It boots and ends within some 20 s where nothing else is at work.
LIMIT_S = 240


@pytest.fixture(scope="module")
def guest_files(tmp_path_factory, outside_network):
    """A folder with kernel and initrd."""
    need(QEMU)
    return linux_guest.make(tmp_path_factory.mktemp("guest"), "guest-queues", outside_network)


def serve_echo():
    """In the world: sends back what comes to the ports 9000 and up, and prints its sum."""
    def echo(listener):
        connection, _ = listener.accept()
        connection.settimeout(LIMIT_S)
        data = b""
        while len(data) < PAYLOAD_BYTES:
            piece = connection.recv(65536)
            if not piece:
                break
            data += piece
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
        os.write(1, f"{listener.getsockname()[1]} {hashlib.md5(data).hexdigest()}\n".encode())

    listeners = [socket.create_server(("192.168.77.1", 9000 + i)) for i in range(QUEUES)]
    threads = [threading.Thread(target=echo, args=(listener,)) for listener in listeners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_confined_linux_guest_sends_and_receives_through_each_of_four_queues(world, guest_files):
    """Its kernel is the person's alone; the other id that it runs under has a copy."""
    world.write_acl("allow bridge br0 user alice polkit=no queues=4 lock-mac\n")
    world.ip("address add 192.168.77.1/24 dev br0")
    for name in ("kernel", "initrd"):
        world.write(f"/home/alice/{name}", (guest_files / name).read_bytes(), mode=0o600,
                    owner=(1000, 1000))
    give_ids(world)
    server = world.spawn(serve_echo)
    done = world.run(
        ["vmgrant", "run", "--confine", "--net", f"br0,queues={QUEUES}", "--", QEMU, "-accel", "tcg",
         "-machine", "pc", "-smp", str(QUEUES), "-m", "256", "-nodefaults", "-display", "none",
         "-no-reboot", "-serial", "stdio", "-kernel", "kernel", "-initrd", "initrd",
         "-append", "console=ttyS0 quiet panic=-1 mitigations=off"], "alice", limit_s=LIMIT_S, cwd="/home/alice")
    said = done.stdout.decode(errors="replace").replace("\r", "")
    assert done.code == 0 and "all said" in said, (said, done.stderr)
    assert f"queues: {QUEUES} {QUEUES}" in said and not complaints(done), done.stderr
    # Whole in both directions, on all of them at once.
    host = dict(line.split() for line in server.wait().stdout.decode().splitlines())
    found = re.findall(r"processor (\d): (\w+) (\w+)", said)
    assert sorted(number for number, _, _ in found) == [str(i) for i in range(QUEUES)], said
    for number, sent, came in found:
        assert sent == came == host[str(9000 + int(number))]
    # And each queue had a part in it, in both directions.
    used = {name: sum(map(int, counts.split())) for counts, name in
            re.findall(r"interrupts: *\d+:((?: +\d+)+) .* virtio\d+-((?:in|out)put\.\d)", said)}
    assert set(used) == {f"{way}.{i}" for way in ("input", "output") for i in range(QUEUES)}
    assert all(used.values()), used
    world.wait_no_taps()
