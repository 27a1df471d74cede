# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Confined guests on a host as people have it: its systemd, a real USB stick, a real PCI device."""

import contextlib
import glob
import os
import sys

import usb
from checks import acl, main, need, read, wait_until
from nested import Guest
from people import Seated

UNSUPPORTED = 14
RUNTIME = "/run/user/1000"
BOOT = ["-boot", "c"]
SECTORS = slice(512, 9 * 512)
# So many processes more; what cannot be started says so.
CROWD = "i=0; while [ $i -lt 60 ]; do sleep 60 & i=$((i+1)); done"
HUNGRY = "import os; text = b'x' * (300 << 20); print(len(text), flush=True)"

with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    alice.environment["XDG_RUNTIME_DIR"] = RUNTIME
    wait_until(lambda: os.path.exists(f"{RUNTIME}/systemd/private"), "alice's systemd")

    def confined(*words, option="--confine"):
        return alice.run(["vmgrant", "run", option, "--", *words])

    def scopes():
        return glob.glob("/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/**/vmgrant-*.scope",
                         recursive=True)

    def check_scope():
        """A confined program is in a scope of alice's systemd, with the limits, and sees nothing above it."""
        process = alice.start(["vmgrant", "run", "--confine=memory=64M,tasks=20", "--", "sh", "-c",
                               "cat /proc/self/cgroup >/tmp/group; sleep 1000"])
        try:
            [scope] = wait_until(scopes, "a scope")
            assert read(f"{scope}/pids.max") == "20", scope
            assert read(f"{scope}/memory.max") == str(64 << 20), scope
            pids = wait_until(lambda: read(f"{scope}/cgroup.procs").split()[1:], "the program")
            text = wait_until(lambda: read(f"/proc/{pids[0]}/root/tmp/group"), "its control group")
            assert text.endswith("::/"), text
            assert os.stat(f"/proc/{pids[0]}").st_uid >= 100000
        finally:
            process.terminate()
            process.wait(60)
        wait_until(lambda: not scopes(), "the scope's end")

    def check_no_fork_bomb():
        """A program that starts processes meets the limit, and alice can still start some."""
        done = confined("sh", "-c", CROWD + "; echo all", option="--confine=tasks=20")
        assert "all" not in done.stdout and "fork" in done.stdout, done
        assert confined("true").returncode == 0

    def check_no_memory_eater():
        """A program that takes more memory is ended, and vmgrant says by which signal."""
        done = confined("/usr/bin/python3", "-I", "-c", HUNGRY, option="--confine=memory=64M")
        assert done.returncode == 128 + 9 and str(300 << 20) not in done.stdout, done
        done = confined("/usr/bin/python3", "-I", "-c", HUNGRY)
        assert done.returncode == 0 and str(300 << 20) in done.stdout, done

    def check_unnamed_session():
        """Her systemd is found where XDG_RUNTIME_DIR is not set, as below libvirt."""
        del alice.environment["XDG_RUNTIME_DIR"]
        try:
            done = confined("echo", "started", option="--confine=memory=64M")
            assert done.returncode == 0 and done.stdout == "started\n", done
        finally:
            alice.environment["XDG_RUNTIME_DIR"] = RUNTIME

    def check_without_session():
        """Without a way to her systemd the program starts, which is said, unless a limit is named."""
        alice.environment["XDG_RUNTIME_DIR"] = "/nowhere"
        try:
            done = confined("echo", "started")
            assert done.returncode == 0 and "without a control group of its own" in done.stdout, done
            done = confined("echo", "started", option="--confine=memory=64M")
            assert done.returncode == UNSUPPORTED and "started" not in done.stdout, done
        finally:
            alice.environment["XDG_RUNTIME_DIR"] = RUNTIME

    def check_check():
        """vmgrant check --confine finds all of it here."""
        done = alice.run(["vmgrant", "check", "--confine"])
        assert done.returncode == 0 and "scopes of the person's systemd" in done.stdout, done.stdout
        assert "a trial: a program was started, shut in" in done.stdout, done.stdout

    def check_usb():
        """A real stick in a confined guest: firmware reads it, and the driver is back afterwards."""
        need(["modprobe", "-a", "usb-storage", "sd_mod"])
        need(["udevadm", "settle"])
        port = wait_until(lambda: usb.find("VMSTICK1"), "the stick")
        wait_until(lambda: usb.driver(f"{port}:1.0") == "usb-storage", "the kernel's driver")
        with open("/host/stick1", "rb") as file:
            contents = file.read()[SECTORS].decode()
        with acl(f"allow usb {usb.STICK} user alice"):
            before = ["vmgrant", "run", "--no-prompt", "--confine", "--usb", f"{usb.STICK},serial=VMSTICK1", "--"]
            with Guest(alice, BOOT, before=before) as machine:
                wait_until(lambda: "HARDDRIVE" in machine.monitor("info usb"), "the stick in the guest")
                wait_until(lambda: len(machine.printed()) >= len(contents), "the contents")
                assert machine.printed() == contents
                uids = {os.stat(f"/proc/{pid}").st_uid for scope in scopes()
                        for pid in read(f"{scope}/cgroup.procs").split()}
                assert len(uids) == 1 and min(uids) >= 100000, uids
        wait_until(lambda: usb.driver(f"{port}:1.0") == "usb-storage", "the kernel's driver")

    sys.exit(main(globals()))
