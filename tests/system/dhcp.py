# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real dnsmasq that gives addresses on a bridge of a world."""

from process import wait_until


class Dhcp:
    """Numbers 50 to 99 of a network on a bridge. Listens when it has been made."""

    def __init__(self, world, bridge="br0", network="192.0.2"):
        self.world = world
        self._log, self._leases = f"/run/dnsmasq-{bridge}.log", f"/run/leases-{bridge}"
        world.ip(f"address add {network}.1/24 dev {bridge}")
        self._process = world.spawn([
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--port=0",
            f"--interface={bridge}", "--bind-interfaces", "--except-interface=lo", "--no-ping",
            "--dhcp-authoritative", f"--dhcp-range={network}.50,{network}.99,10m",
            f"--dhcp-leasefile={self._leases}", f"--log-facility={self._log}"], capture=False)
        wait_until(lambda: world.path(self._log).exists() and "DHCP, IP range" in self.log(),
                   "dnsmasq to listen")

    def log(self):
        return self.world.path(self._log).read_text(encoding="utf-8")

    def leases(self):
        """The addresses of the cards that have one."""
        lines = self.world.path(self._leases).read_text(encoding="ascii").splitlines()
        return {line.split()[1] for line in lines}

    def wait_lease(self, mac):
        wait_until(lambda: mac in self.leases(), f"the lease of {mac}")

    def stop(self):
        self._process.kill()
