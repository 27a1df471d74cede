# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What polkit hears about a USB device, and what happens to the device meanwhile."""

import os

import pytest

import protocol_client
import replies
import usb_client as client
from askers import RUNNING, TOKEN, install_asker
from conftest import short
from process import wait_until
from test_usb import STICK, ask, refused
from usbtree import STORAGE, VENDOR, Loop, UsbTree
from world import World

ASKED = "/tmp/asked"
GO = "/tmp/go"
TRACE = "/tmp/trace"
# Writes down its words, one a line, and says yes.
WRITING = f'printf "%s\\n" "$QUESTION" >{ASKED}; printf "{TOKEN}"'
# Waits until it is told to go on.
HELD = f'echo >{RUNNING}; while [ ! -e {GO} ]; do sleep 0.01; done; printf "{TOKEN}"'

RULES = """
polkit.addRule(function(action, subject) {
    if (action.id == "org.vmgrant.usb" && action.lookup("vendor") == "0951" &&
        action.lookup("product") == "1666" && action.lookup("serial") == "00123" &&
        action.lookup("port") == "1-1" && action.lookup("user") == "alice" &&
        action.lookup("device") == "0951:1666 ACME Gadget")
        return polkit.Result.YES;
    return polkit.Result.NO;
});
"""


@pytest.fixture
def asking(stage):
    """A world in which polkit is asked, and a stick that alice may have."""
    with World(stage) as world:
        world.write_acl(f"allow usb {STICK} user alice\n")
        world.usb = UsbTree(world)
        yield world


def details(world):
    """{key: value} of the last question, and its action."""
    words = world.path(ASKED).read_text(encoding="ascii").splitlines()
    action = next(word.partition("=")[2] for word in words if word.startswith("action="))
    pairs = [word.removeprefix("detail=").partition("=") for word in words
             if word.startswith("detail=")]
    return action, {key: value for key, _, value in pairs}


def test_the_details_name_the_device(asking):
    install_asker(asking, WRITING)
    asking.usb.add("1-1", 3, STICK, serial="00123")
    reply = ask(asking, ids=STICK)
    assert reply.code == 0, reply.sentence
    reply.close()
    assert details(asking) == ("org.vmgrant.usb", {
        "device": "0951:1666 ACME Gadget", "vendor": "0951", "product": "1666",
        "serial": "00123", "port": "1-1", "user": "alice"})


def test_a_rules_file_decides_by_device(stage):
    with World(stage, polkit=True) as world:
        world.write_acl(f"allow usb {STICK} user alice\n")
        world.rules(RULES)
        world.usb = UsbTree(world)
        world.usb.add("1-1", 3, STICK, serial="00123")
        world.usb.add("1-2", 4, STICK, serial="00124")
        reply = ask(world, ids=STICK, port="1-1")
        assert reply.code == 0, reply.sentence
        reply.close()
        refused(world, replies.POLKIT_DENIED, ids=STICK, port="1-2")


HOSTILE_WORDS = ("\x1b[31mred\x07", "two\nlines", "<b>markup</b>&amp;", "$(user) `id` \\x41",
                 "--detail=user=bob", "é" * 100, "A" * 400)


@pytest.mark.parametrize("words", HOSTILE_WORDS, ids=short)
def test_attack_31_words_of_a_device_never_reach_the_dialog_raw(asking, words):
    install_asker(asking, WRITING)
    asking.usb.add("1-1", 3, STICK, serial=words, manufacturer=words, product=words)
    reply = ask(asking, ids=STICK)
    assert reply.code == 0, reply.sentence
    reply.close()
    _, told = details(asking)
    assert sorted(told) == ["device", "port", "product", "serial", "user", "vendor"]
    assert told["user"] == "alice" and told["device"].startswith("0951:1666 ")
    assert not set(told["device"]) & set("<>&$`\\\x1b\x07\n") and len(told["device"]) < 96
    assert told["serial"].isprintable() and told["serial"].isascii()


def start_held(world, **options):
    """A request of alice's that waits for polkit's answer."""
    install_asker(world, HELD)
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                                  **options)
    request.socket.send(client.encode(1, ids=STICK, flags=client.INTERACTIVE))
    wait_until(lambda: world.path(RUNNING).exists(), "the asker to run")
    return request


def answer_of(world, request):
    """Let polkit say yes; the helper's answer to that."""
    world.path(GO).touch()
    reply = client.receive(request.socket)
    request.socket.close()
    assert request.finish().code == 0
    return reply


def test_a_device_that_stays_is_given_after_the_prompt(asking):
    node = asking.usb.add("1-1", 3, STICK)
    reply = answer_of(asking, start_held(asking))
    assert (reply.code, reply.node) == (0, node), reply.sentence
    reply.close()


def replug_as_it_was(world):
    """The same device comes back under the same number: its place in sysfs is a new one."""
    world.usb.remove("1-1")
    world.usb.add("1-1", 3, STICK, serial="00123", node=False)
    number = os.stat(world.path(world.usb.path(1, 3))).st_rdev
    world.usb.set("1-1", "dev", f"{os.major(number)}:{os.minor(number)}")


def change_node(world):
    node = world.usb.path(1, 3)
    world.usb.unmake_node(node)
    world.usb.add_node(1, 3, world.path(f"{world.usb.folder('1-1')}/descriptors").read_bytes())


CHANGES = {
    "pulled out": lambda world: world.usb.remove("1-1"),
    "back as it was": replug_as_it_was,
    "another device number": lambda world: world.usb.set("1-1", "devnum", 4),
    "another bus": lambda world: world.usb.set("1-1", "busnum", 2),
    "another node number": lambda world: world.usb.set("1-1", "dev", "189:9"),
    "another serial": lambda world: world.usb.set("1-1", "serial", "00124"),
    "no serial": lambda world: world.usb.set("1-1", "serial", None),
    "blocked by the administrator": lambda world: world.usb.set("1-1", "authorized", 0),
    "other descriptors": lambda world: world.usb.set("1-1", "descriptors", b"\x12\1" + bytes(16)),
    "node says something else": lambda world: world.usb.fill(world.usb.path(1, 3), b"\x12\1"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_attack_29_a_replug_during_the_prompt(asking, change):
    asking.usb.add("1-1", 3, STICK, serial="00123")
    request = start_held(asking)
    CHANGES[change](asking)
    reply = answer_of(asking, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, [])
    assert "unplugged or changed meanwhile" in reply.sentence


def test_attack_28_a_node_that_is_exchanged_during_the_prompt_is_not_opened(asking):
    """What is opened has the number that the kernel names, or nothing is."""
    node = asking.usb.add("1-1", 3, STICK, serial="00123")
    request = start_held(asking)
    asking.call(lambda: os.rename("/dev/bus/usb", "/dev/bus/old"))
    asking.call(lambda: os.makedirs(os.path.dirname(node)))
    asking.call(lambda: os.mknod(node, 0o020666, os.makedev(1, 3)))
    reply = answer_of(asking, request)
    assert (reply.code, reply.fds) == (replies.OBJECT, []), reply.sentence


def test_attack_30_a_disk_that_is_mounted_during_the_prompt(asking, tmp_path):
    loop = Loop(tmp_path / "disk")
    try:
        asking.usb.add("1-1", 3, STICK, classes=(STORAGE, VENDOR))
        asking.usb.add_disk("1-1", "sdz", loop.number)
        request = start_held(asking)
        claim = os.open(loop.path, os.O_RDONLY | os.O_EXCL)
        reply = answer_of(asking, request)
        os.close(claim)
    finally:
        loop.close()
    assert (reply.code, reply.fds) == (replies.OBJECT, [])
    assert "this machine uses its disk sdz" in reply.sentence


def test_attack_55_a_helper_stopped_behind_the_last_look_at_the_policy_gives_nothing(asking):
    """Each order that it receives is held up for longer than the look may be ago."""
    asking.usb.add("1-1", 3, STICK)
    install_asker(asking, f'printf "{TOKEN}"')
    request = asking.start_request(
        "alice", channel=protocol_client.pair, arguments=["--fd=9"],
        strace=["-qq", "-o", TRACE, "-e", "trace=recvfrom",
                "-e", "inject=recvfrom:delay_exit=5500000:when=5+"])
    reply = client.ask(request.socket, ids=STICK)
    assert (reply.code, reply.fds) == (replies.POLICY, []), reply.sentence
    assert "held up" in reply.sentence


def test_attack_41_a_yes_for_one_device_is_none_for_another(asking):
    asking.usb.add("1-1", 3, STICK)
    asking.usb.add("1-2", 4, STICK)
    install_asker(asking, f'echo x >>{ASKED}; printf "{TOKEN}"')
    request = asking.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    for port in ("1-1", "1-2"):
        reply = client.ask(request.socket, port=port)
        assert reply.code == 0, reply.sentence
        reply.close()
    assert asking.path(ASKED).read_text(encoding="ascii") == "x\nx\n"
