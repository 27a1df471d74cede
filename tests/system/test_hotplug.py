# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant attach and detach, with the installed helper and a real running QEMU."""

import json
import os
import shutil
import signal
import socket

import pytest

import replies
from dhcp import Dhcp
from hotplug import (LATE, MONITOR, PORTS, PROXY, QMP, REFUSED, SOCKET, assert_untouched, attach,
                     attached, devices, let_go, lines_of, open_taps, sentence, start_detach,
                     vmgrant)
# Fixtures.
from hotplug import guest, plug_world, proxy  # pylint: disable=unused-import
from looking import listens
from process import wait_until
from test_clients_qemu import Guest
from test_native_client import need

MAC = "52:54:00:00:00:42"


# ---- in and out ----

@pytest.mark.parametrize("queues", (1, 4))
def test_a_card_is_plugged_in_and_taken_away_again(plug_world, guest, proxy, queues):
    for _ in range(2):
        name = attached(plug_world, "--net", f"br0,queues={queues},mac={MAC}")
        assert name == "vmgrant0"
        network = guest.network()
        assert network.count("type=tap") == queues and MAC in network
        assert len(open_taps(guest)) == queues
        (port,) = plug_world.taps()
        assert plug_world.links()[port]["master"] == "br0"
        done = start_detach(plug_world, proxy, name, guest).wait()
        assert (done.code, done.stdout, lines_of(done)) == (0, b"", [])
        assert_untouched(plug_world, guest)


def test_the_firmware_gets_a_dhcp_lease_by_a_card_that_came_later(plug_world):
    """Real traffic both ways, behind a port that was empty when the guest started."""
    server = Dhcp(plug_world)
    with Guest(plug_world, [*PORTS, *MONITOR, "-boot", "n"], stopped=False) as guest:
        attached(plug_world, "--net", f"br0,mac={MAC}")
        guest.ask("system_reset")
        server.wait_lease(MAC)
        guest.quit()
    server.stop()
    plug_world.wait_no_taps()


def test_two_cards_have_ids_ports_and_addresses_of_their_own(plug_world, guest):
    names = [attached(plug_world, "--net", "br0") for _ in range(2)]
    assert names == ["vmgrant0", "vmgrant1"]
    network = guest.network()
    assert len(plug_world.taps()) == 2 and network.count("macaddr=52:54:00:") == 2
    addresses = {line.split("macaddr=")[1] for line in network.splitlines() if "macaddr" in line}
    assert len(addresses) == 2
    assert "no bus takes a new device" in sentence(attach(plug_world, "--net", "br0"), REFUSED)
    wait_until(lambda: len(plug_world.taps()) == 2, "the third port to go")


def test_the_object_says_what_was_made(plug_world, guest):
    done = attach(plug_world, "--net", "br0", "--id", "lan", "--json")
    made = json.loads(done.stdout)
    (port,) = plug_world.taps()
    assert made.pop("mac") in guest.network()
    assert made == {"id": "lan", "netdev": "vmgrant-lan", "bridge": "br0", "port": port}
    assert "lan" in devices(guest)


def test_the_address_stays_with_the_guest_and_the_id(plug_world, guest):
    def address(name):
        return json.loads(attach(plug_world, "--net", "br0", "--id", name, "--json").stdout)[
            "mac"]
    first = address("a")
    guest.quit()
    with Guest(plug_world, [*PORTS, *MONITOR]):
        assert address("a") == first and address("b") != first


def test_a_card_goes_to_the_bus_that_is_named(plug_world, guest):
    attached(plug_world, "--net", "br0,bus=rp2", "--id", "card")
    names = {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral/rp2/rp2")}
    assert "child[0]" in names
    said = sentence(attach(plug_world, "--net", "br0,bus=rp9"), REFUSED)
    assert "Bus 'rp9' not found" in said and "all is undone" in said


def test_the_last_port_is_taken_and_the_first_are_left_to_others(plug_world):
    """libvirt takes the first one that it believes to be free."""
    ports = ["-machine", "q35"]
    for number in (1, 10, 9, 2):
        ports += ["-device", f'{{"driver":"pcie-root-port","id":"rp{number}","chassis":{number}}}']
    with Guest(plug_world, [*ports, *MONITOR]) as guest:
        for port in ("rp10", "rp9"):
            attached(plug_world, "--net", "br0")
            names = {entry["name"] for entry in
                     guest.ask("qom-list", path=f"/machine/peripheral/{port}/{port}")}
            assert "child[0]" in names


def test_a_slot_of_the_older_machine_is_one_of_the_last(plug_world):
    with Guest(plug_world, MONITOR) as guest:
        for slot in (31, 30):
            name = attached(plug_world, "--net", "br0")
            used = {device["slot"]: device["qdev_id"]
                    for device in guest.ask("query-pci")[0]["devices"]}
            assert used[slot] == name


@pytest.mark.parametrize("program,machine,model", (
    ("qemu-system-s390x", "s390-ccw-virtio", "virtio-net-ccw"),
    ("qemu-system-x86_64", "microvm", None)))
def test_the_card_of_a_running_guest_fits_its_machine(plug_world, program, machine, model):
    need(program)
    process = plug_world.spawn([program, "-M", machine, "-S", "-nodefaults", "-display", "none",
                                "-accel", "tcg", *MONITOR], "alice")
    wait_until(lambda: plug_world.call(lambda: listens(SOCKET)), "the monitor")
    done = attach(plug_world, "--net", "br0,queues=2")
    if model is None:
        assert "machine microvm takes no card while it runs" in sentence(done, REFUSED)
    else:
        assert done.code == 0 and len(plug_world.taps()) == 1, done.stderr
    process.kill()


def test_the_card_tells_the_mtu_of_the_bridge(plug_world):
    plug_world.bridge("jumbo", mtu=9000)
    plug_world.write_acl("allow bridge jumbo user alice polkit=no\n")
    with Guest(plug_world, MONITOR) as guest:
        attached(plug_world, "--net", "jumbo,vnet=off")
        tree = guest.ask("human-monitor-command", **{"command-line": "info qtree"})
        assert "host_mtu = 9000" in tree


def test_a_port_without_hot_plugging_is_passed_over(plug_world):
    ports = ["-machine", "q35", "-device", "pcie-root-port,id=a,chassis=1,hotplug=off",
             "-device", "pcie-root-port,id=b,chassis=2"]
    with Guest(plug_world, [*ports, *MONITOR]) as guest:
        attached(plug_world, "--net", "br0")
        names = {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral/b/b")}
        assert "child[0]" in names


@pytest.mark.parametrize("model", ("e1000", "rtl8139"))
def test_other_models_and_the_older_machine_work_too(plug_world, model):
    with Guest(plug_world, MONITOR) as guest:
        attached(plug_world, "--net", f"br0,model={model}")
        assert f"model={model}" in guest.network() and len(plug_world.taps()) == 1
        guest.quit()
    plug_world.wait_no_taps()


def test_a_sandboxed_qemu_takes_the_card(plug_world):
    sandbox = ["-sandbox",
               "on,elevateprivileges=deny,spawn=deny,obsolete=deny,resourcecontrol=deny"]
    with Guest(plug_world, [*PORTS, *MONITOR, *sandbox]) as guest:
        attached(plug_world, "--net", "br0")
        assert "type=tap" in guest.network()


# ---- refusals before anything is done ----

def test_what_the_rules_refuse_leaves_qemu_as_it_was(plug_world, guest):
    plug_world.bridge("br1")
    assert "bridge br1: not allowed" in sentence(attach(plug_world, "--net", "br1"),
                                                 replies.DENIED)
    assert "queues" in sentence(attach(plug_world, "--net", "br0,queues=5"), replies.DENIED)
    assert "vhost" in sentence(attach(plug_world, "--net", "br0,vhost=on"), replies.DENIED)
    assert_untouched(plug_world, guest)


def test_a_taken_id_is_refused_and_its_device_stays(plug_world, guest):
    for name in ("rp1", attached(plug_world, "--net", "br0", "--id", "lan")):
        said = sentence(attach(plug_world, "--net", "br0", "--id", name), REFUSED)
        assert f"{name}: there is a device of this id already" in said
    assert {"rp1", "lan"} <= devices(guest) and len(plug_world.taps()) == 1


@pytest.mark.parametrize("words", (
    [], ["--net"], ["--net", "br0,id=x"], ["--net", "br0", "--net", "br0"],
    ["--net", "br0", "--id", "7"], ["--net", "br0", "--id", "x" * 64], ["--net", "br0", "rest"],
    ["--net", "br0", "--bogus"], ["--net", "br0,model=e1000,queues=2"],
    ["--net", "br0", "--id", "\x1b[31m"],
), ids=range(10))
def test_a_wrong_command_line_asks_nobody(plug_world, words):
    said = sentence(attach(plug_world, *words, socket="/nowhere"), replies.USAGE)
    assert all(" " <= c <= "~" for c in said)


def test_a_socket_that_leads_nowhere_is_named(plug_world):
    said = sentence(attach(plug_world, "--net", "br0", socket="/home/alice/none"), QMP)
    assert "/home/alice/none: cannot connect: No such file" in said and "-qmp unix:" in said
    said = sentence(attach(plug_world, "--net", "br0", socket="/" + "x" * 120), QMP)
    assert "not a path of a socket" in said
    plug_world.wait_no_taps()


# ---- detach ----

def test_a_guest_that_does_not_answer_keeps_its_card_whole(plug_world, guest):
    name = attached(plug_world, "--net", "br0")
    said = sentence(vmgrant(plug_world, "detach", "--timeout", "1", name), LATE)
    assert "the guest has not let it go in 1 seconds" in said and "hot-plugging" in said
    assert "type=tap" in guest.network() and len(plug_world.taps()) == 1
    # It comes back to it later, and the next detach finds the rest.
    let_go(guest)
    wait_until(lambda: name not in devices(guest), "the card to go")
    assert vmgrant(plug_world, "detach", name).code == 0
    assert_untouched(plug_world, guest)


def test_a_netdev_that_is_deleted_already_goes_with_its_card(plug_world, guest, proxy):
    """As an undoing that the guest did not follow leaves it."""
    name = attached(plug_world, "--net", "br0")
    guest.ask("netdev_del", id=f"vmgrant-{name}")
    done = start_detach(plug_world, proxy, name, guest).wait()
    assert (done.code, done.stdout, lines_of(done)) == (0, b"", [])
    assert_untouched(plug_world, guest)


def test_what_is_waited_for_is_said_after_a_second(plug_world, guest):
    name = attached(plug_world, "--net", "br0")
    done = vmgrant(plug_world, "detach", "--timeout", "3", name)
    said = done.stderr.decode().splitlines()
    assert done.code == LATE and len(said) == 2
    assert said[0] == f"vmgrant: {name}: waiting for the guest to let it go"
    assert guest.ask("query-status")["running"] is True


def test_a_monitor_that_another_program_has_is_said(plug_world, guest):
    """QEMU serves one at a time; the next one waits for its turn."""
    def hold():
        with socket.socket(socket.AF_UNIX) as first:
            first.connect(SOCKET)
            first.recv(100)
            open("/home/alice/held", "w", encoding="ascii").close()
            signal.pause()
    holder = plug_world.spawn(hold, "alice")
    wait_until(plug_world.path("/home/alice/held").exists, "the monitor to be held")
    process = plug_world.spawn(
        ["sh", "-c", f"exec vmgrant detach --qmp {SOCKET} x 2>/home/alice/said"], "alice")
    said = plug_world.path("/home/alice/said")
    wait_until(lambda: said.exists() and "waiting for its greeting: another program may have "
               "this monitor" in said.read_text(encoding="ascii"), "the note")
    holder.kill()
    assert process.wait().code == replies.OBJECT
    assert guest.ask("query-status")["running"] is True


@pytest.mark.parametrize("folder", ("/var/lib/libvirt/qemu/domain-1-x",
                                    "/home/alice/.config/libvirt/qemu/lib/domain-1-x"))
def test_libvirt_s_own_monitor_is_told_from_others(plug_world, folder):
    plug_world.write(f"{folder}/monitor.sock", "")
    plug_world.run(["ln", "-s", f"{folder}/monitor.sock", "/home/alice/link"])
    plug_world.run(["chmod", "-R", "a+rX", "/home/alice/", "/var/lib/libvirt"])
    for path in (f"{folder}/monitor.sock", "/home/alice/link"):
        for words in (["attach", "--net", "br0"], ["detach", "x"]):
            said = sentence(vmgrant(plug_world, *words, socket=path), QMP)
            assert "libvirt's own monitor" in said and "--libvirt DOMAIN" in said


def test_only_what_vmgrant_attached_is_taken_away(plug_world, guest):
    guest.ask("netdev_add", type="user", id="mine")
    guest.ask("device_add", driver="virtio-net-pci", id="card", netdev="mine", bus="rp1")
    for name in ("card", "rp2"):
        said = sentence(vmgrant(plug_world, "detach", name), replies.OBJECT)
        assert f"{name}: not attached by vmgrant: left as it is" in said
    assert {"card", "rp2"} <= devices(guest) and "mine" in guest.network()
    said = sentence(vmgrant(plug_world, "detach", "nothing"), replies.OBJECT)
    assert "nothing: nothing of this id is attached" in said


def test_a_signal_ends_the_wait_for_the_guest(plug_world, guest, proxy):
    name = attached(plug_world, "--net", "br0")
    process = start_detach(plug_world, proxy, name)
    process.signal(signal.SIGINT)
    assert "interrupted" in sentence(process.wait(), 128 + signal.SIGINT)
    assert "type=tap" in guest.network()


def test_a_qemu_that_ends_while_the_guest_is_asked_is_told(plug_world, guest, proxy):
    name = attached(plug_world, "--net", "br0")
    process = start_detach(plug_world, proxy, name)
    guest.process.kill()
    assert "the connection" in sentence(process.wait(), QMP)
    plug_world.wait_no_taps()


@pytest.mark.parametrize("words", (
    [], ["a", "b"], ["7"], ["--timeout", "0", "a"], ["--timeout", "3601", "a"],
    ["--timeout", "1s", "a"], ["--timeout", "-1", "a"], ["--bogus", "a"],
), ids=range(8))
def test_a_wrong_detach_asks_nobody(plug_world, words):
    sentence(vmgrant(plug_world, "detach", *words, socket="/nowhere"), replies.USAGE)


# ---- the rest ----

def test_valgrind_finds_nothing(plug_world, guest, proxy):
    if not shutil.which("valgrind"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("valgrind is not installed")
    valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    for words, code in (
            (["attach", "--qmp", SOCKET, "--net", "br0,queues=2", "--json"], 0),
            (["detach", "--qmp", SOCKET, "--timeout", "1", "vmgrant0"], LATE),
            (["attach", "--qmp", PROXY, "--net", "br0"], REFUSED)):
        if PROXY in words:
            proxy(device_add="refuse")
        done = plug_world.run_as("alice", [*valgrind, "vmgrant", *words])
        assert done.code == code, done.stderr
