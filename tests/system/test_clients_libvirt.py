# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real libvirt session of an ordinary user, with our helper as its bridge_helper."""

import json
import os

import pytest

from dhcp import Dhcp
from libvirt_session import QEMU_CONF, Session, refusal, start_world
from process import wait_until
from test_native_client import need
from world import HELPER, environment


@pytest.fixture(scope="module")
def libvirt_world(stage):
    acl = ("allow bridge br0 user alice polkit=no\n"
           "allow bridge gone user alice polkit=no\n")
    with start_world(stage, acl, ("br0", "br1")) as world:
        yield world


@pytest.fixture
def alice(libvirt_world):
    session = Session(libvirt_world, "alice", 1000)
    yield session
    session.clear()
    libvirt_world.wait_no_taps()


@pytest.fixture
def bob(libvirt_world):
    return Session(libvirt_world, "bob", 1001)


def only_port(world):
    (name,) = world.taps()
    link = world.links()[name]
    assert link["master"] == "br0" and "UP" in link["flags"]
    assert link["ifalias"] == "vmgrant: user alice (uid 1000) on br0"
    return name


def test_a_domain_runs_with_its_port_on_the_bridge(libvirt_world, alice):
    alice.start()
    assert alice.ask("domstate", "guest").strip() == "running"
    name = only_port(libvirt_world)
    # libvirt asks the descriptor for its name: it knows the one we chose.
    assert name in alice.ask("domiflist", "guest")
    assert libvirt_world.links()[name]["linkinfo"]["info_data"]["vnet_hdr"] is True


def test_a_machine_that_virt_install_makes_gets_an_address(libvirt_world, alice):
    """As doc/users.md has it; without a disk, the firmware of its card asks for the address."""
    need("virt-install")
    dhcp = Dhcp(libvirt_world)
    try:
        done = libvirt_world.run_as("alice", [
            "virt-install", "--connect", "qemu:///session", "--name", "installed", "--memory", "64",
            "--osinfo", "generic", "--disk", "none", "--pxe", "--virt-type", "qemu", "--graphics", "none",
            "--noautoconsole", "--network", "bridge=br0,model=virtio"],
            env={**environment("alice"), "XDG_RUNTIME_DIR": "/run/user/1000"})
        assert done.code == 0, (done.stdout, done.stderr)
        only_port(libvirt_world)
        dhcp.wait_lease(alice.ask("domiflist", "installed").split()[-1])
    finally:
        dhcp.stop()
        alice.virsh("destroy", "installed")
        alice.virsh("undefine", "installed")


def test_destroying_the_domain_removes_the_port(libvirt_world, alice):
    alice.start()
    only_port(libvirt_world)
    alice.ask("destroy", "guest")
    libvirt_world.wait_no_taps()
    assert alice.ask("list", "--all", "--name").split() == []


def test_a_card_can_be_added_to_a_running_domain(libvirt_world, alice):
    alice.start()
    alice.ask("attach-interface", "guest", "bridge", "br0", "--model", "virtio", "--live")
    assert len(libvirt_world.taps()) == 2
    assert all(name in alice.ask("domiflist", "guest") for name in libvirt_world.taps())


def test_a_refused_card_leaves_the_running_domain_as_it_is(libvirt_world, alice):
    alice.start()
    done = alice.virsh("attach-interface", "guest", "bridge", "br1", "--model", "virtio", "--live")
    assert refusal(done).startswith("vmgrant-helper: bridge br1: not allowed for user alice")
    only_port(libvirt_world)
    assert alice.ask("domstate", "guest").strip() == "running"


@pytest.mark.parametrize("user,bridge", (("bob", "br0"), ("alice", "br1"), ("alice", "br9")))
def test_a_refusal_is_in_virshs_error(libvirt_world, request, user, bridge):
    session = request.getfixturevalue(user)
    sentence = refusal(session.create(bridge=bridge))
    assert sentence.startswith(
        f"vmgrant-helper: bridge {bridge}: not allowed for user {user}: "
        "ask the administrator for a rule in /etc/vmgrant/acl.conf"), sentence
    assert session.ask("list", "--all", "--name").split() == []
    libvirt_world.wait_no_taps()


def test_a_bridge_that_is_not_there_is_named_in_virshs_error(libvirt_world, alice):
    assert refusal(alice.create(bridge="gone")).startswith("vmgrant-helper: bridge gone: ")
    libvirt_world.wait_no_taps()


def test_a_domain_that_dies_leaves_no_port(libvirt_world, alice):
    alice.start()
    only_port(libvirt_world)
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit() and is_guest(libvirt_world, pid)]
    assert len(pids) == 1
    os.kill(int(pids[0]), 9)
    libvirt_world.wait_no_taps()
    wait_until(lambda: not alice.ask("list", "--name").split(), "libvirt to notice")


def test_a_daemon_that_began_with_another_helper_is_named_and_ended(libvirt_world, alice):
    """libvirt reads its file once: what check prints makes the next guest go by our helper."""
    def finding():
        done = libvirt_world.run_as("alice", ["vmgrant", "check", "--json"])
        [found] = [one for one in json.loads(done.stdout)["findings"] if one["check"] == "libvirt"]
        return found

    def mend():
        done = libvirt_world.run_as("alice", ["sh", "-c", finding()["mend"]])
        assert done.code == 0, done.stderr

    alice.ask("list")
    if finding()["level"] == "warn":
        mend()  # of an earlier test, which wrote the file anew
        wait_until(lambda: finding()["level"] == "ok", "the daemon to end")
    old = QEMU_CONF.replace(HELPER, "/usr/lib/qemu/qemu-bridge-helper")
    alice.write(".config/libvirt/qemu.conf", old)
    alice.ask("list")  # starts a daemon, which has the old helper
    assert alice.create().code != 0
    assert "not " + HELPER in finding()["text"]
    mend()
    found = finding()
    assert found["level"] == "warn" and "started before bridge_helper was set" in found["text"]
    assert alice.create().code != 0
    mend()
    wait_until(lambda: finding()["level"] == "ok", "the daemon to end")
    alice.start()
    only_port(libvirt_world)


def is_guest(world, pid):
    """Whether a process is a guest of this world, and not of another one."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            guest = b"guest=guest" in line.read()
        return guest and (os.readlink(f"/proc/{pid}/ns/net")
                          == os.readlink(f"/proc/{world.pid}/ns/net"))
    except OSError:
        return False
