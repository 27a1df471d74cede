# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""virt-manager and GNOME Boxes, as doc/desktop.md shows them, which has its pictures from here.

Runs when it is named: scripts/test desktop, scripts/screenshots.
"""

import os

import pytest

import linux_guest
from desktop import Desktop
from dhcp import Dhcp
from libvirt_session import Session, start_world
from process import wait_until
from test_native_client import need

SESSION = "QEMU/KVM User session"
IMAGE = "/home/alice/Downloads/debian.iso"
PROGRAMS = ("virt-manager", "gnome-boxes", "Xvfb", "openbox", "import", "dnsmasq")
ACL = "allow bridge br0 user alice polkit=no queues=4 quota=8 vhost\nallow bridge virbr0 user alice polkit=no\n"


@pytest.fixture(scope="module")
def desk(stage, request, tmp_path_factory, outside_network):
    """alice's desktop on a machine with a bridge, where addresses are given."""
    for program in PROGRAMS:
        need(program)
    image = linux_guest.make_cd(tmp_path_factory.mktemp("guest"), "guest-screen", outside_network)
    with start_world(stage, ACL, ("br0", "virbr0")) as world:
        # Not each machine's works, and the pictures are the same everywhere.
        world.path("/dev/kvm").unlink(missing_ok=True)
        world.write(IMAGE, image.read_bytes(), owner=(1000, 1000))
        made = Desktop(world, pictures=request.config.option.pictures)
        made.dhcp = Dhcp(world)
        world.call(lambda: os.chown(os.path.dirname(IMAGE), 1000, 1000))
        world.write("/etc/qemu/bridge.conf", "allow virbr0\n")
        made.libvirt = Session(world, "alice", 1000)
        # As somebody has it who has used it before: without a question about the system's machines.
        made.settings("[org/virt-manager/virt-manager]\nxmleditor-enabled=true\n")
        yield made


def card_of(desk, domain):
    return desk.libvirt.ask("domiflist", domain).split()[-1]


def test_a_machine_made_in_virt_manager_gets_an_address_of_the_bridge(desk):
    desk.start("virt-manager", "--no-fork")
    desk.press("push button", "Close", window="vmm dialog")  # no libvirt of the system's is here
    desk.choose("File", "Add Connection...", window="Virtual Machine Manager")
    desk.choose("Hypervisor Select", "QEMU/KVM user session", role="combo box")
    desk.picture("virt-manager-connection", "Add Connection")
    desk.press("push button", "Connect")
    desk.click("table cell", SESSION, whole=True)

    desk.press("push button", "New")
    desk.press("push button", "Forward", window="New VM")
    desk.type("text", "media-entry", IMAGE)
    desk.click("check box", "Automatically detect")
    desk.type("text", "oslist-entry", "generic linux")
    desk.click("table cell", "Generic Linux")
    for page in ("Choose Memory", "Enable storage", "Ready to begin"):
        desk.press("push button", "Forward", window="New VM")
        desk.wait("check box" if "storage" in page else "label", page)
    desk.choose("net-source", "Bridge device...", role="combo box")
    desk.type("text", "Device name:", "br0")
    desk.type("text", "Name:", "debian12")
    desk.picture("virt-manager-new", "New VM")
    desk.press("push button", "Finish")

    wait_until(lambda: "debian12" in desk.libvirt.ask("list", "--name"), "the machine to run")
    # A kernel boots, on a machine without KVM.
    wait_until(lambda: card_of(desk, "debian12") in desk.dhcp.leases(), "the address", limit_s=240)
    desk.picture("virt-manager-console", "debian12 on")


def test_virt_manager_shows_the_bridge_of_a_machine(desk):
    desk.press("radio button", "Details", window="debian12 on")
    desk.click("table cell", "NIC ", window="debian12 on")
    assert desk.text("text", "Device name:", window="debian12 on") == "br0"
    desk.picture("virt-manager-nic", "debian12 on")


def test_virt_manager_shows_and_starts_what_vmgrant_libvirt_has_written(desk):
    desk.libvirt.ask("destroy", "debian12")
    # After its first end virt-manager starts what has been installed.
    wait_until(lambda: "debian12" in desk.libvirt.ask("list", "--name"), "the machine to run")
    desk.libvirt.ask("destroy", "debian12")
    done = desk.world.run(["vmgrant", "libvirt", "debian12", "--net", "br0,queues=4"], "alice", env=desk.env)
    assert done.code == 0, done.stderr
    desk.click("table cell", "Overview", window="debian12 on")
    desk.click("page tab", "XML", window="debian12 on")
    wait_until(lambda: "/usr/bin/vmgrant-qemu-x86_64" in desk.text("text", "XML editor"), "the emulator")
    desk.picture("virt-manager-xml", "debian12 on")
    desk.press("radio button", "Console", window="debian12 on")
    desk.choose("Virtual Machine", "Run", window="debian12 on")
    wait_until(lambda: len(desk.world.taps()) == 2, "a port of libvirt's and one of vmgrant's")
    desk.libvirt.ask("destroy", "debian12")
    desk.world.wait_no_taps()


def test_virt_manager_shows_a_refusal(desk):
    desk.world.write_acl("")
    try:
        desk.choose("Virtual Machine", "Run", window="debian12 on")
        desk.wait("label", "not allowed for user alice")
        desk.picture("virt-manager-refused", "vmm dialog")
        desk.press("push button", "Close", window="vmm dialog")
    finally:
        desk.world.write_acl(ACL)


def test_boxes_takes_virbr0_by_itself_and_another_bridge_by_vmgrant_libvirt(desk):
    desk.start("gnome-boxes", IMAGE)
    desk.press("push button", "Close", window="Welcome")
    desk.press("push button", "Next")
    desk.wait("push button", "Create")
    desk.picture("boxes-new", "Boxes")
    desk.press("push button", "Create")
    [box] = wait_until(lambda: [name for name in desk.libvirt.ask("list", "--name").split()
                                if name.startswith("boxes-")], "the box to run")
    assert "virbr0" in desk.libvirt.ask("domiflist", box)
    done = desk.world.run(["vmgrant", "libvirt", box, "--net", "br0"], "alice", env=desk.env)
    assert done.code == 0, done.stderr
    before = desk.dhcp.leases()
    desk.press("toggle button", "Actions")
    desk.press("push button", "Force Shutdown")
    wait_until(lambda: box not in desk.libvirt.ask("list", "--name"), "the box to stop")
    desk.click("list item", "", window="Boxes")
    wait_until(lambda: len(desk.world.taps()) == 2, "a port of the box's own and one of vmgrant's")
    wait_until(lambda: desk.dhcp.leases() - before, "the address", limit_s=240)
    desk.picture("boxes-console", "debian", whole=True)
