# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""PCI devices for alice's QEMU by iommufd, which newer kernels have."""

import contextlib
import os
import stat
import sys

import pci
from checks import acl, main, run, wait_until
from nested import Guest, NEWER, OLDER
from people import Seated

DENIED, OBJECT = 7, 13
MEMORY = 256 * pci.MIB
LIMIT = 8 * pci.MIB
RULE = f"allow vfio {pci.CARD} user alice memlock=256M"
MAC = "52:54:00:12:34:56"

with contextlib.ExitStack() as world:
    alice = Seated("alice", 1, LIMIT)
    world.callback(alice.leave)
    pci.bind(pci.CARD)
    world.callback(pci.release, pci.CARD)
    [name] = os.listdir(f"{pci.folder(pci.CARD)}/vfio-dev")
    node = f"/dev/vfio/devices/{name}"

    def words(address=pci.CARD, option=""):
        return ["vmgrant", "run", "--no-prompt", "--vfio", f"{address}{option}", "--"]

    @contextlib.contextmanager
    def guest(arguments=(), program=NEWER, option=""):
        with acl(RULE), Guest(alice, arguments, before=words(option=option),
                              program=program) as machine:
            yield machine

    def refused(code, *sentence, address=pci.CARD, option=""):
        done = alice.run([*words(address, option), NEWER, "-version"])
        assert done.returncode == code and "QEMU emulator" not in done.stdout, done
        for part in sentence:
            assert part in done.stdout, done.stdout

    def check_nodes():
        """The kernel has both nodes, and alice can open neither of them."""
        for path in (node, "/dev/iommu"):
            assert stat.S_ISCHR(os.stat(path).st_mode)
            assert alice.run(["sh", "-c", f"exec 3<>{path}"]).returncode != 0, path

    def check_given():
        """The newer QEMU has the device by two fds, and no group is open."""
        with guest(["-S"]) as machine:
            assert "vfio-pci" in machine.monitor("info qtree")
            assert machine.process.pid in pci.holders(node)
            assert machine.process.pid in pci.holders("/dev/iommu")
            assert not pci.holders(pci.group(pci.CARD))
            assert pci.locked_memory(machine.process.pid) == (MEMORY, MEMORY)
        wait_until(lambda: not pci.holders(node), "the device to be let go")

    def check_confined():
        """A confined QEMU has the device by two fds and the rule's limit, under an id of its own.

        That kernel is built without Landlock: the best of what it has.
        """
        before = ["vmgrant", "run", "--no-prompt", "--confine=best", "--file", "/opt:ro", "--vfio", pci.CARD, "--"]
        with acl(RULE), Guest(alice, ["-S"], before=before, program=NEWER) as machine:
            assert "vfio-pci" in machine.monitor("info qtree")
            [pid] = pci.holders(node)
            assert os.stat(f"/proc/{pid}").st_uid >= 100000 and pci.holders("/dev/iommu") == {pid}
            assert pci.locked_memory(pid) == (MEMORY, MEMORY)
        wait_until(lambda: not pci.holders(node), "the device to be let go")

    def check_dma():
        """The card works: its firmware, run by the guest, sends and receives by DMA."""
        before = pci.frames_of(MAC)
        with guest(["-boot", "n"]) as machine:
            wait_until(lambda: pci.frames_of(MAC) >= before + 2, "the card's frames outside", 120)
            assert 64 * 1024 <= pci.status(machine.process.pid, "VmPin") <= MEMORY // 1024

    def check_busy():
        """ATTACKS 32: a device that a guest has cannot be had by the next one."""
        with guest(["-S"]) as machine:
            other = Guest(alice, ["-S"], before=words(), program=NEWER, wait=False)
            assert other.process.wait(60) != 0
            assert "vfio" in other.said(), other.said()
            assert "vfio-pci" in machine.monitor("info qtree")
        wait_until(lambda: not pci.holders(node), "the device to be let go")

    def check_memory():
        """Less memory than the rule gives is what was asked for; more is refused."""
        with guest(["-S"], option=",memlock=96M") as machine:
            assert pci.locked_memory(machine.process.pid) == (96 * pci.MIB, 96 * pci.MIB)
        with acl(RULE):
            refused(DENIED, "locked memory", option=",memlock=257M")

    def check_limit():
        """The limit of a program is raised to what it asks for, and not by a refusal."""
        with acl(RULE):
            assert pci.ask(alice, pci.CARD, 96 * pci.MIB) == (0, 96 * pci.MIB, 96 * pci.MIB)
            assert pci.ask(alice, pci.CARD, MEMORY + 1) == (DENIED, LIMIT, LIMIT)

    def check_not_allowed():
        """No rule, a rule for another device: denied."""
        for rule in ("allow bridge br0", f"allow vfio {pci.EDU} user alice memlock=256M"):
            with acl(rule):
                refused(DENIED, "not allowed")

    def check_not_bound():
        """A device that is not bound to vfio-pci: the command that mends it stands there."""
        with acl(f"allow vfio {pci.EDU} user alice memlock=256M"):
            refused(OBJECT, f"driverctl set-override {pci.EDU} vfio-pci", address=pci.EDU)

    def check_group_all_the_same():
        """A QEMU that knows no iommufd gets the device by its group, with iommufd=off."""
        with guest(["-S"], program=OLDER, option=",iommufd=off") as machine:
            assert "vfio-pci" in machine.monitor("info qtree")
            assert pci.holders(pci.group(pci.CARD)) and not pci.holders(node)
            assert pci.locked_memory(machine.process.pid) == (MEMORY, MEMORY)
        wait_until(lambda: not pci.holders(pci.group(pci.CARD)), "the group to be let go")

    def check_killed():
        """A guest that is killed lets the device go."""
        with guest(["-S"]) as machine:
            machine.process.kill()
            machine.process.wait()
        wait_until(lambda: not pci.holders(node), "the device to be let go")
        wait_until(lambda: run(["pgrep", "-U", "alice", "vmgrant"]).returncode == 1,
                   "alice's helpers to end")

    sys.exit(main(globals()))
