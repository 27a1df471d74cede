# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A request of which calls fail, kill or stop: its policy, its client, and what must hold.

What a whole grant is say fault_ports.py and fault_devices.py.
"""

import os
import re
import socket
import threading
from collections import Counter

import faults
import protocol_client
from process import receive
from world import DEV_LOG, HELPER, JOURNAL, World

SENTENCE = re.compile(rb"vmgrant-helper: [ -~]{10,600}\n")
# ld.so says this of a program that it cannot load, and libc this before it aborts.
OF_LIBC = re.compile(rb"(/[ -~]+|vmgrant-helper): error while loading shared libraries: [ -~]+\n|"
                     rb"[ -~\n]*|")
COUNTED, LOCK = {"cases": 0, "met": 0}, threading.Lock()


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
        return receive(near) if protocol_client.sent(near, message) else (b"", [])
    return talk


class Scenario:
    """A policy and a request for it. Others say what a whole grant is."""

    user, kind, arguments = "alice", socket.SOCK_SEQPACKET, ["--fd=9"]
    # In which door, over which descriptor; where its turns are; and which task is the judge.
    door, fd, lock, judge_task = "setuid", 9, "/run/vmgrant.lock", 2
    memlock, answers_ioctl = 0, False
    policy = "allow bridge br0 user alice polkit=no\n"
    names = "files"
    grants = True

    def __init__(self, stage, folder):
        self.stage, self.folder, self.seen = stage, folder, Counter()

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
        self.workers = [faults.Injector(self.world, self.user, self.words(), self.fd, self.door,
                                        self.memlock, self.answers_ioctl, self.kind)
                        for _ in range(faults.WORKERS)]
        for number, worker in enumerate(self.workers):
            worker.number = number

    def __exit__(self, *_):
        for worker in self.workers:
            worker.close()
        self.world.close()

    def words(self):
        """How the helper is started."""
        return [HELPER, *self.arguments]

    def requester(self, worker, _report):
        """The process that records are about."""
        return worker.pid

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

    def records(self, worker, report):
        """The records of grants since the last call, to a helper of that worker."""
        with LOCK:
            for sink in self.sinks:
                for record in sink.take():
                    if record.startswith(b"PRIORITY=") or b": granted " in record:
                        pid = int(re.search(rb" pid=(\d+) ", record)[1])
                        self.recorded.setdefault(pid, []).append(record)
            return [record for record in self.recorded.pop(self.requester(worker, report), ())
                    if b"granted uid=1000 " in record]

    def problem_of(self, worker, case, report):
        data, fds = report.answer
        records = self.records(worker, report)
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

    def calls(self):
        """[Call] of a request that no fault befalls. It ends as it should."""
        worker, case = self.workers[0], faults.Case(0, 0)
        report, calls = worker.run(case, self.talk(worker), wants_calls=True)
        assert self.is_grant(report.answer[0]) == self.grants, report
        problem = self.problem_of(worker, case, report)
        assert problem is None, f"{problem}: {report}"
        for fd in report.answer[1]:
            os.close(fd)
        return faults.numbered(calls)

    def request_calls(self):
        """Of these, from the request on to the reply."""
        calls = self.calls()
        of_judge = [(i, call.name) for i, call in enumerate(calls) if call.task == self.judge_task]
        first = next(i for i, name in of_judge if name == "recvmsg")
        last = [i for i, name in of_judge if name == "sendmsg"][-1]
        return calls[first:last + 1]

    def run_each(self, calls, action, error=None):
        """A request for each call, with what happening there. Returns the problems; in seen stands
        how many of them met their call, were granted, were killed.
        """
        self.seen.clear()
        return faults.run_all(self.workers, [faults.Case(call.task, call.number, action, error)
                                             for call in calls], self.judge)

    def check_each_request_call(self, action, error=None):
        """Whichever of these it befalls: a whole grant or none, and most of them are none."""
        calls = self.request_calls()
        problems = self.run_each(calls, action, error)
        assert not problems, problems
        assert len(calls) - self.seen["granted"] > 20, self.seen
        self.check_nothing_is_left()

    def judge(self, worker, case):
        report = worker.run(case, self.talk(worker))
        with LOCK:
            COUNTED["cases"] += 1
            COUNTED["met"] += report.fired
            self.seen["met"] += report.fired
            self.seen["granted"] += self.is_grant(report.answer[0])
            self.seen["killed"] += report.code == -9
        try:
            problem = self.problem_of(worker, case, report)
            return f"{problem}: {report}" if problem else None
        finally:
            for fd in report.answer[1]:
                os.close(fd)

    def check_nothing_is_left(self):
        """That no process is left the injector sees, whose filter they have."""
        self.world.wait_no_taps()
        file = os.stat(f"/proc/{self.world.pid}/root{self.lock}")
        place = f" {os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino} "
        with open("/proc/locks", encoding="ascii") as locks:
            assert not [line for line in locks if place in line]
