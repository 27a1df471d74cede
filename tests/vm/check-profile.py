# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""AppArmor's profile of the helper, enforced: all kinds are given, and it denies nothing but what a
helper in wrong hands would do."""

import contextlib
import ctypes
import os
import socket
import sys

import pci
import usb
from beside import LONG_S, file
from checks import acl, main, need, read, run, wait_until
from nested import OLDER
from network import bridge, ports
from people import Seated

PROFILE = "vmgrant-helper"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
FRONT = "/usr/libexec/vmgrant/vmgrant-listen"
INSTALLED = f"/etc/apparmor.d/{PROFILE}"
EXAMPLE = "/usr/share/doc/vmgrant/examples/vmgrant-helper.apparmor"
DISK = "/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_VMSCSI"
RULES = f"""allow bridge br0 user alice vhost{{more}}
allow usb {usb.STICK} user alice
allow vfio {pci.CARD} user alice memlock=256M
allow disk {DISK} user alice polkit=no
"""
BY_PID = ("[Service]\nExecStart=\n"
          f"ExecStart={FRONT} 60 900 {HELPER} --service=by-pid\n")
LOCAL = f"/etc/apparmor.d/local/{PROFILE}"
# By this name its denials are told from the helper's.
NAME = "hostile"


def profiles():
    lines = read("/sys/kernel/security/apparmor/profiles").splitlines()
    return {name: mode.strip("()") for name, mode in (line.rsplit(" ", 1) for line in lines)}


def load():
    need(["apparmor_parser", "-r", INSTALLED], limit_s=LONG_S)


# ---- what a helper in wrong hands would do ----

def open_file(path, flags=os.O_RDONLY):
    os.close(os.open(path, flags))


def start(*argv):
    """In a child: what it became, if it became it, ends with status 0."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.execv(argv[0], argv)
        os._exit(126)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        raise PermissionError(status)


def mount():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    libc.umount2(b"/mnt", 2)


def trace(pid):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0x4206, pid, 0, 0) != 0:  # PTRACE_SEIZE
        raise OSError(ctypes.get_errno(), "ptrace")


def connect(family):
    socket.socket(family, socket.SOCK_DGRAM).close()


def attempts(victim):
    """What root may do, each with its name."""
    return {
        "read what people have": lambda: open_file("/home/alice/letter"),
        "write what people have": lambda: open_file("/home/alice/letter", os.O_WRONLY),
        "read passwords": lambda: open_file("/etc/shadow"),
        "write the policy": lambda: open_file("/etc/vmgrant/acl.conf", os.O_WRONLY),
        "write a job for root": lambda: open_file("/etc/passwd", os.O_WRONLY | os.O_APPEND),
        "open the machine's memory": lambda: open_file("/dev/mem"),
        "read the kernel's log": lambda: open_file("/dev/kmsg"),
        "open a terminal": lambda: open_file("/dev/tty1", os.O_WRONLY),
        "read another process": lambda: open_file(f"/proc/{victim}/mem"),
        "trace another process": lambda: trace(victim),
        "change the kernel's settings": lambda: open_file("/proc/sys/kernel/core_pattern",
                                                          os.O_WRONLY),
        "start a shell": lambda: start("/bin/sh", "-c", ":"),
        "start the command": lambda: start("/usr/bin/vmgrant", "--version"),
        "mount": mount,
        "speak IPv4": lambda: connect(socket.AF_INET),
        "speak IPv6": lambda: connect(socket.AF_INET6),
        "read frames": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close(),
    }


def outcome(attempt, victim, is_confined):
    """In a process of its own, which is root: whether it worked."""
    pid = os.fork()
    if pid == 0:
        try:
            with open("/proc/self/comm", "w", encoding="ascii") as comm:
                comm.write(NAME)
            if is_confined:
                with open("/proc/self/attr/apparmor/current", "w", encoding="ascii") as order:
                    order.write(f"changeprofile {PROFILE}")
            attempts(victim)[attempt]()
            os._exit(0)
        except PermissionError:
            os._exit(1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    world.enter_context(file("/home/alice/letter", "private\n"))
    world.enter_context(file(INSTALLED, f"{read(EXAMPLE)}\n"))
    world.callback(run, ["apparmor_parser", "-R", INSTALLED])

    def denials():
        lines = need(["journalctl", "-q", "-k", "-o", "cat"]).splitlines()
        return [line for line in lines
                if 'apparmor="DENIED"' in line and f'profile="{PROFILE}"' in line]

    def given(*words):
        """Alice asks, and something starts if she is given it."""
        return alice.run(["vmgrant", "run", "--no-prompt", *words, "--", OLDER, "-version"],
                         limit_s=LONG_S)

    def needs(*words):
        done = given(*words)
        assert done.returncode == 0 and "QEMU emulator" in done.stdout, done.stdout

    def check_enforced():
        """The profile loads and is enforced."""
        load()
        assert profiles().get(PROFILE) == "enforce"

    def check_kinds():
        """Under it polkit is asked, and a port of each kind, a stick, a card and a disk are given."""
        need(["modprobe", "-a", "sd_mod", "virtio_scsi", "usb-storage"])
        stick = wait_until(lambda: usb.find("VMSTICK1"), "a stick")
        wait_until(lambda: os.path.exists(DISK), "a disk")
        pci.bind(pci.CARD)
        try:
            with acl(RULES.format(more=" queues=2")):
                needs("--net", "br0,queues=2,vhost=on", "--usb", stick, "--vfio", pci.CARD,
                      "--disk", DISK)
            with acl(RULES.format(more=" port=direct")):
                needs("--net", "br0")
        finally:
            pci.release(pci.CARD)

    def check_drop_in():
        """In the place of qemu-bridge-helper, too."""
        script = ("import socket, subprocess, sys; ours, theirs = socket.socketpair(); "
                  "sys.exit(subprocess.call([sys.argv[1], '--use-vnet', '--br=br0', "
                  "f'--fd={theirs.fileno()}'], pass_fds=[theirs.fileno()]))")
        with acl(RULES.format(more="")):
            done = alice.run(["python3", "-c", script, HELPER], limit_s=LONG_S)
        assert done.returncode == 0, done.stdout

    def check_service():
        """By the service, too, whose front is in it, and stays."""
        with file("/run/systemd/system/vmgrant.service.d/by-pid.conf", BY_PID), \
             acl("allow bridge br0 user alice polkit=no"):
            need(["systemctl", "daemon-reload"])
            need(["systemd-tmpfiles", "--create", "vmgrant.conf"])
            need(["systemctl", "start", "vmgrant.socket"])
            try:
                needs("--door", "socket", "--net", "br0")
                for pid in need(["pgrep", "vmgrant-listen"]).split():
                    assert read(f"/proc/{pid}/attr/apparmor/current") == f"{PROFILE} (enforce)"
            finally:
                run(["systemctl", "stop", "vmgrant.socket"])
        need(["systemctl", "daemon-reload"])

    def check_quiet():
        """All that without a denial."""
        assert not denials(), "\n".join(denials())

    def check_policy():
        """Policy files elsewhere need a line of the administrator's, and the sentence says where."""
        with file("/srv/rules.conf", "allow bridge br0 user alice polkit=no\n"), \
             acl("include /srv/rules.conf"):
            done = given("--net", "br0")
            assert done.returncode == 6 and "/srv/rules.conf" in done.stdout, done.stdout
            with file(LOCAL, "/srv/rules.conf r,\n"):
                load()
                done = given("--net", "br0")
                assert done.returncode == 0, done.stdout
            load()
        wait_until(lambda: not ports(), "the port to go", LONG_S)
        assert any('name="/srv/rules.conf"' in line for line in denials())

    def check_hostile():
        """ATTACKS 80: root in the helper's profile cannot do what it could without one."""
        with alice.start(["sleep", "infinity"]) as victim:
            try:
                for attempt in attempts(victim.pid):
                    assert outcome(attempt, victim.pid, False) == 0, f"{attempt}: without"
                    assert outcome(attempt, victim.pid, True) == 1, f"{attempt}: with the profile"
            finally:
                victim.kill()

    sys.exit(main(globals()))
