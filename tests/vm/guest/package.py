# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Debian's packages in the test VM, which vm-test --packages brings, and the service, which an
administrator starts."""

import glob
import os
import shutil

from checks import need, write

PLACE = "/srv/packages"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
NAMES = ("libvmgrant0", "vmgrant", "vmgrant-service")
UNITS = "/run/systemd/system/vmgrant@.service.d"
# Packing is not what is tried here, and slow in an emulator.
LONG_S = 300


def files():
    found = [path for name in NAMES for path in glob.glob(f"{PLACE}/{name}_*.deb")]
    assert len(found) == len(NAMES), found
    return found


def install():
    """By dpkg alone. The image leaves documents out."""
    need(["dpkg", "--path-include=/usr/share/doc/vmgrant*", "-i", *files()], limit_s=LONG_S)


def is_installed():
    return os.path.exists(HELPER)


def ensure():
    """Installed, as packages or as the stage that vm-test brought."""
    if not is_installed():
        install()
        need(["systemctl", "daemon-reload"])


def start_service():
    """Before Linux 6.5 the administrator has to say that process numbers will do."""
    os.makedirs(UNITS, exist_ok=True)
    write(f"{UNITS}/by-pid.conf", f"[Service]\nExecStart=\nExecStart={HELPER} --service=by-pid\n")
    need(["systemctl", "daemon-reload"])
    need(["systemd-tmpfiles", "--create", "vmgrant.conf"])
    need(["systemctl", "start", "vmgrant.socket"])


def stop_service():
    """What start_service() started; the units are as they were installed."""
    need(["systemctl", "stop", "vmgrant.socket"])
    shutil.rmtree(UNITS)
    need(["systemctl", "daemon-reload"])
