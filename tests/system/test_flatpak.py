# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Flatpak itself: a runtime and an application made here, with only the service's socket let in."""

import os
import platform
import shutil
import subprocess

import pytest

from dhcp import Dhcp
from service import Service
from test_clients_qemu import QEMU, Guest
from world import World

MAC = "52:54:00:00:00:46"
PLATFORM, APPLICATION = "org.vmgrant.Platform", "org.vmgrant.Guest"
VERSION = f"{platform.machine()}/1"
HOME = "/home/alice"
WORK = f"{HOME}/flatpak"
LIBRARIES = f"/usr/lib/{platform.machine()}-linux-gnu"
# What a guest with a BIOS, a card and its boot ROM wants of QEMU, beside the programs.
WANTED = ["/usr/share/seabios/bios-256k.bin", "/usr/share/qemu/kvmvapic.bin",
          "/usr/lib/ipxe/qemu/efi-virtio.rom", "/usr/share/qemu/keymaps/en-us",
          f"{LIBRARIES}/qemu/accel-tcg-{platform.machine()}.so"]
# Whole files, in one folder: compressing them is what takes long.
REPOSITORY = "[core]\nrepo_version=1\nmode=bare-user-only\n"
INSTALLATION = 4
RULES = "allow bridge br0 user alice polkit=no\n"


def need(*tools):
    for tool in tools:
        if not shutil.which(tool):
            (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{tool} is not installed")


def libraries_of(paths):
    """With the loader; each by the name that programs ask for."""
    said = subprocess.run(["ldd", *paths], capture_output=True, text=True, check=True).stdout
    words = [word for line in said.splitlines() for word in line.split() if word.startswith("/")]
    return sorted({word for word in words if not word.endswith(":")})


def copy_below(root, path, target=None):
    target = f"{root}/{(target or path).removeprefix('/usr/').lstrip('/')}"
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(path, target)


def make_runtime(root):
    """What would be /usr there: a shell, QEMU, vmgrant, and what they are linked with."""
    programs = [shutil.which(QEMU), "/usr/bin/vmgrant"]
    for path in [*programs, *(path for path in WANTED if os.path.exists(path))]:
        copy_below(root, path)
    for path in libraries_of([*programs, *(path for path in WANTED if path.endswith(".so")
                                           and os.path.exists(path))]):
        loader = os.path.basename(path).startswith("ld-linux")
        copy_below(root, path, None if loader else f"{LIBRARIES}/{os.path.basename(path)}")
    copy_below(root, shutil.which("busybox"), "/usr/bin/sh")
    # Flatpak starts it in the sandbox.
    copy_below(root, shutil.which("ldconfig"), "/usr/bin/ldconfig")
    os.makedirs(f"{root}/etc")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def build():
    """As alice. Her own installation, of her own repository."""
    for folder in ("objects", "refs/heads", "refs/remotes", "refs/mirrors", "tmp", "state",
                   "extensions"):
        os.makedirs(f"{WORK}/repo/{folder}")
    write(f"{WORK}/repo/config", REPOSITORY)
    make_runtime(f"{WORK}/runtime/usr")
    sides = f"runtime={PLATFORM}/{VERSION}\nsdk={PLATFORM}/{VERSION}\n"
    write(f"{WORK}/runtime/metadata", f"[Runtime]\nname={PLATFORM}\n{sides}")
    write(f"{WORK}/application/metadata",
          f"[Application]\nname={APPLICATION}\n{sides}command=vmgrant\n")
    for part in ("runtime", "application"):
        os.makedirs(f"{WORK}/{part}/files", exist_ok=True)
        os.makedirs(f"{WORK}/{part}/export", exist_ok=True)
    for words in (["build-export", "--runtime", f"{WORK}/repo", f"{WORK}/runtime", "1"],
                  ["build-export", f"{WORK}/repo", f"{WORK}/application", "1"],
                  ["remote-add", "--user", "--no-gpg-verify", "here", f"{WORK}/repo"],
                  ["install", "--user", "--noninteractive", "here", f"{APPLICATION}//1"]):
        subprocess.run(["flatpak", *words], check=True)


@pytest.mark.limit(300)
def test_a_guest_in_a_flatpak_gets_an_address(stage):
    """Only the socket is let in: no network, no device, no setuid program, no_new_privs."""
    need("flatpak", "busybox", "dnsmasq", QEMU)
    with World(stage, polkit=True) as world:
        world.path(HOME).mkdir(parents=True, exist_ok=True)
        world.path(HOME).chown(1000, 1000)
        world.bridge("br0")
        world.write_acl(RULES)
        Service(world)
        server = Dhcp(world)
        built = world.run(build, "alice", limit_s=240,
                          prepare=lambda: os.environ.update(HOME=HOME))
        assert built.code == 0, (built.stdout, built.stderr)
        into = ["env", f"HOME={HOME}", "flatpak", "run", "--user"]
        words = ["--filesystem=/run/vmgrant/socket", APPLICATION, "run", "--net", f"br0,mac={MAC}"]
        with Guest(world, ["-boot", "n"], stopped=False, before=[*into, *words, "--"]) as guest:
            server.wait_lease(MAC)
            # QEMU would outlive the program that started the sandbox.
            guest.quit()
        server.stop()
        world.wait_no_taps()
        # Without it there is no door in a Flatpak.
        without = world.run([*into, APPLICATION, "list"], "alice")
        assert without.code == INSTALLATION, without.stderr
