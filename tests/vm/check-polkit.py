# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Who gets a TAP: real sessions of logind, a real polkitd, the installed action."""

import contextlib
import json
import os
import sys

from checks import acl, main, need, wait_until, write
from nested import Guest
from network import bridge, ports
from people import Person, Remote, Seated

HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
ASK = ["vmgrant", "run", "--no-prompt", "--net", "br0", "--", "echo", "started {net0.fd}"]
DENIED = 8
CHALLENGE = 9
ALLOW = "allow bridge br0"
RULE = "/etc/polkit-1/rules.d/10-vm-test.rules"

with contextlib.ExitStack() as world:
    # It has been masked, and its rules were changed: who comes next gets one that is at rest.
    world.callback(need, ["systemctl", "restart", "polkit"])
    world.enter_context(bridge())
    world.enter_context(acl(ALLOW))
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    bob_behind = Seated("bob", 2)
    world.callback(bob_behind.leave)

    def gets(person):
        done = person.run(ASK)
        assert (done.returncode, done.stdout[:8]) == (0, "started "), done.stdout

    def refused(person, code, *words):
        done = person.run(ASK)
        assert done.returncode == code and "started" not in done.stdout, done.stdout
        for word in words:
            assert word in done.stdout, done.stdout
        assert ports() == []

    def records(**fields):
        """What the journal has from the helper with those fields, the newest last."""
        words = [f"{key}={value}" for key, value in fields.items()]
        lines = need(["journalctl", "-o", "json", "-t", "vmgrant-helper", *words]).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def check_sessions():
        """logind: alice's session on tty1 is active, bob's on tty2 is not."""
        assert alice.describe() == {"Active": "yes", "Remote": "no", "Seat": "seat0"}
        assert bob_behind.describe() == {"Active": "no", "Remote": "no", "Seat": "seat0"}

    def check_active():
        """polkit says yes to the active user who sits at the machine."""
        gets(alice)

    def check_inactive():
        """polkit says no to a user whose terminal is not in front, and says what helps."""
        refused(bob_behind, CHALLENGE, "bridge br0", "polkit wants a password", "org.vmgrant.tap")

    def check_service():
        """polkit says no to the same alice in a system service, in no session."""
        refused(Person("alice"), CHALLENGE, "polkit wants a password")

    def check_remote():
        """polkit says no to bob over ssh, in a session that logind calls remote."""
        bob = Remote("bob")
        facts = bob.describe()
        assert facts["Remote"] == "yes" and facts["Seat"] == "", facts
        refused(bob, CHALLENGE, "polkit wants a password")

    def check_remote_active_user():
        """polkit says no to alice over ssh, although she also sits at the machine."""
        remote = Remote("alice")
        assert remote.describe()["Remote"] == "yes"
        refused(remote, CHALLENGE, "polkit wants a password")

    def check_rules_file():
        """polkit says yes to bob over ssh by an administrator's rule, for that bridge only."""
        write(RULE, 'polkit.addRule(function(action, subject) {\n'
                    '    if (action.id == "org.vmgrant.tap" && subject.user == "bob")\n'
                    '        return action.lookup("bridge") == "br0" ? "yes" : "no";\n});\n')
        need(["ip", "link", "add", "br1", "type", "bridge"])
        try:
            bob = Remote("bob")
            wait_until(lambda: bob.run(ASK).returncode == 0, "polkitd to read the rule")
            gets(bob)
            with acl(f"{ALLOW}\nallow bridge br1"):
                done = bob.run([*ASK[:4], "br1", *ASK[5:]])
            assert done.returncode == DENIED and "ask the administrator" in done.stdout, done.stdout
        finally:
            os.unlink(RULE)
            need(["ip", "link", "delete", "br1"])

    def check_polkit_no():
        """polkit=no in the ACL: alice in a system service gets it without polkit."""
        with acl(f"{ALLOW} user alice polkit=no"):
            gets(Person("alice"))

    def check_no_action():
        """ATTACKS 40: without the action file polkit's no names what is missing."""
        path = "/usr/share/polkit-1/actions/org.vmgrant.policy"
        os.rename(path, f"{path}.away")
        try:
            wait_until(lambda: alice.run(ASK).returncode != 0, "polkitd to forget the action")
            done = alice.run(ASK)
            assert done.returncode == 4 and "org.vmgrant.policy" in done.stdout, done.stdout
        finally:
            os.rename(f"{path}.away", path)
        wait_until(lambda: alice.run(ASK).returncode == 0, "polkitd to learn the action again")

    def check_no_polkit():
        """ATTACKS 38: a polkitd that is masked is a refusal with its name, not a yes."""
        need(["systemctl", "mask", "--runtime", "--now", "polkit"])
        try:
            done = alice.run(ASK)
            assert done.returncode == 11 and "polkit" in done.stdout, done.stdout
        finally:
            need(["systemctl", "unmask", "--runtime", "polkit"])
        gets(alice)

    def check_journal():
        """The journal has each grant and each refusal, with its fields."""
        gets(alice)
        newest = records(VMGRANT_UID=1000, VMGRANT_RESULT="granted")[-1]
        assert newest["VMGRANT_ACTION"] == "org.vmgrant.tap"
        assert newest["VMGRANT_OBJECT"] == "bridge br0", newest
        assert newest["VMGRANT_USER"] == "alice"
        assert newest["VMGRANT_RULE"] == "/etc/vmgrant/acl.conf:1"
        assert newest["VMGRANT_CODE"] == "0" and newest["PRIORITY"] == "5"
        refused(bob_behind, CHALLENGE)
        newest = records(VMGRANT_UID=1001, VMGRANT_RESULT="refused")[-1]
        assert newest["VMGRANT_CODE"] == str(CHALLENGE) and newest["PRIORITY"] == "4"
        assert newest["_SYSTEMD_UNIT"].startswith("session-"), newest["_SYSTEMD_UNIT"]

    def check_journal_stopped():
        """ATTACKS 50: with the journal stopped alice's request is answered as ever."""
        need(["systemctl", "stop", "systemd-journald.socket", "systemd-journald-dev-log.socket",
              "systemd-journald"])
        try:
            gets(alice)
            refused(bob_behind, CHALLENGE)
        finally:
            need(["systemctl", "start", "systemd-journald.socket",
                  "systemd-journald-dev-log.socket", "systemd-journald"])
        gets(alice)

    def check_drop_in():
        """QEMU's own bridge helper option gives alice's QEMU a TAP, and nobody else's."""
        card = ["-netdev", f"bridge,id=n,br=br0,helper={HELPER}", "-S",
                "-device", "virtio-net-pci,netdev=n"]
        with Guest(alice, card) as guest:
            assert "type=tap" in guest.monitor("info network")
            assert len(ports()) == 1
        wait_until(lambda: not ports(), "the port to go with its guest")
        other = Guest(bob_behind, card, wait=False)
        assert other.process.wait(60) != 0
        assert "polkit wants a password" in other.said(), other.said()

    def check_account():
        """The service account: no shell, no home, no other group, made by systemd-sysusers."""
        fields = need(["getent", "passwd", "vmgrant"]).strip().split(":")
        assert fields[5] == "/" and fields[6].endswith("nologin"), fields
        assert need(["id", "-Gn", "vmgrant"]).strip() == "vmgrant"

    sys.exit(main(globals()))
