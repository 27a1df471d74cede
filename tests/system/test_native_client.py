# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The vmgrant command, with the installed helper and real programs."""

import os
import re
import shutil
import socket

import pytest

import namespaces as ns
import replies
from dhcp import Dhcp
from process import wait_until
from test_clients_qemu import CARD, QEMU, Guest
from test_list import bridges_of

MAC = "52:54:00:00:00:42"
CASES = {
    1: f"br0,mac={MAC}",
    4: f"br0,queues=4,mac={MAC}",
}


def need(tool):
    if not shutil.which(tool):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


class Launcher:
    """A world in which every program is started by way of vmgrant run."""

    def __init__(self, world, *words):
        self.world, self.words = world, words

    def spawn(self, argv, user, **options):
        return self.world.spawn(["vmgrant", "run", *self.words, "--", *argv], user, **options)


def run(world, *words, user="alice", **options):
    return world.run_as(user, ["vmgrant", "run", *words], **options)


def sentence(done, code):
    """The one line of a command that ended with code."""
    assert done.code == code, (done.code, done.stderr)
    lines = done.stderr.decode("ascii").splitlines()
    assert len(lines) == 1 and lines[0].startswith("vmgrant: "), lines
    return lines[0]


# ---- vmgrant run, with a real QEMU ----

@pytest.mark.parametrize("queues", CASES)
def test_a_guest_runs_with_its_card_and_leaves_nothing(native_world, queues):
    need(QEMU)
    with Guest(Launcher(native_world, "--net", CASES[queues]), []) as guest:
        network = guest.network()
        assert network.count("type=tap") == queues, network
        assert network.count("model=virtio-net-pci") >= 1 and MAC in network
        (port,) = native_world.taps()
        assert native_world.links()[port]["master"] == "br0"
        with open(f"/proc/{guest.process.pid}/comm", encoding="ascii") as comm:
            assert comm.read().startswith("qemu-system")
        # The helper has ended and has been waited for.
        with open(f"/proc/{guest.process.pid}/task/{guest.process.pid}/children",
                  encoding="ascii") as children:
            assert children.read() == ""
        done = guest.quit()
        assert done.code == 0 and done.stderr == b"", done.stderr
    native_world.wait_no_taps()


def test_a_card_with_queues_has_an_interrupt_for_each(native_world):
    need(QEMU)
    with Guest(Launcher(native_world, "--net", "br0,queues=4"), []) as guest:
        tree = guest.ask("human-monitor-command", **{"command-line": "info qtree"})
        card = tree[tree.index("dev: virtio-net-pci"):]
        assert re.search(r"\bvectors = 10\b", card) and re.search(r"\bmq = true\b", card)
        guest.quit()


@pytest.mark.parametrize("queues", CASES)
def test_the_boot_firmware_gets_a_dhcp_lease(native_world, queues):
    """Real traffic both ways: iPXE in the card's ROM asks a real dnsmasq."""
    need(QEMU)
    need("dnsmasq")
    server = Dhcp(native_world)
    with Guest(Launcher(native_world, "--net", CASES[queues]), ["-boot", "n"],
               stopped=False) as guest:
        server.wait_lease(MAC)
        guest.quit()
    server.stop()
    native_world.wait_no_taps()


def test_two_bridges_are_two_cards(native_world):
    need(QEMU)
    native_world.bridge("br1")
    native_world.write_acl("allow bridge br0 user alice polkit=no\n"
                           "allow bridge br1 user alice polkit=no\n")
    launcher = Launcher(native_world, "--net", "br0,id=lan", "--net", "br1,model=e1000")
    with Guest(launcher, []) as guest:
        network = guest.network()
        assert "lan:" in network and "vmgrant-net1:" in network and "model=e1000" in network
        masters = sorted(native_world.links()[name]["master"] for name in native_world.taps())
        assert masters == ["br0", "br1"]
        guest.quit()
    native_world.wait_no_taps()


def test_qemu_takes_the_card_from_a_placeholder(native_world):
    need(QEMU)
    arguments = ["-netdev", "tap,id=n,fd={net0.fd}", *CARD]
    with Guest(Launcher(native_world, "--net", "br0"), arguments) as guest:
        assert guest.network().count("type=tap") == 1
        guest.quit()
    native_world.wait_no_taps()


def test_a_sandboxed_qemu_has_its_card(native_world):
    """CONTRACT: -sandbox takes the power of a helper that QEMU starts, not of this one."""
    need(QEMU)
    sandbox = ["-sandbox", "on,elevateprivileges=deny,spawn=deny"]
    with Guest(Launcher(native_world, "--net", "br0"), sandbox) as guest:
        assert "type=tap" in guest.network()
        guest.quit()


# ---- vmgrant run, with other programs ----

def test_the_program_is_the_same_process_with_exactly_the_cards(native_world):
    # The shell itself: ls would be a child of it. The folder that it read is closed again.
    script = "echo $$ {net0.fds}; for f in /proc/$$/fd/*; do [ -h $f ] && echo ${f##*/}; done; " \
             "read line; echo got $line >&2; exit 5"
    reader, writer = os.pipe()
    os.write(writer, b"hello\n")
    os.close(writer)
    process = native_world.spawn(["vmgrant", "run", "--net", "br0,queues=3", "--", "sh", "-c",
                                  script], "alice", fds={7: reader}, prepare=lambda: os.dup2(7, 0))
    pid = process.inner_pid
    process.wait()
    os.close(reader)
    first, *open_fds = process.stdout.decode().splitlines()
    shell, fds = first.split()
    assert int(shell) == pid
    assert process.stderr == b"got hello\n" and process.code == 5
    assert len(fds.split(":")) == 3
    assert set(open_fds) == {"0", "1", "2", "7", *fds.split(":")}
    native_world.wait_no_taps()


def test_frames_go_both_ways_through_the_files_of_a_placeholder(native_world):
    """A stand-in for a VMM: it sends what the bridge sees, and sees what the bridge sends."""
    script = (
        "import os, sys\n"
        "fd = int(sys.argv[1])\n"
        "guest = bytes.fromhex(sys.argv[2].replace(':', ''))\n"
        "os.write(fd, bytes(int(sys.argv[3])) + b'\\xff' * 6 + guest + b'\\x88\\xb5'\n"
        "         + b'from the guest'.ljust(46, b'.'))\n"
        "while b'to the guest' not in os.read(fd, 4096):\n"
        "    pass\n"
        "print(sys.argv[4], sys.argv[5])\n")

    def listen():
        packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
        packets.bind(("br0", 0x88b5))
        packets.settimeout(60)
        os.write(1, b"listening\n")
        while True:
            frame, address = packets.recvfrom(4096)
            if address[2] != socket.PACKET_OUTGOING and b"from the guest" in frame:
                break
        packets.send(frame[6:12] + frame[6:12][:5] + b"\x99" + b"\x88\xb5"
                     + b"to the guest".ljust(46, b"."))
        os.write(1, frame[6:12])
        return 0

    listener = native_world.spawn(listen)
    with open(f"/proc/{listener.pid}/net/packet", encoding="ascii") as table:
        wait_until(lambda: table.seek(0) == 0 and "88b5" in table.read(), "the listener")
    done = run(native_world, "--net", "br0", "--", "python3", "-c", script, "{net0.fd}",
               "{net0.mac}", "10", "{net0.mtu}", "{net0.ifname}",
               env={"PATH": "/usr/bin:/bin"})
    assert done.code == 0, done.stderr
    mtu, name = done.stdout.decode().split()
    assert mtu == "1500" and 0 < len(name) < 16
    assert listener.wait().stdout.startswith(b"listening\nRT\0")
    native_world.wait_no_taps()


def test_a_program_that_cannot_be_started_has_the_status_of_a_shell(native_world):
    done = run(native_world, "--net", "br0", "--", "no-such-program", "{net0.fd}")
    assert "no-such-program: cannot be started" in sentence(done, 127)
    done = run(native_world, "--net", "br0", "--", "/etc/passwd", "{net0.fd}")
    assert "/etc/passwd: cannot be started: Permission denied" in sentence(done, 126)
    native_world.wait_no_taps()


# ---- dry run ----

def test_a_dry_run_prints_a_line_for_a_shell_and_makes_nothing(native_world):
    words = ["--dry-run", "--net", f"br0,queues=2,mac={MAC}", "--", QEMU, "-name", "my guest"]
    done = run(native_world, *words)
    assert done.code == 0, done.stderr
    assert done.stdout.decode() == (
        f"{QEMU} -name 'my guest' "
        "-netdev '{\"type\":\"tap\",\"id\":\"vmgrant-net0\",\"fds\":\"3:4\"}' "
        "-device '{\"driver\":\"virtio-net-pci\",\"id\":\"vmgrant-net0\","
        f'"netdev":"vmgrant-net0","mac":"{MAC}","addr":"0x18","mq":true,"vectors":6,'
        "\"host_mtu\":1500}'\n")
    native_world.wait_no_taps()


def test_an_address_that_was_not_given_is_stable_and_of_the_command(native_world):
    def address(*words, **options):
        done = run(native_world, "--dry-run", "--net", "br0", "--", *words, **options)
        found = re.search(r'"mac":"(52:54:00(:[0-9a-f]{2}){3})"', done.stdout.decode())
        return found.group(1)

    first = address(QEMU, "a.img")
    assert address(QEMU, "a.img") == first
    assert address(QEMU, "b.img") != first
    assert address(QEMU, "a.img", cwd="/home/alice") != first


def test_a_dry_run_says_what_the_rule_does_not_give(native_world):
    done = run(native_world, "--dry-run", "--net", "br0,queues=5", "--", QEMU)
    assert "5 queues" in sentence(done, replies.DENIED)
    done = run(native_world, "--dry-run", "--net", "br0,vhost=on", "--", QEMU)
    assert "vhost" in sentence(done, replies.DENIED)


# ---- refusals ----

def test_a_refusal_has_the_code_and_the_sentence_of_the_helper(native_world):
    native_world.bridge("br1")
    program = ["--", "echo", "{net0.fds}"]
    done = run(native_world, "--net", "br0", *program, user="bob")
    assert "bridge br0: not allowed for user bob: " in sentence(done, replies.DENIED)
    done = run(native_world, "--net", "br0", "--net", "br1", *program)
    assert "bridge br1: not allowed" in sentence(done, replies.DENIED)
    done = run(native_world, "--net", "br0,queues=5", *program)
    assert "queues" in sentence(done, replies.DENIED)
    native_world.write_acl("allow bridge gone user alice polkit=no\n")
    done = run(native_world, "--net", "gone", *program)
    assert "bridge gone: " in sentence(done, replies.OBJECT)
    native_world.wait_no_taps()


def test_a_refused_card_gives_the_others_back(native_world):
    native_world.write_acl("allow bridge br0 user alice polkit=no quota=1\n")
    two = ["--net", "br0", "--net", "br0", "--", "echo", "{net0.fd}"]
    assert "bridge br0: " in sentence(run(native_world, *two), replies.QUOTA)
    native_world.wait_no_taps()
    assert run(native_world, *two[2:]).code == 0


def test_vhost_is_only_for_rules_that_give_it(native_world):
    words = ["--net", "br0,vhost=on", "--", "echo", "{net0.vhostfds}"]
    assert "vhost" in sentence(run(native_world, *words), replies.DENIED)
    native_world.write_acl("allow bridge br0 user alice polkit=no vhost\n")
    if not native_world.path("/dev/vhost-net").exists():
        assert "/dev/vhost-net" in sentence(run(native_world, *words), replies.OBJECT)
    else:
        assert run(native_world, *words).code == 0
    assert bridges_of(native_world)["br0"]["vhost"]
    native_world.wait_no_taps()


def test_what_the_helper_says_before_any_request_reaches_the_person(native_world):
    program = ["--net", "br0", "--", "echo", "{net0.fd}"]
    done = run(native_world, *program, prepare=lambda: ns.prctl(ns.PR_SET_NO_NEW_PRIVS, 1))
    assert "no_new_privs" in sentence(done, replies.NO_PRIVILEGE)
    native_world.write_acl("allow brigde br0 user alice\n")
    done = run(native_world, *program)
    assert "/etc/vmgrant/acl.conf: line 1" in sentence(done, replies.POLICY)
    done = run(native_world, "--helper", "/nowhere", *program)
    assert "/nowhere: cannot be started" in sentence(done, replies.INSTALLATION)
    native_world.wait_no_taps()


@pytest.mark.parametrize("words", (
    [], ["--net"], ["--net", "br0"], ["--", QEMU], ["--net", "br0", "--bogus", "--", QEMU],
    ["--net", "br0,queues=17", "--", QEMU], ["--net", "a-name-of-16-by.", "--", QEMU],
    ["--net", "br0", "--", "cat"], ["--net", "br0", "--", "cat", "{net1.fd}"],
    ["--net", "br0,model=e1000,queues=2", "--", QEMU],
    ["--net", "br0,id=a", "--net", "br0,id=a", "--", QEMU],
    ["--net", "br0,mac=\x1b[31m\n", "--", QEMU],
), ids=range(12))
def test_a_wrong_command_line_is_one_sentence_and_asks_nobody(native_world, words):
    done = run(native_world, "--helper", "/nowhere", *words)
    assert all(" " <= c <= "~" for c in sentence(done, replies.USAGE))


def test_polkit_decides_and_says_no_for_the_command_too(polkit_world):
    program = ["--net", "br0", "--", "true", "{net0.fd}"]
    done = run(polkit_world, *program)
    assert "polkit" in sentence(done, replies.POLKIT_CHALLENGE)
    polkit_world.rules("""polkit.addRule(function(action, subject) {
        if (action.id == "org.vmgrant.tap")
            return action.lookup("bridge") == "br0" ? polkit.Result.YES : polkit.Result.NO;
    });""")
    assert run(polkit_world, *program).code == 0
    done = run(polkit_world, "--net", "br1", "--", "true", "{net0.fd}")
    assert "polkit does not allow it" in sentence(done, replies.POLKIT_DENIED)
