# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What polkit's answer must look like: our own asker, and a bus that says what a test wants."""

import pytest

import fakebus
import replies

NONSENSE = {
    "a string": fakebus.string_reply,
    "nothing": fakebus.empty_reply,
    "a number": fakebus.number_reply,
    "the beginning of an answer": fakebus.short_reply,
    "noise": fakebus.garbage_reply,
}


@pytest.mark.parametrize("name", NONSENSE)
def test_attack_38_a_polkit_that_answers_nonsense(fake_world, name):
    fakebus.start(fake_world, NONSENSE[name])
    result = fake_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_FAILED, result
    fake_world.wait_no_taps()


# Two booleans and details in a struct are an answer. Any other type is none.
SHAPES = {
    "another argument": fakebus.verdict_reply(more=bytes(4), signature="(bba{ss})b"),
    "without the struct": fakebus.verdict_reply(signature="bba{ss}"),
    "numbers for booleans": fakebus.verdict_reply(signature="(uua{ss})"),
    "details of another type": fakebus.verdict_reply(signature="(bba{sv})"),
    "details that are none": fakebus.verdict_reply(signature="(bbas)"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_attack_38_a_yes_in_another_shape_is_no_yes(fake_world, name):
    fakebus.start(fake_world, SHAPES[name])
    result = fake_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_FAILED, result
    fake_world.wait_no_taps()


@pytest.mark.parametrize("authorised, challenge, details, code", (
    (1, 0, {}, 0), (1, 0, {"polkit.lockdown": "", "another": "one"}, 0),
    (0, 0, {}, replies.POLKIT_DENIED), (0, 1, {}, replies.POLKIT_CHALLENGE),
    (0, 1, {"polkit.retains_authorization_after_challenge": "1"}, replies.POLKIT_CHALLENGE),
    (0, 0, {"polkit.dismissed": "true"}, replies.POLKIT_DISMISSED)))
def test_attack_39_each_verdict_in_polkits_own_shape_has_its_code(
        fake_world, authorised, challenge, details, code):
    fakebus.start(fake_world, fakebus.verdict_reply(authorised, challenge, details))
    result = fake_world.request("alice")
    assert result.code == code and result.granted == (code == 0), result
