# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A machine whose card a real network manager has given an address, and vmgrant setup on it.

The card's other end is in the world. Of systemd itself only the timer is played: a background
process that sleeps. The real one is in the test VM: check-setup.py.
"""

import os
import re
from pathlib import Path

import replies
from process import wait_until

# What this has of systemctl and systemd-run is all that is asked of them.
SYSTEMCTL = """#!/bin/sh
case $1 in
is-active) exit 0 ;;
*) for file in /run/${3%.timer}.pid; do
       kill "$(cat "$file")" 2>/dev/null
       rm -f "$file"
   done ;;
esac
"""
SYSTEMD_RUN = """#!/bin/sh
while [ "$1" != -- ]; do
    case $1 in
    --unit=*) unit=${1#--unit=} ;;
    --on-active=*) delay=${1#--on-active=} ;;
    --property=KillMode=*) kills=${1#--property=KillMode=} ;;
    esac
    shift
done
shift
[ "$kills" = process ] || { echo "the old network's DHCP client would be killed"; exit 1; }
case $unit in
vmgrant-setup-guard-*) ;;
*) [ ! -e /run/now ] || exec "$@"
   [ ! -e /run/soon ] || delay=1s ;;
esac
(trap 'kill $sleep; exit' TERM; sleep "${delay%s}" & sleep=$!; wait $sleep; exec "$@") >/dev/null 2>&1 &
echo $! >"/run/$unit.pid"
"""
WORDS = ("--user", "alice", "--bridge", "br0", "--uplink", "card", "--no-polkit")


# Of a change that nobody confirms: check's, or the timer was there before the end.
UNCONFIRMED = (0, 102, 104)


def recipe(title):
    """[(the text before it, the block)] of a section of doc/bridges.md."""
    text = (Path(__file__).parents[2] / "doc/bridges.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {title}\n")[1].split("\n## ")[0]
    blocks = re.findall(r"((?:^(?!    ).*\n)*)\n((?:    .*\n|\n(?=    ))+)", section, re.M)
    return [(before, re.sub("^    ", "", block, flags=re.M)) for before, block in blocks]


class Host:
    """A card with 192.0.2.2, and what the manager has of it in FOLDER."""

    FOLDER = None

    def __init__(self, world):
        self.world = world
        world.write("/usr/local/bin/systemctl", SYSTEMCTL, mode=0o755)
        world.write("/usr/local/bin/systemd-run", SYSTEMD_RUN, mode=0o755)
        world.write_acl("# nobody yet\n")
        world.ip("link add card type veth peer name cable", "link set cable up")
        self.start()
        wait_until(lambda: "192.0.2.2/24" in self.addresses("card"), "the card's address", 60)
        self.before = self.configuration()

    def start(self):
        """Write the card's configuration and start what reads it."""
        raise NotImplementedError

    def addresses(self, name):
        return self.world.run(["ip", "-br", "-4", "address", "show", name]).stdout.decode()

    def routes(self, *words):
        return self.world.run(["ip", "route", "show", *words]).stdout

    def setup(self, *words):
        return self.world.run(["vmgrant", "setup", *words], limit_s=300)

    def timers(self):
        return self.world.run(["sh", "-c", "ls /run | grep ^vmgrant-setup-.*pid"]).stdout.decode().split()

    def undo_leaves_the_network_with(self, path):
        """Somebody has changed that file of the network since."""
        before = self.world.path(path).read_text(encoding="utf-8")
        self.world.write(path, f"{before}# mine\n")
        done = self.setup("--undo", "--yes")
        said = f"{path}: somebody has changed it since, so the network stays as it is"
        assert done.code == replies.INTERNAL and said in done.stderr.decode(), done
        self.is_moved()
        self.world.write(path, before)

    def configuration(self):
        found = self.world.run(["find", self.FOLDER, "-type", "f"]).stdout.decode().split()
        return {os.path.relpath(path, self.FOLDER): self.world.path(path).read_text(encoding="utf-8")
                for path in found}

    def of_recipe(self, text):
        """With this card's name and address."""
        mac = self.world.sysfs("card", "address")
        return text.replace("enp3s0", "card").replace("52:54:00:ab:cd:01", mac)

    def is_moved(self):
        wait_until(lambda: "192.0.2.2/24" in self.addresses("br0"), "the bridge's address", 60)
        wait_until(lambda: "192.0.2.2" not in self.addresses("card"), "the card's to go", 60)
        wait_until(lambda: b"192.0.2.1 dev br0" in self.routes("default"), "the route", 60)
        assert self.world.sysfs("br0", "address") == self.world.sysfs("card", "address")
        assert self.world.sysfs("br0", "addr_assign_type") == "3"

    def is_as_before(self):
        wait_until(lambda: "192.0.2.2/24" in self.addresses("card"), "the card's address", 60)
        wait_until(lambda: "br0" not in self.world.interfaces(), "the bridge to go", 60)
        wait_until(lambda: not self.world.path("/var/lib/vmgrant/setup/record.json").exists(),
                   "the record to go", 60)
        assert self.configuration() == self.before
