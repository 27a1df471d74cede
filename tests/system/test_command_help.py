# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Help texts and completions of the vmgrant command, and valgrind over it."""

import pytest

import replies
from pci import BRIDGE, GPU, NIC, SOUND, Machine
from test_clients_qemu import QEMU
from test_native_client import need, sentence


def completed(world, *words):
    """What bash would offer."""
    script = (". /usr/share/bash-completion/completions/vmgrant; compopt() { :; }; "
              "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _vmgrant; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    return world.run_as("alice", ["bash", "-c", script, "bash", *words])


@pytest.mark.parametrize("words,expected", (
    (["vmgrant", "r"], {"run", "reattach"}),
    (["vmgrant", "reattach", "--d"], {"--dry-run"}),
    (["vmgrant", "reattach", "b"], {"br0"}),
    (["vmgrant", "list", "--j"], {"--json"}),
    (["vmgrant", "at"], {"attach"}),
    (["vmgrant", "ch"], {"check", "check-acl"}),
    (["vmgrant", "check", "--q"], {"--quiet"}),
    (["vmgrant", "help", "att"], {"attach"}),
    (["vmgrant", "explain", "--u"], {"--user"}),
    (["vmgrant", "al"], {"allow"}),
    (["vmgrant", "setup", "--no"], {"--no-uplink", "--no-polkit"}),
    (["vmgrant", "setup", "--group", "stu"], {"students"}),
    (["vmgrant", "setup", "--bridge", "b"], {"br0"}),
    (["vmgrant", "allow", "b"], {"bridge"}),
    (["vmgrant", "allow", "bridge", "b"], {"br0"}),
    (["vmgrant", "allow", "bridge", "br0", "user", "ali"], {"alice"}),
    (["vmgrant", "allow", "bridge", "br0", "group", "stu"], {"students"}),
    (["vmgrant", "allow", "bridge", "br0", "q"], {"quota=", "queues="}),
    (["vmgrant", "deny", "bridge", "br0", "q"], set()),
    (["vmgrant", "deny", "--d"], {"--dry-run"}),
    (["vmgrant", "log", "--r"], {"--refused"}),
    (["vmgrant", "explain", "--user", "ali"], {"alice"}),
    (["vmgrant", "explain", "bridge", "b"], {"br0"}),
    (["vmgrant", "attach", "--q"], {"--qmp"}),
    (["vmgrant", "detach", "--t"], {"--timeout"}),
    (["vmgrant", "tap", "b"], {"br0"}),
    (["vmgrant", "libvirt", "guest", "--r"], {"--remove"}),
    (["vmgrant", "libvirt", "guest", "--net", "br0,i"], {"br0,id="}),
    (["vmgrant", "run", "--net", "b"], {"br0"}),
    # The words as readline cuts them.
    (["vmgrant", "run", "--net", "br0,queues", "=", "2,v"],
     {"2,vhost=on", "2,vhost=off", "2,vnet=on", "2,vnet=off"}),
    (["vmgrant", "run", "--q"], {"--qemu"}),
    (["vmgrant", "run", "--net", "=", "br0,i"], {"br0,id="}),
    (["vmgrant", "attach", "--net", "br0,i"], set()),
    (["vmgrant", "run", "--vfio", "0000", ":", "03", ":", "00.0,"],
     {"00.0,memlock=", "00.0,iommufd=off", "00.0,bus="}),
    (["vmgrant", "run", "--vfio", "=", "03", ":", "00.0,memlock", "=", "8G,i"],
     {"8G,iommufd=off"}),
    (["vmgrant", "check", "--vfio", "03", ":", "00.0,"], set()),
    (["vmgrant", "run", "--usb", "0951", ":", "1666,"],
     {"1666,port=", "1666,bus=", "1666,device=", "1666,serial=", "1666,follow",
      "1666,optional"}),
    (["vmgrant", "attach", "--usb", "0951", ":", "1666,o"], set()),
    (["vmgrant", "attach", "--usb", "=", "bus", "=", "3,d"], {"3,device="}),
    (["vmgrant", "attach", "--usb", "0951", ":", "1666,serial", "=", "a,"], set()),
))
def test_bash_completes_words_and_bridges(native_world, words, expected):
    done = completed(native_world, *words)
    assert set(done.stdout.decode().split()) == expected, done.stderr


@pytest.mark.parametrize("command,expected", (("run", {GPU, SOUND}),
                                               ("check", {GPU, SOUND, NIC, BRIDGE})))
def test_bash_completes_addresses_of_pci_devices(native_world, command, expected):
    Machine(native_world)
    for address in (GPU, SOUND):
        place = native_world.path(f"/sys/bus/pci/drivers/vfio-pci/{address}")
        place.symlink_to(f"../../devices/{address}")
    done = completed(native_world, "vmgrant", command, "--vfio", "")
    assert set(done.stdout.decode().split()) == expected, done.stderr


@pytest.mark.parametrize("shell,file", (
    ("zsh", "/usr/share/zsh/site-functions/_vmgrant"),
    ("fish", "/usr/share/fish/vendor_completions.d/vmgrant.fish"),
))
def test_other_shells_can_read_their_completions(native_world, shell, file):
    need(shell)
    done = native_world.run_as("alice", [shell, "-n", file])
    assert done.code == 0 and done.stderr == b"", done.stderr


def test_fish_completes_options_and_bridges(native_world):
    need("fish")
    file = "/usr/share/fish/vendor_completions.d/vmgrant.fish"
    for line, expected in (("vmgrant run --dry", "--dry-run"), ("vmgrant run --net b", "br0"),
                           ("vmgrant run --net br0,queues=2,q", "br0,queues=2,queues="),
                           ("vmgrant run --net br0,i", "br0,id="),
                           ("vmgrant run --vfio 03:00.0,bus=a,i", "03:00.0,bus=a,iommufd=off"),
                           ("vmgrant run --vfio=03:00.0,m", "03:00.0,memlock="),
                           ("vmgrant attach --usb 0951:1666,s", "0951:1666,serial=")):
        done = native_world.run_as("alice", ["fish", "--no-config", "-c",
                                             f"source {file}; complete -C '{line}'"])
        assert expected in done.stdout.decode(), (line, done.stdout, done.stderr)
    done = native_world.run_as("alice", ["fish", "--no-config", "-c", f"source {file}; "
                                         "complete -C 'vmgrant attach --net br0,'"])
    assert "br0,bus=" in done.stdout.decode() and "id=" not in done.stdout.decode(), done.stdout


def test_help_and_version(native_world):
    for words in (["--help"], ["run", "--help"], ["attach", "--help"], ["detach", "--help"],
                  ["list", "--help"], ["reattach", "--help"], ["check", "--help"], ["check-acl", "--help"], ["setup", "--help"], ["allow", "--help"], ["deny", "--help"],
                  ["explain", "--help"], ["log", "--help"],
                  ["--version"]):
        done = native_world.run_as("alice", ["vmgrant", *words])
        assert done.code == 0 and done.stdout and done.stderr == b""
    done = native_world.run_as("alice", ["vmgrant", "check", "--help"])
    assert b"exit status is 104 if a line says FAIL" in done.stdout
    done = native_world.run_as("alice", ["vmgrant", "--version", "bogus"])
    assert "bogus: unknown argument" in sentence(done, replies.USAGE) and done.stdout == b""
    done = native_world.run_as("alice", ["vmgrant", "bogus"])
    assert "bogus: unknown command" in sentence(done, replies.USAGE)


def test_valgrind_finds_nothing_in_the_command(native_world):
    need("valgrind")
    valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    for words in (["list", "--json"], ["list"],
                  ["run", "--dry-run", "--net", "br0,queues=2", "--", QEMU, "a b"]):
        done = native_world.run_as("alice", [*valgrind, "vmgrant", *words])
        assert done.code == 0, done.stderr


def test_what_was_probably_meant_is_named(native_world):
    for words, meant in ((["chek"], "check"), (["lst"], "list"), (["--hepl"], None),
                         (["check", "--queit"], "--quiet"), (["list", "--jsn"], "--json"),
                         (["run", "--nte", "br0"], "--net"), (["attach", "--qpm=x"], "--qmp"),
                         (["explain", "--usr", "x"], "--user"), (["detach", "--tmieout"], "--timeout")):
        done = native_world.run_as("alice", ["vmgrant", *words])
        text = sentence(done, replies.USAGE)
        assert (f"did you mean {meant}?" in text) == (meant is not None), text
        assert "unknown" in text
    done = native_world.run_as("alice", ["vmgrant", "run", "--net", "bR0", "--", QEMU])
    assert "did you mean br0?" in sentence(done, replies.DENIED)
    # Another number is another thing, and not a slip.
    done = native_world.run_as("alice", ["vmgrant", "run", "--net", "br7", "--", QEMU])
    assert "did you mean" not in sentence(done, replies.DENIED)


def test_a_value_that_is_missing_or_too_much_is_named(native_world):
    for words, text in ((["run", "--net"], "--net needs a value"),
                        (["check", "--json=x"], "--json takes no value"),
                        (["list", "-x"], "unknown option -x"),
                        (["explain", "bridge"], "explain: OBJECT is missing"),
                        (["explain"], "explain: KIND and OBJECT are missing")):
        assert text in sentence(native_world.run_as("alice", ["vmgrant", *words]), replies.USAGE)


def test_help_is_a_command_and_version_has_a_letter(native_world):
    plain = native_world.run_as("alice", ["vmgrant", "--help"]).stdout
    assert native_world.run_as("alice", ["vmgrant", "help"]).stdout == plain
    for command in ("run", "attach", "detach", "list", "check", "allow", "deny", "check-acl", "explain"):
        assert command.encode() in plain
        done = native_world.run_as("alice", ["vmgrant", "help", command])
        assert done.code == 0 and done.stdout.startswith(f"usage: vmgrant {command}".encode())
    assert "unknown command" in sentence(
        native_world.run_as("alice", ["vmgrant", "help", "bogus"]), replies.USAGE)
    done = native_world.run_as("alice", ["vmgrant", "-V"])
    assert done.stdout == native_world.run_as("alice", ["vmgrant", "--version"]).stdout != b""
