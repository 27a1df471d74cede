# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""libvirt's session of an ordinary user, in a world of its own."""

import glob
import os
import re
import shutil

import pytest

from world import HELPER, World, environment

URI = "qemu:///session"
QEMU = "/usr/bin/qemu-system-x86_64"

# No log daemon and no security driver: neither belongs to what is tried here.
QEMU_CONF = f"""bridge_helper = "{HELPER}"
stdio_handler = "file"
security_driver = "none"
"""

DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>{qemu}</emulator>
    <interface type='bridge'>
      <source bridge='{bridge}'/>
      <model type='virtio'/>
    </interface>
  </devices>
</domain>
"""


class Session:
    """virsh as one user. libvirt starts that user's daemon by itself."""

    def __init__(self, world, user, uid):
        self.world, self.user, self.uid = world, user, uid
        self.write(".config/libvirt/qemu.conf", QEMU_CONF)

    def write(self, name, text):
        """A file of the user's own, in folders of the user's own."""
        target = f"/home/{self.user}/{name}"

        def write():
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w", encoding="utf-8") as out:
                out.write(text)
        self.world.call(write, user=self.user)
        return target

    def virsh(self, *words):
        env = {**environment(self.user), "XDG_RUNTIME_DIR": f"/run/user/{self.uid}"}
        return self.world.run_as(self.user, ["virsh", "-q", "-c", URI, *words], env=env)

    def ask(self, *words):
        done = self.virsh(*words)
        assert done.code == 0, (words, done.stdout, done.stderr)
        return done.stdout.decode("utf-8")

    def create(self, name="guest", bridge="br0"):
        """virsh create, whatever comes of it."""
        text = DOMAIN.format(name=name, bridge=bridge, qemu=QEMU)
        return self.virsh("create", self.write(f"{name}.xml", text))

    def start(self, name="guest", bridge="br0"):
        done = self.create(name, bridge)
        assert done.code == 0, done.stderr
        return name

    def clear(self):
        for name in self.ask("list", "--name").splitlines():
            self.ask("destroy", name)


def start_world(stage, acl, bridges=("br0",)):
    """A world for libvirt. One for all tests of a file: the daemon's first start takes longest."""
    for tool in ("virsh", "libvirtd", QEMU):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin"):
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")
    world = World(stage)
    world.call(hide_emulators)
    for name in bridges:
        world.bridge(name)
    world.write_acl(acl)
    return world


def hide_emulators():
    """libvirt asks each emulator that it finds what it can do, which takes seconds: one is enough."""
    for path in set(glob.glob("/usr/bin/qemu-system-*")) - {QEMU}:
        os.unlink(path)


def refusal(done, program="vmgrant-helper"):
    """Our sentence inside virsh's error."""
    assert done.code == 1, (done.code, done.stdout)
    text = done.stderr.decode("utf-8")
    found = re.search(rf"{program}: .*", text)
    assert found, text
    return found.group()
