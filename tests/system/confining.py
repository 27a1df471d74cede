# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the tests of vmgrant run --confine share."""

SUBORDINATE = "alice:200000:65536\n"


def give_ids(world, lines=SUBORDINATE):
    """Subordinate ids for people of a world."""
    for path in ("/etc/subuid", "/etc/subgid"):
        world.write(path, lines)


def complaints(done):
    """What it said, but for the systemd that no world here has: test_confine_scope.py."""
    return [line for line in done.stderr.splitlines() if b"without a control group" not in line]
