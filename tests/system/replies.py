# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The exit codes of vmgrant-helper, as the manual lists them."""

GRANTED = 0
INTERNAL = 1
USAGE = 2
NO_PRIVILEGE = 3
INSTALLATION = 4
CHANNEL = 5
POLICY = 6
DENIED = 7
POLKIT_DENIED = 8
POLKIT_CHALLENGE = 9
POLKIT_DISMISSED = 10
POLKIT_FAILED = 11
QUOTA = 12
OBJECT = 13
UNSUPPORTED = 14
