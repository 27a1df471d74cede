# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 10, 11, 36 and 52 at scale: whatever call fails, kills or stops, of whichever process.

Each scenario is a policy and a request. A few of its cases are run, chosen by a seed that is
printed; VMGRANT_FAULTS is how many of each, or "all", and VMGRANT_FAULTS_SEED the seed.

What must hold: never more than the rules give, a grant that is whole or none, one record for
each grant, one clear sentence for a refusal, no capability raised where the helper speaks or leaves, and
nothing left.
"""

import contextlib
import os
import re
import socket
import threading

import pytest

import disk_client
import faults
import protocol_client
import usb_client
import vfio_client
from protocol_client import text
from askers import YES
from disks import DiskWorld, need_loops
from pci import GPU, ZERO, Machine
from process import receive, wait_until
from test_attacks_core import is_claimed
from tun import tungetiff
from usbtree import STORAGE, Loop, UsbTree
from world import DEV_LOG, JOURNAL, World, helper_arguments

MEGABYTE = 1 << 20
SENTENCE = re.compile(rb"vmgrant-helper: [ -~]{10,600}\n")
# ld.so says this of a program that it cannot load, and libc this before it aborts.
OF_LIBC = re.compile(rb"(/[ -~]+|vmgrant-helper): error while loading shared libraries: [ -~]+\n|"
                     rb"[ -~\n]*|")
COUNTED, LOCK = {"cases": 0, "fired": 0}, threading.Lock()


# ---- what the client does ----

def read_stream(near):
    """A drop-in's client: (bytes, descriptors) until the helper is gone."""
    data, fds = b"", []
    while True:
        more, some = receive(near)
        data, fds = data + more, fds + some
        if not more and not some:
            return data, fds


def ask_once(message):
    """A native client: one request, and its reply or (b"", [])."""
    def talk(near):
        try:
            near.send(message)
        except (BrokenPipeError, ConnectionResetError):
            return b"", []
        return receive(near)
    return talk


class Scenario:
    """A policy and a request for it. The classes below say what a whole grant is."""

    user, kind, arguments = "alice", socket.SOCK_SEQPACKET, ["--fd=9"]
    memlock, answers_ioctl = 0, False
    policy = "allow bridge br0 user alice polkit=no\n"
    names = "files"
    grants = True

    def __init__(self, stage, folder):
        self.stage, self.folder = stage, folder

    def __enter__(self):
        self.world, self.workers = self.make_world(), []
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make_world(self):
        return World(self.stage)

    def start(self):
        self.world.bridge("br0")
        self.world.write_acl(self.policy)
        self.world.write("/etc/nsswitch.conf", f"passwd: {self.names}\ngroup: {self.names}\n")
        faults.install(self.world)
        self.sinks = [self.world.sink(JOURNAL), self.world.sink(DEV_LOG)]
        self.recorded = {}
        self.prepare()
        self.workers = [faults.Injector(self.world, self.user, self.arguments, self.memlock,
                                        self.answers_ioctl, self.kind)
                        for _ in range(faults.WORKERS)]
        for number, worker in enumerate(self.workers):
            worker.number = number

    def __exit__(self, *_):
        for worker in self.workers:
            worker.close()
        self.world.close()

    def prepare(self):
        """What the world needs besides."""

    def talk(self, worker):
        """The client of one case."""
        raise NotImplementedError

    def is_grant(self, data):
        raise NotImplementedError

    def problem_of_grant(self, report):
        """What is wrong with something that was given, or None."""
        raise NotImplementedError

    def given(self, report):
        """What the records must say, one each."""
        raise NotImplementedError

    def are_records_of(self, report, records):
        texts = self.given(report)
        return len(texts) == len(records) and all(
            sum(text.encode() in record for record in records) == 1 for text in texts)

    def is_refusal(self, data):
        return data == b""

    # ---- what must hold ----

    def records(self, worker):
        """The records of grants since the last call, to a helper of that worker."""
        with LOCK:
            for sink in self.sinks:
                for record in sink.take():
                    if record.startswith(b"PRIORITY=") or b": granted " in record:
                        pid = int(re.search(rb" pid=(\d+) ", record)[1])
                        self.recorded.setdefault(pid, []).append(record)
            return [record for record in self.recorded.pop(worker.pid, ())
                    if b"granted uid=1000 " in record]

    def problem_of(self, worker, case, report):
        data, fds = report.answer
        records = self.records(worker)
        if report.hanging:
            return "it does not end"
        if report.effective:
            return f"it speaks or leaves with capabilities {report.effective:#x}"
        if self.is_grant(data):
            problem = self.problem_of_grant(report) if self.grants else "granted against the rules"
            # Two sockets are tried: one call that fails does not lose the record.
            if problem is None and not self.are_records_of(report, records):
                return f"no record of the grant, or not one: {records}"
            return problem
        if fds:
            return "descriptors without a grant"
        if not self.is_refusal(data):
            return "an odd reply"
        if case.action == faults.STOP and self.grants and report.code != -9:
            return "a moment's stop has refused it"
        return self.problem_of_end(case, report)

    def problem_of_end(self, case, report):
        if report.code < 0:
            # It was killed, by its timer for instance, or does not live on in doubt.
            return None if report.code in (-9, -6) else "a crash"
        if report.code == 0:
            return "success without a TAP" if self.kind == socket.SOCK_STREAM else None
        if b"broken the rules" in report.said:
            return "a failing call is taken for a hostile judge"
        if SENTENCE.fullmatch(report.said) or OF_LIBC.fullmatch(report.said):
            return None
        return "no clear sentence"

    def judge(self, worker, case):
        report = worker.run(case, self.talk(worker))
        with LOCK:
            COUNTED["cases"] += 1
            COUNTED["fired"] += report.fired
        try:
            problem = self.problem_of(worker, case, report)
            return f"{problem}: {report}" if problem else None
        finally:
            for fd in report.answer[1]:
                os.close(fd)

    def check_nothing_is_left(self):
        """That no process is left the injector sees, whose filter they have."""
        self.world.wait_no_taps()
        file = os.stat(f"/proc/{self.world.pid}/root/run/vmgrant.lock")
        place = f" {os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino} "
        with open("/proc/locks", encoding="ascii") as locks:
            assert not [line for line in locks if place in line]


# ---- ports ----

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


# ---- devices ----

class Usb(Scenario):
    policy = "allow usb 0951:* serial=GOOD user alice polkit=no\n"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.loops = []

    def prepare(self):
        for number in range(faults.WORKERS):
            self.loops.append(Loop(self.folder / f"disk{number}"))
        self.usb = UsbTree(self.world)
        for number, loop in enumerate(self.loops):
            port = f"1-{number + 1}"
            self.usb.add(port, number + 2, f"0951:166{number}", serial="GOOD", classes=(STORAGE,))
            self.usb.add_disk(port, f"sdz{chr(97 + number)}", loop.number)

    def __exit__(self, *_):
        super().__exit__()
        for loop in self.loops:
            loop.close()

    def talk(self, worker):
        number = worker.number
        self.usb.reset(f"1-{number + 1}", self.usb.path(1, number + 2))
        return ask_once(usb_client.encode(1, ids=f"0951:166{number}"))

    def is_grant(self, data):
        return bool(data) and usb_client.REPLY.unpack(data[usb_client.HEADER.size:])[0] == 0

    def is_refusal(self, data):
        return not data or 0 < usb_client.REPLY.unpack(data[usb_client.HEADER.size:])[0] < 15

    def node(self, report):
        return text(usb_client.REPLY.unpack(report.answer[0][usb_client.HEADER.size:])[4])

    def problem_of_grant(self, report):
        fds = report.answer[1]
        number = os.stat(self.world.path(self.node(report))).st_rdev
        return None if [os.fstat(fd).st_rdev for fd in fds] == [number] else "another device"

    def given(self, report):
        return (self.node(report),)


class Vfio(Scenario):
    policy = "allow vfio 10de:* user alice polkit=no memlock=4M\n"
    answers_ioctl = True
    memlock = MEGABYTE

    def prepare(self):
        Machine(self.world).with_iommufd()

    def talk(self, worker):
        return ask_once(vfio_client.encode(1, GPU, memlock=2 * MEGABYTE))

    def reply(self, data):
        return vfio_client.REPLY.unpack(data[vfio_client.HEADER.size:])

    def is_grant(self, data):
        return bool(data) and self.reply(data)[0] == 0

    def is_refusal(self, data):
        return not data or 0 < self.reply(data)[0] < 15

    def problem_of_grant(self, report):
        numbers = [os.fstat(fd).st_rdev for fd in report.answer[1]]
        return None if numbers == [os.makedev(1, 3), os.makedev(*ZERO)] else "other nodes"

    def given(self, report):
        return "/dev/vfio/", "locked memory up to 2097152 bytes"

    def problem_of(self, worker, case, report):
        granted = self.is_grant(report.answer[0])
        if granted and report.memlock != 2 * MEGABYTE:
            return "the limit was not raised"
        # A judge that is killed right then takes nothing back, which its caller cannot do; nor
        # does a helper that has failed to lower what it had raised.
        if not granted and case.action == faults.FAIL and report.code != -6 and \
                report.memlock != self.memlock:
            return "the limit has stayed up"
        return super().problem_of(worker, case, report)


class Disk(Scenario):
    """A disk for each worker, by a name of which a rule may be."""
    names_of = staticmethod(lambda number: (f"/dev/disk/by-id/ata-ACME_{number}",
                                            f"/dev/disk/by-path/pci-{number}"))
    policy = "".join(f"allow disk /dev/disk/by-id/ata-ACME_{number} user alice polkit=no\n"
                     for number in range(faults.WORKERS))

    def make_world(self):
        need_loops()
        return DiskWorld(self.stage, self.folder)

    def prepare(self):
        self.disks = [self.world.add_disk(1 << 20) for _ in range(faults.WORKERS)]
        for number, disk in enumerate(self.disks):
            for name in self.names_of(number):
                self.world.link(name, disk)
        self.world.write_acl(self.policy)

    def talk(self, worker):
        return ask_once(disk_client.encode(1, self.names_of(worker.number)[0]))

    def reply(self, data):
        return disk_client.REPLY.unpack(data[disk_client.HEADER.size:])

    def is_grant(self, data):
        return bool(data) and self.reply(data)[0] == 0

    def is_refusal(self, data):
        return not data or 0 < self.reply(data)[0] < 15

    def problem_of_grant(self, report):
        (disk,) = [disk for disk in self.disks if self.given(report) == (f"/dev/loop{disk.index}",)]
        if [os.fstat(fd).st_rdev for fd in report.answer[1]] != [os.makedev(*disk.number)]:
            return "another disk"
        return None if is_claimed(disk.path) else "a disk that is not claimed"

    def given(self, report):
        return (text(self.reply(report.answer[0])[4]),)

    def check_nothing_is_left(self):
        super().check_nothing_is_left()
        for disk in self.disks:
            wait_until(lambda disk=disk: not is_claimed(disk.path), "the disk to be free")


class DeniedDisk(Disk):
    """The deny says another name of the same disk."""
    grants = False
    policy = Disk.policy + "".join(f"deny disk /dev/disk/by-path/pci-{number} user alice\n"
                                   for number in range(faults.WORKERS))


# ---- what must be refused ----

class Refused(DropIn):
    grants = False


class NoRule(Refused):
    policy = "allow bridge br0 user bob polkit=no\nallow bridge br1 user alice polkit=no\n"


class NoBridge(Refused):
    policy = "allow bridge * user alice polkit=no\n"
    arguments = helper_arguments("br9", 9)


class Broken(Refused):
    policy = "allow bridge br0 user alice polkit=no\nallow bridge br0 usr alice\n"


class OverQuota(Native):
    policy = "allow bridge br0 user alice polkit=no quota=1\n"
    grants, queues = False, 1

    def prepare(self):
        super().prepare()
        request = self.world.start_request("alice", channel=protocol_client.pair,
                                           arguments=["--fd=9"])
        self.held = protocol_client.ask(request.socket, 1, "br0")
        assert self.held.code == 0, self.held.sentence
        request.socket.close()
        assert request.finish().code == 0

    def check_nothing_is_left(self):
        assert self.world.taps() == [self.held.port]
        for fd in self.held.fds:
            os.close(fd)
        super().check_nothing_is_left()


class DeniedByPolkit(AskedPort):
    grants, rules = False, YES.replace("Result.YES", "Result.NO")


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


SCENARIOS = {
    "drop-in": DropIn, "sealed": Native, "second": Second, "direct": Direct, "vhost": Vhost,
    "query": Query, "polkit": AskedPort, "imported": Imported, "usb": Usb, "vfio": Vfio, "disk": Disk,
    "denied disk": DeniedDisk, "no rule": NoRule, "no bridge": NoBridge, "broken policy": Broken,
    "over quota": OverQuota, "polkit's no": DeniedByPolkit,
    **{f"deny by {name}, {names}": denied(name, names) for name in DENIES
       for names in ("files", "files systemd")},
}


@pytest.fixture(scope="module")
def wanted(request):
    """(seed, cases of each scenario); at the end it is said how many there were."""
    seed, how_many = faults.wanted()
    yield seed, how_many
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{COUNTED['cases']} cases of failing, killing and stopping calls, "
              f"{COUNTED['fired']} of them met a call; VMGRANT_FAULTS_SEED={seed} "
              f"VMGRANT_FAULTS={how_many or 'all'}")


@pytest.mark.limit(7200)
@pytest.mark.parametrize("name", SCENARIOS)
def test_attack_10_and_11_and_36_and_52_whatever_happens_to_one_call(stage, tmp_path, wanted, name):
    seed, how_many = wanted
    with SCENARIOS[name](stage, tmp_path) as scenario:
        report, calls = scenario.workers[0].run(faults.Case(0, 0), scenario.talk(
            scenario.workers[0]), wants_calls=True)
        # What no fault befalls is granted, or refused, as it should be.
        assert scenario.is_grant(report.answer[0]) == scenario.grants, report
        assert scenario.problem_of(scenario.workers[0], faults.Case(0, 0), report) is None, report
        for fd in report.answer[1]:
            os.close(fd)
        counts = faults.counts_of(calls)
        assert len(counts) >= 3 and min(counts[0], counts[2]) > 40, counts
        cases = faults.sample(faults.all_cases(counts), seed, how_many)
        problems = faults.run_all(scenario.workers, cases, scenario.judge)
        assert not problems, f"VMGRANT_FAULTS_SEED={seed}: {problems}"
        scenario.check_nothing_is_left()
