# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A confined QEMU that does what somebody with its monitor wants."""

import os
import signal
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

import monitor_escapes as escapes
from confining import give_ids
from process import wait_until
from test_clients_qemu import QEMU, Guest
from test_native_client import need
from world import HELPER, World

DOCUMENT = Path(__file__).parents[2] / "doc/security.md"
SOCKETS = (f"{escapes.RUNTIME}/bus", f"{escapes.RUNTIME}/monitor", "\0vmgrant-abstract")
# What these worlds have for nobody.
ANYWHERE = {"can", "input_linux", "vfio", "usb_host"}
PLACE = SimpleNamespace(helper=HELPER, port=7011, free=7100, node="/tmp/node", id="")


def be_others():
    """As the person: another guest and a session with their sockets."""
    kept = [socket.socket(socket.AF_UNIX) for _ in SOCKETS] + [socket.socket()]
    for listener, address in zip(kept, (*SOCKETS, ("127.0.0.1", PLACE.port))):
        listener.bind(address)
        listener.listen(64)
    Path("/home/alice/there").touch()
    signal.pause()


@pytest.fixture
def world(stage):
    need(QEMU)
    with World(stage) as world:
        give_ids(world)
        world.write_acl("allow bridge br0 user alice polkit=no\n")
        world.bridge()
        world.ip("link set lo up", *(f"tuntap add alices{n} mode tap user alice" for n in (0, 1)))
        for path in (escapes.KEY, f"{escapes.HOME}/tls/keys.psk", escapes.OTHER, PLACE.node):
            world.write(path, "user:a0b1\n" + "-" * (1 << 20), mode=0o600, owner=(1000, 1000))
        world.write(f"{escapes.HOME}/script", f"#!/bin/sh\ntouch {escapes.MADE}\n", mode=0o755, owner=(1000, 1000))
        for path in (f"{escapes.HOME}/tls", f"{escapes.HOME}/.ssh"):
            world.path(path).chown(1000, 1000)
        others = world.spawn(be_others, "alice")
        wait_until(world.path("/home/alice/there").exists, "the others")
        yield world
        others.kill()


def is_there(world, what):
    if isinstance(what, str):
        return os.path.lexists(world.path(what))

    def connects():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", what)) == 0
    return what is None or world.call(connects, "alice")


def try_one(world, guest, function):
    """How it ended: "got", or why not."""
    PLACE.id = function.__name__.replace("_", "-")
    PLACE.free += 1
    for path in (escapes.MADE, f"{escapes.RUNTIME}/made"):
        world.path(path).unlink(missing_ok=True)
    try:
        what = function(guest, PLACE)
    except escapes.Refused as error:
        return f"refused: {error}"
    except OSError:
        return "refused: QEMU has ended"
    return "got" if is_there(world, what) else "refused: nothing is there"


def try_all(world, *before):
    """{name: how it ended}. One that ends QEMU is not the last; what has migrated does nothing more."""
    ends, guest = {}, None
    for function, _, _ in escapes.ATTEMPTS:
        if guest is None or not guest.process.running():
            guest = Guest(world, [*escapes.WORDS, "-sandbox", "off"], before=before)
        ends[function.__name__] = try_one(world, guest, function)
        if ends[function.__name__] == "got" and function.__name__.startswith("migrate"):
            guest.__exit__()
            guest = None
    guest.quit()
    return ends


def test_attack_92_whoever_has_the_monitor_of_a_confined_qemu_gets_nothing(world):
    """QEMU's own sandbox is off: what counts is vmgrant's."""
    ends = try_all(world, "vmgrant", "run", "--confine", "--")
    assert {name: end for name, end in ends.items() if not end.startswith("refused")} == {}
    assert len(world.path(escapes.OTHER).read_bytes()) > 1 << 20


def test_the_same_monitor_gets_it_all_without(world):
    """Else the attempts prove nothing."""
    ends = try_all(world)
    assert {name: end for name, end in ends.items() if end != "got" and name not in ANYWHERE} == {}


def test_what_a_monitor_is_tried_for_stands_in_the_document():
    rows = [f"| {what} | {wall} |" for _, what, wall in escapes.ATTEMPTS]
    assert len(rows) >= 40
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.split("| who has the monitor of a confined QEMU tries | it meets |\n|---|---|\n")[1].split("\n\n")[0]
    assert table.splitlines() == rows
