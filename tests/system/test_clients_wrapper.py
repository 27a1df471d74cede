# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant-qemu-x86_64 as the emulator of domains in a real libvirt session."""

import re

import pytest

import looking
from libvirt_session import QEMU, refusal
from process import wait_until
from world import environment
from wrapped_session import UUID, WRAPPER
# Fixtures.
from wrapped_session import alice, libvirt_world  # pylint: disable=unused-import


def process_of(world, name):
    """The words, the variables and the descriptors of a domain's QEMU."""
    def look():
        with open(f"/run/user/1000/libvirt/qemu/run/{name}.pid", encoding="ascii") as file:
            pid = int(file.read())
        texts = []
        for what in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{what}", "rb") as file:
                texts.append(file.read().decode().split("\0"))
        return (*texts, looking.files_of(pid))
    return world.call(look)


def test_a_domain_gets_a_card_with_queues(libvirt_world, alice):
    alice.run("guest", VMGRANT="--net br0,queues=2")
    assert alice.ask("domstate", "guest").strip() == "running"
    assert len(libvirt_world.taps()) == 1
    [(mac, slot)] = alice.cards("guest").items()
    assert re.fullmatch("52:54:00(:[0-9a-f]{2}){3}", mac) and slot == 0x18
    assert alice.monitor("guest", "qom-get", path="/machine/peripheral/vmgrant-net0", property="mq")
    words, variables, files = process_of(libvirt_world, "guest")
    assert words[0] == QEMU
    assert list(files.values()).count("/dev/net/tun") == 2
    # libvirt's own sandbox stays, in which QEMU could start no helper.
    assert "spawn=deny" in words[words.index("-sandbox") + 1]
    assert not any(variable.startswith("VMGRANT") for variable in variables)


def test_libvirt_goes_on_with_such_a_domain(libvirt_world, alice):
    """Its hot-plug, save and restore; and the card is the same afterwards."""
    alice.run("guest", VMGRANT="--net br0")
    alice.ask("attach-interface", "guest", "bridge", "br0", "--model", "virtio", "--live")
    before = alice.cards("guest")
    assert len(before) == 2 and len(set(before.values())) == 2
    alice.ask("save", "guest", "/home/alice/guest.save")
    libvirt_world.wait_no_taps()
    alice.ask("restore", "/home/alice/guest.save")
    assert alice.ask("domstate", "guest").strip() == "running"
    assert alice.cards("guest") == before
    assert len(libvirt_world.taps()) == 2


def test_domains_by_a_file_of_their_name_have_addresses_of_their_own(libvirt_world, alice):
    alice.write(".config/vmgrant/libvirt/one.conf", "# cards\n--net br0\n'--net' \"br0\"\n")
    alice.write("two words.conf", "--net\tbr0\n--confine=best")
    alice.run("one", 1, machine="q35")
    alice.run("two", 2, VMGRANT_FILE="/home/alice/two words.conf")
    one, two = alice.cards("one"), alice.cards("two")
    assert len(one) == 2 and len(two) == 1 and len({*one, *two}) == 3
    assert len(libvirt_world.taps()) == 3


@pytest.mark.parametrize("variable", ("--net br1", "--net br0 --net br1"))
def test_a_refusal_is_in_virshs_error(libvirt_world, alice, variable):
    done = alice.virsh("create", alice.domain("guest", VMGRANT=variable))
    assert refusal(done, "vmgrant").startswith(
        "vmgrant: bridge br1: not allowed for user alice: ask the administrator"), done.stderr
    assert alice.ask("list", "--all", "--name").split() == []
    libvirt_world.wait_no_taps()


def start(world, *words, **variables):
    """The emulator by hand."""
    return world.run_as("alice", [WRAPPER, *words], env={**environment("alice"), **variables})


@pytest.mark.parametrize("variables,expected", (
    ({"VMGRANT": "--net 'br0"}, "VMGRANT: a quote is not closed"),
    ({"VMGRANT": "--net br0 -- /bin/true"}, "/bin/true: not an option of vmgrant run"),
    ({"VMGRANT": "--net"}, "run: --net needs a value"),
    ({"VMGRANT_FILE": "/home/alice/none"}, "VMGRANT_FILE /home/alice/none: No such file"),
    ({"VMGRANT_FILE": "/home/alice"}, "/home/alice: cannot be read: not a file of text"),
    ({"VMGRANT_FILE": "/dev/zero"}, "/dev/zero: cannot be read: not a file of text"),
    ({"VMGRANT_FILE": "/usr/bin/vmgrant"}, "/usr/bin/vmgrant: cannot be read: File too large"),
    ({"VMGRANT_QEMU": "/nowhere"}, "VMGRANT_QEMU /nowhere: not a program that can be started"),
    ({"VMGRANT_QEMU": WRAPPER}, f"VMGRANT_QEMU {WRAPPER}: not a program that can be started"),
))
def test_words_that_make_no_sense_are_named(libvirt_world, variables, expected):
    done = start(libvirt_world, "-S", **variables)
    assert done.code != 0 and done.stderr.decode().startswith(f"vmgrant: {expected}"), done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_address_comes_from_the_uuid_alone(libvirt_world):
    def address(*words):
        done = start(libvirt_world, *words, VMGRANT="--dry-run --net br0")
        return re.search("52:54:00(:[0-9a-f]{2}){3}", done.stdout.decode()).group()
    one = address("-uuid", UUID.format(1), "-name", "guest=a")
    assert address("-uuid", UUID.format(1).upper(), "-name", "b", "-m", "1G") == one
    assert address("-uuid", UUID.format(2), "-name", "guest=a") != one


@pytest.mark.parametrize("name", ("../libvirt/one", ".", "", "none"))
def test_only_a_file_of_that_name_counts(libvirt_world, name):
    """Without one QEMU starts with the words that it was given."""
    libvirt_world.write("/home/alice/.config/vmgrant/libvirt/one.conf", "--net nonsense\n")
    done = start(libvirt_world, "-name", f"guest={name}", "-nonsense")
    assert done.stderr == b"qemu-system-x86_64: -nonsense: invalid option\n", done.stderr
    done = start(libvirt_world, "-name", "guest=one", "-nonsense")
    assert done.stderr.startswith(b"vmgrant: bridge nonsense: ")


def test_what_qemu_can_do_is_what_libvirt_learns(alice):
    asked = ("domcapabilities", "--virttype", "qemu", "--emulatorbin")
    wrapped, plain = alice.ask(*asked, WRAPPER), alice.ask(*asked, QEMU)
    assert wrapped.replace(WRAPPER, QEMU) == plain


@pytest.mark.parametrize("words", (
    ["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none", "-version"],
    ["-device", "help"], ["--version"], ["-machine", "?"],
))
def test_a_question_is_qemus_alone(libvirt_world, words):
    done = start(libvirt_world, *words, VMGRANT="--net nonsense")
    plain = libvirt_world.run_as("alice", [QEMU, *words])
    assert (done.code, done.stdout, done.stderr) == (plain.code, plain.stdout, plain.stderr)
    assert done.code == 0 and done.stdout


def test_a_link_in_another_folder_is_for_the_qemu_there(libvirt_world):
    script = """mkdir qemus && cd qemus && ln -s /usr/bin/vmgrant vmgrant-qemu-sh4 &&
        printf '#!/bin/sh\necho "$0 $*"\n' >qemu-system-sh4 && chmod +x qemu-system-sh4 &&
        $PWD/vmgrant-qemu-sh4 -name 'a b' && ln -s /usr/bin/vmgrant vmgrant-qemu-none &&
        $PWD/vmgrant-qemu-none"""
    done = libvirt_world.run_as("alice", ["sh", "-c", script], cwd="/home/alice")
    assert done.stdout == b"/home/alice/qemus/qemu-system-sh4 -name a b\n"
    assert done.code == 127 and b"qemu-system-none: not found" in done.stderr


# One port, and nothing of libvirt's own that would take it.
PORT = ("<memballoon model='none'/><controller type='usb' model='none'/>"
        "<controller type='pci' index='0' model='pcie-root'/>"
        "<controller type='pci' model='pcie-root-port'/>")


def test_a_card_comes_and_goes_by_libvirts_monitor(libvirt_world, alice):
    alice.run("guest", machine="q35", emulator=QEMU, devices=PORT)
    done = alice.vmgrant("attach", "--libvirt", "guest", "--net", "br0,queues=2")
    assert (done.code, done.stdout) == (0, b"vmgrant0\n"), done.stderr
    assert len(alice.cards("guest")) == 1 and len(libvirt_world.taps()) == 1
    ending = alice.begin("detach", "--libvirt", "guest", "--timeout", "60", "vmgrant0")

    def has_gone():
        # The firmware lets nothing go; a reset does what a system would do.
        alice.ask("reset", "guest")
        return not ending.running()
    wait_until(has_gone, "the guest to let the card go", pause_s=0.3)
    assert ending.wait().code == 0, ending.stderr
    libvirt_world.wait_no_taps()
    assert alice.cards("guest") == {}


@pytest.mark.parametrize("words,expected", (
    (["attach", "--libvirt", "none", "--net", "br0"], b"libvirt domain none: failed to get domain"),
    (["detach", "--libvirt", "-none", "x"], b"libvirt domain -none: failed to get domain"),
    (["attach", "--libvirt", "a", "--qmp", "b", "--net", "br0"], b"--qmp and --libvirt: one of them"),
    (["detach", "x"], b"--qmp SOCKET or --libvirt DOMAIN is missing"),
))
def test_a_domain_that_is_not_there_is_named(alice, words, expected):
    done = alice.vmgrant(*words)
    assert done.code != 0 and expected in done.stderr and done.stderr.count(b"\n") == 1, done.stderr


def test_libvirt_asks_a_new_qemu_again_when_the_emulator_is_touched(libvirt_world, alice):
    """As the manual says of a QEMU that was upgraded."""
    folder = "/home/alice/qemus2"
    emulator, asked = f"{folder}/vmgrant-qemu-x86_64", f"{folder}/asked"
    script = f"""mkdir {folder} && cp /usr/bin/vmgrant {emulator} && cd {folder} &&
        printf '#!/bin/sh\necho >>{asked}; exec {QEMU} "$@"\n' >qemu-system-x86_64 &&
        chmod +x qemu-system-x86_64"""
    assert libvirt_world.run_as("alice", ["sh", "-c", script]).code == 0

    def times():
        alice.ask("domcapabilities", "--virttype", "qemu", "--emulatorbin", emulator)
        return libvirt_world.path(asked).read_text(encoding="ascii").count("\n")
    first = times()
    assert first > 0 and times() == first  # it remembers
    # It looks at whole seconds.
    script = (f"while [ $(date +%s) -le $(stat -c %Z {emulator}) ]; do sleep 0.1; done; "
              f"touch {emulator}")
    assert libvirt_world.run_as("alice", ["sh", "-c", script]).code == 0
    assert times() > first
