# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""polkit's part in the verdict: with the real daemon, and with fakes of our own asker."""

import json
import signal
import time

import pytest

import fakebus
import replies
from askers import (RECORD, SLOW, TOKEN, YES, install_asker, install_recorder, recorded)
from process import LIMIT_S, wait_until
from world import AUTHORIZE, POLICY, World

# vmgrant-helper promises an answer within 15 s; the rest is for a slow machine.
BOUND_S = 30

ASKER_ENVIRONMENT = ["LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"]


# ---- the real polkitd ----

def test_yes(polkit_world):
    polkit_world.rules(YES)
    result = polkit_world.request("alice")
    assert result.granted, result


def test_no(polkit_world):
    polkit_world.rules(YES.replace("YES", "NO"))
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_DENIED, result
    polkit_world.wait_no_taps()


def test_attack_39_a_challenge_without_an_agent_has_its_own_code(polkit_world):
    """By polkit's defaults: nobody here has an active local session."""
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_CHALLENGE, result


@pytest.mark.parametrize("kind", ("AUTH_SELF", "AUTH_ADMIN", "AUTH_SELF_KEEP", "AUTH_ADMIN_KEEP"))
def test_attack_39_every_kind_of_challenge_is_a_no_at_once(polkit_world, kind):
    polkit_world.rules(YES.replace("YES", kind))
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_CHALLENGE, result


def test_a_rules_file_decides_by_bridge_and_sees_the_details(polkit_world):
    install_recorder(polkit_world)
    first, second = polkit_world.request("alice", "br0"), polkit_world.request("alice", "br1")
    assert first.granted, first
    assert second.refused and second.code == replies.POLKIT_DENIED, second
    third = polkit_world.request("bob", "br0")
    assert third.granted, third
    asked = recorded(polkit_world)
    assert [words[1:6] for words in asked] == [
        ["alice", "br0", "1", "alice", "true"], ["alice", "br1", "1", "alice", "true"],
        ["bob", "br0", "1", "bob", "false"]]


def test_the_subject_is_the_helper_itself_with_the_callers_uid(polkit_world):
    install_recorder(polkit_world)
    assert polkit_world.request("alice").granted
    words = recorded(polkit_world)[0]
    # Name cut to 15 bytes by the kernel, then real, effective, saved and file system uid.
    assert words[6] == "vmgrant-helper"
    service = polkit_world.run(["id", "-u", "vmgrant"]).stdout.decode().strip()
    assert words[7:] == ["1000", service, service, service]


def test_attack_41_every_request_asks_anew(polkit_world):
    install_recorder(polkit_world)
    codes = [polkit_world.request("alice", name).code for name in ("br0", "br1", "br0", "br1")]
    assert codes == [0, replies.POLKIT_DENIED] * 2
    assert [words[2] for words in recorded(polkit_world)] == ["br0", "br1"] * 2
    # And what was a yes is a no as soon as the rule says so.
    polkit_world.rules(YES.replace("YES", "NO"))
    assert polkit_world.request("alice").code == replies.POLKIT_DENIED


def test_attack_68_without_a_session_nobody_is_at_the_machine(polkit_world):
    """allow_active alone says yes. Sessions of every kind are in the virtual machine's tests."""
    text = polkit_world.path(POLICY).read_text(encoding="utf-8")
    for name in ("allow_any", "allow_inactive"):
        text = text.replace(f"<{name}>auth_admin<", f"<{name}>no<")
    polkit_world.write(POLICY, text)
    polkit_world.polkit.restart_daemon()
    assert polkit_world.request("alice").code == replies.POLKIT_DENIED
    polkit_world.write(POLICY, text.replace("<allow_any>no<", "<allow_any>yes<"))
    polkit_world.polkit.restart_daemon()
    assert polkit_world.request("alice").granted


def test_what_the_acl_denies_is_not_even_asked(polkit_world):
    install_recorder(polkit_world)
    polkit_world.write_acl("allow bridge br0 user bob\nallow bridge br1 user alice polkit=no\n")
    assert polkit_world.request("alice", "br0").code == replies.DENIED
    assert polkit_world.request("alice", "br1").granted
    assert recorded(polkit_world) == []


# ---- ATTACKS 38 and 40: polkit absent, hung, killed, not installed ----

def test_attack_38_no_system_bus(fake_world):
    result = fake_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_FAILED, result
    assert "polkit" in result.text and not fake_world.taps()


def test_attack_38_a_bus_without_polkit(polkit_world):
    polkit_world.polkit.daemon.kill()
    polkit_world.run(["sh", "-c", "rm /usr/share/dbus-1/system-services/*PolicyKit*"])
    polkit_world.polkit.bus.signal(signal.SIGHUP)
    wait_until(lambda: polkit_world.polkit.owner() == 0, "polkit to be off the bus")
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.POLKIT_FAILED, result


def ask_slowly(world):
    world.rules(SLOW)
    request = world.start_request("alice")
    wait_until(lambda: world.path(RECORD).exists(), "polkit to be asked")
    return request


@pytest.mark.parametrize("victim", ("daemon", "bus"))
def test_attack_38_polkitd_or_the_bus_killed_in_the_middle_of_the_question(polkit_world, victim):
    request = ask_slowly(polkit_world)
    getattr(polkit_world.polkit, victim).kill()
    result = request.finish()
    assert result.refused and result.code == replies.POLKIT_FAILED, result
    polkit_world.wait_no_taps()


def test_attack_40_missing_policy_file_is_named(polkit_world):
    polkit_world.path(POLICY).unlink()
    polkit_world.polkit.restart_daemon()
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.INSTALLATION, result
    assert "org.vmgrant" in result.text


def test_attack_40_an_action_that_does_not_belong_to_the_account_is_named(polkit_world):
    path = polkit_world.path(POLICY)
    path.write_text(path.read_text().replace("unix-user:vmgrant", "unix-user:bob"))
    polkit_world.polkit.restart_daemon()
    result = polkit_world.request("alice")
    assert result.refused and result.code == replies.INSTALLATION, result
    assert "account vmgrant" in result.text


def test_attack_40_a_missing_account_is_named(open_world):
    open_world.run(["sed", "-i", "/^vmgrant:/d", "/etc/passwd"])
    result = open_world.request("alice")
    assert result.refused and result.code == replies.INSTALLATION, result
    assert "account" in result.text and "vmgrant" in result.text


@pytest.mark.parametrize("change", ("s/^vmgrant:x:[0-9]*:/vmgrant:x:0:/",
                                    "s/^vmgrant:x:[0-9]*:/vmgrant:x:1000:/"))
def test_attack_40_an_account_that_is_root_or_the_caller_is_refused(open_world, change):
    open_world.run(["sed", "-i", change, "/etc/passwd"])
    result = open_world.request("alice")
    assert result.refused and result.code == replies.INSTALLATION, result


def test_a_missing_asker_is_a_refusal(fake_world):
    fake_world.path(AUTHORIZE).unlink()
    assert fake_world.request("alice").refused


# ---- everything that hangs, all at once since each takes the whole bound ----

def hang_polkitd(world):
    world.polkit.start()
    world.rules(YES)
    world.polkit.daemon.signal(signal.SIGSTOP)


HANGING_ASKERS = {
    "silent": "sleep 1000",
    "unkillable by others": "trap '' TERM INT HUP; while :; do sleep 1; done",
    "token, then silence": f"printf '{TOKEN}'; sleep 1000",
    "output closed": "exec 1>&-; sleep 1000",
    "output closed after the token": f"printf '{TOKEN}'; exec 1>&-; sleep 1000",
    "grandchild keeps the output": f"printf '{TOKEN}'; sleep 1000 & exit 0",
    "one byte at a time": "while :; do printf v; sleep 0.7; done",
    "stopped": "kill -STOP $$",
}
HANGS = ["bus", "no answer", "polkitd", *HANGING_ASKERS]


@pytest.fixture(scope="module")
def hung(stage):
    """{name: (seconds, result, TAPs afterwards, calls of the bus)} of one request each."""
    worlds, requests, outcome = {}, {}, {}
    try:
        for name in HANGS:
            world = worlds[name] = World(stage)
            world.bridge("br0")
            world.write_acl("allow bridge br0\n")
            if name == "bus":
                fakebus.start(world, None)
            elif name == "no answer":
                fakebus.start(world, fakebus.silent_reply)
            elif name == "polkitd":
                hang_polkitd(world)
            else:
                install_asker(world, HANGING_ASKERS[name])
        for name, world in worlds.items():
            requests[name] = time.monotonic(), world.start_request("alice")
        for name, (start, request) in requests.items():
            result = request.finish(LIMIT_S)
            calls = worlds[name].path(fakebus.CALLS)
            outcome[name] = (time.monotonic() - start, result, worlds[name].taps(),
                             calls.read_text(encoding="ascii").split() if calls.exists() else [])
        yield outcome
    finally:
        for world in worlds.values():
            world.close()


@pytest.mark.parametrize("name", HANGS)
def test_attacks_38_and_42_whatever_hangs_is_a_refusal_within_the_bound(hung, name):
    seconds, result, taps, _ = hung[name]
    assert result.refused and result.code == replies.POLKIT_FAILED, result
    assert seconds < BOUND_S
    assert not taps


def test_a_question_that_nobody_waits_for_is_taken_back(hung):
    """A dialog that stands open would ask for something that cannot be had any more."""
    calls = hung["no answer"][3]
    assert calls[0] == "Hello"
    assert calls[-2:] == ["CheckAuthorization", "CancelCheckAuthorization"]


# ---- ATTACKS 42: an asker that does not keep to the agreement ----

def test_an_asker_that_says_yes_as_agreed_is_believed(fake_world):
    install_asker(fake_world, f"printf '{TOKEN}'")
    assert fake_world.request("alice").granted


LYING_ASKERS = {
    "exit 0 without token": "exit 0",
    "token and exit 1": f"printf '{TOKEN}'; exit 1",
    "token twice": f"printf '{TOKEN}{TOKEN}'",
    "a byte more": f"printf '{TOKEN}x'",
    "a NUL more": f"printf '{TOKEN}\\0'",
    "a byte before": f"printf 'x{TOKEN}'",
    "a newline less": f"printf '{TOKEN[:-2]}'",
    "part of the token": "printf 'vmgrant-authorize 1: '",
    "another version": "printf 'vmgrant-authorize 2: authorised\\n'",
    "token on standard error": f"printf '{TOKEN}' >&2",
    "token, then killed": f"printf '{TOKEN}'; kill -KILL $$",
    "token, then aborted": f"printf '{TOKEN}'; kill -ABRT $$",
    "token, then a segmentation fault": f"printf '{TOKEN}'; kill -SEGV $$",
    "endless output": "exec cat /dev/zero",
    "no program": "#!/nowhere/at/all\n",
    "an empty file": "#!",
}


@pytest.mark.parametrize("name", LYING_ASKERS)
def test_attack_42_anything_but_the_token_and_exit_0_is_a_refusal(fake_world, name):
    install_asker(fake_world, LYING_ASKERS[name])
    result = fake_world.request("alice")
    assert result.refused, result
    fake_world.wait_no_taps()


@pytest.mark.parametrize("status, code", (
    (10, replies.POLKIT_DENIED), (11, replies.POLKIT_CHALLENGE), (12, replies.POLKIT_DISMISSED),
    (13, replies.POLKIT_FAILED), (14, replies.INSTALLATION), (15, replies.INSTALLATION),
    (16, replies.POLKIT_FAILED), (17, replies.POLKIT_FAILED), (1, replies.POLKIT_FAILED),
    (127, replies.POLKIT_FAILED), (255, replies.POLKIT_FAILED)))
def test_attack_39_each_no_has_its_code_also_with_the_token(fake_world, status, code):
    for body in (f"exit {status}", f"printf '{TOKEN}'; exit {status}"):
        install_asker(fake_world, body)
        result = fake_world.request("alice")
        assert result.refused and result.code == code, result


# ---- ATTACKS 7: what the asker is given ----

SPY = """#!/usr/bin/python3 -I
import json, os, sys
fds = {}
for name in os.listdir("/proc/self/fd"):
    try:
        fds[name] = os.readlink("/proc/self/fd/" + name)
    except OSError:
        pass
status = dict(line.rstrip("\\n").split(":\\t", 1) for line in open("/proc/self/status")
              if ":\\t" in line)
seen = {"environ": open("/proc/self/environ").read(), "fds": fds, "status": status,
        "arguments": open("/proc/self/cmdline").read(), "cwd": os.getcwd(),
        "limits": open("/proc/self/limits").read(), "question": sys.stdin.read()}
with open("/tmp/seen", "w") as file:
    json.dump(seen, file)
print("vmgrant-authorize 1: authorised", flush=True)
"""

HOSTILE = {"LD_PRELOAD": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp", "PATH": "/tmp:.",
           "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/tmp/bus", "GIO_EXTRA_MODULES": "/tmp",
           "G_DEBUG": "fatal-warnings", "G_MESSAGES_DEBUG": "all", "IFS": "/", "TZ": ":/tmp/tz",
           "PYTHONPATH": "/tmp", "LC_ALL": "xx", "GCONV_PATH": "/tmp", "TMPDIR": "/tmp/x"}


@pytest.fixture
def seen(fake_world):
    install_asker(fake_world, SPY)

    def prepare():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])

    with open("/dev/zero", "rb") as extra:
        result = fake_world.request("alice", env=HOSTILE, prepare=prepare, cwd="/tmp",
                                    fds={3: extra.fileno(), 77: extra.fileno()})
    assert result.granted, result
    result.close()
    answer = json.loads(fake_world.path("/tmp/seen").read_text(encoding="utf-8"))
    answer["service"] = fake_world.run(["id", "-u", "vmgrant"]).stdout.decode().strip()
    answer["group"] = fake_world.run(["id", "-g", "vmgrant"]).stdout.decode().strip()
    return answer


def test_attack_7_the_environment_of_the_asker_is_exactly_the_compiled_in_one(seen):
    assert sorted(seen["environ"].rstrip("\0").split("\0")) == ASKER_ENVIRONMENT


def test_attack_7_the_question_to_the_asker(seen):
    arguments = seen["arguments"].rstrip("\0").split("\0")
    assert arguments[arguments.index(AUTHORIZE) + 1:] == []
    lines = seen["question"].splitlines()
    assert lines[:2] == ["vmgrant-authorize 1: question", "action=org.vmgrant.tap"]
    assert lines[2].startswith("pid=") and lines[3].startswith("start-time=")
    assert lines[4:] == ["uid=1000", "interactive=no", "pidfd=yes", "detail=bridge=br0",
                         "detail=queues=1", "detail=user=alice", "end"]


def test_attack_7_the_asker_is_the_account_and_has_no_privilege(seen):
    status = seen["status"]
    assert status["Uid"].split() == [seen["service"]] * 4
    assert status["Gid"].split() == [seen["group"]] * 4
    assert status["Groups"].split() == []
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"
    assert int(status["SigBlk"], 16) == 0
    # Python itself ignores SIGPIPE (bit 12) and SIGXFSZ (bit 24).
    assert int(status["SigIgn"], 16) & ~(1 << 12 | 1 << 24) == 0
    assert status["Umask"] == "0077"
    assert seen["cwd"] == "/"


def test_attack_7_the_asker_has_its_streams_its_subject_and_no_other_fd(seen):
    fds = {int(fd): target for fd, target in seen["fds"].items()
           if not target.startswith("/proc/") and target != AUTHORIZE}
    assert sorted(fds) == [0, 1, 2, 3], fds
    assert "pidfd" in fds[3]
    assert fds[2] == "/dev/null"
    assert fds[0] == fds[1] and fds[0].startswith("socket:")
