# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Debian's packages in the test VM, which vm-test --packages brings, and the service, which an
administrator starts."""

import glob
import os
import shutil

from checks import need, run, write

PLACE = "/srv/packages"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
FRONT = "/usr/libexec/vmgrant/vmgrant-listen"
NAMES = ("libvmgrant0", "vmgrant", "vmgrant-service")
UNITS = "/run/systemd/system/vmgrant.service.d"
# Of versions before the front, where systemd started a helper for each connection.
OLDER_UNITS = "/run/systemd/system/vmgrant@.service.d"
# Packing is not what is tried here, and slow in an emulator.
LONG_S = 300


def files(folder=PLACE):
    found = [path for name in NAMES for path in glob.glob(f"{folder}/{name}_*.deb")]
    assert len(found) == len(NAMES), found
    return found


def install(folder=PLACE, umask="022"):
    """By dpkg alone; a policy that was changed stays. The image leaves documents out. Returns what
    it said."""
    return need(["sh", "-c", 'umask "$0" && exec dpkg --force-confold '
                 '--path-include="/usr/share/doc/vmgrant*" -i "$@" 2>&1', umask, *files(folder)],
                limit_s=LONG_S)


def purge():
    need(["dpkg", "--purge", *reversed(NAMES)], limit_s=LONG_S)


def version():
    done = run(["dpkg-query", "-W", "-f", "${Version} ${Status}", "vmgrant"])
    return done.stdout.split()[0] if done.stdout.endswith(" installed") else None


def make_older(folder, number):
    """The packages of an earlier version, which vm-test brought in a folder older; else the same
    with that number. Says which."""
    source = f"{PLACE}/older" if glob.glob(f"{PLACE}/older/*.deb") else PLACE
    os.makedirs(folder, exist_ok=True)
    for path in files(source):
        tree = f"{folder}/tree"
        need(["dpkg-deb", "-R", path, tree])
        now = need(["dpkg-deb", "-f", path, "Version"]).strip()
        need(["sed", "-i", f"s/{now}/{number}/", f"{tree}/DEBIAN/control"])
        name = os.path.basename(path).split("_")[0]
        need(["dpkg-deb", "-Znone", "-b", tree, f"{folder}/{name}_{number}.deb"], limit_s=LONG_S)
        shutil.rmtree(tree)
    return source


def is_installed():
    return os.path.exists(HELPER)


def ensure():
    """Installed, as packages or as the stage that vm-test brought."""
    if not is_installed():
        install()
        need(["systemctl", "daemon-reload"])


def start_service():
    """Before Linux 6.5 the administrator has to say that process numbers will do."""
    command = f"{HELPER} --service=by-pid"
    for folder, words in ((UNITS, f"{FRONT} 60 900 {command}"), (OLDER_UNITS, command)):
        os.makedirs(folder, exist_ok=True)
        write(f"{folder}/by-pid.conf", f"[Service]\nExecStart=\nExecStart={words}\n")
    need(["systemctl", "daemon-reload"])
    need(["systemd-tmpfiles", "--create", "vmgrant.conf"])
    need(["systemctl", "start", "vmgrant.socket"])


def stop_service():
    """What start_service() started; the units are as they were installed."""
    need(["systemctl", "stop", "vmgrant.socket"])
    forget_drop_ins()


def forget_drop_ins():
    for folder in (UNITS, OLDER_UNITS):
        shutil.rmtree(folder, ignore_errors=True)
    need(["systemctl", "daemon-reload"])


def fronts():
    """The process that accepts the service's connections, if it runs."""
    return run(["pgrep", "-x", "vmgrant-listen"]).stdout.split()
