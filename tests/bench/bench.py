# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Measure a request side by side with qemu-bridge-helper, in one run.

Started by scripts/bench. Every comparison runs its subjects in turn, so that a
noisy machine hits all of them alike; what counts are medians and their ratios.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import threading
from pathlib import Path

import bench_confine
import bench_memory
import guard
import protocol_client
import rootfs
import usb_requests
from askers import TOKEN, install_asker
from world import HELPER, JOURNAL, World, helper_arguments

QEMU_HELPER = "/usr/lib/qemu/qemu-bridge-helper"
LINKED = "/usr/libexec/vmgrant/vmgrant-helper-linked"
BEFORE = "/usr/libexec/vmgrant/vmgrant-helper-before"
BENCH = "/usr/libexec/vmgrant/bench-request"
BARE = {kind: f"/usr/libexec/vmgrant/bare-{kind}" for kind in ("sealed", "direct")}
SMALL_ACL = "allow bridge br0 user alice polkit=no\n"
KINDS_ACL = SMALL_ACL + ("allow bridge sealed user alice polkit=no queues=8\n"
                         "allow bridge direct user alice polkit=no port=direct\n")
START, END = "<!-- measured -->\n", "<!-- end -->\n"
BATCHES = 10


class Series:
    """Samples of one subject."""

    def __init__(self, name, samples=()):
        self.name, self.us, self.kib = name, list(samples), []

    def add(self, answer):
        self.us += answer["us"]
        self.kib += answer["kib"]

    @property
    def median(self):
        return statistics.median(self.us)

    def row(self, base=None):
        low, _, high = statistics.quantiles(self.us, n=4)
        ratio = "" if base is None else f"{self.median / base.median:.2f}"
        return f"| {self.name} | {self.median:.0f} | {low:.0f} to {high:.0f} | {ratio} |"


def measure(world, runs, subjects):
    uid, gid, _ = rootfs.USERS["alice"]
    done = world.run([BENCH, str(runs), str(uid), str(gid), *subjects], limit_s=600)
    assert done.code == 0, done.stderr.decode()
    return json.loads(done.stdout)


def install(world, source, target):
    world.write(target, Path(source).read_bytes(), mode=0o4755)


def request(helper, bridge="br0"):
    return f"request:{helper}:{bridge}"


def keep_a_journal(world):
    """As on nearly every machine, somebody takes the records."""
    receiver = world.sink(JOURNAL).socket
    receiver.setblocking(True)

    def receive():
        while receiver.recv(1 << 16):
            pass

    threading.Thread(target=receive, daemon=True).start()


def table(title, rows, note=""):
    head = "| | median µs | middle half | ratio |\n|---|---|---|---|"
    return "\n".join([f"### {title}", "", *([note, ""] if note else []), head, *rows, ""])


# ---- the comparisons ----

def has_before(world):
    return world.path(BEFORE).exists()


def bare_request(world, runs):
    helpers = {"qemu-bridge-helper": QEMU_HELPER,
               "vmgrant-helper, shared libraries": HELPER,
               "vmgrant-helper, libnl linked in": LINKED}
    if has_before(world):
        helpers["vmgrant-helper before, shared libraries"] = BEFORE
    series = in_turn(world, runs, {name: request(path) for name, path in helpers.items()})
    base = series[0]
    memory = ["| | peak memory KiB | ratio | system calls |", "|---|---|---|---|"]
    for one, helper in zip(series, helpers.values()):
        peak = statistics.median(one.kib)
        memory.append(f"| {one.name} | {peak:.0f} | {peak / statistics.median(base.kib):.2f} "
                      f"| {count_calls(world, helper)} |")
    text = table("One request, `polkit=no`", [one.row(base) for one in series],
                 "At most 0.80 is wanted, and never more than 0.85, with shared libraries.")
    return text + "\n" + "\n".join(memory) + "\n"


def count_calls(world, helper):
    """System calls from exec to exit, all of them, as strace counts."""
    request_ = world.start_request("alice", helper=helper, strace=["-f", "-o", "/tmp/calls"])
    result = request_.finish()
    assert result.granted, result
    result.close()
    world.wait_no_taps()
    lines = world.path("/tmp/calls").read_text(encoding="utf-8", errors="replace").splitlines()
    return sum("(" in line and "+++" not in line and "---" not in line for line in lines)


def alternate(world, runs, cases):
    """Batches of a few runs, one of each case in turn. cases: {name: (prepare, subject)}."""
    series = {name: Series(name) for name in cases}
    for _ in range(BATCHES):
        for name, (prepare, subject) in cases.items():
            prepare()
            series[name].add(measure(world, max(runs // BATCHES, 1), [subject])[0])
    return list(series.values())


def long_acl(world, runs):
    filler = "".join(f"allow bridge lab{i} user user{i} queues=4 quota=2\n" for i in range(9999))
    series = alternate(world, runs, {
        "1 line": (lambda: world.write_acl(SMALL_ACL), request(HELPER)),
        "10,000 lines": (lambda: world.write_acl(filler + SMALL_ACL), request(HELPER)),
    })
    world.write_acl(SMALL_ACL)
    more = series[1].median - series[0].median
    return table("Length of the ACL", [one.row(series[0]) for one in series],
                 f"10,000 lines cost {more / 1000:.1f} ms more.")


def many_taps(world, runs):
    """1,000 other interfaces: persistent TAPs, as a full host has them."""
    def clear():
        world.ip(*[f"link del other{i}" for i in range(1000)])

    def fill():
        world.ip(*[f"tuntap add other{i} mode tap" for i in range(1000)])

    subjects = [request(QEMU_HELPER), request(HELPER)]
    empty, full = [Series("qemu-bridge-helper"), Series("vmgrant-helper")], \
        [Series("qemu-bridge-helper, 1,000 TAPs"), Series("vmgrant-helper, 1,000 TAPs")]
    for batch in range(4):
        for one, answer in zip(empty if batch % 2 == 0 else full,
                               measure(world, runs // 2, subjects)):
            one.add(answer)
        fill() if batch % 2 == 0 else clear()
    if batch % 2 == 0:
        clear()
    return table("1,000 TAPs on the host already", [
        empty[0].row(empty[0]), full[0].row(empty[0]), empty[1].row(empty[1]),
        full[1].row(empty[1])], "The ratio is to the same program on an empty host.")


def with_polkit(world, runs):
    world.polkit.start()
    world.rules('polkit.addRule(function(a, s) { if (a.id == "org.vmgrant.tap" && '
                's.user == "alice") return polkit.Result.YES; });')
    cases = {
        "pkcheck": (lambda: None, "command:/usr/bin/pkcheck --action-id org.vmgrant.tap "
                                  "--process @pid"),
        "vmgrant-helper, polkit=no": (lambda: world.write_acl(SMALL_ACL), request(HELPER)),
        "vmgrant-helper, polkit asked": (lambda: world.write_acl("allow bridge br0\n"),
                                         request(HELPER)),
    }
    series = alternate(world, runs, cases)
    world.write_acl(SMALL_ACL)
    both = series[0].median + series[1].median
    return table("With polkit", [one.row() for one in series],
                 f"pkcheck and a request without polkit together: {both:.0f} µs; "
                 f"a request that asks polkit takes {series[2].median / both:.2f} of that; at most "
                 "1.15 is wanted.")


def in_turn(world, runs, names):
    """names: {name: subject}; a Series for each."""
    series = [Series(name) for name in names]
    for one, answer in zip(series, measure(world, runs, names.values())):
        one.add(answer)
    return series


def native_requests(world, runs):
    """From fork to the received fds, but for those on a connection that is open."""
    world.write_acl(KINDS_ACL)
    native = {kind: f"native:{HELPER}:{kind}:1" for kind in BARE}
    one = in_turn(world, runs, {"drop-in": request(HELPER, "direct"),
                                "native, direct port": native["direct"],
                                "native, sealed port": native["sealed"]})
    before = in_turn(world, runs, {
        "native, sealed port, before": f"native:{BEFORE}:sealed:1",
        "native, sealed port": native["sealed"]}) if has_before(world) else []
    many = in_turn(world, max(runs // 4, 1), {
        "8 drop-in requests": request(HELPER, "direct") + ":8",
        "one native request for 8 queues": f"native:{HELPER}:sealed:8"})
    second = {kind: in_turn(world, runs, {
        f"bare kernel calls, {kind}": f"second:{BARE[kind]}:{kind}:1",
        f"second request, {kind}": f"second:{HELPER}:{kind}:1"}) for kind in BARE}
    world.write_acl(SMALL_ACL)
    more = one[2].median - one[1].median
    return "\n".join((
        table("One native request", [series.row(one[0]) for series in one],
              f"The sealed port costs {more / 1000:.2f} ms more than the direct one; "
              "at most 2 are wanted."),
        *([table("One native request, before and now", [series.row(before[0]) for series in before],
                 "At most 1.1 is wanted.")] if before else []),
        table("8 queues", [series.row(many[0]) for series in many]),
        table("A second request on an open connection",
              [series.row(pair[0]) for pair in second.values() for series in pair],
              "Against tests/bench/bare-port.c, which makes the same and judges, checks and "
              "records nothing; at most 1.15 of it is wanted for a sealed port, 1.25 for a "
              "direct one.")))


def usb_nodes(world, runs, program):
    opening, requests = usb_requests.measure(world, program, runs)
    opened, judged, bare = (statistics.median(opening[name]) for name in (
        usb_requests.OPENED, usb_requests.JUDGED, usb_requests.BARE))
    rows, first = [], None
    for name, (few, many) in requests.items():
        one = Series(f"{name}, one device", few)
        first = first or one
        rows += [one.row(one), Series(f"{name}, {usb_requests.MANY} more", many).row(one)]
    more = first.median + opened - judged - bare
    return table("USB nodes, made up", rows,
                 "Judged only, since the nodes are none that can be opened again and again; that "
                 f"costs {opened - judged:.0f} µs, the bare system calls alone {bare:.0f}. So a "
                 f"whole request takes {more / 1000:.2f} ms more than these; at most 2 are wanted. "
                 f"The ratio is to one device; at most 1.5 of it is wanted.")


FLOOD = 100


def hold(world, arguments, channel=None):
    """Requests of bob's that do not end, until the function that comes back is called."""
    requests = [world.start_request("bob", arguments=arguments, channel=channel)
                for _ in range(FLOOD)]

    def end():
        for one in requests:
            one.close()

    return requests, end


def stopped(world):
    """Helpers that serve a connection, each stopped as it waits for a request."""
    requests, end = hold(world, ["--fd=9"], protocol_client.pair)
    for one in requests:
        protocol_client.ask(one.socket, 1, "br0", kind=protocol_client.QUERY)
        one.signal(signal.SIGSTOP)
    return end


def asking(world):
    """A few have an asker that never answers, the others wait for their turn."""
    return hold(world, helper_arguments("br0", 9))[1]


def floods(world, runs):
    """One person's requests while another has very many under way."""
    install_asker(world, "case $QUESTION in *uid=1001*) exec sleep 1000;; "
                         f"*) printf '{TOKEN}';; esac")
    rows = []
    for alice, acl in (("polkit=no", SMALL_ACL + "allow bridge br0 user bob\n"),
                       ("polkit asked", "allow bridge br0\n")):
        world.write_acl(acl)
        quiet = Series(f"{alice}, quiet")
        series = [Series(f"{alice}, {FLOOD} of another's {what}") for what in ("stopped", "asking")]
        for one, flood in zip(series, (stopped, asking)):
            quiet.add(measure(world, runs // 2, [request(HELPER)])[0])
            end = flood(world)
            one.add(measure(world, runs // 2, [request(HELPER)])[0])
            end()
            world.wait_no_taps()
        rows += [one.row(quiet) for one in (quiet, *series)]
    world.write_acl(SMALL_ACL)
    return table("While another user floods", rows,
                 "The asker is a script; at most 2 times the quiet time is wanted.")


def machine():
    qemu = subprocess.run([QEMU_HELPER.replace("lib/qemu/qemu-bridge-helper",
                                               "bin/qemu-system-x86_64"), "--version"],
                          capture_output=True, text=True, check=False).stdout.split("\n")[0]
    return f"Linux {platform.release().split('-')[0]}, {os.cpu_count()} cores, {qemu}."


def run(options):
    guard.keep_out()
    with World(options.shared) as world:
        keep_a_journal(world)
        install(world, f"{options.linked}{HELPER}", LINKED)
        if options.before:
            install(world, f"{options.before}{HELPER}", BEFORE)
        install(world, options.bench_request, BENCH)
        install(world, options.pump, bench_confine.PUMP)
        for path in (BENCH, bench_confine.PUMP):
            world.path(path).chmod(0o755)
        for path in BARE.values():
            install(world, options.bare_port, path)
        install(world, QEMU_HELPER, QEMU_HELPER)
        world.write("/etc/qemu/bridge.conf", "allow br0\n")
        world.write_acl(SMALL_ACL)
        for number, name in enumerate(("br0", *BARE)):
            world.bridge(name)
            # A port that stays, so that the bridge's own address and MTU do not move.
            world.ip(f"link add port{number} type veth peer name end{number}",
                     f"link set port{number} master {name} up")
        parts = [f"{machine()} {options.runs} runs each, in turn, from fork to the received fd."
                 "\n", bare_request(world, options.runs), long_acl(world, options.runs),
                 native_requests(world, options.runs // 2),
                 many_taps(world, options.runs), with_polkit(world, options.runs),
                 bench_confine.start(world, options.runs // 8),
                 bench_confine.traffic(world, max(options.runs // 16, 1)),
                 # The floods put an asker of their own in the real one's place.
                 bench_memory.together(world, QEMU_HELPER, LINKED, SMALL_ACL),
                 floods(world, options.runs),
                 usb_nodes(world, options.runs, options.usb_open)]
    return "\n".join(parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--write", action="store_true", help="update doc/benchmarks.md")
    parser.add_argument("--before", help=argparse.SUPPRESS)
    for name in ("--shared", "--linked", "--bench-request", "--bare-port", "--usb-open", "--pump",
                 "--document"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if shutil.which("strace") is None or not Path(QEMU_HELPER).exists():
        sys.exit("bench: strace and qemu-bridge-helper are needed")
    text = run(options)
    print(text)
    if options.write:
        document = Path(options.document)
        before, rest = document.read_text(encoding="utf-8").split(START)
        _, after = rest.split(END)
        document.write_text(before + START + text + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
