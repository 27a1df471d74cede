# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Records and messages: one for each outcome, clean bytes, and no log that can stop a request.

ATTACKS 43 and 50.
"""

import ctypes
import os
import resource
import time

import pytest

import protocol_client as client
import replies
import rootfs
from askers import install_asker
from conftest import short
from world import DEV_LOG, HELPER, JOURNAL

# Far more than a request takes, far less than any wait for polkit.
PROMPT_S = 20

ACL_TEXT = ("allow bridge br0 user alice polkit=no quota=1\n"
            "allow bridge gone user alice polkit=no\n"
            "allow bridge asked user alice\n")


@pytest.fixture
def log_world(world):
    world.write_acl(ACL_TEXT)
    install_asker(world, "exit 10")
    return world


def of_helper(records):
    return [record for record in records if b"vmgrant-helper" in record]


OUTCOMES = {
    "granted": ("alice", "br0", replies.GRANTED),
    "denied": ("bob", "br0", replies.DENIED),
    "no such bridge": ("alice", "gone", replies.OBJECT),
    "denied by polkit": ("alice", "asked", replies.POLKIT_DENIED),
}


@pytest.mark.parametrize("paths", ([DEV_LOG], [JOURNAL], [DEV_LOG, JOURNAL]),
                         ids=("syslog", "journal", "both"))
def test_exactly_one_record_for_each_grant_and_each_refusal(log_world, paths):
    sinks = [log_world.sink(path) for path in paths]
    seen = 0
    for name, (user, bridge, code) in OUTCOMES.items():
        result = log_world.request(user, bridge)
        assert result.code == code, (name, result)
        result.close()
        log_world.wait_no_taps()
        records = of_helper(record for sink in sinks for record in sink.records())
        assert len(records) == seen + 1, (name, records)
        seen += 1
        for part in (user, bridge):
            assert part.encode() in records[-1] or len(paths) == 2, (name, records)


def test_refusals_by_policy_quota_and_channel_are_recorded_too(log_world):
    sink = log_world.sink(DEV_LOG)
    held = log_world.request("alice")
    assert held.granted
    assert log_world.request("alice").code == replies.QUOTA
    with open("/dev/null", "rb") as null:
        assert log_world.request("alice", arguments=["--br=br0", "--fd=7"],
                                 fds={7: null.fileno()}).code == replies.CHANNEL
    log_world.write_acl("nonsense\n")
    assert log_world.request("alice").code == replies.POLICY
    assert len(of_helper(sink.records())) == 4


def test_the_journal_gets_fields(log_world):
    sink = log_world.sink(JOURNAL)
    assert log_world.request("alice").granted
    fields = dict(line.split("=", 1)
                  for line in sink.records()[0].decode("ascii").splitlines())
    assert fields["SYSLOG_IDENTIFIER"] == "vmgrant-helper"
    for name, value in (("ACTION", "org.vmgrant.tap"), ("OBJECT", "bridge br0"),
                        ("USER", "alice"), ("UID", "1000"), ("RESULT", "granted"), ("CODE", "0"),
                        ("RULE", "/etc/vmgrant/acl.conf:1")):
        assert fields[f"VMGRANT_{name}"] == value, fields
    assert int(fields["VMGRANT_PID"]) > 1


def test_attack_8_few_descriptors_make_no_grant_without_a_record(log_world):
    sink = log_world.sink(JOURNAL)
    granted = 0
    for count in range(3, 13):
        result = log_world.request("alice", fd=3, prepare=lambda count=count: resource.setrlimit(
            resource.RLIMIT_NOFILE, (count, count)))
        granted += result.granted
        result.close()
        log_world.wait_no_taps()
        records = [record for record in sink.records() if b"RESULT=granted" in record]
        assert len(records) == granted, count
    assert 0 < granted < 10


def test_a_slow_journal_gets_as_much_from_a_connection_as_its_queue_holds(log_world):
    """As systemd sets the length of queues. A socket's own buffer holds a third of it."""
    length = 512
    # From inside: the kernel shows everybody the setting of his own namespace.
    log_world.run(["sh", "-c", f"echo {length} >/proc/sys/net/unix/max_dgram_qlen"])
    sink = log_world.sink(JOURNAL)
    request = log_world.start_request("bob", channel=client.pair, arguments=["--fd=9"])
    for serial in range(1, length + 1):
        assert client.ask(request.socket, serial, "br0").code == replies.DENIED
    assert len(sink.records()) == length
    request.socket.close()
    assert request.finish().code == 0


# ---- 50: logs that are absent, full or something else ----

def absent(_):
    pass


def full(path):
    return lambda world: world.sink(path).fill()


def replaced(path, command):
    return lambda world: world.run(["sh", "-c", command.replace("LOG", path)])


LOGS = {"absent": absent}
for place in (DEV_LOG, JOURNAL):
    LOGS[f"{place} full"] = full(place)
    LOGS[f"{place} a FIFO"] = replaced(place, "mkfifo -m 666 LOG")
    LOGS[f"{place} a folder"] = replaced(place, "mkdir LOG")
    LOGS[f"{place} a dangling link"] = replaced(place, "ln -s /nowhere LOG")
    LOGS[f"{place} a file"] = replaced(place, "touch LOG")


@pytest.mark.parametrize("name", LOGS)
def test_attack_50_a_log_that_does_not_work_changes_no_verdict(log_world, name):
    LOGS[name](log_world)
    for user, bridge, code in OUTCOMES.values():
        start = time.monotonic()
        result = log_world.request(user, bridge)
        assert time.monotonic() - start < PROMPT_S
        assert result.code == code, result
        assert result.granted or result.refused
        result.close()
        log_world.wait_no_taps()


def test_attack_50_both_logs_full(log_world):
    full(DEV_LOG)(log_world)
    full(JOURNAL)(log_world)
    start = time.monotonic()
    assert log_world.request("alice").granted
    assert time.monotonic() - start < PROMPT_S


def test_attack_50_a_full_log_does_not_hold_the_real_asker_either(world):
    """Without a bus it has something to report."""
    world.write_acl("allow bridge br0\n")
    first = world.request("alice")
    full(DEV_LOG)(world)
    start = time.monotonic()
    second = world.request("alice")
    assert (first.code, first.stderr) == (second.code, second.stderr)
    assert time.monotonic() - start < PROMPT_S


# ---- 43: what an argument, a name or the ACL may not do to a terminal or a log ----

NASTY = ("\x1b[31mred", "two\nlines", "carriage\rreturn", "%s%s%n%n", "%1000000d", "\x07\x08\x7f",
         "\u202eleft", "caf\u00e9", "back\\slash", "x" * 5000, "vmgrant-helper: granted")


def check_clean(data, where):
    for line in data.splitlines():
        assert all(32 <= byte < 127 for byte in line), (where, data)


@pytest.mark.parametrize("text", NASTY, ids=short)
def test_attack_43_arguments_never_reach_stderr_or_the_log_raw(log_world, text):
    sinks = [log_world.sink(DEV_LOG), log_world.sink(JOURNAL)]
    for arguments in ([f"--br={text}", "--fd=9"], ["--br=br0", f"--fd={text}"], [text],
                      ["--br=br0", "--fd=9", text], ["--check-acl", f"/{text}"],
                      ["--check-acl", text]):
        result = log_world.request("alice", arguments=arguments)
        assert result.refused, (arguments, result)
        assert result.stderr.count(b"\n") == 1 and result.stderr.endswith(b"\n")
        assert result.stderr.startswith(b"vmgrant-helper: ")
        assert len(result.stderr) < 1200
        check_clean(result.stderr + result.stdout, arguments)
    for sink in sinks:
        for record in sink.records():
            check_clean(record, text)


@pytest.mark.parametrize("text", [text for text in NASTY if len(text) < 100], ids=short)
def test_attack_43_words_of_the_acl_are_escaped_in_the_error(log_world, text):
    log_world.write_acl(f"allow bridge br0 user alice polkit=no\nallow {text} br0\n")
    sink = log_world.sink(DEV_LOG)
    result = log_world.request("alice")
    assert result.refused and result.code == replies.POLICY
    assert result.stderr.count(b"\n") == 1
    check_clean(result.stderr, text)
    for record in sink.records():
        check_clean(record, text)
    checked = log_world.run_as("alice", ["vmgrant", "check-acl"])
    check_clean(checked.stderr + checked.stdout, text)


@pytest.mark.parametrize("name", ("\x1b[31mred", "%s%n%s%n", "a b=c", "caf\u00e9", "back\\slash",
                                  "x" * 200, "a\"b'c", "a,b;c|d"), ids=short)
def test_attack_43_a_login_name_is_escaped_everywhere(log_world, name):
    passwd = log_world.path("/etc/passwd")
    passwd.write_text(passwd.read_text(encoding="utf-8") + f"{name}:x:4242:4242::/:/bin/sh\n",
                      encoding="utf-8")
    log_world.write_acl("allow bridge br0 user 4242 polkit=no\n")
    sinks = [log_world.sink(DEV_LOG), log_world.sink(JOURNAL)]
    odd = (4242, 4242, [4242])
    refused = log_world.request(odd, "br1")
    assert refused.refused and refused.stderr.count(b"\n") == 1
    check_clean(refused.stderr, name)
    granted = log_world.request(odd)
    assert granted.granted, granted
    alias = log_world.sysfs(granted.name, "ifalias")
    assert alias.isascii() and alias.isprintable()
    assert alias.startswith("vmgrant: user ") and "(uid 4242)" in alias, alias
    records = of_helper(record for sink in sinks for record in sink.records())
    assert len(records) == 2
    for record in records:
        check_clean(record, name)


def test_a_refusal_for_want_of_privilege_is_recorded_under_the_callers_name(log_world):
    """Not under root's, whose uid is 0 like that of nobody known yet."""
    def no_new_privs():
        assert ctypes.CDLL(None).prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS

    sink = log_world.sink()
    # The sink is root's, and here the helper is not.
    log_world.path(DEV_LOG).chmod(0o666)
    result = log_world.request("alice", prepare=no_new_privs)
    assert result.code == replies.NO_PRIVILEGE, result
    records = of_helper(sink.records())
    assert len(records) == 1 and b"uid=1000 " in records[0], records


def full_pipe():
    """Both ends of a pipe that takes not one byte more."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        os.set_blocking(writer, True)
    return reader, writer


def endless_timers():
    """Timer slack outlives exec, and makes every timeout as much longer."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(29, ctypes.c_ulong(2**62), 0, 0, 0) == 0  # PR_SET_TIMERSLACK


@pytest.mark.parametrize("prepare", (None, endless_timers), ids=("", "timer slack"))
def test_attack_5_a_stderr_that_nobody_reads_does_not_hold_the_helper(log_world, prepare):
    reader, writer = full_pipe()
    start = time.monotonic()
    result = log_world.request("bob", fds={2: writer}, prepare=prepare)
    assert result.code == replies.DENIED, result
    assert time.monotonic() - start < PROMPT_S
    os.close(reader)
    os.close(writer)


def test_a_stderr_whose_reader_has_gone_does_not_change_the_exit_status(log_world):
    reader, writer = os.pipe()
    os.close(reader)
    result = log_world.request("bob", fds={2: writer})
    assert result.code == replies.DENIED, result
    os.close(writer)


@pytest.mark.parametrize("arguments", (["--nonsense"], None), ids=("before", "after"))
def test_messages_are_written_with_the_callers_rights(log_world, arguments):
    """Root's write would leave the setuid bit of somebody else's open file alone."""
    path = "/tmp/of-bob"
    log_world.write(path, "", mode=0o4777, owner=rootfs.USERS["bob"][:2])

    def open_as_stderr():
        os.dup2(os.open(path, os.O_WRONLY), 2)

    result = log_world.request("alice", "nowhere", arguments=arguments, prepare=open_as_stderr)
    assert result.refused, result
    assert log_world.path(path).read_text(encoding="ascii").startswith("vmgrant-helper: ")
    assert log_world.path(path).stat().st_mode & 0o7777 == 0o777
