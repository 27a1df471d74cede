# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The kernel's audit log, with a real auditd, with one that stands still, with none, and off.

Runs when it is named, with vm-test --packages FOLDER or the stage of a build --with-audit.
"""

import contextlib
import os
import re
import signal
import sys

import package
from checks import acl, main, need, read, run, say, wait_until, write
from people import Person, Seated

ADAPTER = "0403:6001"
DISK = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_VMSCSI"
RULES = (f"allow bridge br0 user alice polkit=no quota=64\n"
         f"allow usb {ADAPTER} user alice polkit=no\n"
         f"allow disk {DISK} user alice polkit=no")
REQUESTS = 4
PORT = ["vmgrant", "run", "--no-prompt", "--net", "br0", "--", "sh", "-c", "echo {net0.ifname}"]


def search(*words):
    """The records of one kind, each a line."""
    done = run(["ausearch", "--input-logs", "-m", "VIRT_RESOURCE", *words])
    return [line for line in done.stdout.splitlines() if line.startswith("type=VIRT_RESOURCE")]


def field(line, name):
    found = re.search(rf"\b{name}=(\S+)", line)
    return found and found[1].strip("'\"")


class LoggedIn(Seated):
    """With the number that pam_loginuid gives who logs in, which the kernel writes into records."""

    def enter(self):
        write("/proc/self/loginuid", str(self.entry.pw_uid))
        super().enter()


with contextlib.ExitStack() as world:
    package.ensure()
    need(["modprobe", "-a", "sd_mod", "virtio_scsi"])
    need(["ip", "link", "add", "br0", "type", "bridge"])
    need(["ip", "link", "set", "br0", "up"])
    world.callback(need, ["ip", "link", "delete", "br0"])
    world.enter_context(acl(RULES))
    alice, bob = LoggedIn("alice", 1), Person("bob")
    world.callback(alice.leave)

    def port_of_alices():
        done = alice.run(PORT)
        assert done.returncode == 0, done.stdout
        return re.search(r"veth\w+", done.stdout)[0]

    def newest(*words):
        """A record that was not there before, once auditd has written it."""
        try:
            lines = wait_until(lambda: search(*words)[len(seen):], "a record")
        except AssertionError:
            say(run(["tail", "-n", "5", "/var/log/audit/audit.log"]).stdout)
            raise
        seen.extend(lines)
        return lines[-1]

    def auditd():
        return int(need(["pgrep", "-x", "auditd"]))

    seen = []

    def check_grant():
        """auditd gets a record of a port, which ausearch reads."""
        need(["systemctl", "-q", "unmask", "auditd"])
        need(["systemctl", "start", "auditd"])
        name = port_of_alices()
        line = newest("-i")
        assert "virt=qemu" in line and field(line, "resrc") == "net", line
        assert f"path=port {name} on bridge br0" in line, line
        assert field(line, "acct") == "alice" and field(line, "id") == "alice", line
        assert field(line, "auid") == "alice" and field(line, "uid") == "vmgrant", line
        assert field(line, "res") == "success", line
        assert search("-sv", "yes") and search("-ua", "alice"), line

    def check_refusal():
        """A refusal is a record that failed."""
        assert bob.run(PORT).returncode == 7
        line = newest("-i")
        assert field(line, "res") == "failed" and field(line, "acct") == "bob", line
        assert len(search("-sv", "no")) == 1

    def check_devices():
        """USB devices and disks in libvirt's words."""
        wait_until(lambda: os.path.exists(DISK), "the disk")
        done = alice.run(["vmgrant", "run", "--usb", ADAPTER, "--disk", DISK, "--",
                          "qemu-system-x86_64", "-version"])
        assert done.returncode == 0, done.stdout
        wait_until(lambda: len(search()) >= len(seen) + 2, "two records")
        lines = search("-i")[len(seen):]
        seen.extend(lines)
        [device] = [line for line in lines if field(line, "resrc") == "dev"]
        assert field(device, "bus") == "usb", device
        assert re.fullmatch(r"\d{3}\.\d{3}", field(device, "device")), device
        [disk] = [line for line in lines if field(line, "resrc") == "disk"]
        assert field(disk, "new-disk").startswith("/dev/sd"), disk

    def check_auvirt():
        """auvirt understands them."""
        said = need(["auvirt", "-f", "/var/log/audit/audit.log", "--all-events"])
        kinds = {line.split()[0] for line in said.splitlines()}
        assert kinds == {"resrc"} and "net" in said and "disk" in said and "failed" in said, said

    def check_service():
        """By the service with audit.conf, and not without it."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{package.UNITS}/audit.conf")
        package.start_service()
        world.callback(package.stop_service)
        words = [*PORT[:2], "--door", "socket", *PORT[2:]]
        done = alice.run(words)
        assert done.returncode == 0, done.stdout
        [example] = need(["find", "/usr/share/doc", "-name", "audit.conf"]).splitlines()
        write(f"{package.UNITS}/audit.conf", f"{read(example)}\n")
        need(["systemctl", "daemon-reload"])
        need(["systemctl", "stop", "vmgrant.service"])
        # Without the capability there was none.
        assert len(search()) == len(seen), search()
        done = alice.run(words)
        assert done.returncode == 0, done.stdout
        line = newest("-i")
        assert field(line, "id") == "alice" and field(line, "auid") == "unset", line
        said = need(["systemd-analyze", "security", "--no-pager", "vmgrant.service"])
        score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1])
        say(f"exposure level {score}")
        # A capability costs a tenth; without the drop-in it is below.
        assert score <= 2.0, said

    def check_attack_78_standing_still():
        """ATTACKS 78: an auditd that is stopped: the same answers, and no helper stays."""
        os.kill(auditd(), signal.SIGSTOP)
        try:
            for _ in range(REQUESTS):
                port_of_alices()
                assert bob.run(PORT).returncode == 7
        finally:
            os.kill(auditd(), signal.SIGCONT)
        wait_until(lambda: not run(["pgrep", "vmgrant-helper"]).stdout, "the writers to end",
                   limit_s=180)

    def check_attack_78_no_auditd():
        """ATTACKS 78: without auditd, and with auditing off: the same answers."""
        os.kill(auditd(), signal.SIGTERM)
        wait_until(lambda: run(["pgrep", "-x", "auditd"]).returncode != 0, "auditd to end")
        port_of_alices()
        assert bob.run(PORT).returncode == 7
        need(["auditctl", "-e", "0"])
        port_of_alices()
        assert bob.run(PORT).returncode == 7
        need(["auditctl", "-e", "1"])

    sys.exit(main(globals()))
