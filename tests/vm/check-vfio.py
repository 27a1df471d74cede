# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""PCI devices for alice's QEMU by VFIO groups, which is what Debian's kernel has."""

import contextlib
import os
import sys

import pci
from checks import acl, main, need, run, wait_until
from nested import Guest, NEWER, OLDER
from people import Person, Seated

DENIED, CHALLENGE, OBJECT = 7, 9, 13
MEMORY = 256 * pci.MIB
# What systemd gives to everybody.
LIMIT = 8 * pci.MIB
RULE = f"allow vfio {pci.CARD} user alice memlock=256M"
MAC = "52:54:00:12:34:56"
# Its firmware is the card's own: it runs in the nested guest and asks for an address.
FROM_CARD = ["-boot", "n"]

with contextlib.ExitStack() as world:
    alice = Seated("alice", 1, LIMIT)
    world.callback(alice.leave)
    bob_behind = Seated("bob", 2)
    world.callback(bob_behind.leave)
    pci.bind(pci.CARD)
    world.callback(pci.release, pci.CARD)

    def words(address=pci.CARD, option=""):
        return ["vmgrant", "run", "--no-prompt", "--vfio", f"{address}{option}", "--"]

    def refused(code, *sentence, address=pci.CARD, option="", person=alice):
        """Refused with that exit status and those words."""
        done = person.run([*words(address, option), OLDER, "-version"])
        assert done.returncode == code and "QEMU emulator" not in done.stdout, done
        for part in sentence:
            assert part in done.stdout, done.stdout

    def works(program, arguments=(), rule=RULE, option=""):
        """A context: alice's guest with the card."""
        stack = contextlib.ExitStack()
        stack.enter_context(acl(rule))
        machine = stack.enter_context(
            Guest(alice, arguments, before=words(option=option), program=program))
        return stack, machine

    def uses(program):
        """The guest has the device, owns no right to the node, and the limit is the rule's."""
        stack, machine = works(program, ["-S"])
        with stack:
            assert "vfio-pci" in machine.monitor("info qtree")
            assert pci.locked_memory(machine.process.pid) == (MEMORY, MEMORY)
            assert os.stat(f"/proc/{machine.process.pid}").st_uid == 1000
            assert alice.run(["sh", "-c", f"exec 3<>{pci.group(pci.CARD)}"]).returncode != 0
        wait_until(lambda: not pci.holders(pci.group(pci.CARD)), "the group to be let go")

    def check_node_is_closed():
        """Alice cannot open the group's node herself."""
        facts = os.stat(pci.group(pci.CARD))
        assert (facts.st_uid, facts.st_mode & 0o777) == (0, 0o600)
        assert alice.run(["sh", "-c", f"exec 3<>{pci.group(pci.CARD)}"]).returncode != 0

    def check_older_qemu():
        """QEMU 7.2 has the device by its group; the limit on locked memory is the rule's."""
        uses(OLDER)

    def check_newer_qemu():
        """The newer QEMU has the device by its group."""
        uses(NEWER)

    def check_dma():
        """The card works: its firmware, run by the guest, sends and receives by DMA."""
        before = pci.frames_of(MAC)
        stack, machine = works(OLDER, FROM_CARD)
        with stack:
            # DHCP's discover and, after an answer was received, its request.
            wait_until(lambda: pci.frames_of(MAC) >= before + 2, "the card's frames outside", 120)
            assert 64 * 1024 <= pci.status(machine.process.pid, "VmLck") <= MEMORY // 1024

    def check_confined():
        """A confined guest has the card by its group, under an id of its own, and uses it."""
        before = pci.frames_of(MAC)
        confined = ["vmgrant", "run", "--no-prompt", "--confine", "--vfio", pci.CARD, "--"]
        with acl(RULE), Guest(alice, FROM_CARD, before=confined, program=OLDER):
            wait_until(lambda: pci.frames_of(MAC) >= before + 2, "the card's frames outside", 120)
            # Who answers its opens has the group open, too, and is alice.
            [pid] = [pid for pid in pci.holders(pci.group(pci.CARD)) if os.stat(f"/proc/{pid}").st_uid >= 100000]
            assert 64 * 1024 <= pci.status(pid, "VmLck") <= MEMORY // 1024
            assert pci.locked_memory(pid) == (MEMORY, MEMORY)
        wait_until(lambda: not pci.holders(pci.group(pci.CARD)), "the group to be let go")

    def check_asked_memory():
        """Less locked memory than the rule gives: the limit is what was asked for."""
        stack, machine = works(OLDER, ["-S"], option=",memlock=96M")
        with stack:
            assert pci.locked_memory(machine.process.pid) == (96 * pci.MIB, 96 * pci.MIB)

    def check_too_much_memory():
        """More locked memory than the rule gives: refused."""
        with acl(RULE):
            refused(DENIED, "locked memory", option=",memlock=257M")

    def check_limit():
        """The limit of a program is raised to what it asks for, never lowered, and not at all
        by a refusal."""
        with acl(RULE):
            assert pci.ask(alice, pci.CARD, 96 * pci.MIB) == (0, 96 * pci.MIB, 96 * pci.MIB)
            assert pci.ask(alice, pci.CARD, 4 * pci.MIB) == (0, LIMIT, LIMIT)
            assert pci.ask(alice, pci.CARD, MEMORY + 1) == (DENIED, LIMIT, LIMIT)
            assert pci.ask(alice, pci.EDU, MEMORY) == (DENIED, LIMIT, LIMIT)
            stack, _ = works(OLDER, ["-S"])
            with stack:
                assert pci.ask(alice, pci.CARD, MEMORY) == (OBJECT, LIMIT, LIMIT)

    def check_busy():
        """ATTACKS 32: a group that a guest has is refused to the next one."""
        stack, _ = works(OLDER, ["-S"])
        with stack:
            refused(OBJECT, "in use by another virtual machine")
        wait_until(lambda: not pci.holders(pci.group(pci.CARD)), "the group to be let go")

    def check_killed():
        """A guest that is killed lets the group go, with whatever served it."""
        stack, machine = works(OLDER, ["-S"])
        with stack:
            machine.process.kill()
            machine.process.wait()
            wait_until(lambda: not pci.holders(pci.group(pci.CARD)), "the group to be let go")
        wait_until(lambda: run(["pgrep", "-U", "alice", "vmgrant"]).returncode == 1,
                   "alice's helpers to end")

    def check_not_allowed():
        """No rule, a rule for another device, a deny: denied."""
        for rule in ("allow bridge br0", f"allow vfio {pci.EDU} user alice memlock=1G",
                     f"{RULE}\ndeny vfio 8086:* user alice"):
            with acl(rule):
                refused(DENIED, "not allowed", "ask the administrator")

    def check_polkit():
        """polkit says no to bob whose terminal is not in front, and to alice in a service."""
        with acl(f"allow vfio {pci.CARD} memlock=256M"):
            refused(CHALLENGE, "org.vmgrant.vfio", person=bob_behind)
            refused(CHALLENGE, "org.vmgrant.vfio", person=Person("alice"))

    def check_not_bound():
        """A device that is not bound to vfio-pci: the command that mends it stands there."""
        assert pci.driver(pci.EDU) is None
        with acl(f"allow vfio {pci.EDU} user alice memlock=256M"):
            refused(OBJECT, f"driverctl set-override {pci.EDU} vfio-pci", address=pci.EDU)

    def check_member_not_allowed():
        """ATTACKS 32: a group with a member that no rule allows is refused and names it."""
        pci.bind(pci.PAIR[0])
        try:
            with acl(f"allow vfio {pci.PAIR[0]} user alice memlock=256M"):
                refused(DENIED, pci.PAIR[1], address=pci.PAIR[0])
        finally:
            pci.release(pci.PAIR[0])

    def check_member_in_use():
        """ATTACKS 32: a group with a member that the host uses is refused and names it."""
        network, other = pci.PAIR
        pci.bind(other)
        try:
            pci.release(network)
            assert pci.driver(network) == "e1000", "the host has no driver for the card"
            with acl(f"allow vfio {network} user alice memlock=256M\n"
                     f"allow vfio {other} user alice memlock=256M"):
                refused(OBJECT, network, "driver e1000", f"driverctl set-override {network}",
                        address=other)
        finally:
            pci.release(other)

    def check_whole_group():
        """A group of two, both bound and both allowed: given, the bridge above is passed over."""
        for address in pci.PAIR:
            pci.bind(address)
        try:
            with acl("\n".join(f"allow vfio {address} user alice memlock=256M"
                               for address in pci.PAIR)), \
                    Guest(alice, ["-S"], before=words(pci.PAIR[1])) as machine:
                assert "vfio-pci" in machine.monitor("info qtree")
        finally:
            for address in pci.PAIR:
                pci.release(address)

    def check_missing():
        """ATTACKS 26: a device that is not there is refused as a forbidden one is, and so are
        addresses that are none."""
        said = []
        for address in ("0000:00:1a.0", pci.EDU):
            with acl("allow vfio 8086:10d3 user alice memlock=256M"):
                done = alice.run([*words(address), OLDER, "-version"])
            assert done.returncode == DENIED, done.stdout
            said.append(done.stdout.replace(address, "ADDRESS"))
        assert said[0] == said[1], said
        with acl("allow vfio 0000:00:1a.0 user alice memlock=256M"):
            refused(OBJECT, "there is no such PCI device", address="0000:00:1a.0")
        for address in ("0000:00:10", "../10.0", "0000:00:10.8"):
            done = alice.run([*words(address), OLDER, "-version"])
            assert done.returncode == 2, done.stdout

    def check_journal():
        """The journal says which device was given to whom."""
        with acl(RULE):
            done = alice.run([*words(), OLDER, "-version"])
            assert done.returncode == 0, done.stdout
        text = need(["journalctl", "-o", "verbose", "-n", "1", "-t", "vmgrant-helper",
                     "VMGRANT_ACTION=org.vmgrant.vfio"])
        for word in ("VMGRANT_RESULT=granted", "VMGRANT_USER=alice", pci.CARD):
            assert word in text, text

    sys.exit(main(globals()))
