# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What vmgrant run --confine adds to the start of a program, and to what goes through its cards."""

import json
import random
import statistics

SUBORDINATE = "alice:200000:65536\n"
# Started inside by the person: from fork to the program's end, and the processor's time of all of it.
TIMER = """
import json, resource, subprocess, sys, time
ways, runs = json.loads(sys.argv[1]), int(sys.argv[2])
taken = {name: [] for name in ways}
for _ in range(runs):
    for name, words in ways.items():
        before, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - cpu.ru_utime - cpu.ru_stime
        taken[name].append((time.perf_counter() - before, used))
print(json.dumps(taken))
"""
WAYS = {"the program alone": ["true"],
        "vmgrant run --confine": ["vmgrant", "run", "--confine", "--", "true"]}

# A program with two cards: it writes to one and reads from the other, in one thread, so that nothing is lost.
PUMP = "/usr/lib/vmgrant-pump"
FRAMES = {"64 bytes, thousand frames": (60, 0, 1), "1500 bytes, thousand frames": (1514, 0, 1),
          "64 KiB with GSO, Mbit": (65226, 1448, 2)}
WALLS = {"as it is": (), "confined": ("--confine",)}


def measure(world, runs):
    """{name: [(seconds, seconds of processors)]}"""
    for path in ("/etc/subuid", "/etc/subgid"):
        world.write(path, SUBORDINATE)
    done = world.run(["/usr/bin/python3", "-c", TIMER, json.dumps(WAYS), str(runs)], "alice",
                     limit_s=600)
    assert done.code == 0, done.stderr.decode()
    return json.loads(done.stdout)


def start(world, runs):
    """A table."""
    rows = []
    for name, samples in measure(world, runs).items():
        wall, cpu = (statistics.median(values) * 1000 for values in zip(*samples))
        rows.append(f"| {name} | {wall:.1f} | {cpu:.1f} |")
    return "\n".join(["### The start of a confined program", "",
                      "At most 30 ms more are wanted. Both do nothing and end.", "",
                      "| | median ms | of processors, ms |", "|---|---|---|", *rows, ""])


def pump(world, walls, *words):
    """What it says of itself: written, read, bits."""
    done = world.run(["vmgrant", "run", "--no-prompt", "--net", "br0", "--net", "br0", *walls, "--", PUMP, words[0],
                      "{net0.fd}", "{net1.fd}", *map(str, words[1:])], "alice")
    assert done.code == 0, done
    return [float(word) for word in done.stdout.split()]


def traffic(world, runs):
    """A table: rounds of both in random order, and the median of what the two of a round have to each other."""
    found = {(row, name): [] for row in (*FRAMES, "round trip, \u00b5s") for name in WALLS}
    for _ in range(runs):
        for row, (size, gso, value) in FRAMES.items():
            for name in random.sample(list(WALLS), 2):
                found[row, name].append(pump(world, WALLS[name], "batch", size, gso, 0.2)[value] /
                                        (1000 if value == 1 else 1))
        for name in random.sample(list(WALLS), 2):
            found["round trip, \u00b5s", name].append(pump(world, WALLS[name], "echo", 60, 2000)[0])
    rows = []
    for row in dict.fromkeys(row for row, _ in found):
        plain, confined = (found[row, name] for name in WALLS)
        ratio = statistics.median(after / before for before, after in zip(plain, confined))
        rows.append(f"| {row} | {statistics.median(plain):.1f} | {statistics.median(confined):.1f} | {ratio:.2f} |")
    return "\n".join(["### The traffic of a confined program", "",
                      f"From one sealed port to another, by a program that has both; medians of {runs} pairs, in a second",
                      "of the processor's time. No loss is wanted.", "",
                      "| | as it is | confined | ratio |", "|---|---:|---:|---:|", *rows, ""])
