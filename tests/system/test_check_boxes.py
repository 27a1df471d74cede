# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What vmgrant check says about GNOME Boxes."""

import shutil

import pytest

from checking import findings
# Fixture.
from checking import good_world  # pylint: disable=unused-import

BOXES = "/usr/bin/gnome-boxes"
BOXES_OF_FLATPAK = "/var/lib/flatpak/app/org.gnome.Boxes"
CONF = "/etc/qemu/bridge.conf"


def boxes(world):
    return findings(world)[0].get("boxes", [])


@pytest.fixture
def plain_world(good_world):
    """Without Boxes, which the machine itself may have."""
    good_world.path(BOXES).unlink(missing_ok=True)
    shutil.rmtree(good_world.path(BOXES_OF_FLATPAK), ignore_errors=True)
    return good_world


@pytest.fixture
def boxes_world(plain_world):
    plain_world.write(BOXES, "#!/bin/sh\n", mode=0o755)
    plain_world.write(CONF, "# nothing\n")
    return plain_world


def test_who_has_no_boxes_hears_nothing_of_it(plain_world):
    assert not boxes(plain_world)


def test_both_conditions_are_named_and_each_mend_mends(boxes_world):
    up, named = boxes(boxes_world)
    assert up["level"] == named["level"] == "info"
    assert "virbr0 is not up" in up["text"] and "net-start default" in up["mend"]
    assert f"{CONF} does not allow virbr0" in named["text"]
    done = boxes_world.run(["sh", "-c", named["mend"].replace("sudo ", "")])
    assert done.code == 0, done.stderr
    (up,) = boxes(boxes_world)
    assert "virbr0 is not up" in up["text"]
    boxes_world.ip("link add virbr0 type bridge")
    (up,) = boxes(boxes_world)
    assert "virbr0 is not up" in up["text"]
    boxes_world.ip("link set virbr0 up")
    (good,) = boxes(boxes_world)
    assert good["level"] == "ok" and "uses virbr0" in good["text"]


@pytest.mark.parametrize("line,counts", (
    ("allow virbr0", True), ("allow  virbr0 # x", True), (" allow virbr0", False),
    ("#allow virbr0", False), ("deny virbr0", False), ("allow br0", False)))
def test_the_line_is_read_as_boxes_reads_it(boxes_world, line, counts):
    boxes_world.write(CONF, f"# first\n{line}\n")
    assert any("does not allow" in found["text"] for found in boxes(boxes_world)) != counts


def test_boxes_from_flatpak_is_told_that_it_cannot(plain_world):
    plain_world.path(BOXES_OF_FLATPAK).mkdir(parents=True)
    (found,) = boxes(plain_world)
    assert "in Flatpak" in found["text"]
