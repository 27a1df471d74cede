# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant run and attach with USB and PCI devices, on a machine that has none.

A helper that stands in hands over /dev/null. What a real QEMU makes of it is a refusal;
what it gets before, and what is left afterwards, is looked at here.
"""

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import namespaces as ns
import replies
from confining import complaints, give_ids
from hotplug import (MONITOR, PORTS, PROXY, QMP, REFUSED, SOCKET, attach, devices, sentence,
                     vmgrant)
# Fixtures.
from hotplug import guest, plug_world, proxy  # pylint: disable=unused-import
from pci import GPU, SOUND, Machine
from process import wait_until
from test_clients_qemu import MACHINE, QEMU, Guest

HELPER, OPENER = "/home/alice/helper", "/home/alice/qemu-system-opener"
GROUP, CONTAINER = "/dev/vfio/12", "/dev/vfio/vfio"


@pytest.fixture(scope="module")
def build():
    folder = os.environ.get("VMGRANT_BUILD")
    if not folder:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("VMGRANT_BUILD is not set")
    return Path(folder)


@pytest.fixture
def device_world(plug_world, build):
    """A world with the helper that stands in, and a QEMU that only opens files."""
    plug_world.write(HELPER, (build / "tests/unit/stand-in").read_bytes(), mode=0o755)
    plug_world.write(OPENER, (build / "tests/unit/opener").read_bytes(), mode=0o755)
    return plug_world


def run(world, *words, program=OPENER, arguments=(), **options):
    return world.run_as("alice", ["vmgrant", "run", "--helper", HELPER, *words, "--", program,
                                  *arguments], **options)


def opened(done):
    """{(call, path): what came of it}."""
    assert done.code == 0, done.stderr
    lines = [line.rsplit(": ", 1) for line in done.stdout.decode().splitlines()]
    return {tuple(name.split(" ", 1)): result for name, result in lines}


def fd_sets(guest):
    """What QEMU's sets of fds say of themselves. QEMU keeps those that it has emptied."""
    return [fd.get("opaque") for entry in guest.ask("query-fdsets") for fd in entry["fds"]]


def name_of(folder):
    try:
        return Path(f"{folder}/comm").read_text(encoding="ascii").strip()
    except OSError:
        return None


def supervisors(world):
    """Processes in the world that answer opens."""
    return [folder for folder in ns.inhabitants(world.namespaces)
            if name_of(folder) == "vmgrant-opens"]


# ---- vmgrant run --usb ----

def test_qemu_gets_the_node_as_a_set_of_fds(device_world):
    done = run(device_world, "--usb", "0951:1666", program=QEMU, arguments=MACHINE[1:])
    # It had the node, opened it, and found that it is no USB device.
    assert done.code == 1 and b"failed to open host usb device /dev/fdset/7600" in done.stderr


def test_the_controller_is_there_for_other_devices_too(device_world):
    words = ["run", "--dry-run", "--helper", HELPER, "--usb", "1-1", "--usb", "1-2", "--", QEMU]
    line = device_world.run_as("alice", ["vmgrant", *words]).stdout.decode()
    controller = shlex.split(line)[shlex.split(line).index("-device") + 1]
    tablet = ["-device", controller, "-device",
              '{"driver":"usb-tablet","bus":"vmgrant-xhci.0"}']
    with Guest(device_world, ["-machine", "q35", *tablet]) as guest:
        usb = guest.ask("human-monitor-command", **{"command-line": "info usb"})
        assert "QEMU USB Tablet" in usb
        guest.quit()


def test_devices_are_for_qemu_only(device_world):
    for option, value in (("--usb", "1-1"), ("--vfio", "03:00.0")):
        said = sentence(run(device_world, option, value, program="cat"), replies.USAGE)
        assert "cat: not a QEMU" in said
    said = sentence(run(device_world, "--usb", "nonsense"), replies.USAGE)
    assert "--usb: nonsense: must be VID:PID" in said
    said = sentence(run(device_world, "--vfio", "1:2"), replies.USAGE)
    assert "--vfio: 1:2: must be an address" in said
    said = sentence(run(device_world, "--vfio", "03:00.0", "--vfio", "0000:03:00.0"),
                    replies.USAGE)
    assert "--vfio 0000:03:00.0: given twice" in said


def test_a_refused_device_starts_nothing(device_world):
    """The stand-in refuses by the serial number's words."""
    said = sentence(run(device_world, "--usb", "1-1", "--usb", "0951:1666,serial=no"),
                    replies.DENIED)
    assert "not allowed" in said


def test_a_device_that_may_be_missing_is_left_out(device_world):
    """The installed helper, on a machine without USB."""
    device_world.write_acl("allow usb *:* user alice polkit=no\n")
    device_world.write("/home/alice/qemu-system-sh", "#!/bin/sh\necho $*\n", mode=0o755)
    words = ["vmgrant", "run", "--usb", "0951:1666,optional", "--", "/home/alice/qemu-system-sh"]
    done = device_world.run_as("alice", words)
    assert done.code == 0 and done.stdout == b"\n", done
    said = done.stderr.decode().splitlines()
    assert said == ["vmgrant: usb 0951:1666,optional: not plugged in: "
                    "the guest starts without it"]
    words[3] = "0951:1666"
    assert device_world.run_as("alice", words).code == replies.OBJECT


# ---- vmgrant run --vfio ----

def test_iommufd_goes_over_by_fds(device_world):
    done = run(device_world, "--vfio", "03:00.0", program="qemu-system-x86_64",
               arguments=["--version"])
    assert done.code == 0, done.stderr
    script = "for f in /proc/$$/fd/*; do echo ${f##*/} $(readlink $f); done; echo $*"
    device_world.write("/home/alice/qemu-system-sh", f"#!/bin/sh\n{script}\n", mode=0o755)
    done = run(device_world, "--vfio", "03:00.0", "--usb", "1-1",
               program="/home/alice/qemu-system-sh")
    *files, words = done.stdout.decode().splitlines()
    numbers = {line.split()[0] for line in files if line.endswith(" /dev/null")}
    for key in ("fd=", ",fd="):
        assert words.split(key)[1].split(",")[0].split()[0] in numbers, (words, files)
    assert "-object iommufd,id=vmgrant-iommufd,fd=" in words
    assert not supervisors(device_world)


def test_a_group_is_given_to_a_qemu_that_opens_it_by_path(device_world):
    inode = device_world.call(lambda: os.stat("/dev/null").st_ino)
    done = run(device_world, "--vfio", "03:00.1", arguments=[GROUP, CONTAINER, "/etc/passwd"])
    results = opened(done)
    for call in ("open", "openat", "openat2"):
        cloexec = "" if call == "open" else " cloexec"
        assert results[call, GROUP] == f"{inode}{cloexec}"
    # The container that was granted, once; then the kernel's own, which is not here.
    assert results["open", CONTAINER] == str(inode)
    assert results["openat", CONTAINER] == results["openat2", CONTAINER] == "error 2"
    assert results["openat", "/etc/passwd"].startswith("error 13")
    assert done.stderr == b""
    wait_until(lambda: not supervisors(device_world), "the supervisor to end")


def test_a_confined_qemu_is_given_its_group_too(device_world):
    """Under an id of its own, in namespaces of its own; the node itself is not there."""
    give_ids(device_world)
    device_world.write("/usr/local/bin/opener", device_world.path(OPENER).read_bytes(), mode=0o755)
    # Words of its own would name disks.
    device_world.write("/home/alice/qemu-system-sh", f"#!/bin/sh\nexec opener {GROUP} {CONTAINER} /etc/passwd\n",
                       mode=0o755)
    inode = device_world.call(lambda: os.stat("/dev/null").st_ino)
    for confine in ("--confine", "--confine=same-user"):
        done = run(device_world, "--vfio", "03:00.1", confine, program="/home/alice/qemu-system-sh")
        results = opened(done)
        assert {results[call, GROUP].split()[0] for call in ("open", "openat", "openat2")} == {str(inode)}
        assert results["open", CONTAINER] == str(inode) and results["openat", CONTAINER] == "error 2"
        assert results["openat", "/etc/passwd"] == "error 2" and complaints(done) == [], done
        wait_until(lambda: not supervisors(device_world), "the supervisor to end")


def test_a_second_device_of_a_group_comes_with_the_first(device_world):
    """A group opens once only: the second request would be refused."""
    Machine(device_world)
    device_world.write("/home/alice/qemu-system-sh", "#!/bin/sh\necho $*\n", mode=0o755)
    words = run(device_world, "--vfio", SOUND, "--vfio", GPU,
                program="/home/alice/qemu-system-sh").stdout.decode()
    # By itself the stand-in gives this one by iommufd.
    assert words == (f"-device vfio-pci,id=vmgrant-vfio0,host={SOUND} "
                     f"-device vfio-pci,id=vmgrant-vfio1,host={GPU}\n")


def test_a_dry_run_with_the_installed_helper_tells_what_would_be(device_world):
    machine = Machine(device_world)
    words = ["vmgrant", "run", "--dry-run", "--vfio", GPU, "--", QEMU, "-m", "4G"]
    said = sentence(device_world.run_as("alice", words), replies.DENIED)
    assert GPU in said and "not allowed" in said
    device_world.write_acl(f"allow vfio {GPU} user alice polkit=no\n"
                           f"allow vfio {SOUND} user alice polkit=no\n")
    done = device_world.run_as("alice", words)
    start = f"{QEMU} -m 4G"
    assert done.stdout.decode() == (
        f'{start} -device \'{{"driver":"vfio-pci","id":"vmgrant-vfio0","host":"{GPU}",'
        '"addr":"0x18"}\'\n'), done.stderr
    machine.with_iommufd()
    done = device_world.run_as("alice", words)
    assert done.stdout.decode() == (
        f"{start} -object iommufd,id=vmgrant-iommufd,fd=4 "
        '-device \'{"driver":"vfio-pci","id":"vmgrant-vfio0","iommufd":"vmgrant-iommufd",'
        '"fd":"3","addr":"0x18"}\'\n'), done.stderr
    machine.bind(SOUND, "snd_hda_intel")
    assert "snd_hda_intel" in sentence(device_world.run_as("alice", words), replies.OBJECT)


def test_a_static_program_is_answered_too(device_world, tmp_path):
    source = Path(__file__).parent.parent / "unit/opener.c"
    made = tmp_path / "opener-static"
    compiled = subprocess.run(["gcc", "-D_GNU_SOURCE", "-static", "-pthread", "-o", made, source],
                              check=False, capture_output=True)
    if compiled.returncode != 0:
        pytest.skip("no static program can be linked here")
    device_world.write("/home/alice/qemu-system-static", made.read_bytes(), mode=0o755)
    done = run(device_world, "--vfio", "03:00.1", arguments=[GROUP],
               program="/home/alice/qemu-system-static")
    assert not opened(done)["openat", GROUP].startswith("error")


def test_a_real_qemu_asks_for_its_group_through_the_supervisor(device_world):
    """It gets as far as a machine without an IOMMU lets it, and ends with the supervisor."""
    done = run(device_world, "--vfio", "03:00.1", program=QEMU, arguments=MACHINE[1:])
    assert done.code == 1 and b"0000:03:00.1" in done.stderr
    wait_until(lambda: not supervisors(device_world), "the supervisor to end")


def test_a_running_qemu_has_one_supervisor_and_no_strange_child(device_world):
    script = "[ $1 = --version ] && exit; echo $$; exec sleep 1000"
    device_world.write("/home/alice/qemu-system-sh", f"#!/bin/sh\n{script}\n", mode=0o755)
    process = device_world.spawn(
        ["vmgrant", "run", "--helper", HELPER, "--vfio", "03:00.1", "--",
         "/home/alice/qemu-system-sh"], "alice")
    wait_until(lambda: supervisors(device_world), "the supervisor")
    wait_until(lambda: name_of(f"/proc/{process.pid}") == "sleep", "the program")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert children.read_text(encoding="ascii") == ""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    assert "NoNewPrivs:\t1" in status
    (folder,) = supervisors(device_world)
    status = Path(f"{folder}/status").read_text(encoding="ascii")
    assert "Uid:\t1000\t1000\t1000\t1000" in status and "CapEff:\t0000000000000000" in status
    links = [os.readlink(f"{folder}/fd/{fd}") for fd in os.listdir(f"{folder}/fd")]
    assert not [link for link in links if link.startswith(("pipe:", "socket:"))], links
    process.kill()
    wait_until(lambda: not supervisors(device_world), "the supervisor to end")


def test_a_program_that_cannot_be_started_leaves_no_supervisor(device_world):
    said = sentence(run(device_world, "--vfio", "03:00.1", program="/home/alice/qemu-system-no"),
                    127)
    assert "cannot be started" in said
    wait_until(lambda: not supervisors(device_world), "the supervisor to end")


# ---- vmgrant attach --usb ----

XHCI = ["-device", "qemu-xhci,id=usb"]


def attach_usb(world, *words, **options):
    return attach(world, "--helper", HELPER, "--usb", "0951:1666", *words, **options)


@pytest.fixture
def usb_guest(device_world):
    with Guest(device_world, [*PORTS, *MONITOR, *XHCI], stopped=False) as running:
        yield running


def test_a_node_that_qemu_refuses_is_taken_back(device_world, usb_guest):
    said = sentence(attach_usb(device_world), REFUSED)
    assert "vmgrant0: cannot be plugged in: failed to open host usb device" in said
    assert said.endswith(": all is undone")
    assert fd_sets(usb_guest) == [] and "vmgrant0" not in devices(usb_guest)


def test_a_qemu_without_usb_is_told_what_it_needs(device_world, guest):
    said = sentence(attach_usb(device_world), REFUSED)
    assert "no USB controller: start QEMU with -device qemu-xhci" in said
    assert fd_sets(guest) == []


@pytest.mark.parametrize("action,code", (("refuse", REFUSED), ("cut", QMP), ("cut-after", QMP)))
@pytest.mark.parametrize("step", ("add-fd", "device_add"))
def test_a_failure_at_any_step_leaves_no_set(device_world, usb_guest, proxy, step, action, code):
    proxy(**{step: action})
    said = sentence(attach_usb(device_world, socket=PROXY), code)
    assert said.endswith(": all is undone")
    assert fd_sets(usb_guest) == [] and "vmgrant0" not in devices(usb_guest)


def test_what_stays_after_a_device_is_found_by_detach(device_world, usb_guest, proxy):
    """As if QEMU had taken it: the set is there, and goes by the id."""
    proxy(device_add="swallow")
    done = attach_usb(device_world, "--id", "stick", "--json", socket=PROXY)
    assert done.code == 0 and json.loads(done.stdout) == {"id": "stick", "node": "/dev/node"}
    assert fd_sets(usb_guest) == ["vmgrant-stick"]
    assert vmgrant(device_world, "detach", "stick").code == 0
    assert fd_sets(usb_guest) == []


def test_a_usb_device_of_somebody_else_stays(device_world, usb_guest):
    usb_guest.ask("device_add", driver="usb-tablet", id="tablet", bus="usb.0")
    said = sentence(vmgrant(device_world, "detach", "tablet"), replies.OBJECT)
    assert "tablet: not attached by vmgrant" in said and "tablet" in devices(usb_guest)


def test_following_is_for_usb(device_world, usb_guest):
    said = sentence(attach(device_world, "--net", "br0", "--follow"), replies.USAGE)
    assert "--follow: only for --usb" in said
    assert usb_guest.ask("query-status")["running"] is True


def test_valgrind_finds_nothing(device_world, usb_guest, proxy):
    if not shutil.which("valgrind"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("valgrind is not installed")
    valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    tools = ["--helper", HELPER]
    for words, code in (
            (["attach", "--qmp", SOCKET, *tools, "--usb", "1-1"], REFUSED),
            (["attach", "--qmp", PROXY, *tools, "--usb", "1-1"], 0),
            (["detach", "--qmp", SOCKET, "vmgrant0"], 0),
            (["run", *tools, "--dry-run", "--usb", "1-1", "--vfio", "3:0.1", "--", QEMU], 2),
            (["run", *tools, "--dry-run", "--usb", "1-1", "--vfio", "03:00.1", "--", QEMU], 0)):
        if PROXY in words:
            proxy(device_add="swallow")
        done = device_world.run_as("alice", [*valgrind, "vmgrant", *words])
        assert done.code == code, done.stderr
