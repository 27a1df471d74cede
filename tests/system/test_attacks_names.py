# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 17 and 18: names of bridges, whole or not at all."""

import pytest

import replies
from conftest import short
from world import World


@pytest.fixture(scope="module")
def names(stage):
    with World(stage) as world:
        for name in ("b", "br0", "br01", "fifteen-letters", "br-with-alias"):
            world.bridge(name)
        world.ip("link property add dev br-with-alias altname other-name-of-br",
                 "link property add dev br-with-alias altname short-other",
                 "link add d0 type veth peer name d1")
        world.write_acl("allow bridge * user alice polkit=no\n")
        yield world


@pytest.mark.parametrize("name", ("b", "fifteen-letters", "br-with-alias"))
def test_attack_17_names_of_1_and_15_bytes_work(names, name):
    result = names.request("alice", name)
    assert result.granted and names.links()[result.name]["master"] == name
    result.close()


@pytest.mark.parametrize("name", (
    "", "fifteen-letters0", "fifteen-letters01", "x" * 255, "x" * 100_000, "br/0", "../br0", "/",
    "br%d", "%s%n", "br0\n", "\nbr0", "br0 ", " br0", "br 0", "br0:1", ".", "..", "*", "br#", "br\"",
    "br\x1b", "br\xff", "other-name-of-br"), ids=short)
def test_attack_17_names_that_no_bridge_can_have_are_refused_and_never_cut(names, name):
    result = names.request("alice", name)
    assert result.refused and result.code == replies.USAGE, result
    names.wait_no_taps()


@pytest.mark.parametrize("name", ("lo", "d0", "short-other", "nothing", "br", "br02", "all",
                                  "fifteen-letter"))
def test_attack_17_interfaces_that_are_no_bridge_of_that_name(names, name):
    result = names.request("alice", name)
    assert result.refused and result.code == replies.OBJECT, result
    names.wait_no_taps()


def test_attack_17_a_port_made_by_the_helper_is_no_bridge(names):
    result = names.request("alice", "br0")
    again = names.request("alice", result.name)
    assert again.refused and again.code == replies.OBJECT, again
    result.close()


def test_attack_18_br0_and_br01_are_two(names):
    for name in ("br0", "br01"):
        result = names.request("alice", name)
        assert names.links()[result.name]["master"] == name
        result.close()
