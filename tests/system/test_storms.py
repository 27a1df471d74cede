# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 11, 44 and 54: many requests of many people at once, and very many of one.

VMGRANT_STORM is how many requests a storm has (200), VMGRANT_CHURN_S how many seconds ports
come and go (3), VMGRANT_REQUESTS how many requests one connection serves (1000). Seeds are
printed when something fails.
"""

import os
import random
import select
import signal
import socket
import threading
import time
from collections import Counter

import pytest

import protocol_client
import replies
import usb_client
from looking import files_of, judge_of, status_of
from process import become, place_fds, receive, wait_until
from seeds import seed_of
from usbtree import UsbTree
from world import HELPER, environment, helper_arguments

ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
FIRST_UID, PEOPLE, QUOTA = 3000, 20, 3
AT_ONCE = 3
SEED = seed_of("STORM")


def number_of(variable, default):
    return int(os.environ.get(variable) or default)


def owner_of(name):
    """(uid, low bits of the bridge's ifindex) of one of our interfaces."""
    value = 0
    for digit in name.removeprefix("vethg"):
        value = value * 58 + ALPHABET.index(digit)
    return value >> 26, value >> 10 & 0xffff


def crowd(world):
    """Accounts for everybody, each with a stick of his own, and a quota on br0."""
    people = [(FIRST_UID + number, FIRST_UID + number, []) for number in range(PEOPLE)]
    for path, line in (("/etc/passwd", "p{0}:x:{0}:{0}::/:/bin/sh\n"), ("/etc/group", "p{0}:x:{0}:\n")):
        text = world.path(path).read_text(encoding="utf-8")
        world.write(path, text + "".join(line.format(uid) for uid, _, _ in people))
    usb = UsbTree(world)
    rules = ""
    for number, (uid, _, _) in enumerate(people):
        usb.add(f"1-{number + 1}", number + 2, f"0951:{0x2000 + number:04x}")
        rules += f"allow bridge br0 user p{uid} polkit=no queues=2 quota={QUOTA}\n" \
                 f"allow usb 0951:{0x2000 + number:04x} user {uid} polkit=no\n"
    world.write_acl(rules)
    return people


class Sampler:
    """Looks at the interfaces all the time: most that one person ever had."""

    def __init__(self, world):
        self.world, self.most, self.looks = world, Counter(), 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._done.wait(0.001):
            counts = Counter(owner_of(name) for name in self.world.interfaces()
                             if name.startswith("vethg"))
            self.looks += 1
            self.most |= counts

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


# ---- a person, inside, without any privilege ----

def start(arguments, kind):
    """(our end, pid) of a helper."""
    near, far = socket.socketpair(socket.AF_UNIX, kind)
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open("/dev/null", os.O_RDWR), 2)
            place_fds({9: far.fileno()})
            os.execve(HELPER, [HELPER, *arguments], environment("nameless"))
        finally:
            os._exit(99)
    far.close()
    return near, pid


def one_request(chance, number):
    """Start something at random: (what, our end, pid)."""
    what = chance.choice(("drop-in", "sealed", "sealed", "query", "usb", "refused", "nonsense"))
    if what in ("drop-in", "refused"):
        bridge = "br0" if what == "drop-in" else "br1"
        return what, *start(helper_arguments(bridge, 9), socket.SOCK_STREAM)
    message = {
        "sealed": lambda: protocol_client.encode(1, "br0", queues=chance.choice((1, 2))),
        "query": lambda: protocol_client.encode(1, "br0", kind=protocol_client.QUERY),
        "usb": lambda: usb_client.encode(1, ids=f"0951:{0x2000 + number:04x}"),
        "nonsense": lambda: bytes(chance.randrange(256) for _ in range(chance.randrange(1, 200))),
    }[what]()
    near, pid = start(["--fd=9"], socket.SOCK_SEQPACKET)
    protocol_client.sent(near, message)
    return what, near, pid


def befall(chance, near, pid):
    """A third of all helpers and clients: killed or stopped, at a moment of no importance."""
    fate = chance.choice(("none",) * 8 + ("kill helper", "stop helper", "kill client", "stop client"))
    if fate != "none":
        time.sleep(chance.random() * 0.03)
    if fate == "kill helper":
        os.kill(pid, signal.SIGKILL)
    if fate == "stop helper":
        os.kill(pid, signal.SIGSTOP)
        time.sleep(chance.random() * 0.05)
        os.kill(pid, chance.choice((signal.SIGCONT, signal.SIGCONT, signal.SIGKILL)))
    if fate == "kill client":
        near.close()
    if fate == "stop client":
        time.sleep(chance.random() * 0.1)
    return fate


def finish(near, pid, held, chance):
    """Read what comes, keep some of it for a while. Returns the exit status."""
    if near.fileno() >= 0:
        if select.select([near], [], [], 60)[0]:
            _, fds = receive(near)
            held.append(fds)
        near.close()
    status = os.waitpid(pid, 0)[1]
    while held and chance.random() < 0.6:
        for fd in held.pop(chance.randrange(len(held))):
            os.close(fd)
    return os.waitstatus_to_exitcode(status)


def live(identity, number, requests, seed):
    """All requests of one person. Returns {(what, fate, exit): how often}."""
    become(identity)
    chance, seen, held = random.Random(seed), Counter(), []
    while requests > 0:
        batch = [one_request(chance, number) for _ in range(min(AT_ONCE, requests))]
        requests -= len(batch)
        for what, near, pid in batch:
            fate = befall(chance, near, pid)
            seen[what, fate, finish(near, pid, held, chance)] += 1
    return seen


# ---- what must hold ----

def ours(world):
    """Processes of ours that live in the world."""
    found = world.run(["sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null"]).stdout.split()
    return [name for name in found if name.startswith(b"vmgrant")]


def fill_quota(world, identity):
    """How many ports this person gets now; all are given back."""
    def ask():
        become(identity)
        near, _ = start(["--fd=9"], socket.SOCK_SEQPACKET)
        codes = [protocol_client.ask(near, number, "br0").code for number in range(QUOTA + 1)]
        return codes
    return world.call(ask)


def check_nothing_is_left(world):
    world.wait_no_taps()
    wait_until(lambda: not ours(world), "every helper and judge to end")
    file = os.stat(f"/proc/{world.pid}/root/run/vmgrant.lock")
    place = f" {os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino} "
    with open("/proc/locks", encoding="ascii") as locks:
        assert not [line for line in locks if place in line]


@pytest.mark.limit(1800)
def test_attack_11_and_44_and_54_a_storm_of_people_leaves_the_quotas_exact_and_nothing_behind(world):
    requests = number_of("VMGRANT_STORM", 200)
    world.bridge("br1")
    people = crowd(world)
    totals, lock = Counter(), threading.Lock()

    def run(number, identity):
        share = requests // PEOPLE
        seen = world.call(lambda: live(identity, number, share, SEED + number))
        with lock:
            totals.update(seen)

    with Sampler(world) as sampler:
        threads = [threading.Thread(target=run, args=item) for item in enumerate(people)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told = f"VMGRANT_STORM_SEED={SEED}: {totals}"
    assert sum(totals.values()) == requests // PEOPLE * PEOPLE, told
    assert sampler.looks > 20 and max(sampler.most.values()) <= QUOTA, (sampler.most, told)
    # Never a status that is not on the list, and no crash.
    assert {code for _, _, code in totals} <= {*range(15), -signal.SIGKILL}, told
    assert not [key for key in totals if key[0] == "refused" and key[2] == 0], told
    untouched = [key for key in totals if key[1] == "none" and key[2] < 0]
    assert not untouched, told
    check_nothing_is_left(world)
    for identity in people[::1 if requests >= 1000 else 5]:
        assert fill_quota(world, identity) == [0] * QUOTA + [replies.QUOTA], told
    check_nothing_is_left(world)


def churn(identity, seconds, seed):
    """One client of many that opens and closes as fast as it can. Returns {exit status: count}."""
    become(identity)
    chance, seen, end = random.Random(seed), Counter(), time.monotonic() + seconds
    while time.monotonic() < end:
        if chance.random() < 0.5:
            near, pid = start(helper_arguments("br0", 9), socket.SOCK_STREAM)
        else:
            near, pid = start(["--fd=9"], socket.SOCK_SEQPACKET)
            near.send(protocol_client.encode(1, "br0"))
        data, fds = receive(near)
        if chance.random() < 0.5:
            near.close()
        for fd in fds:
            os.close(fd)
        near.close()
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        seen["granted" if fds else "refused", code] += 1
        assert bool(fds) <= bool(data)
    return seen


@pytest.mark.limit(1800)
def test_attack_44_a_quota_holds_while_ports_come_and_go(world):
    seconds = number_of("VMGRANT_CHURN_S", 3)
    identity = crowd(world)[0]
    totals, lock = Counter(), threading.Lock()

    def run(number):
        seen = world.call(lambda: churn(identity, seconds, SEED + number))
        with lock:
            totals.update(seen)

    with Sampler(world) as sampler:
        threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    granted = sum(count for (what, _), count in totals.items() if what == "granted")
    assert granted >= QUOTA, totals
    assert max(sampler.most.values()) <= QUOTA, sampler.most
    assert {code for _, code in totals} <= {0, replies.QUOTA}, totals
    check_nothing_is_left(world)
    assert fill_quota(world, identity) == [0] * QUOTA + [replies.QUOTA]
    check_nothing_is_left(world)


# ---- very many on one connection ----

def size_of(pid):
    """(kilobytes of memory, descriptors)"""
    return int(status_of(pid)["VmRSS"].split()[0]), len(files_of(pid))


@pytest.mark.limit(1800)
def test_thousands_of_requests_on_one_connection_cost_no_memory_and_no_descriptors(world):
    requests = number_of("VMGRANT_REQUESTS", 1000)
    usb = UsbTree(world)
    usb.add("1-1", 2, "0951:1666")
    node = usb.path(1, 2)
    world.write_acl("allow bridge br0 user alice polkit=no queues=2\nallow usb 0951:1666 user alice "
                    "polkit=no\n")
    request = world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"])
    near, chance, sizes, codes = request.socket, random.Random(SEED), {}, Counter()
    kinds = ("sealed", "query", "query", "refused", "nonsense", "usb")
    for number in range(requests):
        what = kinds[number % len(kinds)]
        if what == "usb":
            usb.reset("1-1", node)
            reply = usb_client.ask(near, number, ids="0951:1666")
        elif what == "nonsense":
            near.send(protocol_client.encode(number, "br0", kind=99))
            reply = protocol_client.receive(near)
        else:
            reply = protocol_client.ask(
                near, number, "br9" if what == "refused" else "br0", queues=chance.choice((1, 2)),
                kind=protocol_client.QUERY if what == "query" else protocol_client.TAP)
        codes[what, reply.code] += 1
        assert reply.serial == number
        for fd in reply.fds:
            os.close(fd)
        if number in (99, requests - 1):
            sizes[number] = size_of(request.pid), size_of(judge_of(request.pid))
    assert set(codes) == {("sealed", 0), ("query", 0), ("usb", 0), ("refused", replies.DENIED),
                          ("nonsense", replies.USAGE)}, codes
    for (rss, fds), (last_rss, last_fds) in zip(*sizes.values()):
        assert last_fds == fds and last_rss <= rss + 128, sizes
    near.close()
    assert request.finish().code == 0
    check_nothing_is_left(world)
