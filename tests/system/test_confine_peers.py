# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What a confined QEMU works with besides: real swtpm, virtiofsd and passt, and the network of the host."""

import os
import socket

import pytest

from confining import give_ids
from looking import listens
from process import wait_until
from test_clients_qemu import MACHINE, QEMU, Guest
from test_native_client import need
from world import World

RUNTIME = "/run/user/1000"
VIRTIOFSD = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")
PORT = 7002


@pytest.fixture
def world(stage):
    need(QEMU)
    with World(stage) as world:
        give_ids(world)
        yield world


def guest(world, *arguments, confine="--confine"):
    return Guest(world, arguments, before=["vmgrant", "run", confine, "--"])


def test_a_tpm_of_swtpms(world):
    """Whose socket takes another one, for data, from QEMU."""
    need("swtpm")
    path = f"{RUNTIME}/tpm"
    assert world.run(["mkdir", "/home/alice/tpm"], "alice").code == 0
    tpm = world.spawn(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=/home/alice/tpm",
                       "--ctrl", f"type=unixio,path={path}"], "alice")
    wait_until(lambda: world.call(lambda: listens(path)) or not tpm.running(), "swtpm")
    with guest(world, "-chardev", f"socket,id=c,path={path}", "-tpmdev", "emulator,id=t,chardev=c",
               "-device", "tpm-tis,tpmdev=t") as machine:
        [found] = machine.ask("query-tpm")
        assert found["model"] == "tpm-tis" and found["options"]["type"] == "emulator"
        machine.ask("cont")
        # Firmware starts it, and it writes down what it is then.
        wait_until(lambda: any(world.path("/home/alice/tpm").iterdir()), "the state of a TPM")
        assert machine.quit().code == 0


def test_a_folder_of_virtiofsds(world):
    """Which has the guest's memory mapped, by an fd from QEMU."""
    program = next((path for path in VIRTIOFSD if os.path.exists(path)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("virtiofsd is not installed")
    assert world.run(["mkdir", "/srv/share"]).code == 0
    path = "/run/virtiofsd.sock"
    daemon = world.spawn([program, f"--socket-path={path}", "--socket-group=alice", "-o", "source=/srv/share",
                          "-o", "sandbox=chroot"])
    wait_until(lambda: world.call(lambda: listens(path)) or not daemon.running(), "virtiofsd")
    assert daemon.running(), daemon.wait().stderr
    with guest(world, "-chardev", f"socket,id=c,path={path}", "-m", "64M", "-object",
               "memory-backend-memfd,id=m,size=64M,share=on", "-numa", "node,memdev=m",
               "-device", "vhost-user-fs-pci,chardev=c,tag=share") as machine:
        assert "vhost-user-fs" in machine.ask("human-monitor-command", **{"command-line": "info qtree"})
        assert daemon.running() and machine.quit().code == 0


def test_a_card_of_passts(world):
    """Which has the host's network, while QEMU has none."""
    need("passt")
    path = f"{RUNTIME}/passt"
    world.ip("link add outer type veth peer name far", "addr add 192.0.2.2/24 dev outer", "link set outer up",
             "link set far up", "route add default via 192.0.2.1")
    daemon = world.spawn(["passt", "--one-off", "--foreground", "--socket", path], "alice")
    wait_until(lambda: world.call(lambda: listens(path)) or not daemon.running(), "passt")
    assert daemon.running(), daemon.wait().stderr
    with guest(world, "-netdev", f"stream,id=n,server=off,addr.type=unix,addr.path={path}",
               "-device", "virtio-net-pci,netdev=n") as machine:
        assert "n: index=0,type=stream" in machine.network().replace("\\ ", ""), machine.network()
        # It has one client at a time, and ends with it.
        assert daemon.running() and machine.quit().code == 0
    assert daemon.wait().code == 0


def test_user_mode_networking_needs_the_network_of_the_host(world):
    """A port of the guest's is there for who connects to the host only if QEMU is on the host's network."""
    def reach():
        with socket.socket() as client:
            client.settimeout(60)
            return client.connect_ex(("127.0.0.1", PORT))
    assert world.run(["ip", "link", "set", "lo", "up"]).code == 0
    words = ("-nic", f"user,hostfwd=tcp:127.0.0.1:{PORT}-:22")
    with guest(world, *words, confine="--confine=net-host") as machine:
        assert "TCP[HOST_FORWARD]" in machine.ask("human-monitor-command", **{"command-line": "info usernet"})
        assert world.call(reach, "alice") == 0
        assert machine.quit().code == 0
    done = world.run(["vmgrant", "run", "--confine", "--", *MACHINE, "-S", *words], "alice")
    assert done.code == 1 and b"Could not set up host forwarding rule" in done.stderr, done
    with guest(world, "-nic", "user") as machine:
        assert world.call(reach, "alice") != 0
        assert machine.quit().code == 0
