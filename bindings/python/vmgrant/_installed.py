# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Where this installation has the helper. `make install` puts its own words here."""

VERSION = "0.1.0"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
SOCKET = "/run/vmgrant/socket"
