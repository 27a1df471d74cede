# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant run, attach, list and check with disks, and a real QEMU that reads and writes."""

import json
import os
import shutil

import pytest

import replies
from disks import NAME, DiskWorld, need_loops
from hotplug import (MONITOR, PORTS, PROXY, REFUSED, SOCKET, attach, attached, devices, sentence,
                     start_detach, vmgrant)
from qmp_proxy import QmpProxy
from test_clients_qemu import QEMU, Guest

CACHES = ("none", "writeback", "writethrough", "directsync", "unsafe")


@pytest.fixture
def world(stage, tmp_path):
    need_loops()
    if not shutil.which(QEMU):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{QEMU} is not installed")
    with DiskWorld(stage, tmp_path) as world:
        yield world


def start(world, *words, **options):
    """A QEMU that vmgrant run has started with these disks."""
    before = ["vmgrant", "run", *words, "--"]
    return Guest(world, ["-machine", "q35"], before=before, **options)


def disk_io(guest, command, device="vmgrant-disk0/virtio-backend"):
    """Let QEMU's own reader and writer use the guest's disk; what it did is on QEMU's stdout."""
    line = f'qemu-io -d /machine/peripheral/{device} "{command}"'
    return guest.ask("human-monitor-command", **{"command-line": line})


def said(guest):
    """What QEMU printed, once it has ended."""
    assert guest.quit().code == 0
    return guest.process.stdout.decode("ascii") + guest.process.stderr.decode("ascii")


def block(guest, device="vmgrant-disk0"):
    found, = (entry for entry in guest.ask("query-block")
              if entry["qdev"].split("/")[3] == device)
    return found["inserted"]


@pytest.mark.parametrize("cache", CACHES)
def test_a_guest_reads_and_writes_in_every_cache_mode(world, cache):
    with start(world, "--disk", f"{NAME},cache={cache}") as guest:
        disk_io(guest, "write -P 0x41 8192 4096")
        disk_io(guest, "read -P 0x41 8192 4096")
        state = block(guest)
        assert state["cache"] == {"direct": cache in ("none", "directsync"),
                                  "no-flush": cache == "unsafe",
                                  "writeback": cache not in ("writethrough", "directsync")}
        disk_io(guest, "flush")
        world.refused(replies.OBJECT, "in use", user="alice")
        text = said(guest)
        assert "wrote 4096/4096" in text and "read 4096/4096" in text, text
    assert os.pread(world.disk.fd, 3, 8192) == b"AAA"
    world.granted().close()


def test_a_read_only_disk_stays_so(world):
    with start(world, "--disk", f"{NAME},ro") as guest:
        assert block(guest)["ro"] is True
        disk_io(guest, "read 0 512")
        answer = disk_io(guest, "write 0 512")
        text = said(guest)
        assert "read 512/512" in text and "wrote" not in text, (answer, text)


def test_disks_by_scsi_and_on_a_named_bus(world):
    second = world.add_disk()
    world.link(f"{NAME}-two", second)
    world.write_acl(f"allow disk {NAME} user alice polkit=no\n"
                    f"allow disk {NAME}-two user alice polkit=no\n")
    with start(world, "--disk", f"{NAME},if=scsi", "--disk", f"{NAME}-two,if=scsi") as guest:
        assert {"vmgrant-scsi", "vmgrant-disk0", "vmgrant-disk1"} <= devices(guest)
        for number in (0, 1):
            disk_io(guest, "write 0 512", f"vmgrant-disk{number}")
        assert said(guest).count("wrote 512/512") == 2


def test_a_dry_run_opens_nothing(world):
    words = ["run", "--dry-run", "--disk", f"{NAME},ro", "--", QEMU, "-m", "64"]
    done = world.run_as("alice", ["vmgrant", *words])
    assert done.code == 0, done.stderr
    line = done.stdout.decode()
    assert "-add-fd fd=3,set=7700,opaque=vmgrant-vmgrant-disk0" in line
    assert '"filename":"/dev/fdset/7700"' in line and '"read-only":true' in line
    assert "virtio-blk-pci" in line


@pytest.mark.parametrize("words, part", (
    (["--disk", "sda"], "must be the name of a disk"),
    (["--disk", f"{NAME},cache=fast"], "must be one of none, writeback"),
    (["--disk", f"{NAME},if=ide"], "must be virtio or scsi"),
    (["--disk", f"{NAME},rw"], "not known: ro, if=, cache= and bus= are"),
    (["--disk", f"{NAME},ro,ro"], "not known"),
))
def test_wrong_words_are_refused(world, words, part):
    done = world.run_as("alice", ["vmgrant", "run", *words, "--", QEMU])
    assert done.code == replies.USAGE and part in done.stderr.decode(), done.stderr


def test_what_is_refused_is_said_and_nothing_starts(world):
    done = world.run_as("bob", ["vmgrant", "run", "--disk", NAME, "--", QEMU])
    assert done.code == replies.DENIED and b"not allowed for user bob" in done.stderr
    done = world.run_as("alice", ["vmgrant", "run", "--disk", NAME, "--", QEMU, "-machine", "none"])
    assert done.code == replies.USAGE and b"no place for a virtio disk" in done.stderr


# ---- hot-plug ----

@pytest.fixture
def guest(world):
    with Guest(world, [*PORTS, *MONITOR, "-device", "virtio-scsi-pci,id=scsi"],
               stopped=False) as running:
        yield running


@pytest.fixture
def proxy(world, guest):  # pylint: disable=unused-argument
    middle = QmpProxy(world, SOCKET, PROXY)
    yield middle
    middle.close()


@pytest.mark.parametrize("options", ("", ",ro", ",if=scsi", ",cache=writeback"))
def test_a_disk_is_plugged_in_and_taken_away_again(world, guest, proxy, options):
    for _ in range(2):
        name = attached(world, "--disk", NAME + options)
        assert name == "vmgrant0" and "vmgrant0" in devices(guest)
        device = "vmgrant0" if "scsi" in options else "vmgrant0/virtio-backend"
        os.pwrite(world.disk.fd, bytes(3), 4096)
        disk_io(guest, "write -P 0x42 4096 512", device)
        disk_io(guest, "flush", device)
        assert os.pread(world.disk.fd, 3, 4096) == (bytes(3) if "ro" in options else b"BBB")
        world.refused(replies.OBJECT, "in use")
        # No system runs in the guest: a reset gives back what was asked for.
        done = start_detach(world, lambda: proxy, name, guest).wait()
        assert done.code == 0, done.stderr
        assert "vmgrant0" not in devices(guest)
        assert guest.ask("query-fdsets") == []
        assert guest.ask("query-named-block-nodes") == []
        world.granted().close()


def test_what_cannot_be_plugged_in_is_undone(world):
    with Guest(world, MONITOR, stopped=False) as guest:
        words = sentence(attach(world, "--disk", f"{NAME},if=scsi"), REFUSED)
        assert "virtio-scsi-pci" in words and "all is undone" in words
        assert guest.ask("query-fdsets") == []
        assert guest.ask("query-named-block-nodes") == []
        world.granted().close()


def test_an_id_that_is_too_long_for_a_disk(world):
    words = sentence(attach(world, "--disk", NAME, "--id", "x" * 24), replies.USAGE)
    assert "at most 23 characters" in words


def test_attach_as_json_and_detach_of_what_run_gave(world):
    with start(world, "--disk", NAME, stopped=False) as guest:
        assert "vmgrant-disk0" in devices(guest)
        guest.quit()
    with Guest(world, [*PORTS, *MONITOR], stopped=False):
        done = attach(world, "--disk", NAME, "--json")
        assert json.loads(done.stdout) == {"id": "vmgrant0",
                                           "node": f"/dev/loop{world.disk.index}"}
        assert vmgrant(world, "detach", "nothing").code == replies.OBJECT


# ---- list, check, explain ----

def test_list_shows_the_disks_that_a_rule_gives(world):
    node = f"/dev/loop{world.disk.index}"
    done = world.run_as("alice", ["vmgrant", "list", "--json"])
    assert done.code == 0, done.stderr
    entry, = json.loads(done.stdout)["disks"]
    assert (entry["node"], entry["name"], entry["allowed"]) == (node, NAME, True)
    assert (entry["size"], entry["read-only"], entry["polkit"]) == (64 << 20, False, False)
    text = world.run_as("alice", ["vmgrant", "list"]).stdout.decode()
    assert f"{node}" in text and "64.0 MiB" in text and NAME in text
    world.write_acl(f"allow disk {NAME} user alice ro\n")
    entry, = json.loads(world.run_as("alice", ["vmgrant", "list", "--json"]).stdout)["disks"]
    assert (entry["read-only"], entry["polkit"]) == (True, True)
    assert json.loads(world.run_as("bob", ["vmgrant", "list", "--json"]).stdout)["disks"] == []


def test_check_says_what_is_in_the_way_of_a_disk(world):
    def check(name=NAME, user="alice"):
        done = world.run_as(user, ["vmgrant", "check", "--disk", name])
        return done.code, done.stdout.decode()
    code, text = check()
    assert code == 0 and f"{NAME}: a name that a rule may use" in text
    assert "allowed for user alice" in text, text
    code, text = check(user="bob")
    assert code == 104 and "allow disk NAME user bob" in text, text
    code, text = check("/dev/disk/by-id/nothing")
    assert code == 104 and "ls -l /dev/disk/by-id" in text, text
    second = world.add_disk()
    world.link(f"{NAME}-two", second)
    world.write_acl(f"allow disk {NAME}-two user alice\n")
    assert world.run(["mkswap", "-q", f"/dev/loop{second.index}"]).code == 0
    assert world.run(["swapon", f"/dev/loop{second.index}"]).code == 0
    try:
        code, text = check(f"{NAME}-two")
        assert code == 104 and "is swap" in text, text
    finally:
        assert world.run(["swapoff", f"/dev/loop{second.index}"]).code == 0


def test_check_names_a_disk_that_a_unit_keeps_closed(world):
    done = world.run(["strace", "-f", "-qq", "-o", "/tmp/trace", "-P", NAME, "-e",
                      "inject=/^f?access:error=EPERM", "vmgrant", "check", "--user", "alice",
                      "--disk", NAME])
    text = done.stdout.decode()
    assert done.code == 104 and f"FAIL  {NAME}: forbidden to this service" in text, text
    assert f"DeviceAllow={NAME} rw in the unit" in text, text


def test_explain_knows_every_name_of_a_disk(world):
    world.link(f"{NAME}-alias", world.disk)
    world.write_acl(f"allow disk {NAME}-alias user alice ro polkit=no\n"
                    f"deny disk {NAME} user bob\n")

    def explain(user, *words):
        done = world.run(["vmgrant", "explain", "--user", user, "--json", "disk", *words])
        assert done.code == 0, done.stderr
        return json.loads(done.stdout)
    assert explain("alice", NAME, "ro")["rule"]["line"] == 1
    assert not explain("alice", NAME)["allowed"]
    assert explain("bob", f"{NAME}-alias")["rule"]["line"] == 2
