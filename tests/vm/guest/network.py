# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A bridge in the test VM, and somebody on it who gives addresses."""

import contextlib
import glob
import os

from checks import need, read, run, wait_until

# The network card's own firmware asks for an address and for a boot file that nobody
# has: meanwhile it answers pings.
BOOT_FROM_NETWORK = ["-boot", "n"]


@contextlib.contextmanager
def bridge(name="br0", address="10.77.0.1"):
    """A bridge with dnsmasq on it; gives a function: the leases, {MAC: address}."""
    need(["ip", "link", "add", name, "type", "bridge", "stp_state", "0", "forward_delay", "0"])
    need(["ip", "address", "add", f"{address}/24", "dev", name])
    need(["ip", "link", "set", name, "up"])
    leases, pid = f"/run/{name}.leases", f"/run/{name}.pid"
    prefix = address.rsplit(".", 1)[0]
    need(["dnsmasq", f"--interface={name}", "--bind-interfaces", "--except-interface=lo",
          "--port=0", f"--dhcp-range={prefix}.10,{prefix}.99,1h", f"--dhcp-leasefile={leases}",
          f"--dhcp-boot=none,,{prefix}.200", "--dhcp-no-override", "--no-ping",
          "--conf-file=/dev/null", f"--pid-file={pid}", "--user=root"])
    try:
        yield lambda: given(leases)
    finally:
        run(["pkill", "-F", pid])
        run(["ip", "link", "delete", name])
        with contextlib.suppress(FileNotFoundError):
            os.unlink(leases)


def given(leases):
    lines = [line.split() for line in (read(leases) or "").splitlines()]
    return {line[1]: line[2] for line in lines}


def ports(name="br0"):
    """The ports of a bridge."""
    return sorted(os.path.basename(path) for path in glob.glob(f"/sys/class/net/{name}/brif/*"))


def answers_ping(address):
    return run(["ping", "-q", "-c", "1", "-W", "2", address]).returncode == 0


def reaches_network(leases, mac):
    """The guest with that card gets an address and answers at it; the address."""
    address = wait_until(lambda: leases().get(mac), f"a lease for {mac}")
    wait_until(lambda: answers_ping(address), f"an answer from {address}")
    return address
