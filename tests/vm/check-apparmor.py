# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""libvirt under Debian's AppArmor profiles, as they are installed: it starts the helper."""

import contextlib
import os
import sys

from beside import LONG_S, Findings, file
from checks import acl, main, need, read, run, wait_until, write
from network import bridge, ports
from people import Seated

HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
ADAPT = "/usr/libexec/vmgrant/apparmor-libvirt"
LOCAL = "/etc/apparmor.d/local"
DOMAIN = """<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>
  </devices>
</domain>
"""
# As Debian's later releases have it, but short: emulated processors compile slowly.
VIRTQEMUD = """abi <abi/3.0>,
include <tunables/global>
profile virtqemud /usr/sbin/virtqemud {
  include <abstractions/base>
  /** r,
  /usr/bin/* PUx,
  include if exists <local/usr.sbin.virtqemud>
}
"""


def profiles():
    lines = read("/sys/kernel/security/apparmor/profiles").splitlines()
    return {name: mode.strip("()") for name, mode in (line.rsplit(" ", 1) for line in lines)}


def starts_under(profile):
    """Root starts the helper in that profile, as a daemon that it confines does."""
    return run(["aa-exec", "-i", "-p", profile, "--", HELPER, "--version"], limit_s=LONG_S)


with contextlib.ExitStack() as world:
    world.enter_context(bridge())
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    alice.environment["XDG_RUNTIME_DIR"] = "/run/user/1000"
    CONFIG = "/home/alice/.config/libvirt/qemu.conf"
    findings = Findings(alice)

    def virsh(*words, **more):
        return alice.run(["virsh", "-q", "-c", "qemu:///session", *words], limit_s=LONG_S, **more)

    def create():
        """virsh create of a guest with a card on the bridge."""
        with acl("allow bridge br0 user alice polkit=no"):
            return virsh("create", "/home/alice/guest.xml")

    def prepare():
        need(["install", "-d", "-o", "alice", "-g", "alice", "/home/alice/.config", os.path.dirname(CONFIG)])
        for path, text in ((CONFIG, f'bridge_helper = "{HELPER}"\nstdio_handler = "file"\n'),
                           ("/home/alice/guest.xml", DOMAIN)):
            with open(path, "w", encoding="utf-8") as out:
                out.write(text)

    def check_on():
        """The VM runs with AppArmor, and libvirtd's stock profile is enforced."""
        assert read("/sys/module/apparmor/parameters/enabled") == "Y"
        wait_until(lambda: profiles().get("libvirtd") == "enforce", "libvirtd's profile", LONG_S)
        assert "vmgrant" not in (read(f"{LOCAL}/usr.sbin.libvirtd") or "")

    def check_stock():
        """As Debian has it libvirtd may not start the helper, and vmgrant check says so."""
        prepare()
        done = create()
        assert done.returncode != 0 and "Permission denied" in done.stdout, done.stdout
        [pid] = need(["pgrep", "-u", "alice", "-x", "libvirtd"]).split()
        assert read(f"/proc/{pid}/attr/current") == "libvirtd (enforce)"
        assert starts_under("libvirtd").returncode != 0
        [found] = findings.of("apparmor")
        assert found["level"] == "warn" and "libvirtd" in found["text"], found
        assert found["mend"] == f"sudo {ADAPT} add"

    def check_mended_by_hand():
        """Where vmgrant was built without AppArmor's files, what check prints does as well."""
        local = f"{LOCAL}/usr.sbin.libvirtd"
        before = read(local)
        os.rename(ADAPT, f"{ADAPT}.away")
        try:
            findings.mend("apparmor", "libvirtd")
            assert starts_under("libvirtd").returncode == 0
        finally:
            os.rename(f"{ADAPT}.away", ADAPT)
            write(local, f"{before or ''}\n")
            need(["apparmor_parser", "-r", "/etc/apparmor.d/usr.sbin.libvirtd"], limit_s=LONG_S)
        assert starts_under("libvirtd").returncode != 0

    def check_mended():
        """With the line that is shipped a guest of qemu:///session gets its card."""
        findings.mend("apparmor", "libvirtd")
        done = create()
        assert done.returncode == 0, done.stdout
        [port] = ports()
        assert "vmgrant: user alice" in need(["ip", "link", "show", port])
        done = virsh("destroy", "guest")
        assert done.returncode == 0, done.stdout
        wait_until(lambda: not ports(), "the port to go", LONG_S)
        [found] = findings.of("apparmor")
        assert found["level"] == "ok", found

    def check_system():
        """The system's libvirtd, which is root's, may start it as well."""
        done = starts_under("libvirtd")
        assert done.returncode == 0 and "vmgrant-helper" in done.stdout, done.stdout

    def check_virtqemud():
        """virtqemud's profile is adapted, too, once however often; removing takes it back."""
        profile = "/etc/apparmor.d/usr.sbin.virtqemud"
        world.enter_context(file(profile, VIRTQEMUD))
        world.enter_context(file("/usr/sbin/virtqemud", "#!/bin/sh\n"))
        world.enter_context(file(f"{LOCAL}/usr.sbin.virtqemud", "# the administrator's\n/etc/x r,"))
        need(["apparmor_parser", "-r", profile], limit_s=LONG_S)
        assert starts_under("virtqemud").returncode != 0
        findings.mend("apparmor", "virtqemud")
        assert starts_under("virtqemud").returncode == 0
        lines = read(f"{LOCAL}/usr.sbin.virtqemud").splitlines()
        assert lines == ["# the administrator's", "/etc/x r,",
                         "include if exists <abstractions/vmgrant-helper>"], lines
        for _ in range(2):
            need([ADAPT, "remove"], limit_s=LONG_S)
        assert read(f"{LOCAL}/usr.sbin.virtqemud").splitlines() == lines[:2]
        assert starts_under("virtqemud").returncode != 0
        need(["apparmor_parser", "-R", profile], limit_s=LONG_S)

    world.callback(run, ["pkill", "-u", "alice", "-x", "libvirtd"])
    sys.exit(main(globals()))
