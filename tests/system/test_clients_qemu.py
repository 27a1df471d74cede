# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real QEMU, started by an ordinary user, with our helper."""

import json
import os
import shutil
import socket

import pytest

from dhcp import Dhcp
from process import wait_until
from world import HELPER

QEMU = "qemu-system-x86_64"
CARD = ["-device", "virtio-net-pci,id=card,netdev=n"]

# Emulated: KVM is there on some machines without working.
MACHINE = [QEMU, "-accel", "tcg", "-machine", "pc", "-m", "32", "-nodefaults", "-display", "none"]


class Guest:
    """A QEMU with a QMP connection. Use with `with`."""

    def __init__(self, world, arguments, user="alice", stopped=True, before=()):
        ours, theirs = socket.socketpair()
        with theirs:
            monitor = ["-chardev", "socket,id=qmp,fd=9", "-mon", "chardev=qmp,mode=control"]
            self.process = world.spawn(
                [*before, *MACHINE, *monitor, *(["-S"] if stopped else []), *arguments],
                user, fds={9: theirs.fileno()})
        self.socket = ours
        self.socket.settimeout(60)
        self._answers = ours.makefile("r", encoding="utf-8")
        greeting = self._answers.readline()
        if not greeting:
            raise AssertionError(f"QEMU ended at once: {self.process.wait().stderr}")
        assert "QMP" in json.loads(greeting)
        self.ask("qmp_capabilities")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self._answers.close()
        self.socket.close()

    def answer(self, command, **arguments):
        """QMP's answer as it is, events left out."""
        request = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self._answers.readline())
            if "event" not in answer:
                return answer

    def ask(self, command, **arguments):
        answer = self.answer(command, **arguments)
        assert "return" in answer, answer
        return answer["return"]

    def network(self):
        """What the monitor's `info network` says."""
        return self.ask("human-monitor-command", **{"command-line": "info network"})

    def quit(self):
        self.ask("quit")
        return self.process.wait()


@pytest.fixture(scope="module", autouse=True)
def qemu_is_installed():
    if not shutil.which(QEMU):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{QEMU} is not installed")


def by_bridge(bridge="br0", name="n"):
    return ["-netdev", f"bridge,id={name},br={bridge},helper={HELPER}"]


def start_refused(world, arguments, user="alice"):
    """A QEMU that must not come up. Returns its words on stderr."""
    done = world.run_as(user, [*MACHINE, "-S", *arguments])
    assert done.code == 1, (done.code, done.stderr)
    world.wait_no_taps()
    return done.stderr.decode("ascii")


def our_sentence(stderr):
    """The one line that is the helper's."""
    lines = [line for line in stderr.splitlines() if line.startswith("vmgrant-helper: ")]
    assert len(lines) == 1, stderr
    return lines[0]


def only_port(world, bridge="br0"):
    """The one TAP there is, after a look at whose and where it is."""
    (name,) = world.taps()
    link = world.links()[name]
    assert name.startswith("vethg") and link["master"] == bridge and "UP" in link["flags"]
    assert world.sysfs(name, "owner") == "1000"
    return name


@pytest.mark.parametrize("netdev", (
    f"bridge,id=n,br=br0,helper={HELPER}",
    f"bridge,id=n,helper={HELPER}",
    f"tap,id=n,br=br0,helper={HELPER}",
    f"tap,id=n,helper={HELPER}",
    f"tap,id=n,helper={HELPER} --br=br0",
    f"tap,id=n,helper={HELPER} --use-vnet --br=br0",
    f"tap,id=n,br=br9,helper={HELPER} --br=br0",
    f"bridge,id=n,br=br0,helper={HELPER}  ",
    f"tap,id=n,helper=exec {HELPER}\t--br=br0",
), ids=("bridge", "bridge-default-br", "tap", "tap-default-br", "tap-words", "tap-words-twice",
        "tap-words-win", "bridge-blank-end", "tap-shell"))
def test_every_way_to_name_the_helper_gives_a_card(open_world, netdev):
    with Guest(open_world, ["-netdev", netdev, *CARD]) as guest:
        name = only_port(open_world)
        assert "virtio-net-pci" in guest.network() and "type=tap" in guest.network()
        # QEMU asks for the vnet header whenever it can, and the kernel says it has it.
        assert open_world.links()[name]["linkinfo"]["info_data"]["vnet_hdr"] is True
        assert guest.quit().code == 0
        assert guest.process.stderr == b""
    open_world.wait_no_taps()


def test_qemu_has_no_privilege_and_one_tap_descriptor(open_world):
    with Guest(open_world, [*by_bridge(), *CARD]) as guest:
        folder = f"/proc/{guest.process.pid}"
        with open(f"{folder}/status", encoding="ascii") as status:
            fields = dict(line.split(":\t", 1) for line in status if ":\t" in line)
        assert fields["Uid"].split() == ["1000"] * 4
        assert int(fields["CapPrm"], 16) == int(fields["CapEff"], 16) == 0
        tuns = [fd for fd in os.listdir(f"{folder}/fd")
                if os.readlink(f"{folder}/fd/{fd}") == "/dev/net/tun"]
        assert len(tuns) == 1
        # The helper has been waited for: no child is left, dead or alive.
        with open(f"{folder}/task/{guest.process.pid}/children", encoding="ascii") as children:
            assert children.read() == ""


def test_two_cards_are_two_ports(open_world):
    arguments = [*by_bridge(name="n"), *by_bridge(name="m"),
                 "-device", "virtio-net-pci,netdev=n", "-device", "virtio-net-pci,netdev=m"]
    with Guest(open_world, arguments) as guest:
        assert len(open_world.taps()) == 2
        guest.quit()
    open_world.wait_no_taps()


def test_a_killed_qemu_leaves_no_interface(open_world):
    with Guest(open_world, [*by_bridge(), *CARD], stopped=False) as guest:
        only_port(open_world)
        guest.process.kill()
        open_world.wait_no_taps()


@pytest.mark.parametrize("kind", ("bridge", "tap"))
def test_hot_plug_into_a_running_guest_and_out_again(open_world, kind):
    with Guest(open_world, [], stopped=False) as guest:
        open_world.wait_no_taps()
        for _ in range(2):
            guest.ask("netdev_add", type=kind, id="n", br="br0", helper=HELPER)
            only_port(open_world)
            guest.ask("device_add", driver="virtio-net-pci", id="card", netdev="n")
            assert "card" in guest.network()
            guest.ask("netdev_del", id="n")
            # From QEMU 10 on the file stays open as long as the card.
            if guest.ask("query-version")["qemu"]["major"] < 10:
                open_world.wait_no_taps()
            # No system in the guest lets go of the card: a reset does.
            guest.ask("device_del", id="card")
            guest.ask("system_reset")
            wait_until(lambda: "card" not in guest.network(), "the card to be gone")
            open_world.wait_no_taps()
        assert guest.ask("query-status")["running"] is True
        assert guest.quit().stderr == b""


def test_a_refused_hot_plug_leaves_the_guest_running_and_says_why(open_world):
    with Guest(open_world, [], stopped=False) as guest:
        answer = guest.answer("netdev_add", type="bridge", id="n", br="br9", helper=HELPER)
        assert "helper" in answer["error"]["desc"]
        assert guest.ask("query-status")["running"] is True
        assert "n:" not in guest.network() and not open_world.taps()
        # The same id may be used for the bridge that is allowed.
        guest.ask("netdev_add", type="bridge", id="n", br="br0", helper=HELPER)
        only_port(open_world)
        stderr = guest.quit().stderr.decode("ascii")
    assert our_sentence(stderr).startswith("vmgrant-helper: bridge br9: not allowed for user alice")


@pytest.mark.parametrize("user,bridge", (("bob", "br0"), ("alice", "br1"), ("alice", "br9")))
def test_a_refusal_ends_qemu_and_is_on_its_stderr(open_world, user, bridge):
    open_world.bridge("br1")
    stderr = start_refused(open_world, [*by_bridge(bridge), *CARD], user)
    assert our_sentence(stderr) == (
        f"vmgrant-helper: bridge {bridge}: not allowed for user {user}: "
        "ask the administrator for a rule in /etc/vmgrant/acl.conf")
    assert "bridge helper failed" in stderr


def test_words_that_the_helper_does_not_know_end_qemu(open_world):
    stderr = start_refused(open_world, ["-netdev", f"tap,id=n,helper={HELPER} --br=br0 --bogus"])
    assert our_sentence(stderr).startswith("vmgrant-helper: ")


def test_a_bridge_that_is_not_there_is_named(world):
    world.write_acl("allow bridge gone user alice polkit=no\n")
    stderr = start_refused(world, [*by_bridge("gone"), *CARD])
    assert our_sentence(stderr).startswith("vmgrant-helper: bridge gone: ")


def test_a_broken_acl_is_named_with_its_place(world):
    world.write_acl("allow bridge br0 user alice polkit=no\nallow brigde br0 user alice\n")
    sentence = our_sentence(start_refused(world, [*by_bridge(), *CARD]))
    assert "/etc/vmgrant/acl.conf: line 2" in sentence and "brigde" in sentence


@pytest.mark.parametrize("deny", ("deny", "children"))
def test_a_sandboxed_qemu_is_told_why_the_helper_has_no_power(open_world, deny):
    """ATTACKS 13. -sandbox elevateprivileges sets no_new_privs before the helper is started."""
    sandbox = ["-sandbox", f"on,elevateprivileges={deny}"]
    sentence = our_sentence(start_refused(open_world, [*sandbox, *by_bridge(), *CARD]))
    assert "no_new_privs" in sentence, sentence
    assert sentence.count(": ") >= 3, sentence


def test_polkit_decides_by_bridge_for_a_real_qemu(polkit_world):
    polkit_world.rules("""polkit.addRule(function(action, subject) {
        if (action.id == "org.vmgrant.tap" && subject.user == "alice")
            return action.lookup("bridge") == "br0" ? polkit.Result.YES : polkit.Result.NO;
    });""")
    with Guest(polkit_world, [*by_bridge("br0"), *CARD]) as guest:
        only_port(polkit_world)
        guest.quit()
    polkit_world.wait_no_taps()
    sentence = our_sentence(start_refused(polkit_world, [*by_bridge("br1"), *CARD]))
    assert sentence.startswith("vmgrant-helper: bridge br1: polkit does not allow it for user alice")


def test_the_boot_firmware_gets_a_dhcp_lease_through_the_port(open_world):
    """Real traffic both ways: iPXE in the card's ROM asks a real dnsmasq."""
    server = Dhcp(open_world)
    card = ["-device", "virtio-net-pci,netdev=n,mac=52:54:00:00:00:42"]
    with Guest(open_world, [*by_bridge(), *card, "-boot", "n"], stopped=False) as guest:
        server.wait_lease("52:54:00:00:00:42")
        assert "DHCPACK(br0) 192.0.2." in server.log()
        guest.quit()
    server.stop()
    open_world.wait_no_taps()
