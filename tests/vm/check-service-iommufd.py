# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service door on a kernel that knows the process behind a socket."""

import runpy
import sys

# What depends on how the caller is known; the other sandboxes differ in nothing that counts there.
OF_THE_CALLER = ["no_new_privs", "flatpak_like", "podman", "denied", "log", "nobody_is_root"]

sys.argv[1:] = sys.argv[1:] or OF_THE_CALLER
runpy.run_path("check-service.py", run_name="__main__")
