# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ports that lost their bridge: shown by check and list, put back by the hooks of other software."""

import fcntl
import json
import os

import pytest

import protocol_client as client
from connecting import connect
from process import wait_until
from reattaching import by_hand, life, make_again, shrunk, take_off
from tun import TUNSETPERSIST

assert life and connect  # fixtures


# ---- check and list show it ----

def check(world, name, user="alice"):
    answer = json.loads(world.run(["vmgrant", "check", "--json"], user).stdout)
    return [finding for finding in answer["findings"] if finding["check"] == name]


@pytest.mark.parametrize("change,said", ((take_off, "is on no bridge"),
                                         (by_hand, "has lost its limits: isolated, BPDU guard"),
                                         (shrunk, "has not the bridge's MTU, but 1300")))
def test_check_and_list_show_ports_that_are_not_in_place(life, connect, change, said):
    reply = client.ask(connect("alice"), 1, "br0")
    (found,) = check(life, "ports")
    assert found["level"] == "ok" and found["text"].startswith("ports: 1 on their bridges")
    assert b"PORT" not in life.run(["vmgrant", "list"], "alice").stdout
    change(life, reply.port)
    for user in ("alice", "root"):
        (found,) = check(life, "ports", user)
        assert found["level"] == "warn" and found["mend"] == "sudo vmgrant reattach"
        assert found["text"].startswith(f"port {reply.port}: user alice on br0: {said}")
        lines = life.run(["vmgrant", "list"], user).stdout.decode().splitlines()
        assert [line for line in lines if line.startswith(reply.port) and "reattach" in line]
        listed = json.loads(life.run(["vmgrant", "list", "--json"], user).stdout)["ports"]
        assert [port["port"] for port in listed] == [reply.port]
        assert listed[0]["state"] != "whole"
    assert not check(life, "ports", "bob")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert check(life, "ports")[0]["level"] == "ok"


def test_check_shows_what_somebody_has_done_and_its_mend_mends(life, connect):
    life.bridge("br1")
    alice = connect("alice")
    down, moved = client.ask(alice, 1, "br0"), client.ask(alice, 2, "br0")
    direct = life.request("alice")
    persistent = direct.name
    fcntl.ioctl(direct.fds[0], TUNSETPERSIST, 1)
    direct.close()
    life.ip(f"link set {down.port} down", f"link set {moved.port} master br1")
    wait_until(lambda: len(check(life, "ports")) == 3, "three findings")
    found = {finding["text"].split(":")[0].split()[1]: finding for finding in check(life, "ports")}
    assert found[down.port]["level"] == "info" and "set it down" in found[down.port]["text"]
    assert "put it on br1, without its limits" in found[moved.port]["text"]
    assert "no program has it open" in found[persistent]["text"]
    for finding in found.values():
        done = life.run(["sh", "-c", finding["mend"].replace("sudo ", "")])
        assert done.code == 0, done.stderr
    (good,) = check(life, "ports")
    assert good["level"] == "ok" and good["text"].startswith("ports: 2 ")
    assert life.links()[moved.port]["master"] == "br0" and life.port(moved.port)["isolated"]


@pytest.mark.parametrize("other,level", ((False, "warn"), (True, "info")))
def test_check_warns_of_a_bridge_whose_address_changes(life, connect, other, level):
    assert not check(life, "bridge-address")
    life.bridge("br1")
    reply = client.ask(connect("bob"), 1, "br1")
    assert reply.code == 0
    if other:
        life.ip("link add other type veth peer name rehto", "link set other master br1")
    (found,) = check(life, "bridge-address")
    assert found["level"] == level and "bridge br1: its address was never set" in found["text"]
    before = life.sysfs("br1", "address")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert not check(life, "bridge-address") and life.sysfs("br1", "address") == before
    # A bridge that has lost its last port has no address at all.
    life.bridge("br2")
    life.ip("link add last type veth peer name tsal", "link set last master br2",
            "link set last nomaster")
    (found,) = check(life, "bridge-address")
    assert life.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert not check(life, "bridge-address")


# ---- what other software runs ----

NETWORKMANAGER = "/usr/lib/NetworkManager/dispatcher.d/50-vmgrant"
RULE = "/usr/lib/udev/rules.d/66-vmgrant-reattach.rules"


def hook(world, file, *words, env=None):
    done = world.run([file, *words], env=env)
    assert done.code == 0 and done.stdout == b"" and done.stderr == b"", done.stderr
    return done


def test_networkmanagers_hook_puts_ports_back_when_a_bridge_is_up(life, connect):
    reply = client.ask(connect("alice"), 1, "br0")
    make_again(life, None)
    for words in (["lo", "up"], ["br0", "down"], ["br0", "dhcp4-change"], [], ["", "hostname"],
                  ["/../lo", "up"], ["none", "connectivity-change"]):
        hook(life, NETWORKMANAGER, *words)
        assert "master" not in life.links()[reply.port]
    hook(life, NETWORKMANAGER, "br0", "up")
    assert life.port(reply.port)["isolated"]
    make_again(life, None)
    hook(life, NETWORKMANAGER, "br0", "reapply")
    assert life.port(reply.port)["isolated"]


def test_ifupdowns_hook_never_fails(life, connect):
    folder = os.environ.get("VMGRANT_BUILD")
    if not folder:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("VMGRANT_BUILD is not set")
    with open(f"{folder}/hooks/ifupdown", "rb") as file:
        life.write("/etc/network/if-up.d/vmgrant", file.read(), mode=0o755)
    reply = client.ask(connect("alice"), 1, "br0")
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    make_again(life, None)
    hook(life, "/etc/network/if-up.d/vmgrant", env={"IFACE": "lo", "PATH": path})
    assert "master" not in life.links()[reply.port]
    hook(life, "/etc/network/if-up.d/vmgrant", env={"IFACE": "br0", "PATH": path})
    assert life.port(reply.port)["isolated"]
    life.ip("link del br0")
    life.bridge("br1")
    done = life.run(["/etc/network/if-up.d/vmgrant"], env={"IFACE": "br1", "PATH": path})
    assert done.code == 0 and b"stays off" in done.stderr


def test_udevs_rule_runs_what_is_installed_for_new_bridges(life, connect):
    """The real udev runs it in the virtual machine (check-reattach.py)."""
    (line,) = [line for line in life.path(RULE).read_text(encoding="ascii").splitlines()
               if line and not line.startswith("#")]
    keys, _, program = line.partition(', RUN+="')
    assert keys == 'ACTION=="add", SUBSYSTEM=="net", ENV{DEVTYPE}=="bridge"'
    reply = client.ask(connect("alice"), 1, "br0")
    make_again(life, None)
    assert life.run(program.rstrip('"').split()).code == 0
    assert life.port(reply.port)["isolated"]
