# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Debian's packages: installed as the README says, upgraded, downgraded, removed and purged while
guests run.

Runs when it is named alone, with vm-test --packages FOLDER. The earlier version is in FOLDER/older,
or else it is the same packages with another number.
"""

import contextlib
import os
import shutil
import stat
import subprocess
import sys

import package
from checks import main, need, read, run, say, wait_until, write
from nested import Guest, OLDER
from network import BOOT_FROM_NETWORK, answers_ping, bridge, ports, reaches_network
from people import Seated

DENIED = "7"
OLD, OLDER_VERSION = "/var/tmp/older", "0.1.0-0.1"
MACS = {"auto": "52:54:00:12:34:01", "socket": "52:54:00:12:34:02"}
RULES = "allow bridge br0 user alice polkit=no quota=8"
PLACE = "/usr/lib/qemu/qemu-bridge-helper"
DIVERT = "/usr/libexec/vmgrant/divert-bridge-helper"
AS_ACCOUNT = ["setpriv", "--reuid=vmgrant", "--regid=vmgrant", "--clear-groups"]
DROP_IN_BEFORE = "/etc/systemd/system/vmgrant@.service.d"
HERE = os.path.dirname(os.path.abspath(__file__))
ASK, README = f"{HERE}/ask-doors.py", f"{HERE}/README.md"
PORT = ["--net", "br0", "--", "sh", "-c", "echo {net0.ifname}"]
# What programs write while they run, dpkg's own, the account, which stays, and an empty folder that
# debhelper's script for AppArmor takes away.
PASSED_OVER = ("/proc", "/sys", "/dev", "/run", "/tmp", "/host", "/root", "/home", "/var/tmp",
               "/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/apt", "/var/lib/systemd", "/srv",
               "/var/backups", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow",
               "/etc/.pwd.lock", "/etc/ld.so.cache", "/etc/apparmor.d/disable")


def everything():
    """{path: mode, owner, and size of a file} of the machine."""
    found = {}
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders
                      if not os.path.join(folder, name).startswith(PASSED_OVER)]
        for name in [*folders, *names]:
            path = os.path.join(folder, name)
            if path.startswith(PASSED_OVER) or "__pycache__" in path:
                continue
            entry = os.lstat(path)
            found[path] = (entry.st_mode, entry.st_uid, entry.st_gid,
                           0 if stat.S_ISDIR(entry.st_mode) else entry.st_size)
    return found


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


class Connection:
    """Kept open by a program of somebody's, which asks when it is told to."""

    def __init__(self, person, door):
        self.process = person.start(["python3", ASK, "hold", door], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)

    def ask(self, bridge_name):
        self.process.stdin.write(f"{bridge_name}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def end(self):
        """What it says at last, once helper or service have let it go."""
        said, _ = self.process.communicate(timeout=60)
        return said.strip(), self.process.returncode


with contextlib.ExitStack() as world:
    assert not package.is_installed(), "name it alone, or first, with --packages"
    # vm-test makes the account from the package's own file: here the package does.
    os.unlink("/usr/lib/sysusers.d/vmgrant.conf")
    need(["userdel", "vmgrant"])
    before = everything()
    leases = world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    guests, connections = {}, {}

    def guest(door):
        """A guest of alice's by that door, with an address."""
        machine = Guest(
            alice, BOOT_FROM_NETWORK, program=OLDER,
            before=["vmgrant", "run", "--door", door, "--no-prompt", "--net",
                    f"br0,mac={MACS[door]}", "--"])
        world.callback(machine.end)
        reaches_network(leases, MACS[door])
        guests[door] = machine

    def guests_answer():
        """Each still has its port: after a restart its firmware is heard and answers."""
        assert guests
        for machine in guests.values():
            machine.execute("system_reset")
        silent = set(guests)

        def hear():
            silent.difference_update([door for door in silent
                                      if answers_ping(leases()[MACS[door]])])
            return not silent

        wait_until(hear, "an answer of each guest", limit_s=180)
        wait_until(lambda: len(ports()) == len(guests), "the ports of the guests, and no more")

    def gets_port(*words):
        done = alice.run(["vmgrant", "run", *words, *PORT])
        assert done.returncode == 0 and "veth" in done.stdout, done.stdout

    def connections_judge():
        """The same verdicts on each connection, whatever is installed now."""
        assert len(connections) == 2, connections
        for door, connection in connections.items():
            assert connection.ask("br0") == "granted", door
            assert connection.ask("elsewhere") == DENIED, door

    def install_by_apt(*lines):
        """Below the folder of the packages, where a source tree would be; there is no sudo."""
        folder = f"{package.PLACE}/vmgrant"
        os.makedirs(folder, exist_ok=True)
        need(["sh", "-euc", "\n".join(['umask 077', 'sudo() { "$@"; }', *lines])], cwd=folder,
             limit_s=package.LONG_S)

    def check_install():
        """By the README's command, with umask 077: modes, the account; a guest gets an address."""
        lines = [line.strip() for line in read(README).splitlines() if "sudo apt install" in line]
        assert len(lines) == 1 and "vmgrant_" in lines[0], lines
        install_by_apt(*lines)
        install_by_apt("sudo apt install ../vmgrant-service_*.deb")
        assert mode(package.HELPER) == 0o4755 and mode("/usr/bin/vmgrant") == 0o755
        assert mode("/etc/vmgrant") == 0o750 and mode("/etc/vmgrant/acl.conf") == 0o640
        assert run(["systemctl", "is-active", "vmgrant.socket"]).stdout.strip() != "active"
        need([*AS_ACCOUNT, "cat", "/etc/vmgrant/acl.conf"])
        write("/etc/vmgrant/acl.conf", f"{RULES}\n")
        package.start_service()
        need(["systemctl", "-q", "enable", "vmgrant.socket"])
        guest("auto")
        first = connections["first"] = Connection(alice, "service")
        assert first.ask("br0") == "granted" and package.fronts()

    def check_attack_79_downgrade():
        """ATTACKS 79: a downgrade under a running guest: it keeps its port, new ones get some."""
        say(f"the earlier version is made of {package.make_older(OLD, OLDER_VERSION)}")
        package.install(OLD, umask="077")
        assert package.version() == OLDER_VERSION and mode(package.HELPER) == 0o4755
        assert read("/etc/vmgrant/acl.conf") == RULES
        guests_answer()
        gets_port("--door", "setuid")
        # Below the front that was running; the next connection is the older version's own.
        first = connections.pop("first")
        assert first.ask("br0") == "granted" and first.ask("elsewhere") == DENIED
        assert first.end() == ("ended", 0)
        gets_port("--door", "socket")
        need(["systemctl", "stop", "vmgrant.service"])
        guest("socket")
        for door in ("setuid", "service"):
            connections[door] = Connection(alice, door)
        connections_judge()

    def main_pid():
        return need(["systemctl", "show", "--value", "-p", "MainPID", "vmgrant.service"]).strip()

    @contextlib.contextmanager
    def units_before():
        """An instance for a connection, and a drop-in, as an earlier version had them."""
        unit = "/run/systemd/system/vmgrant@.service"
        os.makedirs(DROP_IN_BEFORE)
        write(f"{DROP_IN_BEFORE}/more.conf", "[Service]\nUMask=0077\n")
        write(unit, "[Service]\nExecStart=/bin/sleep 1000\n")
        need(["systemctl", "daemon-reload"])
        need(["systemctl", "start", "vmgrant@1.service"])
        try:
            yield
        finally:
            os.unlink(unit)
            shutil.rmtree(DROP_IN_BEFORE)
            need(["systemctl", "daemon-reload"])

    def check_attack_79_upgrade():
        """ATTACKS 79: an upgrade under running guests: they keep ports, policy and statoverride."""
        assert len(guests) == 2
        need(["dpkg-statoverride", "--update", "--add", "root", "kvm", "4750", package.HELPER])
        front = main_pid()
        with units_before():
            said = package.install(umask="077")
            assert f"{DROP_IN_BEFORE}/more.conf counts no more" in said, said
            assert run(["systemctl", "is-active", "vmgrant@1.service"]).returncode != 0
        # 0 after a minute without a connection: that it ended is what counts.
        assert main_pid() != front, "the front was not started again"
        assert package.version() != OLDER_VERSION
        assert mode(package.HELPER) == 0o4750 and mode("/usr/bin/vmgrant") == 0o755
        assert mode("/etc/vmgrant") == 0o750 and mode("/etc/vmgrant/acl.conf") == 0o640
        assert read("/etc/vmgrant/acl.conf") == RULES
        assert run(["systemctl", "is-active", "vmgrant.socket"]).stdout.strip() == "active"
        assert "=no" in need(["systemctl", "show", "-p", "NeedDaemonReload", "vmgrant.socket"])
        assert "=no" in need(["systemctl", "show", "-p", "Accept", "vmgrant.socket"])

    def check_attack_76_other_version():
        """ATTACKS 76: connections to the version before go on, with the same verdicts, and end."""
        connections_judge()
        for door, connection in connections.items():
            assert connection.end() == ("ended", 0), door
        wait_until(lambda: not helpers(), "the older helpers to end")
        guests_answer()

    def check_statoverride():
        """What an administrator chose with dpkg-statoverride counts, for whom it says."""
        # alice is in no such group. Nor is the service's account.
        for door in ("setuid", "socket"):
            done = alice.run(["vmgrant", "run", "--door", door, *PORT])
            assert done.returncode != 0 and done.stdout, done.stdout
            say(done.stdout.strip())
        need(["dpkg-statoverride", "--remove", package.HELPER])
        need(["chmod", "4755", package.HELPER])
        for door in ("setuid", "socket"):
            gets_port("--door", door)
        assert package.fronts()

    def check_diversion():
        """The diversion puts the helper where QEMU looks for its own; a guest gets an address."""
        theirs = read_bytes(PLACE)
        need([DIVERT, "add"])
        mac = "52:54:00:12:34:03"
        with Guest(alice, [*BOOT_FROM_NETWORK, "-netdev", "bridge,id=n,br=br0",
                           "-device", f"e1000,netdev=n,mac={mac}"], program=OLDER):
            reaches_network(leases, mac)
        need([DIVERT, "remove"])
        assert read_bytes(PLACE) == theirs
        need([DIVERT, "add"])

    def helpers():
        return run(["pgrep", "vmgrant-helper"]).stdout.split()

    def check_attack_79_remove():
        """ATTACKS 79: removed under running guests: they keep their ports, the policy stays."""
        need(["dpkg", "--remove", *reversed(package.NAMES)], limit_s=package.LONG_S)
        assert package.version() is None and not os.path.exists(package.HELPER)
        assert read("/etc/vmgrant/acl.conf") == RULES
        assert "vmgrant" not in need(["dpkg-divert", "--list"])

    def check_attack_79_purge():
        """ATTACKS 79: purged under running guests: they keep their ports, and nothing is left."""
        package.purge()
        guests_answer()
        for machine in guests.values():
            machine.end()
        wait_until(lambda: not ports(), "the ports to go with their guests")
        package.forget_drop_ins()
        wait_until(lambda: not helpers(), "helpers to end")
        assert not os.path.exists("/etc/vmgrant") and not os.path.exists("/usr/libexec/vmgrant")
        after = everything()
        changed = sorted(path for path in before.keys() | after.keys()
                         if before.get(path) != after.get(path))
        assert not changed, changed
        for path in ("/run/vmgrant.lock", "/run/vmgrant"):
            assert not os.path.exists(path), path
        # systemd forgets a unit a moment after its last process.
        wait_until(lambda: not need(["systemctl", "list-units", "--all", "--no-legend",
                                     "vmgrant*"]).strip(), "systemd to forget the units")
        assert "vmgrant" not in (read("/sys/kernel/security/apparmor/profiles") or "")

    status = main(globals())
    if status != 0:
        say(run(["journalctl", "-q", "-b", "-o", "cat", "-n", "30", "-t", "vmgrant-helper", "-u",
                 "vmgrant.service"]).stdout)
    sys.exit(status)
