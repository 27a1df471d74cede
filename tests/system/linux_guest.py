# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Linux guests whose only program is one of the tests'."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from test_native_client import need

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "scripts"
LOADER = ("/usr/lib/ISOLINUX/isolinux.bin", "/usr/lib/syslinux/modules/bios/ldlinux.c32")


def make(folder, program, outside_network):
    """kernel and initrd in the folder; program is a file beside this one."""
    for tool in ("busybox", "cpio"):
        need(tool)
    script = ('. "$1/lib/say.sh"; . "$1/lib/guest.sh"; say_start; '
              'guest_make_linux "$2" "$3" || { echo "$guest_why" >&2; exit 1; }')
    done = subprocess.run(["bash", "-c", script, "bash", SCRIPTS, folder, HERE / program],
                          capture_output=True, text=True, check=False,
                          preexec_fn=outside_network)
    if done.returncode != 0:
        reason = "no Linux guest: " + done.stderr
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    shutil.rmtree(folder / "tree")
    return folder


def make_cd(folder, program, outside_network):
    """The path of an image of a CD that boots such a guest."""
    need("xorriso")
    make(folder, program, outside_network)
    content = folder / "cd"
    content.mkdir()
    for name in (*LOADER, folder / "kernel", folder / "initrd"):
        shutil.copy(name, content)
    (content / "isolinux.cfg").write_text(
        "DEFAULT linux\nLABEL linux\nKERNEL kernel\nAPPEND initrd=initrd quiet no_timer_check console=tty0\n", "ascii")
    image = folder / "guest.iso"
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-V", "guest", "-b", "isolinux.bin", "-c", "boot.cat",
                    "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-o", image, content],
                   check=True, capture_output=True)
    return image
