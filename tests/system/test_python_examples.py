# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The examples in Python, as they are installed, with a real QEMU."""

import json
import os
import re
import shutil
import socket

import pytest

import disks
from process import wait_until
from test_clients_qemu import MACHINE, QEMU

EXAMPLES = "/usr/share/doc/vmgrant/examples"
START, QUICK = f"{EXAMPLES}/start-vm.py", f"{EXAMPLES}/quick-vm.py"
ACL_TEXT = (f"allow bridge br0 user alice polkit=no\n{disks.RULE}"
            "allow usb 0951:1666 user alice polkit=no\n")
# Nothing that the examples themselves choose.
QUIET = [word for word in MACHINE[1:] if word not in ("-m", "32")]


@pytest.fixture(scope="module", autouse=True)
def qemu_is_installed():
    if not shutil.which(QEMU):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{QEMU} is not installed")


def home(world):
    """alice's, where QEMU makes its socket."""
    world.path("/home/alice").mkdir(parents=True, exist_ok=True)
    world.path("/home/alice").chown(1000, 1000)


class Monitor:
    """QMP of a guest that an example has started, with WORDS."""

    PATH = "/home/alice/qmp"
    WORDS = ["-qmp", f"unix:{PATH},server=on,wait=off"]

    def __init__(self, world, argv):
        self.process = world.spawn(argv, "alice")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        wait_until(lambda: self.connected(world) or not self.process.running(), "QEMU's monitor")
        self.answers = self.socket.makefile("r", encoding="utf-8")
        assert self.process.running(), self.process.wait().stderr
        assert "QMP" in self.answers.readline()
        self.ask("qmp_capabilities")

    def connected(self, world):
        path = world.path(self.PATH)  # Its way in is there as long as itself.
        try:
            self.socket.connect(os.fspath(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def ask(self, command, **arguments):
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.answers.readline())
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]

    def monitor(self, line):
        return self.ask("human-monitor-command", **{"command-line": line})

    def end(self):
        self.ask("quit")
        done = self.process.wait()
        self.answers.close()
        self.socket.close()
        return done.code


def test_a_guest_by_thirty_lines(native_world):
    """Its process is QEMU itself, the card has an address of its own, and nothing stays."""
    home(native_world)

    def start(name):
        guest = Monitor(native_world, ["/usr/bin/python3", START, "br0", name, *QUIET, "-S",
                                       *Monitor.WORDS])
        with open(f"/proc/{guest.process.pid}/comm", encoding="ascii") as comm:
            assert comm.read().startswith("qemu-system")
        with open(f"/proc/{guest.process.pid}/task/{guest.process.pid}/children",
                  encoding="ascii") as children:
            assert children.read() == ""
        network = guest.monitor("info network")
        assert "type=tap" in network and network.count("model=virtio-net-pci") == 1, network
        assert len(native_world.taps()) == 1
        assert guest.end() == 0
        native_world.wait_no_taps()
        return re.search(r"macaddr=(52:54:00:[0-9a-f:]{8})", network)[1]
    assert start("one") != start("two")

    source = native_world.path(START).read_text().splitlines()
    body = source[source.index("import vmgrant") + 1:]
    assert len([line for line in body if line.strip()]) <= 30


def test_a_refusal_is_one_line(native_world):
    done = native_world.run(["/usr/bin/python3", START, "br9", "one"], "alice")
    assert done.code == 1 and done.stderr.startswith(b"start-vm: "), done.stderr
    assert done.stderr.count(b"\n") == 1 and b"br9" in done.stderr


def test_a_guest_by_a_file(stage, tmp_path):
    """A card and a disk, asked for at once; if one thing is refused none of the others stays."""
    disks.need_loops()
    with disks.DiskWorld(stage, tmp_path) as world:
        world.bridge("br0")
        world.write_acl(ACL_TEXT)
        conf = (f'disk_img="guest.img"\nram="32M"  # enough\n\nbridge="br0"\n'
                f'block_devices=("{disks.NAME}")\n'
                f'extra_args="-S {" ".join([*QUIET, *Monitor.WORDS])}"\n')
        home(world)
        world.write("/home/alice/guest.img", b"\0" * (1 << 20), owner=(1000, 1000))
        world.write("/home/alice/guest.conf", conf)
        guest = Monitor(world, ["/usr/bin/python3", QUICK, "/home/alice/guest.conf"])
        network, blocks = guest.monitor("info network"), guest.monitor("info block")
        assert "type=tap" in network and network.count("model=virtio-net-pci") == 1, network
        assert "/dev/fdset/1" in blocks and "guest.img" in blocks, blocks
        assert len(world.taps()) == 1
        # What QEMU has the program has given away: it is not there that a card would stay.
        with os.scandir(f"/proc/{guest.process.pid}/fd") as folder:
            held = [os.readlink(entry.path) for entry in folder]
        assert "/dev/net/tun" not in held and not any("loop" in name for name in held), held
        assert guest.end() == 0
        world.wait_no_taps()

        world.write("/home/alice/guest.conf", conf + 'usb_devices=("0951:1666" "1-1.4")\n')
        done = world.run(["/usr/bin/python3", QUICK, "/home/alice/guest.conf"], "alice")
        assert done.code == 1 and done.stderr.startswith(b"quick-vm: usb "), done.stderr
        world.wait_no_taps()
