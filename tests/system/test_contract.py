# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The drop-in contract: what QEMU and libvirt rely on, byte by byte."""

import os
import signal
import socket

import pytest

import replies
import tun
from process import wait_until
from test_attacks_channel import foreign_pair
from world import World

ORDERS = ("qemu", "libvirt")


@pytest.fixture(scope="module")
def shared(stage):
    """One world for all tests that only ask and give back."""
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl("allow bridge br0 user alice polkit=no\n"
                        "allow bridge gone user alice polkit=no\n"
                        "allow bridge lo user alice polkit=no\n")
        yield world


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("use_vnet", (True, False))
def test_one_byte_of_value_zero_and_one_fd_and_exit_0(shared, order, use_vnet):
    result = shared.request("alice", order=order, use_vnet=use_vnet)
    assert result.code == 0, result
    assert result.payload == b"\0"
    assert len(result.fds) == 1
    assert result.stdout == b"" and result.stderr == b""
    result.close()


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("use_vnet", (True, False))
def test_the_fd_is_a_plain_tap_with_the_vnet_header_only_when_asked(shared, order, use_vnet):
    result = shared.request("alice", order=order, use_vnet=use_vnet)
    name, flags = tun.tungetiff(result.fds[0])
    assert name in shared.interfaces()
    wanted = tun.IFF_TAP | tun.IFF_NO_PI | (tun.IFF_VNET_HDR if use_vnet else 0)
    assert flags == wanted, hex(flags)
    result.close()


@pytest.mark.parametrize("fd", (3, 4, 200, 1000))
def test_any_fd_number_serves_as_the_channel(shared, fd):
    result = shared.request("alice", fd=fd)
    assert result.granted, result
    result.close()


def test_the_interface_is_gone_when_the_fd_closes(shared):
    result = shared.request("alice")
    assert shared.taps() == [result.name]
    result.close()
    shared.wait_no_taps()


def test_every_refusal_sends_not_one_byte(shared):
    for user, bridge, code in (("bob", "br0", replies.DENIED), ("alice", "br9", replies.DENIED),
                               ("alice", "gone", replies.OBJECT), ("alice", "lo", replies.OBJECT),
                               ("alice", "no/bridge", replies.USAGE)):
        result = shared.request(user, bridge)
        assert result.refused and result.code == code, (user, bridge, result)
        assert result.text.startswith("vmgrant-helper: "), result
        assert result.text.count("\n") == 1 and result.text.endswith("\n")
    shared.wait_no_taps()


@pytest.mark.parametrize("words", (
    ["--br=br0"], ["--use-vnet", "--fd=9"], ["--br", "br0", "--fd=9"], ["--br=br0", "--fd", "9"],
    ["--use-vnet", "--use-vnet", "--fd=9"], ["--br=br0", "--fd=9", "more"],
    ["--br=br0", "--fd=9", "--bogus"], ["--br=br0", "--fd=9", ""], ["-br=br0", "-fd=9"],
    ["--use-vnet=1", "--br=br0", "--fd=9"], ["--help", "--br=br0", "--fd=9"],
    ["--BR=br0", "--fd=9"], ["--br=br0", "--fd=9", "--check-acl"]))
def test_unknown_and_missing_arguments_are_usage_errors(shared, words):
    result = shared.request("alice", arguments=words)
    assert result.refused and result.code == replies.USAGE, result


@pytest.mark.parametrize("words", (
    ["--use-vnet", "--br=br0", "--use-vnet", "--fd=9"],
    ["--br=br9", "--fd=4", "--use-vnet", "--fd=9", "--br=br0"]))
def test_of_what_is_given_twice_the_last_counts_as_in_qemu_bridge_helper(shared, words):
    result = shared.request("alice", arguments=words)
    assert result.granted, result
    result.close()


def test_help_and_version_work_for_everybody(shared):
    for word in ("--help", "--version"):
        shown = shared.run_as("bob", [shared.helper, word])
        assert shown.code == 0 and b"vmgrant" in shown.stdout and not shown.stderr


def test_works_with_a_blocked_sigchld_as_qemu_leaves_it(shared):
    result = shared.request("alice", prepare=lambda: signal.pthread_sigmask(
        signal.SIG_BLOCK, [signal.SIGCHLD]))
    assert result.granted, result
    result.close()


def test_owner_alias_mac_and_membership(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    result = world.request("alice")
    link = world.links()[result.name]
    assert result.name.startswith("vethg") and len(result.name) == 15
    assert link["ifalias"] == "vmgrant: user alice (uid 1000) on br0"
    assert link["address"].startswith("fe:")
    assert link["master"] == "br0"
    assert "UP" in link["flags"]
    data = link["linkinfo"]["info_data"]
    assert data["type"] == "tap" and data["multi_queue"] is False and data["persist"] is False
    assert world.sysfs(result.name, "owner") == "1000"


def test_the_port_is_up_and_refuses_bpdus_and_a_new_root(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    result = world.request("alice")
    port = world.port(result.name)
    assert port["guard"] is True and port["root_block"] is True
    assert port["isolated"] is False
    assert port["master"] == "br0" and "UP" in port["flags"]


def test_an_isolated_rule_isolates_the_port(world):
    world.write_acl("allow bridge br0 user alice polkit=no isolated\n")
    result = world.request("alice")
    assert result.granted, result
    assert world.port(result.name)["isolated"] is True


def test_a_closed_tun_node_is_opened_for_whom_a_rule_names(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    world.path("/dev/net/tun").chmod(0o600)
    result = world.request("alice")
    assert result.granted, result
    result.close()
    assert world.request("bob").code == replies.DENIED


@pytest.mark.parametrize("by_hand", (True, False))
def test_a_jumbo_bridge_keeps_its_mtu_and_the_tap_has_it(world, by_hand):
    if by_hand:
        world.bridge("jumbo", mtu=9000)
    else:
        # Such a bridge follows its smallest port: a TAP of 1500 would shrink it.
        world.bridge("jumbo")
        world.ip("link add d0 mtu 9000 type veth peer name d1 mtu 9000",
                 "link set d0 master jumbo up")
    assert world.sysfs("jumbo", "mtu") == "9000"
    world.write_acl("allow bridge jumbo user alice polkit=no\n")
    result = world.request("alice", "jumbo")
    assert world.sysfs("jumbo", "mtu") == "9000"
    assert world.sysfs(result.name, "mtu") == "9000"
    result.close()
    world.wait_no_taps()
    assert world.sysfs("jumbo", "mtu") == "9000"


@pytest.mark.parametrize("mtu", (576, 1280, 1400))
def test_a_small_bridge_gives_its_mtu_to_the_tap(world, mtu):
    world.bridge("small", mtu=mtu)
    world.write_acl("allow bridge small user alice polkit=no\n")
    result = world.request("alice", "small")
    assert world.sysfs(result.name, "mtu") == str(mtu)


@pytest.mark.parametrize("by_hand", (True, False))
def test_the_mac_of_the_bridge_does_not_change(world, by_hand):
    if by_hand:
        world.bridge("br1", mac="02:00:00:00:00:77")
    else:
        # Such a bridge takes the lowest address of its ports.
        world.bridge("br1")
        world.ip("link add d0 address f2:00:00:00:00:01 type veth peer name d1",
                 "link set d0 master br1 up")
    world.write_acl("allow bridge br1 user alice polkit=no\n")
    before = world.sysfs("br1", "address")
    results = [world.request("alice", "br1") for _ in range(4)]
    assert world.sysfs("br1", "address") == before
    for result in results:
        result.close()
    world.wait_no_taps()
    assert world.sysfs("br1", "address") == before


def test_a_bridge_that_only_guests_are_on_keeps_one_address(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    results = [world.request("alice") for _ in range(8)]
    macs = {world.sysfs(result.name, "address") for result in results}
    assert macs == {world.sysfs("br0", "address")}


def test_frames_cross_the_bridge_between_two_taps(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    one, two = (world.request("alice", use_vnet=False) for _ in range(2))
    frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"hello over the bridge".ljust(46)
    os.set_blocking(two.fds[0], False)
    received = []

    def arrived():
        os.write(one.fds[0], frame)
        while True:
            try:
                received.append(os.read(two.fds[0], 2048))
            except BlockingIOError:
                return frame in received

    wait_until(arrived, "the frame on the other TAP", pause_s=0.05)


def test_caller_with_its_standard_streams_closed_still_gets_its_tap(shared):
    def close_streams():
        for fd in (0, 1, 2):
            os.close(fd)
    result = shared.request("alice", prepare=close_streams)
    assert result.granted, result
    result.close()


def test_the_socket_is_a_stream_and_ends_after_the_byte(shared):
    request = shared.start_request("alice")
    assert request.socket.type == socket.SOCK_STREAM
    result = request.finish()
    assert result.granted, result
    result.close()


def test_the_fd_is_in_the_hands_of_the_receiver_alone(shared):
    result = shared.request("alice")
    assert result.granted, result
    os.close(result.fds.pop())
    # Nobody else holds it: closing ours removes the interface.
    shared.wait_no_taps()


def test_the_host_has_no_ipv6_address_on_the_port(shared):
    """It would announce itself to the guest through it."""
    shared.write_acl("allow bridge br0 user alice polkit=no\n")
    result = shared.request("alice")
    assert result.granted
    link = shared.links()[result.name]
    assert link["inet6_addr_gen_mode"] == "none" and link["operstate"] != "DOWN"
    with open(f"/proc/{shared.pid}/net/if_inet6", encoding="ascii") as addresses:
        assert result.name not in addresses.read()
    result.close()


# ---- started by root ----

@pytest.mark.parametrize("rule, code", (("user alice", replies.DENIED), ("user root", 0),
                                        ("group root", 0), ("user 0", 0)))
def test_root_is_a_person_of_whom_a_rule_has_to_speak(world, rule, code):
    """qemu-bridge-helper, run by sudo, grants whatever bridge.conf says; here root asks as root."""
    world.write_acl(f"allow bridge br0 {rule} polkit=no\n")
    result = world.request("root")
    assert (result.granted or result.refused) and result.code == code, result
    result.close()


def test_root_hands_nothing_to_somebody_elses_socket(world):
    """sudo vmgrant-helper with the user's socket would give him what rules give root."""
    world.write_acl("allow bridge br0 user root polkit=no\nallow bridge br0 user alice polkit=no\n")
    process, (near, far) = foreign_pair(world, "alice")
    number = far.fileno()
    result = world.request("root", fds={number: number},
                           channel=lambda: (None, socket.socket(fileno=os.dup(number))))
    process.kill()
    assert result.refused and result.code == replies.CHANNEL, result
    near.setblocking(False)
    with pytest.raises(BlockingIOError):
        near.recv(1)
    world.wait_no_taps()
