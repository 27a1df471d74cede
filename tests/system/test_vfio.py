# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""PCI devices by the installed helper, on a made-up machine.

Its nodes are those of /dev/null and /dev/zero, so that a request that everybody allows
ends at the question to the kernel; test_vfio_grants.py goes on from there. Real devices are
the virtual machine's.
"""

import os
import stat

import pytest

import replies
import vfio_client as client
from askers import RECORD, TOKEN, install_asker
from pci import GPU, NIC, SOUND, Machine
from looking import files_of
from process import wait_until
from protocol_client import pair
from world import World

ACL_TEXT = (f"allow vfio {GPU} user alice polkit=no memlock=4M\n"
            "allow vfio 10de:0fb9 user alice polkit=no\n"
            "allow vfio 10de:* user bob\n")


@pytest.fixture
def machine(stage):
    with World(stage) as world:
        world.write_acl(ACL_TEXT)
        yield Machine(world)


def connect(machine, user="alice", **options):
    return machine.world.start_request(user, channel=options.pop("channel", pair),
                                       arguments=["--fd=9"], **options)


def ask(machine, address=GPU, user="alice", **options):
    """One request on a connection of its own."""
    request = connect(machine, user)
    reply = client.ask(request.socket, address, **options)
    request.socket.close()
    assert request.finish().code == 0
    return reply


# ---- queries ----

def test_a_query_tells_node_and_memory_and_opens_nothing(machine):
    reply = ask(machine, flags=client.QUERY, memlock=client.ALL)
    assert (reply.code, reply.fds, reply.flags) == (0, [], 0), reply.sentence
    assert reply.node == "/dev/vfio/12" and reply.memlock == 4 << 20
    machine.with_iommufd()
    reply = ask(machine, flags=client.QUERY)
    assert reply.code == 0 and reply.flags == client.IOMMUFD
    assert reply.node == "/dev/vfio/devices/vfio0"


def test_the_group_is_to_be_had_where_the_kernel_has_iommufd(machine):
    machine.with_iommufd()
    reply = ask(machine, flags=client.QUERY | client.GROUP)
    assert (reply.code, reply.flags, reply.node) == (0, 0, "/dev/vfio/12"), reply.sentence
    reply = ask(machine, flags=client.GROUP)
    assert reply.code == replies.OBJECT and "/dev/vfio/12 is no VFIO group" in reply.sentence


def test_the_command_writes_what_qemu_needs_for_either_kind(machine):
    machine.with_iommufd()

    def words(option=""):
        done = machine.world.run(["vmgrant", "run", "--dry-run", "--vfio", GPU + option, "--",
                                  "qemu-system-x86_64"], "alice")
        assert done.code == 0, done.stderr
        return done.stdout.decode()

    # In JSON where QEMU takes it: the quotation marks are the shell's to keep.
    newer, older = words().replace("\\", ""), words(",iommufd=off").replace("\\", "")
    assert "-object iommufd," in newer and '"id":"vmgrant-vfio0","iommufd":' in newer, newer
    assert "iommufd" not in older and f'"host":"{GPU}"' in older, older


def test_a_query_tells_that_polkit_will_be_asked(machine):
    reply = ask(machine, user="bob", flags=client.QUERY)
    assert (reply.code, reply.flags, reply.memlock) == (0, client.POLKIT, 0), reply.sentence


def test_polkit_is_asked_if_the_rule_of_one_member_wants_it(machine):
    machine.world.write_acl(f"allow vfio {GPU} user alice polkit=no\n"
                            f"allow vfio {SOUND} user alice\n")
    assert ask(machine, flags=client.QUERY).flags == client.POLKIT


def test_a_query_says_why_not(machine):
    machine.bind(SOUND, "snd_hda_intel")
    reply = ask(machine, flags=client.QUERY)
    assert reply.code == replies.OBJECT and "snd_hda_intel" in reply.sentence


# ---- what the ACL and the machine refuse ----

def test_attack_26_missing_and_forbidden_devices_get_the_same_bytes(machine):
    forbidden = ask(machine, NIC)
    machine.world.path(f"/sys/bus/pci/devices/{NIC}").unlink()
    missing = ask(machine, NIC)
    assert forbidden.code == replies.DENIED and forbidden.data == missing.data


def test_who_may_have_that_address_is_told_that_nothing_is_there(machine):
    machine.world.path(f"/sys/bus/pci/devices/{GPU}").unlink()
    reply = ask(machine)
    assert reply.code == replies.OBJECT and "no such PCI device" in reply.sentence


def test_attack_27_odd_addresses_are_no_requests(machine):
    request = connect(machine)
    for address in ("", "..", "../../../etc", "03:00.0", "0000:03:00", "0000:03:00.8",
                    "0000:3:00.0", "+000:03:00.0", "0000:03:20.0", "00000:3:00.0", "-1",
                    "0000:03:00.0x"):
        reply = client.ask(request.socket, address)
        assert reply.code == replies.USAGE, (address, reply.sentence)


def test_attack_32_a_member_outside_the_acl_is_named(machine):
    machine.world.write_acl(f"allow vfio {GPU} user alice polkit=no\n")
    reply = ask(machine)
    assert reply.code == replies.DENIED
    assert f"without {SOUND} (10de:0fb9)" in reply.sentence


def test_attack_32_devices_in_the_hosts_use_are_refused_with_the_command(machine):
    machine.bind(SOUND, "snd_hda_intel")
    reply = ask(machine)
    assert reply.code == replies.OBJECT
    assert f"driverctl set-override {SOUND} vfio-pci" in reply.sentence
    machine.bind(GPU, "nouveau")
    reply = ask(machine)
    assert reply.code == replies.OBJECT and f"driverctl set-override {GPU}" in reply.sentence


def test_attack_32_noiommu_is_refused(machine):
    machine.attribute("kernel/iommu_groups/12/name", "vfio-noiommu")
    reply = ask(machine)
    assert reply.code == replies.OBJECT and "noiommu" in reply.sentence


@pytest.mark.parametrize("kind", ("link", "fifo", "file", "other device", "container"))
def test_attack_28_a_replaced_node_is_refused(machine, kind):
    node = machine.world.path("/dev/vfio/12")
    node.unlink()
    if kind == "link":
        node.symlink_to("vfio")
    elif kind == "fifo":
        os.mkfifo(node)
    elif kind == "file":
        node.write_bytes(b"")
    else:
        os.mknod(node, stat.S_IFCHR | 0o600, os.makedev(1, 5 if kind == "container" else 7))
    reply = ask(machine)
    assert reply.code == replies.OBJECT and "is not the device" in reply.sentence


def test_attack_32_what_is_no_vfio_group_is_refused_and_closed(machine):
    request = connect(machine)
    reply = client.ask(request.socket, GPU)
    assert reply.code == replies.OBJECT and "/dev/vfio/12 is no VFIO group" in reply.sentence
    before = set(files_of(request.pid))
    for _ in range(20):
        assert client.ask(request.socket, GPU).code == replies.OBJECT
    wait_until(lambda: set(files_of(request.pid)) <= before, "the helper to have closed what it opened")
    machine.with_iommufd()
    reply = client.ask(request.socket, GPU)
    assert reply.code == replies.OBJECT and "/dev/iommu is no iommufd" in reply.sentence
    wait_until(lambda: set(files_of(request.pid)) <= before, "the helper to have closed what it opened")


# ---- polkit ----

def test_polkit_is_told_device_ids_and_group(machine):
    install_asker(machine.world, f'echo $QUESTION >{RECORD}; exit 10')
    reply = ask(machine, user="bob", flags=client.INTERACTIVE)
    assert reply.code == replies.POLKIT_DENIED
    words = machine.world.path(RECORD).read_text(encoding="ascii")
    for detail in (f"device={GPU} 10de:1c82", "vendor=10de", "product=1c82", "group=12",
                   "user=bob"):
        assert f"detail={detail}" in words
    assert "org.vmgrant.vfio" in words and "interactive=yes" in words


@pytest.mark.parametrize("change", (
    f"ln -sfn ../../bus/pci/drivers/nouveau /sys/devices/{SOUND}/driver",
    f"rm /sys/kernel/iommu_groups/12/devices/{SOUND}",
    f"echo 0x1c83 >/sys/devices/{GPU}/device",
    "echo 1:7 >/sys/class/vfio/12/dev",
    f"rm /sys/bus/pci/devices/{GPU}"))
def test_attack_29_what_changes_during_the_prompt_is_noticed(machine, change):
    machine.world.path("/sys/bus/pci/drivers/nouveau").mkdir(parents=True)
    # The asker may do nothing: somebody else changes it while it waits.
    install_asker(machine.world, f"""echo >{RECORD}
while [ -e {RECORD} ]; do sleep 0.05; done
printf '{TOKEN}'""")
    request = connect(machine, "bob")
    request.socket.send(client.encode(1, GPU, client.INTERACTIVE))
    wait_until(machine.world.path(RECORD).exists, "the question")
    assert machine.world.run(["sh", "-c", change]).code == 0
    machine.world.path(RECORD).unlink()
    reply = client.receive(request.socket)
    assert reply.code == replies.OBJECT and "changed meanwhile" in reply.sentence


# ---- locked memory ----

@pytest.mark.parametrize("memlock", ((4 << 20) + 1, 1 << 40, client.ALL - 1))
def test_more_memory_than_the_rule_gives_is_denied_before_anything_is_opened(machine, memlock):
    reply = ask(machine, memlock=memlock)
    assert reply.code == replies.DENIED and "the rule gives 4M" in reply.sentence


def test_a_rule_without_memlock_gives_none(machine):
    machine.world.write_acl("allow vfio 10de:* user alice polkit=no\n")
    reply = ask(machine, memlock=1)
    assert reply.code == replies.DENIED and "memlock=1 in the rule" in reply.sentence
