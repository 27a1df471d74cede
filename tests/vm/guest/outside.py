# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The emulator that the test VM runs in: plug USB devices in and out, as a hand would."""

import itertools
import json
import os

from checks import read, wait_until

ASKS = "/host/asks"
STICK1 = {"driver": "usb-storage", "id": "stick1", "bus": "usb.0", "port": "2",
          "drive": "stick1", "serial": "VMSTICK1"}
numbers = itertools.count(os.getpid() * 1000)


def execute(command, **arguments):
    """A QMP command for the emulator around us."""
    path = f"{ASKS}/{next(numbers)}"
    with open(f"{path}.part", "w", encoding="ascii") as file:
        json.dump({"execute": command, "arguments": arguments}, file)
    os.rename(f"{path}.part", path)
    answer = json.loads(wait_until(lambda: read(f"{path}.answer"), "the emulator's answer"))
    os.unlink(f"{path}.answer")
    assert "return" in answer, f"{command}: {answer}"


def unplug(device):
    execute("device_del", id=device["id"])


def plug(device):
    execute("device_add", **device)
