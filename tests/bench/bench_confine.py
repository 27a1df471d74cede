# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What vmgrant run --confine adds to the start of a program."""

import json
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
