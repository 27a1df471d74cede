# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the tests of vmgrant attach and detach share."""

import os
import shutil

import pytest

from process import wait_until
from qmp_proxy import QmpProxy
from test_clients_qemu import QEMU, Guest

SOCKET, PROXY = "/home/alice/qmp", "/home/alice/proxy"
MONITOR = ["-qmp", f"unix:{SOCKET},server=on,wait=off"]
PORTS = ["-machine", "q35", "-device", "pcie-root-port,id=rp2,chassis=2",
         "-device", "pcie-root-port,id=rp1,chassis=1"]
QMP, REFUSED, LATE, LEFT = 100, 101, 102, 103



@pytest.fixture
def plug_world(world):
    """alice may have br0, and there is a QEMU for her."""
    if not shutil.which(QEMU):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{QEMU} is not installed")
    world.write_acl("allow bridge br0 user alice polkit=no queues=4 quota=8\n")
    return world


@pytest.fixture
def guest(plug_world):
    """A QEMU of alice's with two free PCIe ports, whose firmware runs."""
    with Guest(plug_world, [*PORTS, *MONITOR], stopped=False) as running:
        yield running


@pytest.fixture
def proxy(plug_world):
    """A function that puts a QmpProxy with these actions before the guest."""
    made = []

    def put(**actions):
        if not made:
            made.append(QmpProxy(plug_world, SOCKET, PROXY))
        made[0].actions.update(actions)
        return made[0]
    yield put
    for one in made:
        one.close()


def vmgrant(world, *words, socket=SOCKET, user="alice", **options):
    command, *rest = words
    return world.run_as(user, ["vmgrant", command, "--qmp", socket, *rest], **options)


def attach(world, *words, **options):
    return vmgrant(world, "attach", *words, **options)


def lines_of(done):
    """What a command said; that it waits for something is said on a busy machine only."""
    return [line for line in done.stderr.decode("ascii").splitlines()
            if ": waiting for " not in line]


def attached(world, *words, **options):
    """The id of what was attached."""
    done = attach(world, *words, **options)
    assert done.code == 0 and not lines_of(done), (done.code, done.stderr)
    return done.stdout.decode("ascii").strip()


def sentence(done, code):
    assert done.code == code and done.stdout == b"", (done.code, done.stdout, done.stderr)
    lines = lines_of(done)
    assert len(lines) == 1 and lines[0].startswith("vmgrant: "), lines
    return lines[0]


def open_taps(guest):
    folder = f"/proc/{guest.process.pid}/fd"
    return [fd for fd in os.listdir(folder) if os.readlink(f"{folder}/{fd}") == "/dev/net/tun"]


def devices(guest):
    return {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral")}


def assert_untouched(world, guest):
    """No netdev, no descriptor, no card in QEMU, and no port on the bridge."""
    assert guest.network() == "" and not open_taps(guest)
    assert devices(guest) == {"type", "rp1", "rp2"}
    world.wait_no_taps()
    assert guest.ask("query-status")["running"] is True


def let_go(guest):
    """No system runs in the guest: a reset gives back what was asked for."""
    guest.ask("system_reset")


def start_detach(world, proxy, name, guest=None):
    """A vmgrant detach that has asked the guest, which lets go if it is given."""
    middle = proxy()
    middle.seen.clear()
    process = world.spawn(["vmgrant", "detach", "--qmp", PROXY, name], "alice")
    wait_until(lambda: "device_del" in middle.seen, "device_del")
    middle.wait_answer()
    if guest:
        let_go(guest)
    return process
