# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A libvirt session whose domains have vmgrant-qemu-x86_64 as their emulator."""

import json
from xml.sax.saxutils import quoteattr

import pytest

from libvirt_session import Session, start_world
from world import environment

WRAPPER = "/usr/bin/vmgrant-qemu-x86_64"
UUID = "6f3a5c2e-0b1d-4c57-9a55-1f0d5a2b7c{:02d}"

DOMAIN = """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>{emulator}</emulator>
    {devices}
  </devices>
  <qemu:commandline>{environment}</qemu:commandline>
</domain>
"""


class Wrapped(Session):
    """A session whose domains have our emulator."""

    def domain(self, name, uuid=0, machine="pc", emulator=WRAPPER, devices="", **variables):
        """A file that describes one."""
        lines = "".join(f"<qemu:env name='{key}' value={quoteattr(value)}/>"
                        for key, value in variables.items())
        return self.write(f"{name}.xml", DOMAIN.format(
            name=name, uuid=UUID.format(uuid), machine=machine, emulator=emulator,
            environment=lines, devices=devices))

    def run(self, name, *words, **options):
        done = self.virsh("create", self.domain(name, *words, **options))
        assert done.code == 0, done.stderr.decode()
        return name

    def monitor(self, name, command, **arguments):
        text = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(self.ask("qemu-monitor-command", name, text))["return"]

    def begin(self, *words):
        env = {**environment(self.user), "XDG_RUNTIME_DIR": f"/run/user/{self.uid}"}
        return self.world.spawn(["vmgrant", *words], self.user, env=env)

    def vmgrant(self, *words):
        return self.begin(*words).wait()

    def cards(self, name):
        """{MAC: PCI slot} of a guest."""
        def devices(bus):
            for device in bus.get("devices", ()):
                yield device
                yield from devices(device.get("pci_bridge", {}))
        found = {}
        for bus in self.monitor(name, "query-pci"):
            for device in devices(bus):
                if device["class_info"]["class"] == 0x200:
                    path = f"/machine/peripheral/{device['qdev_id']}"
                    mac = self.monitor(name, "qom-get", path=path, property="mac")
                    found[mac] = device["slot"]
        return found

# ---- fixtures ----

@pytest.fixture(scope="module")
def libvirt_world(stage):
    with start_world(stage, "allow bridge br0 user alice queues=4 vhost polkit=no\n") as world:
        yield world


@pytest.fixture
def alice(libvirt_world):
    session = Wrapped(libvirt_world, "alice", 1000)
    yield session
    session.clear()
    libvirt_world.wait_no_taps()
