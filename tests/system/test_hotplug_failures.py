# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant attach when something fails on the way: everything is undone, or named."""

import signal

import pytest

from fakecards import FakeQemu
from hotplug import (LEFT, PROXY, QMP, REFUSED, assert_untouched, attach, devices, let_go,
                     lines_of, open_taps, sentence, vmgrant)
# Fixtures.
from hotplug import guest, plug_world, proxy  # pylint: disable=unused-import
from process import wait_until

STEPS = ("getfd", "netdev_add", "device_add")


@pytest.mark.parametrize("queues", (1, 3))
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_qemu_refuses_undoes_those_before(plug_world, guest, proxy, step, queues):
    proxy(**{step: "refuse"})
    said = sentence(attach(plug_world, "--net", f"br0,queues={queues}", socket=PROXY), REFUSED)
    assert f"no {step} today: all is undone" in said
    assert_untouched(plug_world, guest)


@pytest.mark.parametrize("action", ("cut", "cut-after"))
@pytest.mark.parametrize("step", ("getfd", "netdev_add"))
def test_a_connection_that_breaks_is_made_anew_to_undo(plug_world, guest, proxy, step, action):
    middle = proxy(**{step: action})
    said = sentence(attach(plug_world, "--net", "br0,queues=2", socket=PROXY), QMP)
    assert "connection" in said and "all is undone" in said
    assert middle.seen.count("qmp_capabilities") == 2
    assert_untouched(plug_world, guest)


def test_a_connection_that_breaks_behind_the_last_step_takes_the_network_away(
        plug_world, guest, proxy):
    proxy(device_add="cut-after")
    said = sentence(attach(plug_world, "--net", "br0,bus=rp1", socket=PROXY), LEFT)
    assert "card vmgrant0 is left in the guest, without network" in said
    # From QEMU 10 on the files stay open as long as the card.
    keeps = guest.ask("query-version")["qemu"]["major"] >= 10
    assert ("QEMU keeps its port" in said) == keeps
    assert len(open_taps(guest)) == (1 if keeps else 0)
    if keeps:
        assert len(plug_world.taps()) == 1
    else:
        plug_world.wait_no_taps()
    # The guest has been asked to give it back.
    let_go(guest)
    wait_until(lambda: "vmgrant0" not in devices(guest), "the card to go")
    assert_untouched(plug_world, guest)


def test_a_queue_that_got_lost_on_the_way_is_told(plug_world, guest, proxy):
    """QEMU keeps the queues that it has made when a later one is missing."""
    middle = proxy()
    middle.actions["getfd"] = lambda: middle.actions.update(getfd="swallow")
    done = attach(plug_world, "--net", "br0,queues=2", socket=PROXY)
    said = sentence(done, LEFT if "vmgrant-vmgrant0" in guest.network() else REFUSED)
    assert "vmgrant0: cannot be plugged in: " in said
    assert ("is left in QEMU" in said) == ("vmgrant-vmgrant0" in guest.network())


@pytest.mark.parametrize("step", STEPS)
def test_a_qemu_that_is_killed_in_between_leaves_nothing(plug_world, guest, proxy, step):
    def kill():
        middle.stop_listening()
        guest.process.kill()
    middle = proxy(**{step: kill})
    said = sentence(attach(plug_world, "--net", "br0", socket=PROXY), QMP)
    assert "vmgrant0: cannot be plugged in: the connection" in said
    assert said.endswith(": QEMU has ended")
    plug_world.wait_no_taps()


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
@pytest.mark.parametrize("step", ("getfd", "netdev_add"))
def test_a_signal_undoes_what_was_done(plug_world, guest, proxy, step, number):
    middle = proxy(**{step: "hold"})
    process = plug_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    wait_until(lambda: step in middle.seen, step)
    middle.listen_again()
    process.signal(number)
    said = sentence(process.wait(), 128 + number)
    assert "interrupted: all is undone" in said
    assert_untouched(plug_world, guest)


def test_a_signal_behind_the_last_step_comes_too_late(plug_world, guest, proxy):
    proxy(device_add=lambda: process.signal(signal.SIGINT))
    process = plug_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    done = process.wait()
    assert done.code == 0 and done.stdout == b"vmgrant0\n", done.stderr
    assert "vmgrant0" in devices(guest) and len(plug_world.taps()) == 1


def test_a_killed_command_leaves_its_files_in_the_monitor_only(plug_world, guest, proxy):
    """Nothing undoes after SIGKILL: QEMU keeps the file until the name is used again."""
    middle = proxy(netdev_add="hold")
    process = plug_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    wait_until(lambda: "netdev_add" in middle.seen, "netdev_add")
    middle.wait_answer()
    process.kill()
    wait_until(lambda: "vmgrant-vmgrant0" in guest.network(), "the netdev")
    said = sentence(attach(plug_world, "--net", "br0"), REFUSED)
    assert "a netdev vmgrant-vmgrant0 is there already: vmgrant detach vmgrant0" in said
    wait_until(lambda: len(plug_world.taps()) == 1, "the second port to go")
    assert vmgrant(plug_world, "detach", "vmgrant0").code == 0
    assert_untouched(plug_world, guest)


# ---- versions of QEMU ----

@pytest.mark.parametrize("major", (7, 10, 11))
def test_a_card_that_the_guest_keeps_has_no_network_with_any_qemu(plug_world, major):
    """From QEMU 10 on a netdev stays, and with it the port, as long as its card."""
    qemu = FakeQemu(plug_world, PROXY, major, broken="device_add")
    try:
        said = sentence(attach(plug_world, "--net", "br0", socket=PROXY), LEFT)
        assert "card vmgrant0 is left in the guest, without network" in said
        assert qemu.links_down == {"vmgrant0"}
        if major < 10:
            plug_world.wait_no_taps()
        taps = plug_world.taps()
        assert len(taps) == (0 if major < 10 else 1)
        assert ("keeps its port" in said) == (major >= 10)
        if taps:
            port = said.split("its port ")[1].split()[0]
            assert plug_world.links()[port]["master"] == "br0"
        # A later detach takes all of it, although there is no netdev by that name any more.
        process = plug_world.spawn(["vmgrant", "detach", "--qmp", PROXY, "vmgrant0"], "alice")
        wait_until(lambda: qemu.seen[-1] == "device_del", "device_del")
        qemu.let_go()
        done = process.wait()
        assert done.code == 0 and not lines_of(done), done.stderr
        plug_world.wait_no_taps()
    finally:
        qemu.close()
