# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What people and administrators ask about a host: vmgrant check, list and explain."""

import contextlib
import json
import os
import sys

import pci
import usb
from beside import LONG_S
from checks import acl, main, need, read, run, wait_until, write
from nested import OLDER
from network import bridge
from people import Seated

RULES = f"""allow bridge br0
allow usb {usb.STICK} user alice
allow vfio {pci.CARD} user alice memlock=256M"""
CARD = ["vmgrant", "run", "--no-prompt", "--net", "br0", "--", "true", "{net0.fd}"]
EXAMPLE = "/usr/share/doc/vmgrant/examples/60-vfio-bind.rules"
INSTALLED = "/etc/udev/rules.d/60-vfio-bind.rules"

with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)

    def check(*words):
        """(exit status, {text of each finding: its level}) of vmgrant check."""
        done = alice.run(["vmgrant", "check", "--json", *words])
        findings = json.loads(done.stdout)["findings"]
        return done.returncode, {finding["text"]: finding for finding in findings}

    def as_root(command):
        """What a finding says that mends it, as root gives it, who has no sudo here."""
        need(["sh", "-ec", command.replace("sudo ", "")])

    def check_good_host():
        """On a host as people have it vmgrant check finds nothing that fails."""
        with acl(RULES):
            status, findings = check()
        bad = {text: one for text, one in findings.items() if one["level"] == "fail"}
        assert status == 0 and not bad, bad

    def check_not_setuid():
        """A helper that lost its setuid bit is found, and what mends it mends it."""
        helper = "/usr/libexec/vmgrant/vmgrant-helper"
        os.chmod(helper, 0o755)
        try:
            status, findings = check()
            bad = [one for one in findings.values() if one["level"] == "fail"]
            assert status != 0 and bad, findings
            mend = next(one["mend"] for one in bad if helper in one.get("mend", ""))
            as_root(mend)
            assert os.stat(helper).st_mode & 0o4000
        finally:
            os.chmod(helper, 0o4755)

    def check_list():
        """vmgrant list says what a card on the bridge would be given, and that polkit decides."""
        with acl(RULES):
            done = alice.run(["vmgrant", "list", "--json"])
        [entry] = [one for one in json.loads(done.stdout)["bridges"] if one["bridge"] == "br0"]
        assert entry["allowed"] and entry["polkit"] and entry["sealed"], entry

    def check_explain():
        """vmgrant explain names the line that decides, and says no where none does."""
        with acl(RULES):
            for number, words in enumerate((["bridge", "br0"], ["usb", usb.STICK],
                                            ["vfio", pci.CARD]), 1):
                text = need(["vmgrant", "explain", "--user", "alice", *words])
                assert "allowed for user alice" in text, text
                assert f"/etc/vmgrant/acl.conf: line {number}" in text, text
            text = need(["vmgrant", "explain", "--user", "bob", "usb", usb.STICK])
            assert "denied for user bob" in text, text

    def check_example_rule():
        """The example rule binds a device at the next event, and its group's node is there."""
        lines = [line.lstrip("#") for line in read(EXAMPLE).splitlines() if "0x10d3" in line]
        assert len(lines) == 1, lines
        write(INSTALLED, lines[0] + "\n")
        try:
            pci.unbind(pci.CARD)
            need(["udevadm", "control", "--reload"])
            need(["udevadm", "trigger", "--settle", "--action=add", pci.folder(pci.CARD)])
            write("/sys/bus/pci/drivers_probe", pci.CARD)
            assert pci.driver(pci.CARD) == "vfio-pci"
            wait_until(lambda: os.path.exists(pci.group(pci.CARD)), "the group's node")
            with acl(RULES):
                done = alice.run(["vmgrant", "run", "--no-prompt", "--vfio", pci.CARD, "--", OLDER,
                                  "-version"])
            assert done.returncode == 0, done.stdout
        finally:
            os.unlink(INSTALLED)
            need(["udevadm", "control", "--reload"])
            pci.release(pci.CARD)

    def check_commands_that_bind():
        """vmgrant check --vfio prints commands for a device that is not bound; they bind it."""
        pci.release(pci.CARD)
        assert pci.driver(pci.CARD) == "e1000e"
        with acl(RULES):
            _, findings = check("--vfio", pci.CARD)
            commands = [one["mend"] for one in findings.values()
                        if "driver_override" in one.get("mend", "")]
            assert commands, findings
            as_root(commands[0])
            assert pci.driver(pci.CARD) == "vfio-pci"
            _, findings = check("--vfio", pci.CARD)
            levels = {one["level"] for one in findings.values()}
            assert levels <= {"ok", "info"}, findings
        pci.release(pci.CARD)

    # ---- what is wrong on a host, and the commands that are printed for it ----

    def found(name, level="fail"):
        """The one finding of that check on that level."""
        _, findings = check()
        [one] = [one for one in findings.values() if one["check"] == name and one["level"] == level]
        return one

    def is_good(name):
        status, findings = check()
        mine = [one for one in findings.values() if one["check"] == name]
        assert status == 0 and {one["level"] for one in mine} == {"ok"}, mine

    def gets_card():
        return alice.run(CARD, limit_s=LONG_S).returncode == 0

    @contextlib.contextmanager
    def polkit_again():
        """polkit's daemon is a new one now, and again afterwards."""
        need(["systemctl", "restart", "polkit"])
        try:
            yield
        finally:
            need(["systemctl", "restart", "polkit"])

    def check_hidden_processes():
        """A /proc that hides processes from polkit: red, as run fails; mounted anew, both work."""
        need(["mount", "-o", "remount,hidepid=2", "/proc"])
        try:
            with acl(RULES), polkit_again():
                assert not gets_card()
                one = found("polkit")
                assert "hidepid" in one["text"], one
                as_root(one["mend"])
                assert gets_card()
                is_good("polkit")
        finally:
            need(["mount", "-o", "remount,hidepid=0,gid=0", "/proc"])

    def check_polkit_that_hangs():
        """A polkit that does not answer is started anew by the command that is printed."""
        with acl(RULES), polkit_again():
            need(["systemctl", "kill", "--signal=STOP", "polkit"])
            one = found("polkit")
            assert "does not answer in time" in one["text"], one
            as_root(one["mend"])
            assert gets_card()
            is_good("polkit")

    def check_polkit_that_nobody_starts():
        """A polkit that D-Bus does not start either is started by the command that is printed."""
        service = "/usr/share/dbus-1/system-services/org.freedesktop.PolicyKit1.service"
        os.rename(service, f"{service}.away")
        need(["systemctl", "reload", "dbus"])
        try:
            with acl(RULES), polkit_again():
                need(["systemctl", "stop", "polkit"])
                one = found("polkit")
                assert "cannot be reached" in one["text"], one
                as_root(one["mend"])
                assert gets_card()
                is_good("polkit")
        finally:
            os.rename(f"{service}.away", service)
            need(["systemctl", "reload", "dbus"])

    def check_nodes():
        """Nodes that are gone, with and without their drivers, come by what is printed."""
        need(["modprobe", "-a", "vhost_net", "tun"])
        for path, module, name, level in (("/dev/vhost-net", "vhost_net", "vhost", "info"),
                                          ("/dev/net/tun", None, "tun", "fail"),
                                          ("/dev/kvm", "kvm_amd", "kvm", "warn")):
            for unload in (False, True):
                if unload and module is None:
                    continue  # dnsmasq's bridge has no port, but others may use the driver
                if module == "kvm_amd":
                    need(["modprobe", module])
                os.unlink(path)
                if unload:
                    need(["modprobe", "-r", module])
                with acl("allow bridge br0 user alice polkit=no"):
                    one = found(name, level)
                    as_root(one["mend"])
                    is_good(name)
                need(["udevadm", "settle"])

    # ---- in a unit with less than all ----

    def in_unit(command, *properties):
        """alice's command in a unit with these properties."""
        words = [word for each in ("User=alice", *properties) for word in ("-p", each)]
        return run(["systemd-run", "--wait", "--pipe", "-q", *words, "--", *command],
                   limit_s=LONG_S)

    def in_closed_unit(command, allowed=()):
        return in_unit(command, "DevicePolicy=closed",
                       *(f"DeviceAllow={path} rw" for path in allowed))

    def opened_by(command, *wanted):
        """One refusal after the other names what has to be allowed next; with all it works."""
        for count, path in enumerate(wanted):
            done = in_closed_unit(command, wanted[:count])
            assert done.returncode != 0 and f"DeviceAllow={path} rw" in done.stdout, done
            assert "modprobe" not in done.stdout, done
        done = in_closed_unit(command, wanted)
        assert done.returncode == 0, done

    def said_closed(*words):
        """{check: its mends} of what vmgrant check finds closed there."""
        done = in_closed_unit(["vmgrant", "check", "--json", *words])
        found = {}
        for one in json.loads(done.stdout)["findings"]:
            if "forbidden to this service" in one["text"]:
                found.setdefault(one["check"], []).append(one["mend"])
        assert done.returncode != 0 and found, done.stdout
        return found

    def device(option, value):
        return ["vmgrant", "run", "--no-prompt", option, value, "--", OLDER, "-version"]

    def check_closed_cards():
        """A unit whose devices are closed: sentences and check say what opens a card's."""
        fast = [word.replace("br0", "br0,vhost=on") for word in CARD] + ["{net0.vhostfds}"]
        with acl("allow bridge br0 user alice polkit=no vhost"):
            opened_by(CARD, "/dev/net/tun")
            opened_by(fast, "/dev/net/tun", "/dev/vhost-net")
            said = said_closed()
            assert set(said) == {"bridges", "tun", "kvm", "vhost"}, said
            assert all("DeviceAllow=/dev/" in mend for mends in said.values() for mend in mends)

    def check_closed_devices():
        """The same for a USB stick, a disk, and a PCI device by its group."""
        disk = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_VMSCSI"
        pci.bind(pci.CARD)
        nodes = [pci.group(pci.CARD), "/dev/vfio/vfio"]
        try:
            with acl(f"allow usb {usb.STICK} user alice polkit=no\n"
                     f"allow disk {disk} user alice polkit=no\n"
                     f"allow vfio {pci.CARD} user alice polkit=no memlock=256M"):
                opened_by(device("--usb", f"{usb.STICK},serial=VMSTICK1"), "block-sd",
                          "char-usb_device")
                opened_by(device("--disk", disk), os.path.realpath(disk))
                opened_by(device("--vfio", pci.CARD), *nodes)
                [mend] = said_closed("--disk", disk).values()
                assert f"DeviceAllow={disk} rw" in mend[0], mend
                [mends] = said_closed("--vfio", pci.CARD).values()
                assert [path for path in nodes if f"DeviceAllow={path} rw" in str(mends)] == nodes
        finally:
            pci.release(pci.CARD)

    def check_read_only_unit():
        """A unit with ProtectSystem=strict: the sentence says what opens the lock file."""
        with acl("allow bridge br0 user alice polkit=no"):
            done = in_unit(CARD, "ProtectSystem=strict")
            assert done.returncode != 0 and "ReadWritePaths=/run in its unit" in done.stdout, done
            done = in_unit(CARD, "ProtectSystem=strict", "ReadWritePaths=/run")
            assert done.returncode == 0, done

    def check_best_bridge():
        """The bridge that is suggested is the one that a card of this machine is a port of."""
        need(["sh", "-ec", "for name in abr docker0 virbr0 zbr; do ip link add $name type bridge; "
                           "ip link set $name up; done; ip link set eth1 master zbr"])
        try:
            with acl("# nobody has anything"):
                one = found("bridges", "warn")
                assert one["mend"] == "sudo vmgrant allow bridge zbr user alice", one
        finally:
            need(["sh", "-ec", "ip link set eth1 nomaster; "
                               "for name in abr docker0 virbr0 zbr; do ip link del $name; done"])

    sys.exit(main(globals()))
