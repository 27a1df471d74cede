# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real dnsmasq that gives addresses on a bridge of a world."""

from process import wait_until

LOG, LEASES = "/run/dnsmasq.log", "/run/leases"


class Dhcp:
    """192.0.2.50 to 192.0.2.99 on br0. Listens when it has been made."""

    def __init__(self, world):
        self.world = world
        world.ip("address add 192.0.2.1/24 dev br0")
        self._process = world.spawn([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--port=0",
            "--interface=br0", "--bind-interfaces", "--except-interface=lo", "--no-ping",
            "--dhcp-authoritative", "--dhcp-range=192.0.2.50,192.0.2.99,10m",
            f"--dhcp-leasefile={LEASES}", f"--log-facility={LOG}"], capture=False)
        wait_until(lambda: world.path(LOG).exists() and "DHCP, IP range" in self.log(),
                   "dnsmasq to listen")

    def log(self):
        return self.world.path(LOG).read_text(encoding="utf-8")

    def wait_lease(self, mac):
        wait_until(lambda: mac in self.world.path(LEASES).read_text(encoding="ascii"),
                   f"the lease of {mac}")

    def stop(self):
        self._process.kill()
