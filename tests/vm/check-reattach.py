# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A bridge is made again by those who make bridges on real hosts: its ports come back."""

import contextlib
import json
import os
import sys

from beside import LONG_S, service
from checks import acl, main, need, read, run, wait_until, write
from people import Person

RULES = "allow bridge br7 user alice polkit=no isolated"


def ports():
    """{name: what `bridge -d link` says} of the ports of running guests."""
    said = json.loads(need(["bridge", "-j", "-d", "link"]) or "[]")
    return {port["ifname"]: port for port in said if port["ifname"].startswith("vethg")}


def is_back():
    """The one port is on br7 and isolated."""
    found = list(ports().values())
    return len(found) == 1 and found[0]["master"] == "br7" and found[0]["isolated"]


@contextlib.contextmanager
def guest():
    """A program of alice's that has a card on br7."""
    with acl(RULES):
        process = Person("alice").start(["vmgrant", "run", "--net", "br7", "--", "sh", "-c",
                                         "exec sleep 1000", "{net0.fd}"])
        try:
            wait_until(is_back, "the port on br7")
            yield
        finally:
            process.kill()
            process.wait()


def make_bridge():
    need(["ip", "link", "add", "br7", "type", "bridge"])
    need(["ip", "link", "set", "br7", "up"])


def check_udev():
    """udev's rule puts a port back when a person makes the bridge again"""
    make_bridge()
    try:
        with guest():
            need(["ip", "link", "del", "br7"])
            wait_until(lambda: not ports(), "the port to be off")
            make_bridge()
            wait_until(is_back, "the port to come back")
    finally:
        run(["ip", "link", "del", "br7"])


def check_networkd():
    """systemd-networkd deletes the bridge and makes it again"""
    folder = "/run/systemd/network"
    os.makedirs(folder, exist_ok=True)
    write(f"{folder}/70-br7.netdev", "[NetDev]\nName=br7\nKind=bridge\n")
    write(f"{folder}/70-br7.network", "[Match]\nName=br7\n[Network]\nLinkLocalAddressing=no\n"
                                      "ConfigureWithoutCarrier=yes\n")
    try:
        with service("systemd-networkd"):
            wait_until(lambda: read("/sys/class/net/br7/ifindex"), "networkd's bridge")
            need(["ip", "link", "set", "br7", "up"])
            with guest():
                before = read("/sys/class/net/br7/ifindex")
                need(["networkctl", "delete", "br7"])
                need(["systemctl", "restart", "systemd-networkd"])
                wait_until(lambda: read("/sys/class/net/br7/ifindex") not in (None, before),
                           "another bridge")
                wait_until(is_back, "the port to come back")
    finally:
        for kind in ("netdev", "network"):
            os.unlink(f"{folder}/70-br7.{kind}")
        run(["ip", "link", "del", "br7"])


def nmcli(*words):
    return need(["nmcli", *words], limit_s=LONG_S)


def check_networkmanager():
    """NetworkManager activates the bridge anew, and takes it down and up"""
    with service("NetworkManager"):
        nmcli("connection", "add", "type", "bridge", "ifname", "br7", "con-name", "br7",
              "ipv4.method", "disabled", "ipv6.method", "disabled", "bridge.stp", "no",
              "autoconnect", "no")
        try:
            nmcli("connection", "up", "br7")
            with guest():
                for _ in range(3):
                    nmcli("connection", "up", "br7")
                    wait_until(is_back, "the port to come back", limit_s=LONG_S)
                nmcli("connection", "down", "br7")
                wait_until(lambda: not ports(), "the port to be off")
                nmcli("connection", "up", "br7")
                wait_until(is_back, "the port to come back", limit_s=LONG_S)
        finally:
            run(["nmcli", "connection", "delete", "br7"], limit_s=LONG_S)
            run(["ip", "link", "del", "br7"])


sys.exit(main(globals()))
