# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Other software of a host in the test VM: started for a check, and what it does to ports."""

import contextlib
import json
import os

from checks import need, read, run, wait_until

# Emulated and with half a dozen daemons: what takes seconds elsewhere.
LONG_S = 240.0


@contextlib.contextmanager
def service(*names):
    """Services that the image has masked, started; stopped and masked again."""
    need(["systemctl", "-q", "unmask", *names])
    need(["systemctl", "daemon-reload"])
    try:
        need(["systemctl", "start", *names], limit_s=LONG_S)
        yield
    finally:
        run(["systemctl", "stop", *names], limit_s=LONG_S)
        run(["systemctl", "-q", "mask", *names])


@contextlib.contextmanager
def file(path, text):
    """A file with that text, or a link to /dev/null for None; then what was there before."""
    before = read(path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    if text is None:
        os.symlink("/dev/null", path)
    else:
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        if before is not None:
            with open(path, "w", encoding="utf-8") as out:
                out.write(f"{before}\n")


def link(name):
    """What ip says of an interface."""
    return json.loads(need(["ip", "-j", "-d", "address", "show", "dev", name]))[0]


def addresses(name):
    return [f"{one['local']}/{one['prefixlen']}" for one in link(name)["addr_info"]]


def default_routes(name):
    return need(["ip", "route", "show", "default", "dev", name]).strip()


def flush(*names):
    for name in names:
        need(["ip", "address", "flush", "dev", name])


class RogueGuest:
    """A guest that answers DHCP: who asks on its port gets an address and a default route.

    QEMU's own network does that; what arrives at the guest is in the file frames.
    """

    def __init__(self, person, bridge, net, before):
        self.frames = f"/var/tmp/frames-{net}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.frames)
        command = (f"exec qemu-system-x86_64 -M none -nodefaults -display none -monitor none "
                   f"-netdev tap,id=t,fd={{net0.fd}} -netdev user,id=u,net={net}.0/24 "
                   f"-netdev hubport,id=a,hubid=0,netdev=t -netdev hubport,id=b,hubid=0,netdev=u "
                   f"-object filter-dump,id=d,netdev=t,file={self.frames}")
        self.process = person.start(["vmgrant", "run", "--no-prompt", "--net", bridge, "--",
                                     "sh", "-c", command])
        self.port = wait_until(lambda: self.new_port(bridge, before), "the guest's port")
        wait_until(lambda: os.path.exists(self.frames), "QEMU", limit_s=LONG_S)

    def new_port(self, bridge, before):
        assert self.process.poll() is None, "the guest has ended"
        found = set(os.listdir(f"/sys/class/net/{bridge}/brif")) - set(before)
        return found.pop() if found else None

    def announcements(self):
        """How many frames of LLDP have arrived."""
        with open(self.frames, "rb") as frames:
            return frames.read().count(b"\x01\x80\xc2\x00\x00\x0e")

    def end(self):
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def guests(person, bridge, policy):
    """The port of a guest that is sealed, and one that is direct.

    policy    a function: a context with that text as the administrator's policy
    """
    found = []
    try:
        for number, options in enumerate(("", " port=direct")):
            with policy(f"allow bridge {bridge} user {person.name} polkit=no{options}"):
                found.append(RogueGuest(person, bridge, f"10.66.{number}",
                                        [one.port for one in found]))
        yield found
    finally:
        for one in found:
            one.end()


class Findings:
    """What vmgrant check says, to a person, of one subject."""

    def __init__(self, person):
        self.person = person

    def of(self, check, word=""):
        done = self.person.run(["vmgrant", "check", "--json"], limit_s=LONG_S)
        return [one for one in json.loads(done.stdout)["findings"]
                if one["check"] == check and word in one["text"]]

    def mend(self, check, word, before=lambda: None):
        """Run the command that a warning ends with, as root; the warning must go.

        before    is called when the command is known, before it is run
        """
        [found] = self.of(check, word)
        assert found["level"] == "warn", found
        before()
        need(["sh", "-ec", found["mend"].replace("sudo ", "")], limit_s=LONG_S)
        left = [one for one in self.of(check, word) if one["level"] != "ok"]
        assert not left, left
