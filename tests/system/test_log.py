# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant log: from the journal's records to what somebody still has.

A stand-in for journalctl prints what the helper really sent; the VM has a real journal.
"""

import json

import pytest

import replies
from process import wait_until
from world import HELPER, JOURNAL

TIME_US = 1_764_000_000_000_000
FORGED = {"SYSLOG_IDENTIFIER": "vmgrant-helper", "VMGRANT_RESULT": "granted", "VMGRANT_UID": "1001",
          "VMGRANT_PID": "1", "VMGRANT_CODE": "0", "VMGRANT_USER": "bob", "_EXE": "/usr/bin/logger",
          "VMGRANT_GIVEN": "/dev/sda\x1b[31m", "__REALTIME_TIMESTAMP": str(TIME_US)}


def entry(record, number):
    """What journalctl -o json makes of a datagram."""
    fields = dict(line.split("=", 1) for line in record.splitlines())
    return {**fields, "_EXE": HELPER, "__REALTIME_TIMESTAMP": str(TIME_US + number * 1_000_000)}


class Journal:
    def __init__(self, world):
        self.world, self.sink = world, world.sink(JOURNAL)

    def log(self, *words, more=(), user="root"):
        """(entries of --json, lines of the text) with these words."""
        records = [record if isinstance(record, str) else record.decode()
                   for record in self.sink.records()]
        lines = [json.dumps(entry(record, number)) for number, record in enumerate(records)]
        lines += [line if isinstance(line, str) else json.dumps(line) for line in more]
        self.world.write("/var/journal", "\n".join(lines) + "\n")
        self.world.write("/usr/local/bin/journalctl",
                         "#!/bin/sh\necho \"$@\" >/tmp/journalctl\ncat /var/journal\n", mode=0o755)
        done = self.world.run(["vmgrant", "log", "--json", *words], user)
        assert done.code == 0, done.stderr
        text = self.world.run(["vmgrant", "log", *words], user)
        assert text.code == 0, text.stderr
        return json.loads(done.stdout), text.stdout.decode().splitlines(), text.stderr.decode()


@pytest.fixture
def journal(world):
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    return Journal(world)


def test_who_got_what_and_whether_it_is_held(journal):
    kept, closed = journal.world.request("alice"), journal.world.request("alice")
    gone = closed.name
    closed.close()
    journal.world.request("bob")
    found, lines, _ = journal.log()
    assert [(one["user"], one["held"]) for one in found] == [("alice", True), ("alice", False)], found
    assert found[0]["given"] == f"port {kept.name} on bridge br0" and found[0]["by_helper"]
    assert found[0]["uid"] == 1000 and found[0]["action"] == "org.vmgrant.tap"
    assert [line.split()[2:4] for line in lines] == [["held", "alice"], ["gone", "alice"]], lines
    assert gone in lines[1]
    held, lines, _ = journal.log("--held")
    assert len(held) == len(lines) == 1
    every, lines, _ = journal.log("--refused")
    assert len(every) == 3 and every[2]["granted"] is False and every[2]["code"] == 7
    assert "not allowed for user bob" in lines[2] and "refused" in lines[2]
    kept.close()


def test_a_name_that_was_given_again_is_the_last_ones(journal):
    first = journal.world.request("alice")
    first.close()
    journal.world.wait_no_taps()
    second = journal.world.request("alice")
    again = {**FORGED, "VMGRANT_GIVEN": f"port {second.name} on bridge br0", "VMGRANT_UID": "1000"}
    found, _, _ = journal.log(more=[{**again, "_EXE": HELPER}])
    assert [one["held"] for one in found][-2:] == [False, True], found
    # Nobody else's record takes it away.
    found, _, _ = journal.log(more=[again])
    assert [one["held"] for one in found][-2:] == [True, True], found
    second.close()


def test_records_of_others_are_marked_and_reach_no_terminal_raw(journal):
    """and what is no record at all is passed over."""
    found, lines, said = journal.log(more=[FORGED, "no json", "[1]", {"VMGRANT_RESULT": [1, 2]}])
    assert found[0]["by_helper"] is False and found[0]["held"] is False
    assert " ! " in lines[0] and "\x1b" not in lines[0] and "any program" in said


def test_user_and_since_choose(journal):
    result = journal.world.request("alice")
    found, _, _ = journal.log("--user", "bob", "--since", "-1h")
    assert not found
    assert "--since=-1h" in journal.world.path("/tmp/journalctl").read_text()
    found, _, _ = journal.log("--user", "alice")
    assert len(found) == 1
    result.close()


def test_open_devices_take_root_to_see(journal):
    null = {**FORGED, "VMGRANT_GIVEN": "/dev/full", "_EXE": HELPER}
    found, _, _ = journal.log(more=[null], user="alice")
    assert found[0]["held"] is None
    holder = journal.world.spawn(["sh", "-c", "exec 5</dev/full; echo ready; sleep 600"])
    wait_until(lambda: journal.log(more=[null])[0][0]["held"], "the open file to be seen")
    holder.signal(9)


def test_a_time_that_journalctl_does_not_take(world):
    world.write("/usr/local/bin/journalctl", "#!/bin/sh\necho Failed to parse >&2\nexit 1\n",
                mode=0o755)
    done = world.run(["vmgrant", "log", "--since", "nonsense"])
    assert done.code == replies.INTERNAL and b"--since" in done.stderr and b"-1h" in done.stderr
    assert b"--since" not in world.run(["vmgrant", "log"]).stderr


def test_without_journalctl_or_words_it_says_so(world):
    done = world.run(["/usr/bin/vmgrant", "log"], env={"PATH": "/nowhere"})
    assert done.code == replies.UNSUPPORTED and b"syslog" in done.stderr, done.stderr
    done = world.run(["vmgrant", "log", "--sinse", "x"])
    assert done.code == replies.USAGE and b"--since" in done.stderr
