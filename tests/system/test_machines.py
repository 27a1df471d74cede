# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant run with real QEMUs of every kind of machine, and with real cards."""

import json
import os
import re
import shlex
import shutil
import socket
import subprocess

import pytest

import replies
from process import wait_until
from test_clients_qemu import QEMU
from test_native_client import run, sentence

MAC = "52:54:00:00:00:42"
X86, ARM, RISCV, S390 = (f"qemu-system-{name}" for name in ("x86_64", "aarch64", "riscv64",
                                                             "s390x"))
MACHINES = (
    (X86, [], "virtio-net-pci"),
    (X86, ["-M", "pc-i440fx-5.0"], "virtio-net-pci"),
    (X86, ["-machine", "accel=tcg,type=q35", "-machine", "usb=off"], "virtio-net-pci"),
    (X86, ["-M", "q35", "-machine", "type=microvm"], "virtio-net-device"),
    (X86, ["-M", "microvm", "-machine", "pcie=on"], "virtio-net-device"),
    (X86, ["-M", "isapc"], "ne2k_isa"),
    (ARM, ["-M", "virt"], "virtio-net-pci"),
    (ARM, ["-M", "sbsa-ref"], "virtio-net-pci"),
    (ARM, ["-M", "vexpress-a9"], "virtio-net-device"),
    (ARM, ["-M", "xlnx-versal-virt"], "virtio-net-device"),
    (RISCV, ["-M", "virt"], "virtio-net-pci"),
    (S390, [], "virtio-net-ccw"),
)


def board(program, arguments):
    """From QEMU 8.2 on a board with a sound chip wants to be told that nobody listens."""
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    wants_audio = int(re.search(r"version (\d+)", said)[1]) > 8
    return [*arguments, *(["-audio", "none"] if wants_audio and "vexpress-a9" in arguments else [])]


def need(tool):
    if not shutil.which(tool):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


class Machine:
    """A QEMU that vmgrant run started, stopped before its first instruction."""

    def __init__(self, world, program, arguments, *words, nets=("--net", f"br0,mac={MAC}"),
                 prefix=()):
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = world.spawn(
                ["vmgrant", "run", *nets, *words, "--", *prefix, program, "-S", "-nodefaults",
                 "-display", "none", "-chardev", "socket,id=qmp,fd=9", "-mon",
                 "chardev=qmp,mode=control", *arguments], "alice", fds={9: theirs.fileno()})
        self.socket = ours
        ours.settimeout(100)
        self._answers = ours.makefile("r", encoding="utf-8")
        if not self._answers.readline():
            raise AssertionError(f"QEMU ended at once: {self.process.wait().stderr}")
        self.ask("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self._answers.close()
        self.socket.close()

    def ask(self, command, **arguments):
        request = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self._answers.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]

    def monitor(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})

    def slots(self):
        """{slot of PCI bus 0: id of the device}."""
        return {device["slot"]: device["qdev_id"] for device in
                self.ask("query-pci")[0]["devices"]}


def words_of(world, *words, **options):
    """What a dry run prints, as words."""
    done = run(world, "--dry-run", *words, **options)
    assert done.code == 0, done.stderr
    return shlex.split(done.stdout.decode())


def devices_of(words):
    """The objects of every -device that is written in JSON."""
    return [json.loads(word) for word in words if word.startswith("{") and "driver" in word]


# ---- a card for every machine ----

@pytest.mark.parametrize("program,arguments,card", MACHINES,
                         ids=[f"{row[0][12:]}{''.join(row[1])}" for row in MACHINES])
def test_each_machine_starts_with_a_card_that_fits(native_world, program, arguments, card):
    need(program)
    with Machine(native_world, program, board(program, arguments)) as machine:
        network = machine.monitor("info network")
        assert f"model={card},macaddr={MAC}" in network.replace("virtio-net-pci-base", card)
        assert "vmgrant-net0: index=0,type=tap" in network
        assert len(native_world.taps()) == 1
    native_world.wait_no_taps()


@pytest.mark.parametrize("program,arguments,model", (
    (S390, [], "virtio-net"), (ARM, ["-M", "virt"], "virtio-net-device"),
    (X86, [], "virtio-net-pci-non-transitional"), (X86, [], "virtio-net")))
def test_every_virtio_card_has_its_queues(native_world, program, arguments, model):
    need(program)
    nets = ("--net", f"br0,queues=4,model={model}")
    with Machine(native_world, program, arguments, nets=nets) as machine:
        assert machine.monitor("info network").count("type=tap") == 4
        assert "mq = true" in machine.monitor("info qtree")


def test_a_machine_without_a_place_is_named_before_anybody_is_asked(native_world):
    for program, machine in (("qemu-system-aarch64", "raspi3b"), (QEMU, "none"),
                             ("qemu-system-riscv64", "spike")):
        done = run(native_world, "--helper", "/nowhere", "--net", "br0", "--", program, "-M",
                   machine)
        said = sentence(done, replies.USAGE)
        assert f"machine {machine}: no card is known that fits: say model=" in said
    for option, machine, reason in (("--usb", "isapc", "has no place for a USB controller"),
                                    ("--vfio", "microvm", "add pcie=on to -machine")):
        device = "0951:1666" if option == "--usb" else "03:00.0"
        done = run(native_world, "--helper", "/nowhere", option, device, "--", QEMU, "-M", machine)
        assert reason in sentence(done, replies.USAGE)


def test_a_config_file_names_the_machine(native_world):
    native_world.write("/home/alice/guest.cfg", '[machine]\n  type = "microvm"\n')
    words = words_of(native_world, "--net", "br0", "--", QEMU, "-readconfig",
                     "/home/alice/guest.cfg")
    assert devices_of(words)[0]["driver"] == "virtio-net-device"
    native_world.write("/root/guest.cfg", '[machine]\n  type = "microvm"\n', mode=0o600)
    done = run(native_world, "--dry-run", "--net", "br0", "--", QEMU, "-readconfig",
               "/root/guest.cfg")
    assert done.code == 0 and "virtio-net-pci" in done.stdout.decode()
    said = done.stderr.decode()
    assert "-readconfig /root/guest.cfg: cannot be read: " in said and "model=" in said


# ---- where the card goes ----

@pytest.mark.parametrize("machine", ("pc", "q35"))
def test_low_slots_and_ids_are_left_to_others(native_world, machine):
    """QEMU makes key=value devices before those in JSON: ours must not take their slots."""
    arguments = ["-M", machine, "-netdev", "user,id=net0", "-netdev", "user,id=vmgrant-net0",
                 "-device", '{"driver":"e1000","id":"mine","netdev":"net0","addr":"0x3"}',
                 "-device", '{"driver":"e1000","id":"other","netdev":"vmgrant-net0",'
                            '"addr":"0x18"}',
                 "-device", '{"driver":"virtio-rng-pci","id":"rng"}']
    with Machine(native_world, QEMU, arguments, nets=("--net", "br0", "--net", "br0")) as guest:
        slots = guest.slots()
        assert slots[3] == "mine" and slots[0x18] == "other"
        assert slots[0x17] == "vmgrant-net1" and slots[0x16] == "vmgrant-net2"
        assert min(slot for slot, name in slots.items() if name == "rng") < 8


def test_a_root_port_that_is_written_in_json_can_be_named(native_world):
    arguments = ["-M", "q35", "-device", '{"driver":"pcie-root-port","id":"rp1","chassis":1}']
    with Machine(native_world, QEMU, arguments, nets=("--net", "br0,bus=rp1")) as guest:
        names = {entry["name"] for entry in guest.ask("qom-list",
                                                      path="/machine/peripheral/rp1/rp1")}
        assert "child[0]" in names


def test_an_older_qemu_gets_keys_and_values(native_world):
    for version, json_count in (("6.1.0", 0), ("6.2.0", 1), ("7.2.0", 2)):
        native_world.write("/home/alice/qemu-system-x86_64", mode=0o755, content=(
            f"#!/bin/sh\necho 'QEMU emulator version {version} (Somebody)'\n"))
        words = words_of(native_world, "--net", "br0", "--", "/home/alice/qemu-system-x86_64")
        assert len([word for word in words if word.startswith("{")]) == json_count, words
    # One that says nothing is taken for the oldest.
    native_world.write("/home/alice/qemu-system-x86_64", "#!/bin/sh\nexit 1\n", mode=0o755)
    words = words_of(native_world, "--net", "br0", "--", "/home/alice/qemu-system-x86_64")
    assert not [word for word in words if word.startswith("{")]


def test_what_an_older_qemu_gets_is_understood(native_world):
    """The real one, by a program that does not say its version."""
    native_world.write("/home/alice/qemu-system-x86_64", mode=0o755, content=(
        f'#!/bin/sh\n[ "$1" = --version ] && exit 1\nexec {shutil.which(QEMU)} "$@"\n'))
    with Machine(native_world, "/home/alice/qemu-system-x86_64", ["-M", "q35"],
                 nets=("--net", f"br0,queues=2,mac={MAC}")) as guest:
        assert guest.slots()[0x18] == "vmgrant-net0"
        assert MAC in guest.monitor("info network")


def test_the_guest_is_told_the_mtu_of_its_bridge(native_world):
    native_world.bridge("jumbo", mtu=9000)
    native_world.write_acl("allow bridge * user alice polkit=no\n")
    with Machine(native_world, QEMU, [], nets=("--net", "br0", "--net", "jumbo")) as guest:
        tree = guest.monitor("info qtree")
        assert sorted(re.findall(r"host_mtu = (\d+)", tree)) == ["1500", "9000"]
    # Other cards have no such thing.
    with Machine(native_world, QEMU, [], nets=("--net", "jumbo,model=e1000e")) as guest:
        assert "type=tap" in guest.monitor("info network")


def test_a_card_without_the_virtio_header(native_world):
    """What user-mode Linux and others want, who know nothing of it."""
    script = "import fcntl, struct, sys; r = bytearray(40); " \
             "fcntl.ioctl(int(sys.argv[1]), 0x800454d2, r); " \
             "print(struct.unpack_from('16sH', r)[1] & 0x4000)"
    for word, flag in (("", 0x4000), (",vnet=on", 0x4000), (",vnet=off", 0)):
        done = run(native_world, "--net", f"br0{word}", "--", "python3", "-c", script,
                   "{net0.fd}")
        assert done.stdout.decode().strip() == str(flag), done.stderr
    with Machine(native_world, QEMU, [], nets=("--net", "br0,vnet=off")) as guest:
        assert "type=tap" in guest.monitor("info network")


# ---- which program is a QEMU ----

def test_wrappers_are_known_by_name_by_link_and_by_word(native_world):
    need("kvm")
    words = words_of(native_world, "--net", "br0", "--", "kvm", "-m", "1G")
    assert words[:3] == ["kvm", "-m", "1G"] and devices_of(words)[0]["driver"] == "virtio-net-pci"
    native_world.run(["ln", "-s", shutil.which(QEMU), "/usr/local/bin/my-vm"])
    assert devices_of(words_of(native_world, "--net", "br0", "--", "my-vm"))
    native_world.write("/usr/local/bin/wrapper", f"#!/bin/sh\nexec {QEMU} \"$@\"\n", mode=0o755)
    done = run(native_world, "--dry-run", "--net", "br0", "--", "wrapper")
    assert "wrapper: not a QEMU" in sentence(done, replies.USAGE)
    assert "--qemu" in sentence(done, replies.USAGE)
    words = words_of(native_world, "--qemu", "--net", "br0", "--", "wrapper")
    # Nobody knows what it does with --version: it is not started for that.
    assert words[0] == "wrapper" and words[2].startswith("tap,id=vmgrant-net0")
    with Machine(native_world, "wrapper", ["-M", "pc"], "--qemu") as guest:
        assert "type=tap" in guest.monitor("info network")
    words = words_of(native_world, "--qemu", "--net", "br0", "--", "nice", "-n", "1", QEMU, "-M",
                     "microvm")
    assert devices_of(words)[0]["driver"] == "virtio-net-device"


# ---- addresses ----

def address(world, *words, net="br0", **options):
    found = re.search(r"mac[\":=]+(52:54:00(:[0-9a-f]{2}){3})\b",
                      " ".join(words_of(world, "--net", net, "--", *words, **options)))
    return found.group(1)


def test_a_guest_keeps_its_address_by_uuid_or_name(native_world):
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    for key, value, other in (("-name", "lab", "lab2"), ("-uuid", uuid, uuid[:-1] + "0")):
        first = address(native_world, QEMU, key, value, "-m", "1G")
        assert address(native_world, QEMU, "-m", "2G", key, value) == first
        assert address(native_world, "kvm", key, value, cwd="/home/alice") == first
        assert address(native_world, QEMU, key, other) != first
    first = address(native_world, QEMU, "-name", "lab", "-uuid", uuid)
    assert address(native_world, QEMU, "-name", "renamed", "-uuid", uuid.upper()) == first
    assert address(native_world, QEMU, "-name", "guest=lab,debug-threads=on") == \
        address(native_world, QEMU, "-name", "lab")


def test_two_cards_of_a_guest_have_two_addresses(native_world):
    native_world.bridge("br1")
    native_world.write_acl("allow bridge * user alice polkit=no\n")
    words = words_of(native_world, "--net", "br1", "--net", "br0", "--net", "br0", "--", QEMU,
                     "-name", "lab")
    found = [device["mac"] for device in devices_of(words)]
    assert len(set(found)) == 3
    # A card on another bridge changes nothing for this one.
    assert address(native_world, QEMU, "-name", "lab") == found[1]
    wait_until(lambda: not native_world.taps(), "no port was made")
