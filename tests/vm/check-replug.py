# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""USB devices that are exchanged while polkit asks: the yes was for another one."""

import contextlib
import os
import sys

import outside
import usb
from checks import acl, main, need, wait_until, write
from nested import OLDER
from pci import holders
from people import Seated
from prompt import Asked, own_password

OBJECT = 13
RULE = f"allow usb {usb.STICK} user alice"
OTHER_SERIAL = {**outside.STICK1, "serial": "VMOTHER"}
# Its product number is another one. It is there when it is told to be.
OTHER_KIND = {"driver": "usb-uas", "id": "stick1", "bus": "usb.0", "port": "2",
              "serial": "VMOTHER"}


with contextlib.ExitStack() as world:
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    world.enter_context(acl(RULE))
    world.enter_context(own_password(alice, "org.vmgrant.usb"))
    need(["modprobe", "-a", "usb-storage", "sd_mod"])
    stick = wait_until(lambda: usb.find("VMSTICK1"), "the stick")
    controller = os.path.basename(os.path.realpath(
        f"{usb.DEVICES}/usb{stick.split('-', maxsplit=1)[0]}/.."))

    def asks_while(device, act):
        """(exit status, text) of a request of alice's; act() while she is asked."""
        with Asked(alice, ["vmgrant", "run", "--usb", device, "--", OLDER, "-version"]) as asked:
            act()
            return asked.answer()

    def refused_while(device, act):
        """Refused although she gave the password; what is there then is nobody's."""
        status, text = asks_while(device, act)
        assert status == OBJECT and "unplugged or changed meanwhile" in text, (status, text)
        assert "QEMU emulator" not in text, text
        assert holders(usb.node(stick)) == set()

    def comes(serial):
        """A device is at the stick's port, with a node that udev has made ready."""
        wait_until(lambda: usb.find(serial) == stick and os.path.exists(usb.node(stick)), serial)

    def unplug():
        outside.unplug(outside.STICK1)
        wait_until(lambda: not os.path.exists(f"{usb.DEVICES}/{stick}"), "the stick to go")

    def plug(device=outside.STICK1):
        outside.plug(device)
        comes(device["serial"])

    def put_back():
        unplug()
        plug()

    def restart_controller(meanwhile=lambda: None):
        """All that hangs on it comes anew, and gets the numbers that it had after the last
        restart."""
        driver = "/sys/bus/pci/drivers/xhci_hcd"
        write(f"{driver}/unbind", controller)
        meanwhile()
        write(f"{driver}/bind", controller)
        wait_until(lambda: os.path.exists(f"{usb.DEVICES}/{stick}/serial"), "the stick's port")

    def check_granted():
        """A stick that stays where it is is given after the password."""
        status, text = asks_while(stick, lambda: None)
        assert status == 0 and "QEMU emulator" in text, (status, text)

    def check_replugged():
        """ATTACKS 29: a stick that is replugged while polkit asks is not given."""
        before = usb.node(stick)

        def replug():
            put_back()
            assert usb.node(stick) != before
        refused_while(f"{usb.STICK},serial=VMSTICK1", replug)

    def check_other_at_port():
        """ATTACKS 29: nor is one with another serial number that has come to its port."""
        def exchange():
            unplug()
            plug(OTHER_SERIAL)
        try:
            refused_while(stick, exchange)
        finally:
            put_back()

    def check_same_number():
        """ATTACKS 29: nor is the same stick when it comes back with the same number."""
        restart_controller()
        comes("VMSTICK1")
        before = usb.node(stick)

        def restart():
            restart_controller()
            comes("VMSTICK1")
            assert usb.node(stick) == before
        refused_while(f"{usb.STICK},serial=VMSTICK1", restart)

    def exchanged_for(device, arrive=lambda: None):
        """Another one has the stick's port, its bus and device number, and so its node."""
        restart_controller()
        comes("VMSTICK1")
        before = usb.node(stick)

        def exchange():
            restart_controller(lambda: (outside.unplug(outside.STICK1), outside.plug(device),
                                        arrive()))
            comes(device["serial"])
            assert usb.node(stick) == before
        try:
            refused_while(stick, exchange)
        finally:
            put_back()

    def check_other_with_number():
        """ATTACKS 29: nor is one with another serial number that has its port and number."""
        exchanged_for(OTHER_SERIAL)

    def check_other_kind_with_number():
        """ATTACKS 29: nor is a device of another kind that has its port and number."""
        exchanged_for(OTHER_KIND, lambda: outside.execute(
            "qom-set", path="/machine/peripheral/stick1", property="attached", value=True))

    sys.exit(main(globals()))
