# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The installed Python package with the installed helper and the service, by both faces."""

import asyncio
import os
import stat
import threading
import time

import pytest

import disks
import service
from askers import RECORD, TOKEN, install_asker
from pci import GPU, Machine
from process import wait_until
from python_binding import children, installed, nothing_left
from tun import IFF_MULTI_QUEUE, IFF_TAP, IFF_VNET_HDR, tungetiff
from usbtree import UsbTree, descriptors
from world import World

STICK = "0951:1666"
HOLD = "/tmp/hold"
MAC = "52:54:00:00:00:42"
ACL_TEXT = ("allow bridge br0 user alice polkit=no queues=4 quota=8\n"
            "allow bridge locked user alice polkit=no lock-mac\n"
            "allow bridge asked user alice\n"
            "allow bridge few user alice polkit=no quota=1\n"
            f"allow usb {STICK} user alice polkit=no\n")


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage) as world:
        for name in ("br0", "locked", "asked", "few"):
            world.bridge(name, mtu=9000 if name == "br0" else None)
        world.usb = UsbTree(world)
        world.usb.add("1-1.4", 5, STICK, serial="S1")
        world.service = service.Service(world)
        yield world


@pytest.fixture
def world(shared):
    shared.write_acl(ACL_TEXT)
    return shared


def call(world, function, user="alice", **options):
    """function(vmgrant) in a process of the user's, which leaves nothing and returns its result."""
    def program():
        vmgrant = installed()
        with nothing_left():
            return function(vmgrant)
    return world.call(program, user, **options)


def plain(vmgrant, ask, **options):
    with vmgrant.Connection(**options) as connection:
        return ask(connection)


def by_asyncio(vmgrant, ask, **options):
    async def run():
        async with vmgrant.AsyncConnection(**options) as connection:
            return await ask(connection)
    return asyncio.run(run())


FACES = pytest.mark.parametrize("face", (plain, by_asyncio), ids=("plain", "asyncio"))
DOORS = pytest.mark.parametrize("door", ("setuid", "socket"))


def refusal(vmgrant, face, ask, **options):
    """(class, code, kind, sentence) of a refusal."""
    try:
        face(vmgrant, ask, **options)
    except vmgrant.Error as error:
        return type(error).__name__, int(error.code), error.kind, error.sentence
    raise AssertionError("it was granted")


# ---- what is granted ----

@FACES
@DOORS
def test_a_card_with_queues(world, face, door):
    def program(vmgrant):
        with face(vmgrant, lambda c: c.tap("br0", queues=3, mac=MAC), door=door) as tap:
            assert tap.fds == tap.queue_fds and tap.vhost_fds == ()
            names, flags = zip(*(tungetiff(fd) for fd in tap.fds))
            assert set(names) == {tap.name}
            wanted = IFF_TAP | IFF_VNET_HDR | IFF_MULTI_QUEUE
            assert all(flag & wanted == wanted for flag in flags)
            assert not any(os.get_inheritable(fd) for fd in tap.fds)
            assert tap.port in os.listdir("/sys/class/net")
            return tap.mtu, tap.sealed, tap.vnet_header, tap.netdev("n").count(":")
    assert call(world, program) == (9000, True, True, 2)
    world.wait_no_taps()


@FACES
@DOORS
def test_what_a_card_would_be_given(world, face, door):
    def program(vmgrant):
        return [face(vmgrant, lambda c, b=bridge: c.tap_offer(b), door=door) for bridge in ("br0", "asked")]
    br0, asked = call(world, lambda vmgrant: [vars(offer) for offer in program(vmgrant)])
    assert (br0["queues"], br0["mtu"], br0["quota"], br0["quota_used"], br0["polkit"]) == \
        (4, 9000, 8, 0, False)
    assert asked["polkit"] and not br0["vhost"]


@FACES
def test_the_node_of_a_usb_device(world, face):
    """By whatever names it."""
    node = world.usb.path(1, 5)
    world.usb.fill(node, descriptors(STICK))

    def program(vmgrant):
        offers = [face(vmgrant, lambda c, h=how: c.usb_offer(**h)) for how in (
            {"ids": STICK}, {"ids": (0x951, 0x1666), "serial": "S1"}, {"port": "1-1.4"},
            {"number": (1, 5)})]
        assert {(offer.node, offer.polkit) for offer in offers} == {(node, False)}
        with face(vmgrant, lambda c: c.usb(STICK, serial="S1", port="1-1.4", number=(1, 5))) as device:
            assert stat.S_ISCHR(os.fstat(device.fd).st_mode)
            return device.node, len(device.fds), device.add_fd(3) == f"fd={device.fd},set=3"
    assert call(world, program) == (node, 1, True)


def test_a_disk(stage, tmp_path):
    disks.need_loops()
    with disks.DiskWorld(stage, tmp_path) as world:
        def program(vmgrant):
            for face in (plain, by_asyncio):
                offer = face(vmgrant, lambda c: c.disk_offer(disks.NAME))
                with face(vmgrant, lambda c: c.disk(disks.NAME, read_only=True)) as disk:
                    assert disk.read_only and disk.node == offer.node
                    assert disk.size == 64 << 20 and stat.S_ISBLK(os.fstat(disk.fd).st_mode)
                    busy = refusal(vmgrant, face, lambda c: c.disk(disks.NAME))
                    assert busy[:3] == ("Refused", 13, "disk")
            return True
        assert call(world, program)


def test_a_pci_device(stage):
    """Whether it would be given; a grant needs a device that is one: test_vfio_grants.py."""
    with World(stage) as world:
        machine = Machine(world)
        world.write_acl("allow vfio 10de:* user alice polkit=no memlock=4M\n")

        def program(vmgrant):
            for face in (plain, by_asyncio):
                offer = face(vmgrant, lambda c: c.vfio_offer(GPU))
                assert vars(offer) == {"node": "/dev/vfio/12", "iommufd": False, "memlock": 4 << 20,
                                       "polkit": False}
                assert face(vmgrant, lambda c: c.vfio_offer(GPU, group=True)) == offer
                no = refusal(vmgrant, face,
                             lambda c: c.vfio(GPU, memlock=vmgrant.MEMLOCK_MOST, group=True))
                assert no[:3] == ("Refused", 13, "vfio") and "/dev/vfio/12" in no[3]
            return True
        assert call(world, program)
        machine.with_iommufd()
        assert call(world, lambda vmgrant: plain(vmgrant, lambda c: c.vfio_offer(GPU)).iommufd)


# ---- what is not ----

@FACES
@DOORS
def test_refusals_have_code_kind_and_sentence(world, face, door):
    def program(vmgrant):
        return [refusal(vmgrant, face, ask, door=door) for ask in (
            lambda c: c.tap("br9"), lambda c: c.tap("locked"), lambda c: c.usb("dead:beef"))]
    denied, unsupported, usb = call(world, program)
    assert denied[:3] == ("Refused", 7, "bridge") and "br9" in denied[3] and "alice" in denied[3]
    assert unsupported[:3] == ("Refused", 14, "bridge")
    assert usb[:3] == ("Refused", 7, "usb")


def test_a_quota_is_used_up_and_given_back(world):
    def program(vmgrant):
        with vmgrant.Connection() as connection:
            with connection.tap("few"):
                assert connection.tap_offer("few").quota_used == 1
                try:
                    connection.tap("few").close()
                except vmgrant.Refused as error:
                    code = error.code
            end = time.monotonic() + 60
            while connection.tap_offer("few").quota_used and time.monotonic() < end:
                time.sleep(0.01)
            with connection.tap("few"):
                return code.name
    assert call(world, program) == "QUOTA"


@FACES
def test_a_broken_policy_is_the_installations_fault(world, face):
    world.write_acl("allow nonsense\n")
    kind, code, what, sentence = call(world, lambda vmgrant: refusal(
        vmgrant, face, lambda c: c.tap("br0")))
    assert (kind, code, what) == ("Failed", 6, "bridge") and "acl.conf: line 1" in sentence


@DOORS
def test_a_changed_policy_counts_on_an_open_connection(world, door):
    def program(vmgrant):
        with vmgrant.Connection(door=door) as connection:
            connection.tap("br0").close()
            with open("/home/alice/ready", "w", encoding="ascii"):
                pass
            end = time.monotonic() + 60
            while os.path.exists("/home/alice/ready") and time.monotonic() < end:
                time.sleep(0.01)
            try:
                connection.tap("br0").close()
            except vmgrant.Refused as error:
                return int(error.code)
    world.call(lambda: (os.makedirs("/home/alice", exist_ok=True), os.chown("/home/alice", 1000, 1000)))
    ready = world.path("/home/alice/ready")

    def change():
        wait_until(ready.exists, "the first request")
        world.write_acl("allow bridge br0 user bob polkit=no\n")
        ready.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    assert call(world, program) == 7
    thread.join()


# ---- doors ----

def door_of(vmgrant):
    connection = vmgrant.Connection()
    return connection._core._door.name


def test_the_service_is_taken_where_setuid_cannot_help(world):
    assert world.call(lambda: door_of(installed()), "alice") == "SETUID"
    done = world.run(["setpriv", "--no-new-privs", "/usr/bin/python3", "-c",
                      "import vmgrant\nwith vmgrant.Connection() as c, c.tap('br0') as t: print(t.sealed)"],
                     "alice")
    assert (done.code, done.stdout) == (0, b"True\n"), done.stderr
    words = ["/usr/bin/python3", "-c", "import vmgrant; print(vmgrant.Connection()._core._door.value)"]
    for door in ("setuid", "socket"):
        done = world.run(["env", f"VMGRANT_DOOR={door}", *words], "alice")
        assert done.stdout.decode().strip() == door, done.stderr
    done = world.run(["unshare", "--user", *words], "alice")
    assert done.stdout == b"socket\n", done.stderr


@FACES
def test_a_service_that_is_not_there_is_told(stage, face):
    with World(stage) as world:
        kind, code, _, sentence = call(world, lambda vmgrant: refusal(
            vmgrant, face, lambda c: c.tap("br0"), door="socket"))
    assert (kind, code) == ("Failed", 4) and "systemctl enable --now vmgrant.socket" in sentence


@FACES
def test_a_service_that_does_not_accept_is_told(stage, face):
    with World(stage) as world, service.a_full_queue(world):
        kind, code, _, sentence = call(world, lambda vmgrant: refusal(
            vmgrant, face, lambda c: c.tap("br0"), door="socket"))
    assert (kind, code) == ("Failed", 1) and "the service is busy" in sentence


# ---- many, and none that stays ----

def test_threads_with_connections_of_their_own(world):
    def program(vmgrant):
        ports = []

        def use():
            with vmgrant.Connection() as connection:
                for _ in range(3):
                    with connection.tap("br0") as tap:
                        ports.append(tap.port)

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(ports)
    assert call(world, program) == 6
    world.wait_no_taps()


@DOORS
def test_a_cancelled_request_leaves_no_file_no_process_and_no_card(stage, door):
    """While polkit thinks about it."""
    with World(stage) as world:
        world.bridge("asked")
        world.write_acl(ACL_TEXT)
        # Says yes, but too late.
        install_asker(world, f"echo x >{RECORD}; while [ -e {HOLD} ]; do sleep 0.1; done; printf '{TOKEN}'")
        world.write(RECORD, "", mode=0o666)
        world.write(HOLD, "", owner=(1000, 1000))
        service.Service(world)

        def program(vmgrant):
            async def run():
                async with vmgrant.AsyncConnection(door=door) as connection:
                    task = asyncio.ensure_future(connection.tap("asked"))
                    while not os.path.getsize(RECORD):
                        await asyncio.sleep(0.01)
                    task.cancel()
                    os.unlink(HOLD)
                    try:
                        (await task).close()
                    except asyncio.CancelledError:
                        return children()
                    raise AssertionError("it was granted")
            return asyncio.run(run())

        assert call(world, program) == []
        world.wait_no_taps()
        wait_until(lambda: not world.call(lambda: [
            pid for pid in os.listdir("/proc") if pid.isdigit() and
            open(f"/proc/{pid}/comm", encoding="ascii").read().startswith(("vmgrant-h", "vmgrant-a"))]),
            "the helper's end")
