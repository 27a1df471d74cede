#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A virtual machine by a file of a few lines, as quickemu has it: quick-vm.py GUEST.conf

    disk_img="guest.qcow2"
    ram="2G"
    cpu_cores="2"
    bridge="br0"
    usb_devices=("0951:1666" "1-1.4")
    block_devices=("/dev/disk/by-id/ata-ACME_1234")
    extra_args="-display none"

What is granted is asked for at the same time, each by a helper of its own. All words but
disk_img may be missing; without bridge the guest has QEMU's own network. QEMU names another
program than qemu-system-x86_64.
"""

import asyncio
import contextlib
import hashlib
import os
import pathlib
import shlex
import signal
import sys

import vmgrant

QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
DEFAULTS = {"disk_img": "", "ram": "1G", "cpu_cores": "1", "bridge": "", "usb_devices": [],
            "block_devices": [], "extra_args": ""}


def read_conf(path):
    """The words of a file of NAME="value" and NAME=("one" "other"); # begins a comment."""
    conf = dict(DEFAULTS)
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        words = shlex.split(line.replace("(", " ( ").replace(")", " ) "), comments=True)
        name, _, value = words[0].partition("=") if words else ("", "", "")
        is_list = words[1:2] == ["("] and words[-1] == ")" and not value
        if words and (name not in conf or is_list != isinstance(conf[name], list) or
                      not (is_list or len(words) == 1)):
            sys.exit(f"{path}: line {number}: not known: {line.strip()}")
        if words:
            conf[name] = words[2:-1] if is_list else value
    return conf


def mac_of(path):
    """The same at each start, and another for each guest of each machine."""
    machine = pathlib.Path("/etc/machine-id").read_bytes()
    return "52:54:00:" + hashlib.sha256(machine + bytes(path.resolve())).digest()[:3].hex(":")


async def ask(call, *words, **options):
    """One grant. Each connection answers one request after the other, so each has its own."""
    async with vmgrant.AsyncConnection() as connection:
        return await getattr(connection, call)(*words, interactive=True, **options)


async def ask_all(conf, mac):
    """(card or None, USB devices, disks). If one is refused the others are given back."""
    usb = [{"port": name} if "-" in name else {"ids": name}
           for name in conf["usb_devices"]]
    questions = [ask("usb", **how) for how in usb]
    questions += [ask("disk", name) for name in conf["block_devices"]]
    if conf["bridge"]:
        questions.append(ask("tap", conf["bridge"], mac=mac))
    with contextlib.ExitStack() as granted:
        answers = await asyncio.gather(*questions, return_exceptions=True)
        for answer in answers:
            if not isinstance(answer, BaseException):
                granted.enter_context(answer)
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        granted.pop_all()
    card = answers.pop() if conf["bridge"] else None
    return card, answers[:len(usb)], answers[len(usb):]


def network_words(card, mac):
    netdev = card.netdev("net0") if card else "user,id=net0"
    return ["-netdev", netdev, "-device", f"virtio-net-pci,netdev=net0,mac={mac}"]


def device_words(usb, disks):
    words = ["-device", "qemu-xhci"] if usb else []
    for number, device in enumerate(usb, 1):
        words += ["-add-fd", device.add_fd(number), "-device", f"usb-host,hostdevice=/dev/fdset/{number}"]
    for number, disk in enumerate(disks, len(usb) + 1):
        words += ["-add-fd", disk.add_fd(number), "-blockdev",
                  f"driver=host_device,node-name=disk{number},filename=/dev/fdset/{number},read-only=off",
                  "-device", f"virtio-blk-pci,drive=disk{number}"]
    return words


async def run(path):
    conf, mac = read_conf(path), mac_of(path)
    card, usb, disks = await ask_all(conf, mac)
    words = ["-name", path.stem, "-m", conf["ram"], "-smp", conf["cpu_cores"],
             *network_words(card, mac), *device_words(usb, disks), *shlex.split(conf["extra_args"])]
    if conf["disk_img"]:
        image = path.parent / conf["disk_img"]
        words += ["-drive", f"file={str(image).replace(',', ',,')},if=virtio"]
    grants = [grant for grant in (card, *usb, *disks) if grant]
    try:
        qemu = await asyncio.create_subprocess_exec(
            QEMU, *words, pass_fds=[fd for grant in grants for fd in grant.fds])
    finally:
        for grant in grants:
            grant.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, qemu.terminate)
    return await qemu.wait()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(run(pathlib.Path(sys.argv[1]))))
    except (vmgrant.Error, OSError) as error:
        sys.exit(f"quick-vm: {error}")


if __name__ == "__main__":
    main()
