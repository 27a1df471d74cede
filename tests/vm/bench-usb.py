# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What a USB node costs here, with one device on the machine and with 200 more.

Started by scripts/vm-test --bench, on a machine with four more controllers; prints a table.
The processor is emulated, so a TAP is asked for as well: what that takes on the machine
outside, tests/bench/bench.py tells.
"""

import glob
import json
import os
import shutil
import statistics
import time

import outside
import usb
from checks import acl, main, need, read, wait_until, write
from network import bridge
from people import Person

ADAPTER = "0403:6001"
OTHERS = ("tablet", "stick1", "keyboard", "stick2", "scratch", "hub")
CONTROLLERS, HUB_PORTS, MORE = 4, 8, 200
RULES = f"allow usb {ADAPTER} user alice polkit=no\nallow bridge br0 user alice polkit=no"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
PLACE = "/usr/local/bin"
ROUNDS = 5


def devices():
    """Those that are plugged in: neither interfaces nor root hubs."""
    names = (os.path.basename(path) for path in glob.glob(f"{usb.DEVICES}/*-*"))
    return sorted(name for name in names if ":" not in name)


def plug_more():
    """Devices that no driver wants, behind hubs, spread over the controllers."""
    for number in range(MORE // HUB_PORTS):
        bus, port = f"more{number % CONTROLLERS}.0", number // CONTROLLERS + 1
        outside.plug({"driver": "usb-hub", "bus": bus, "port": str(port)})
        for place in range(1, HUB_PORTS + 1):
            outside.plug({"driver": "usb-ccid", "bus": bus, "port": f"{port}.{place}"})
    count = 1 + MORE + MORE // HUB_PORTS
    wait_until(lambda: len(devices()) == count, f"{count} devices", 400, pause_s=1)
    settle()


def unplug_more(port):
    """Take the controllers away with all that hangs on them, but for that of one device."""
    controllers = {os.path.realpath(f"{root}/..") for root in glob.glob(f"{usb.DEVICES}/usb*")}
    for controller in controllers:
        if not os.path.realpath(f"{usb.DEVICES}/{port}").startswith(f"{controller}/"):
            write(f"{controller}/remove", "1")
    wait_until(lambda: devices() == [port], "the devices to go", 120)
    settle()


def settle():
    need(["udevadm", "settle", "--timeout=120"], limit_s=130)
    time.sleep(3)


def samples(person, *words):
    done = person.run([f"{PLACE}/usb-open", *words], limit_s=300)
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


def sample_all(port, series):
    """A few runs of everything in turn, several times. series: {name: [microseconds]}"""
    alice, root = Person("alice"), Person("root")
    subjects = {
        "bare system calls, by root": (root, "bare", "60", usb.node(port)),
        "first request, by vendor and product": (alice, "first", "10", ADAPTER),
        "first request, by port": (alice, "first", "10", port),
        "second request, by vendor and product": (alice, "second", "30", ADAPTER),
        "second request, by port": (alice, "second", "30", port),
    }
    for _ in range(ROUNDS):
        for name, (person, *words) in subjects.items():
            series.setdefault(name, []).extend(samples(person, *words))
        series.setdefault("a TAP, drop-in", []).extend(sample_tap(alice))


def sample_tap(person):
    text = need([f"{PLACE}/bench-request", "10", str(person.entry.pw_uid),
                 str(person.entry.pw_gid), f"request:{HELPER}:br0"])
    return json.loads(text)[0]["us"]


def figures(values):
    low, median, high = statistics.quantiles(values, n=4)
    return f"{median:.0f} | {low:.0f} to {high:.0f}"


def show(one, many):
    print("| | one device: median µs | middle half | 201 devices: median µs | middle half "
          "| ratio |\n|---|---:|---|---:|---|---:|")
    for name, values in one.items():
        ratio = statistics.median(many[name]) / statistics.median(values)
        print(f"| {name} | {figures(values)} | {figures(many[name])} | {ratio:.2f} |")


def check_cost():
    """What a USB node costs"""
    with bridge(), acl(RULES):
        port = wait_until(lambda: [name for name in devices() if
                                   read(f"{usb.DEVICES}/{name}/idVendor") == ADAPTER[:4]],
                          "the serial adapter")[0]
        for name in OTHERS:
            outside.unplug({"id": name})
        wait_until(lambda: devices() == [port], "one device to remain")
        one, many = {}, {}
        sample_all(port, one)
        plug_more()
        sample_all(port, many)
        unplug_more(port)
        # Half of these before and half after, so that a machine that drifts shows no difference.
        sample_all(port, one)
        show(one, many)


for program in ("usb-open", "bench-request"):
    shutil.copy(f"/host/{program}", PLACE)
raise SystemExit(main(globals()))
