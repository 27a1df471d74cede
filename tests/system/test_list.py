# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant list: bridges of the world's own kernel, USB and PCI devices of made-up sysfs trees."""

import json
import os
import shutil
import struct

import pytest

import replies
from hotplug import sentence
from pci import GPU, NIC, SOUND, Machine
from process import wait_until
from usbtree import HID, HUB, STORAGE, UsbTree

STICK, KEYBOARD = "0951:1666", "046d:c31c"


def listed(world, user="alice"):
    """{kind: entries} for programs."""
    done = world.run_as(user, ["vmgrant", "list", "--json"])
    assert done.code == 0 and done.stderr == b"", done.stderr
    return json.loads(done.stdout)


def bridges_of(world, user="alice"):
    return {entry["bridge"]: entry for entry in listed(world, user)["bridges"]}


def table(world, title, user="alice"):
    """The rows of the section of that title."""
    done = world.run_as(user, ["vmgrant", "list"])
    assert done.code == 0, done.stderr
    for section in done.stdout.decode("ascii").split("\n\n"):
        header, *rows = section.splitlines()
        if header.split()[0] == title:
            return rows
    return []


def hardware_database(patterns):
    """A hwdb.bin with one node for each pattern, whose first characters differ."""
    strings, places = bytearray(b"\0"), {"": 0}
    size = struct.Struct("<8s9Q").size
    leaf, root = struct.Struct("<QB7xQ"), size
    root_size = leaf.size + 16 * len(patterns)
    values = [(text, value) for text, given in patterns.items() for value in given.items()]
    strings_at = root + root_size + leaf.size * len(patterns) + 16 * len(values)

    def place(text):
        if text not in places:
            places[text] = len(strings)
            strings.extend(text.encode() + b"\0")
        return strings_at + places[text]

    children, nodes, node_at = b"", b"", root + root_size
    for text, given in sorted(patterns.items()):
        children += struct.pack("<B7xQ", ord(text[0]), node_at)
        node = leaf.pack(place(text[1:]), 0, len(given))
        for key, value in sorted(given.items()):
            node += struct.pack("<QQ", place(f" {key}"), place(value))
        nodes, node_at = nodes + node, node_at + len(node)
    tree = leaf.pack(place(""), len(patterns), 0) + children + nodes
    head = struct.pack("<8s9Q", b"KSLPHHRH", 252, strings_at + len(strings), size, leaf.size, 16,
                       16, root, len(tree), len(strings))
    return head + tree + bytes(strings)


# ---- bridges ----

def test_a_list_tells_what_may_be_had_and_why_not(native_world):
    native_world.bridge("br1", mtu=9000)
    native_world.bridge("br2")
    native_world.ip("link add plain type veth peer name other")
    native_world.write_acl("allow bridge br0 user alice polkit=no queues=4 quota=3\n"
                           "allow bridge br1\n")
    bridges = bridges_of(native_world)
    assert list(bridges) == ["br0", "br1", "br2"]
    br0, br1, br2 = bridges.values()
    assert br0["allowed"] and not br0["polkit"] and br0["code"] == 0
    assert (br0["queues"], br0["mtu"], br0["vhost"]) == (4, 1500, False)
    assert (br0["quota"], br0["used"], br0["left"]) == (3, 0, 3)
    assert br1["allowed"] and br1["polkit"] and br1["mtu"] == 9000 and "quota" not in br1
    assert not br2["allowed"] and br2["code"] == replies.DENIED and "br2" in br2["reason"]
    native_world.wait_no_taps()


def test_a_list_counts_the_cards_that_exist(native_world):
    process = native_world.spawn(["vmgrant", "run", "--net", "br0", "--", "sh", "-c",
                                  "exec sleep 1000 <&{net0.fd}"], "alice")
    wait_until(native_world.taps, "the card")
    br0 = bridges_of(native_world)["br0"]
    assert (br0["quota"], br0["used"], br0["left"]) == (8, 1, 7)
    process.kill()
    native_world.wait_no_taps()
    assert bridges_of(native_world)["br0"]["used"] == 0


def test_a_list_is_a_table_for_people(native_world):
    native_world.bridge("br1")
    done = native_world.run_as("alice", ["vmgrant", "list"])
    header, br0, br1 = done.stdout.decode("ascii").split("\n\n")[0].splitlines()
    assert header.split()[:5] == ["BRIDGE", "ALLOWED", "QUEUES", "MTU", "LEFT"]
    assert br0.split()[:4] == ["br0", "yes", "4", "1500"] and "8 of 8" in br0
    assert br1.split()[:2] == ["br1", "no"] and "not allowed for user alice" in br1


def test_a_list_fails_as_a_whole_where_no_answer_can_be_had(native_world):
    native_world.write_acl("nonsense\n")
    done = native_world.run_as("alice", ["vmgrant", "list"])
    assert "acl.conf: line 1" in sentence(done, replies.POLICY)


def test_a_machine_with_nothing_says_so(world):
    world.ip("link delete br0")
    UsbTree(world)
    done = world.run_as("alice", ["vmgrant", "list"])
    assert "there is no bridge, no USB device, no PCI device and no disk" in sentence(done, 0)
    assert listed(world) == {"bridges": [], "usb": [], "vfio": [], "disks": [], "ports": []}


# ---- USB ----

@pytest.fixture
def usb(world):
    """A stick that alice may have, and a keyboard, behind a root hub and a hub."""
    tree = UsbTree(world)
    tree.add("usb1", 1, "1d6b:0002", classes=(HUB,), device_class=HUB)
    tree.add("1-1", 2, "05e3:0608", classes=(HUB,), device_class=HUB)
    for port in ("usb1", "1-1"):
        tree.set(port, "bDeviceClass", "09")
    tree.add("1-1.4", 4, STICK, classes=(STORAGE,), manufacturer="Kingston", product="Traveler")
    tree.add("1-2", 5, KEYBOARD, classes=(HID,), manufacturer=None, product=None)
    world.path("/sys/bus/usb/devices/1-2:1.0").symlink_to(".")
    world.write_acl(f"allow usb {STICK} user alice polkit=no\nallow usb *:* group students\n")
    return tree


def test_usb_devices_are_listed_by_name_with_the_reason_of_each_no(usb):
    stick, keyboard = listed(usb.world)["usb"]
    assert stick == {"port": "1-1.4", "id": STICK, "name": "Kingston Traveler", "allowed": True,
                     "code": 0, "polkit": False, "bus": 1, "device": 4}
    assert (keyboard["port"], keyboard["id"], keyboard["name"]) == ("1-2", KEYBOARD, "")
    assert not keyboard["allowed"] and keyboard["code"] == replies.DENIED
    assert f"a rule with usb {KEYBOARD}" in keyboard["reason"]
    usb.world.write_acl("allow usb *:* user alice\n")
    stick, keyboard = listed(usb.world)["usb"]
    assert stick["allowed"] and stick["polkit"]
    stick, keyboard = listed(usb.world, "bob")["usb"]
    assert stick["code"] == keyboard["code"] == replies.DENIED


def test_usb_devices_are_a_table_for_people(usb):
    stick, keyboard = table(usb.world, "USB")
    assert stick.split() == ["1-1.4", "yes", STICK, "Kingston", "Traveler"]
    assert keyboard.split()[:3] == ["1-2", "no", KEYBOARD]
    # The row begins with the name: the reason does not repeat it.
    assert "bus 1" not in keyboard and "is given only by a rule" in keyboard
    (stick, _) = table(usb.world, "USB", "bob")
    assert "Kingston Traveler: not allowed for user bob" in stick


def test_the_hardware_database_knows_better_than_the_device(usb):
    names = {"ID_VENDOR_FROM_DATABASE": "Kingston Technology", "ID_MODEL_FROM_DATABASE": "DT G3"}
    usb.world.write("/etc/udev/hwdb.bin", hardware_database({"usb:v0951p1666*": names}))
    assert [entry["name"] for entry in listed(usb.world)["usb"]] == ["Kingston Technology DT G3", ""]
    usb.world.write("/etc/udev/hwdb.bin", b"KSLPHHRH nonsense")
    assert listed(usb.world)["usb"][0]["name"] == "Kingston Traveler"


@pytest.mark.parametrize("hostile", (b"\x1b]0;owned\x07\x1b[2J", b"\xff\xfe\x80", b"a\rb\tc"))
def test_attack_31_names_of_devices_do_nothing_to_the_terminal(usb, hostile):
    usb.set("1-1.4", "product", hostile + b"\n")
    usb.set("1-2", "manufacturer", hostile + b"\n")
    for words in (["list"], ["list", "--json"]):
        done = usb.world.run_as("alice", ["vmgrant", *words])
        assert done.code == 0
        assert all(byte == 0x0a or 0x20 <= byte < 0x7f for byte in done.stdout), done.stdout
        assert b"?" in done.stdout


def test_one_odd_usb_device_does_not_take_the_rest_away(usb):
    before = {entry["port"] for entry in listed(usb.world)["usb"]}
    usb.set("1-2", "busnum", "4711\n")
    usb.set("1-1.4", "busnum", "70000\n")
    entries = {entry["port"]: entry for entry in listed(usb.world)["usb"]}
    assert set(entries) == before
    for port in ("1-2", "1-1.4"):
        assert entries[port]["code"] == replies.USAGE and entries[port]["reason"]


def test_one_odd_bridge_does_not_take_the_rest_away(native_world):
    for name in ('br"0', "br*", "b\u00fcro"):
        done = native_world.run(["ip", "link", "add", "name", name, "type", "bridge"])
        assert done.code == 0, done.stderr
    entries = {entry["bridge"]: entry for entry in listed(native_world)["bridges"]}
    assert len(entries) == 4 and entries["br0"]["allowed"]
    assert not entries['br"0']["allowed"] and entries['br"0']["reason"]


def test_a_device_that_is_just_going_is_left_out(usb):
    usb.set("1-2", "idVendor", None)
    usb.set("1-1.4", "devnum", "nonsense")
    assert listed(usb.world)["usb"] == []


# ---- VFIO ----

@pytest.fixture
def machine(world):
    made = Machine(world)
    world.path("/sys/class/net").mkdir(parents=True)
    world.write_acl(f"allow vfio {GPU} user alice polkit=no memlock=3G\n"
                    f"allow vfio {SOUND} user alice polkit=no\n")
    return made


def test_pci_devices_are_listed_that_vfio_has_or_a_rule_gives(machine):
    world = machine.world
    gpu, sound = listed(world)["vfio"]
    assert gpu == {"address": GPU, "id": "10de:1c82", "name": "", "allowed": True, "code": 0,
                   "polkit": False, "driver": "vfio-pci", "memlock": 3 << 30}
    assert sound["allowed"] and sound["address"] == SOUND
    assert [entry["code"] for entry in listed(world, "bob")["vfio"]] == [replies.DENIED] * 2
    # What has another driver shows to whom a rule gives it, with what is missing.
    machine.bind(SOUND, "snd_hda_intel")
    gpu, sound = listed(world)["vfio"]
    assert gpu["code"] == sound["code"] == replies.OBJECT
    assert "driverctl set-override" in sound["reason"] and sound["driver"] == "snd_hda_intel"
    assert [entry["address"] for entry in listed(world, "bob")["vfio"]] == [GPU]
    world.write_acl("allow vfio *:* user alice\n")
    assert [entry["address"] for entry in listed(world)["vfio"]] == [GPU, SOUND, NIC]


VMD, ODD = "10000:e1:00.0", "12345678:e1:00.0"


def test_a_domain_above_16_bits_is_an_address_like_others(machine):
    """Intel VMD: what list shows, rules, explain and requests take."""
    world = machine.world
    machine.add(VMD, 40, "8086:0a54", "010802", "vfio-pci")
    machine.attribute("class/vfio/40/dev", "1:3")
    machine.node("vfio/40", (1, 3))
    assert [entry["code"] for entry in listed(world)["vfio"]] == [0, 0, replies.DENIED]
    world.write_acl(f"allow vfio {VMD.upper()} user alice polkit=no\n")
    (vmd,) = [entry for entry in listed(world)["vfio"] if entry["address"] == VMD]
    assert vmd["allowed"] and vmd["driver"] == "vfio-pci"
    done = world.run_as("alice", ["vmgrant", "explain", "vfio", VMD])
    assert done.stdout.startswith(f"vfio {VMD}: allowed for user alice".encode()), done


def test_one_odd_pci_device_does_not_take_the_rest_away(machine):
    machine.add(ODD, 41, "8086:0a54", "010802", "vfio-pci")
    machine.add("0000:zz:00.0", 42, "8086:0a54", "010802", "vfio-pci")
    entries = {entry["address"]: entry for entry in listed(machine.world)["vfio"]}
    assert set(entries) == {GPU, SOUND, ODD, "0000:zz:00.0"} and entries[GPU]["allowed"]
    for address in (ODD, "0000:zz:00.0"):
        assert entries[address]["code"] == replies.USAGE and entries[address]["reason"]
    assert len(table(machine.world, "VFIO")) == 4


def test_a_rule_and_explain_take_the_address_that_lspci_prints(machine):
    machine.world.write_acl("allow vfio 03:00.0 user alice polkit=no\n"
                            "allow vfio 03:00.1 user alice polkit=no\n")
    assert all(entry["allowed"] for entry in listed(machine.world)["vfio"])
    for address in (GPU, "03:00.0"):
        done = machine.world.run_as("alice", ["vmgrant", "explain", "vfio", address])
        assert b"allowed for user alice" in done.stdout and b"line 1" in done.stdout


def test_pci_devices_are_a_table_for_people(machine):
    names = {"ID_VENDOR_FROM_DATABASE": "NVIDIA", "ID_MODEL_FROM_DATABASE": "GP107"}
    machine.world.write("/etc/udev/hwdb.bin",
                        hardware_database({"pci:v000010DEd00001C82*": names}))
    gpu, sound = table(machine.world, "VFIO")
    assert gpu.split(maxsplit=3) == [GPU, "yes", "10de:1c82", "NVIDIA GP107 (memlock=3072 MiB)"]
    assert sound.split() == [SOUND, "yes", "10de:0fb9"]
    gpu, sound = table(machine.world, "VFIO", "bob")
    assert "NVIDIA GP107: not allowed for user bob" in gpu and sound.split()[1] == "no"


def test_valgrind_finds_nothing(usb):
    if not shutil.which("valgrind"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("valgrind is not installed")
    valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    for words in (["list"], ["list", "--json"]):
        done = usb.world.run_as("alice", [*valgrind, "vmgrant", *words])
        assert done.code == 0, done.stderr
