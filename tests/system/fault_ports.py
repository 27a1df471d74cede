# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Ports on bridges, as scenarios of tests/system/test_attacks_every_call.py."""

import contextlib
import os
import socket

import protocol_client
import service
from askers import YES
from fault_scenarios import LOCK, Scenario, ask_once, read_stream
from process import receive, wait_until
from tun import tungetiff
from world import HELPER, helper_arguments


class Port(Scenario):
    """A port on br0; whole is what the first one had, which no fault befell."""

    ATTRIBUTES = ("mtu", "ifalias", "flags", "owner", *(f"brport/{name}" for name in (
        "bpdu_guard", "root_block", "hairpin_mode", "learning", "unicast_flood", "multicast_flood",
        "broadcast_flood", "isolated")))

    def prepare(self):
        self.model = None

    def look(self, name):
        folder = f"/proc/{self.world.pid}/root/sys/class/net/{name}"
        found = {"master": os.readlink(f"{folder}/master")}
        for attribute in self.ATTRIBUTES:
            with contextlib.suppress(FileNotFoundError):
                with open(f"{folder}/{attribute}", encoding="ascii") as file:
                    found[attribute] = file.read().strip()
        with open(f"{folder}/address", encoding="ascii") as file:
            found["address"] = file.read()[:2]
        return found

    def port_name(self, report):
        return tungetiff(report.answer[1][0])[0]

    def given(self, report):
        return (f"port {self.port_name(report)} on bridge br0",)

    def problem_of_grant(self, report):
        found = self.look(self.port_name(report))
        with LOCK:
            self.model = self.model or found
        if found != self.model:
            return f"not whole: {found}, not {self.model}"
        return None


class DropIn(Port):
    kind, arguments = socket.SOCK_STREAM, helper_arguments("br0", 9)

    def talk(self, worker):
        return read_stream

    def is_grant(self, data):
        return data == b"\0"

    def problem_of_grant(self, report):
        if len(report.answer[1]) != 1:
            return "a byte without one descriptor"
        if report.code not in (0, -9):
            return "a TAP, and then a failure"
        return super().problem_of_grant(report)


class Native(Port):
    policy = "allow bridge br0 user alice polkit=no queues=2 isolated\n"
    queues, message = 2, protocol_client.TAP

    def talk(self, worker):
        return ask_once(protocol_client.encode(1, "br0", kind=self.message, queues=self.queues))

    def reply(self, data):
        return protocol_client.Reply(data, [])

    def is_grant(self, data):
        return bool(data) and self.reply(data).code == 0

    def is_refusal(self, data):
        if not data:
            return True
        reply = self.reply(data)
        return 0 < reply.code < 15 and len(reply.sentence) > 10

    def port_name(self, report):
        return self.reply(report.answer[0]).port

    def problem_of_grant(self, report):
        if len(report.answer[1]) != self.queues:
            return "a wrong number of descriptors"
        return super().problem_of_grant(report) or self.problem_of_frames(report)

    def problem_of_frames(self, report):
        """What the guest sends comes out on the bridge."""
        folder = f"/proc/{self.world.pid}/root/sys/class/net/{self.port_name(report)}"

        def received():
            with open(f"{folder}/statistics/rx_packets", encoding="ascii") as file:
                return int(file.read())

        before = received()
        os.write(report.answer[1][0], bytes(10) + b"\xff" * 6 + b"\x52\x54\0\0\0\x09" + bytes(48))
        wait_until(lambda: received() > before, "a frame to arrive", pause_s=0.0005)


class Second(Native):
    """Another bridge on the same connection: no answer is taken for that of the first request."""
    policy = "allow bridge br0 user alice polkit=no\nallow bridge br1 user alice polkit=no\n"
    queues = 1

    def prepare(self):
        super().prepare()
        self.world.bridge("br1")

    def talk(self, worker):
        def both(near):
            try:
                for number, bridge in ((1, "br0"), (2, "br1")):
                    near.send(protocol_client.encode(number, bridge))
                    data, fds = receive(near)
                    if number == 2 or not data:
                        return data, fds
                    for fd in fds:
                        os.close(fd)
            except (BrokenPipeError, ConnectionResetError):
                pass
            return b"", []
        return both

    def are_records_of(self, report, records):
        return super().are_records_of(
            report, [record for record in records if b" on bridge br1" in record])

    def given(self, report):
        return (f"port {self.port_name(report)} on bridge br1",)

    def problem_of_grant(self, report):
        if self.reply(report.answer[0]).serial != 2:
            return "an answer of the first request"
        return super().problem_of_grant(report)


class Direct(Native):
    policy = "allow bridge br0 user alice polkit=no port=direct\n"
    queues = 1


class Vhost(Native):
    """vhost-net, where the machine has it; else what a rule says that cannot be had."""
    policy = "allow bridge br0 user alice polkit=no vhost\n"
    queues = 1


class Query(Native):
    message, queues = protocol_client.QUERY, 1

    def problem_of_grant(self, report):
        return "descriptors for a question" if report.answer[1] else None

    def given(self, report):
        return ()


class AskedPort(DropIn):
    """polkit says yes: the asker is the third process."""
    policy, rules = "allow bridge br0\n", YES

    def prepare(self):
        super().prepare()
        self.world.rules(self.rules)
        self.world.polkit.start()


class Imported(AskedPort):
    """The thread walks to an imported file."""
    policy = "import-qemu /etc/qemu/bridge.conf\n"

    def prepare(self):
        super().prepare()
        self.world.write("/etc/qemu/bridge.conf", "allow br0\n")


# ---- what must be refused ----

class Refused(DropIn):
    grants = False


class Denied(Refused):
    """A deny that must not be lost, by each way in which one can be said."""
    deny = "deny bridge br0 user alice\n"

    def prepare(self):
        super().prepare()
        self.world.write_acl(Refused.policy + self.deny)
        for path, (text, mode, owner) in FILES.items():
            self.world.write(path, text, mode=mode, owner=owner)


FILES = {"/etc/vmgrant/deny.d/x.conf": ("deny bridge br0 user 1000\n", 0o644, (0, 0)),
         "/etc/qemu/bridge.conf": ("include /etc/qemu/alice.conf\n", 0o644, (0, 0)),
         "/etc/qemu/alice.conf": ("deny br0\n", 0o640, (0, 1000))}
DENIES = {"user": "deny bridge br0 user alice\n", "group": "deny bridge br0 group students\n",
          "include": "include /etc/vmgrant/deny.d\n",
          "import": "import-qemu /etc/qemu/bridge.conf\n"}


def denied(name, names):
    return type(f"Denied by {name}, {names}", (Denied,), {"deny": DENIES[name], "names": names})


# ---- through the service ----

class Served(Native):
    """The same through the service, whose client is another process than the one that starts it."""
    door, fd, lock, judge_task = "service", 3, service.LOCK, 1
    policy = "allow bridge br0 user alice polkit=no\n"
    queues = 1

    def words(self):
        setpriv, *words = service.command(HELPER, service.NETWORK, ["--service"])
        return [f"/usr/bin/{setpriv}", *words]

    def requester(self, worker, report):
        return report.peer

    def prepare(self):
        super().prepare()
        service.make_lock(self.world)


class ServedAsked(Served):
    """polkit is asked about the client."""
    policy = "allow bridge br0\n"

    def prepare(self):
        super().prepare()
        self.world.rules(YES)
        self.world.polkit.start()


class ServedDenied(Served):
    grants = False
    policy = "allow bridge br0 user alice polkit=no\ndeny bridge br0 group students\n"
