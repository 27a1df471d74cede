# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What tests that choose at random begin with.

The same each time, so that a run says something of what has changed since the last one. Who
looks for what nobody has thought of sets VMGRANT_NAME_SEED=random, and later the printed number.
"""

import os
import random

USUAL = 20261128


def seed_of(name):
    """Of VMGRANT_name_SEED: a number, `random`, or nothing."""
    wanted = os.environ.get(f"VMGRANT_{name}_SEED") or str(USUAL)
    return random.SystemRandom().randrange(1 << 32) if wanted == "random" else int(wanted)
