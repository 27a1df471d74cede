# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service door on a kernel that knows the process behind a socket."""

import runpy

runpy.run_path("check-service.py", run_name="__main__")
