# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The udev rules, on a machine that started with them."""

import os
import stat
import sys

from checks import main, need, read, wait_until
from nested import Guest, SMALL
from people import Person

RULES = "/etc/udev/rules.d"
KVM = "/dev/kvm"
VHOST = "/dev/vhost-net"


def mode(path):
    facts = os.stat(path)
    assert stat.S_ISCHR(facts.st_mode)
    return f"{stat.S_IMODE(facts.st_mode):o}"


def group(path):
    return need(["stat", "-c", "%U:%G", path]).strip()


def apply_as_documented():
    """The commands that stand in the rules' files, more often than systemd likes."""
    need(["systemctl", "reset-failed", "systemd-udevd"])
    need(["systemctl", "restart", "systemd-udevd"])
    need(["udevadm", "trigger", "--action=add", "--subsystem-match=misc"])
    need(["udevadm", "settle"])


def with_rule(name, make):
    """What the modes are while the administrator has a rule file of that name."""
    path = f"{RULES}/{name}"
    make(path)
    try:
        apply_as_documented()
        return mode(KVM), mode(VHOST)
    finally:
        os.unlink(path)
        apply_as_documented()


def check_static_node():
    """/dev/vhost-net is there for everybody before its module is loaded."""
    assert "vhost_net" not in read("/proc/modules")
    assert (mode(VHOST), group(VHOST)) == ("666", "root:kvm")


def check_opening_loads():
    """Opening /dev/vhost-net as an ordinary user loads the module, and the mode stays."""
    done = Person("bob").run(["sh", "-c", f"exec 3<>{VHOST}"])
    assert done.returncode == 0, done.stdout
    assert "vhost_net" in read("/proc/modules")
    need(["udevadm", "settle"])
    assert (mode(VHOST), group(VHOST)) == ("666", "root:kvm")


def check_kvm():
    """/dev/kvm is there for everybody once its module is loaded."""
    need(["modprobe", "kvm_amd"])
    need(["udevadm", "settle"])
    assert (mode(KVM), group(KVM)) == ("666", "root:kvm")


def check_kvm_works():
    """An ordinary user who sits nowhere runs firmware under KVM."""
    base = [*SMALL, "-debugcon", "stdio", "-global", "isa-debugcon.iobase=0x402"]
    base[base.index("tcg")] = "kvm"
    with Guest(Person("bob"), [], base=base) as guest:
        assert guest.execute("query-kvm") == {"enabled": True, "present": True}
        wait_until(lambda: "SeaBIOS" in guest.said(), "the firmware's first words")


def check_switch_off():
    """An administrator who masks the rules has the distribution's modes again."""
    def mask(path):
        os.symlink("/dev/null", path)
    assert with_rule("65-vmgrant-kvm.rules", mask) == ("660", "666")
    assert with_rule("65-vmgrant-vhost-net.rules", mask) == ("666", "660")


def check_later_rule():
    """A later rule of the administrator's decides."""
    for node, expected in (("kvm", ("660", "666")), ("vhost-net", ("666", "660"))):
        line = f'KERNEL=="{node}", GROUP="kvm", MODE="0660", OPTIONS+="static_node={node}"\n'

        def place(path, text=line):
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
        assert with_rule(f"66-{node}-group.rules", place) == expected
    assert (mode(KVM), mode(VHOST)) == ("666", "666")


sys.exit(main(globals()))
