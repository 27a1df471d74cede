# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A made-up machine with PCI devices: /sys and the nodes of VFIO, in a world."""

import os
import stat

GPU, SOUND, BRIDGE, NIC = "0000:03:00.0", "0000:03:00.1", "0000:00:03.0", "0000:04:00.0"
NULL, ZERO = (1, 3), (1, 5)


class Machine:
    """Stands over the world's /sys. The GPU has two functions, in one group with a bridge."""

    def __init__(self, world):
        self.world = world
        done = world.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/sys"])
        assert done.code == 0, done.stderr
        self.add(BRIDGE, 12, "8086:1901", "060400", "pcieport")
        self.add(GPU, 12, "10de:1c82", "030000", "vfio-pci")
        self.add(SOUND, 12, "10de:0fb9", "040300", "vfio-pci")
        self.add(NIC, 13, "8086:10d3", "020000", "e1000e")
        self.attribute("class/vfio/12/dev", "1:3")
        self.attribute("class/misc/vfio/dev", "1:5")
        self.node("vfio/12", NULL)
        self.node("vfio/vfio", ZERO)

    def attribute(self, path, text):
        self.world.write(f"/sys/{path}", text + "\n")

    def _link(self, path, target):
        place = self.world.path(f"/sys/{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.symlink_to(target)

    def add(self, address, group, ids, kind, driver=None):
        vendor, device = ids.split(":")
        for name, value in (("vendor", vendor), ("device", device), ("class", kind)):
            self.attribute(f"devices/{address}/{name}", f"0x{value}")
        self.world.path("/sys/bus/pci/drivers").mkdir(parents=True, exist_ok=True)
        self._link(f"devices/{address}/subsystem", "../../bus/pci")
        self._link(f"bus/pci/devices/{address}", f"../../../devices/{address}")
        self._link(f"kernel/iommu_groups/{group}/devices/{address}",
                   f"../../../../devices/{address}")
        self._link(f"devices/{address}/iommu_group", f"../../kernel/iommu_groups/{group}")
        if driver:
            self.bind(address, driver)

    def bind(self, address, driver):
        self.world.path(f"/sys/bus/pci/drivers/{driver}").mkdir(parents=True, exist_ok=True)
        self._link(f"devices/{address}/driver", f"../../bus/pci/drivers/{driver}")

    def node(self, path, number):
        place = self.world.path(f"/dev/{path}")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.mknod(stat.S_IFCHR | 0o600, os.makedev(*number))

    def with_iommufd(self):
        """A kernel that has the devices' own nodes and /dev/iommu."""
        self.attribute(f"devices/{GPU}/vfio-dev/vfio0/dev", "1:3")
        self.attribute("class/vfio-dev/vfio0/dev", "1:3")
        self.attribute("class/misc/iommu/dev", "1:5")
        self.node("vfio/devices/vfio0", NULL)
        self.node("iommu", ZERO)
