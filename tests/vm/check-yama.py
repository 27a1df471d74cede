# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""PCI devices by VFIO groups where Yama restricts who may look into a process.

QEMU opens a group by its path, and the supervisor that answers reads the path from
QEMU's memory. Other distributions have ptrace_scope=1 as it comes.
"""

import contextlib
import os
import signal
import sys

import pci
from checks import acl, main, need, read, run, wait_until, write
from nested import Guest, NEWER, OLDER, SMALL
from people import Seated

UNSUPPORTED = 14
SCOPE = "/proc/sys/kernel/yama/ptrace_scope"
RULE = f"allow vfio {pci.CARD} user alice memlock=256M"
RUN = ["vmgrant", "run", "--no-prompt", "--vfio", pci.CARD, "--"]

# A guest that nobody starts.
EMPTY = [OLDER, *SMALL, "-S"]


@contextlib.contextmanager
def ptrace_scope(value):
    """3 is not for tests: it stays until the next boot."""
    before = read(SCOPE)
    write(SCOPE, str(value))
    try:
        assert read(SCOPE) == str(value)
        yield
    finally:
        write(SCOPE, before)


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    world.enter_context(acl(RULE))
    pci.bind(pci.CARD)
    world.callback(pci.release, pci.CARD)
    node = pci.group(pci.CARD)

    def is_let_go():
        wait_until(lambda: not pci.holders(node), "the group to be let go")
        wait_until(lambda: run(["pgrep", "-U", "alice", "vmgrant"]).returncode == 1,
                   "alice's helpers to end")

    def uses(program):
        """A guest has the device, and gives it back."""
        with Guest(alice, ["-S"], before=RUN, program=program) as machine:
            assert "vfio-pci" in machine.monitor("info qtree")
        is_let_go()

    def refused(*arguments):
        """By one line that names the setting, which it gives."""
        done = alice.run([*RUN, *EMPTY, *arguments])
        assert done.returncode == UNSUPPORTED and SCOPE in done.stdout, done
        assert len(done.stdout.splitlines()) == 1, done.stdout
        is_let_go()
        return done.stdout

    def check_restricted():
        """ptrace_scope=1: QEMU 7.2 has the device by its group all the same."""
        with ptrace_scope(1):
            uses(OLDER)

    def check_restricted_newer():
        """ptrace_scope=1: the newer QEMU, which a script becomes by exec, has it as well."""
        assert read(NEWER).startswith("#!")
        with ptrace_scope(1):
            uses(NEWER)

    def check_daemonize():
        """-daemonize, which forks: by ptrace_scope=0 it works, by 1 a sentence says why not."""
        pidfile = "/var/tmp/vm-test-pid"
        options = ["-daemonize", "-pidfile", pidfile]
        with ptrace_scope(1):
            assert "-daemonize" in refused(*options)
            assert not os.path.exists(pidfile)
        with ptrace_scope(0):
            done = alice.run([*RUN, *EMPTY, *options])
            assert done.returncode == 0, done.stdout
            pid = int(read(pidfile))
            assert pid in pci.holders(node)
            os.kill(pid, signal.SIGKILL)
        is_let_go()

    def check_child():
        """ptrace_scope=1: for a QEMU that is the child of a script nobody answers, by 0 the
        supervisor does."""
        script = "/var/tmp/qemu-system-child"
        write(script, f'#!/bin/sh\n{OLDER} "$@"\nexit\n')
        os.chmod(script, 0o755)
        for scope in (1, 0):
            with ptrace_scope(scope), \
                    Guest(alice, ["-S"], before=RUN, program=script, wait=False) as machine:
                if scope == 0:
                    machine.connect()
                    assert "vfio-pci" in machine.monitor("info qtree")
                    machine.execute("quit")
                assert (machine.process.wait(60) == 0) == (scope == 0), machine.said()
                assert ("Permission denied" in machine.said()) == (scope == 1), machine.said()
            is_let_go()

    def check_closed():
        """ptrace_scope=2: one sentence names the setting, and nothing is started or kept."""
        with ptrace_scope(2):
            assert "must be 0 or 1" in refused()

    def check_told():
        """ptrace_scope=2: vmgrant check says so beforehand and what does without it, and advises
        nobody to switch a protection of the whole machine off."""
        with ptrace_scope(2):
            done = alice.run(["vmgrant", "check", "--vfio", pci.CARD])
        assert "ptrace_scope is 2" in done.stdout, done.stdout
        assert "iommufd and QEMU 9 or newer" in done.stdout, done.stdout
        assert "sysctl" not in done.stdout, done.stdout
        done = alice.run(["vmgrant", "check", "--vfio", pci.CARD])
        assert "ptrace_scope" not in done.stdout, done.stdout

    def check_closed_without_need():
        """ptrace_scope=2: a USB device, which needs no supervisor, is given as ever."""
        with ptrace_scope(2), acl("allow usb 0403:6001 user alice polkit=no"):
            done = alice.run(["vmgrant", "run", "--usb", "0403:6001", "--", OLDER, "-version"])
        assert done.returncode == 0 and "QEMU emulator" in done.stdout, done

    sys.exit(main(globals()))
