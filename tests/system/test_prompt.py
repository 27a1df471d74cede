# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""polkit asks a person at a terminal: real polkitd, text agent, PAM and passwords."""

import os
import signal

import pytest

import agent
import protocol_client
import replies
from askers import YES
from process import wait_until
from terminal import Terminal
from world import POLICY, environment

AGENT = "/usr/bin/pkttyagent"
PASSWORD, ADMIN_PASSWORD = "correct horse 7", "battery staple 8"
PROMPT = "Password: "
CTRL_C, CTRL_D, CTRL_BACKSLASH = "\x03", "\x04", "\x1c"
RUN = ["vmgrant", "run", "--net", "br0", "--", "echo", "got", "{net0.fd}"]
NOBODY_ASKED = "polkit wants a password and nobody can be asked from here"

AUTH_SELF = YES.replace("YES", "AUTH_SELF")
AUTH_ADMIN = YES.replace("YES", "AUTH_ADMIN") + """
polkit.addAdminRule(function() { return ["unix-user:bob"]; });
"""
PAM = "auth required pam_unix.so nodelay\naccount required pam_unix.so\n"


# Who checks the password for the agent. Newer polkits have a systemd unit for it instead.
PASSWORD_CHECKERS = ("/usr/lib/polkit-1/polkit-agent-helper-1",
                     "/usr/libexec/polkit-1/polkit-agent-helper-1")


@pytest.fixture
def prompt_world(polkit_world):
    """alice may have br0 and br1 with her own password."""
    if not any(os.path.exists(place) and os.stat(place).st_mode & 0o4000
               for place in PASSWORD_CHECKERS):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no setuid polkit-agent-helper-1")
    polkit_world.write("/etc/pam.d/polkit-1", PAM)
    passwords = f"alice:{PASSWORD}\nbob:{ADMIN_PASSWORD}\n"
    polkit_world.write("/tmp/passwords", passwords, mode=0o600)
    done = polkit_world.run(["sh", "-c", "chpasswd </tmp/passwords"])
    assert done.code == 0, done.stderr
    polkit_world.rules(AUTH_SELF)
    return polkit_world


def wait_question(terminal):
    """Returns what stands above the prompt. What is typed before the echo is off is lost."""
    before = terminal.expect(PROMPT)
    wait_until(lambda: not terminal.echoes(), "the agent to switch the echo off")
    return before


def asked(world, argv=None, **options):
    """A terminal on which the question has just been put."""
    terminal = Terminal(world, argv or RUN, **options)
    terminal.before = wait_question(terminal)
    return terminal


def programs(world):
    """Names of those that belong to a request, cut to 15 bytes by the kernel."""
    names = world.run(["ps", "-eo", "comm="]).stdout.decode().split()
    return [name for name in names if name.startswith(("vmgrant", "pkttyagent", "polkit-agent"))]


def wait_nothing_left(world, terminal):
    wait_until(lambda: not programs(world), "every process of the request to be gone")
    wait_until(terminal.echoes, "the terminal to echo again")
    world.wait_no_taps()


def replace_agent(world, script):
    """Put a shell script in the agent's place; the real one is AGENT.real."""
    world.run(["mv", AGENT, f"{AGENT}.real"])
    world.write(AGENT, script, mode=0o755)


def no_agent(world):
    """One that leaves a trace when it is started."""
    replace_agent(world, "#!/bin/sh\n: >/tmp/agent-started\n")
    return world.path("/tmp/agent-started")


# ---- the person answers ----

def test_the_right_password_gives_the_card(prompt_world):
    terminal = asked(prompt_world)
    assert "network bridge br0" in terminal.before and "alice" in terminal.before
    terminal.type(PASSWORD + "\n")
    assert terminal.finish() == 0
    assert "\ngot " in terminal.text and PASSWORD not in terminal.text
    wait_nothing_left(prompt_world, terminal)


def test_attack_39_a_wrong_password_is_polkits_no(prompt_world):
    terminal = asked(prompt_world)
    terminal.type("wrong\n")
    assert terminal.finish() == replies.POLKIT_DENIED
    assert "vmgrant: bridge br0: polkit does not allow it for user alice: " \
           "the authentication failed" in terminal.text
    wait_nothing_left(prompt_world, terminal)


@pytest.mark.parametrize("key", (CTRL_C, CTRL_BACKSLASH), ids=("ctrl-c", "ctrl-backslash"))
def test_attack_39_a_question_broken_off_is_dismissed(prompt_world, key):
    terminal = asked(prompt_world)
    terminal.type(key)
    assert terminal.finish() == replies.POLKIT_DISMISSED
    assert terminal.text.strip() == "vmgrant: bridge br0: the request to authenticate was dismissed"
    wait_nothing_left(prompt_world, terminal)


def test_no_password_at_all_is_a_wrong_one(prompt_world):
    terminal = asked(prompt_world)
    terminal.type(CTRL_D)
    assert terminal.finish() == replies.POLKIT_DENIED
    wait_nothing_left(prompt_world, terminal)


def test_the_administrators_password_where_polkit_wants_that(prompt_world):
    prompt_world.rules(AUTH_ADMIN)
    terminal = asked(prompt_world)
    assert "bob" in terminal.before
    terminal.type(PASSWORD + "\n")
    assert terminal.finish() == replies.POLKIT_DENIED
    terminal = asked(prompt_world)
    terminal.type(ADMIN_PASSWORD + "\n")
    assert terminal.finish() == 0
    wait_nothing_left(prompt_world, terminal)


def test_attack_41_a_yes_for_one_bridge_is_none_for_another_and_each_is_named(prompt_world):
    terminal = asked(prompt_world, ["vmgrant", "run", "--net", "br0", "--net", "br1", "--net",
                                    "br0", "--", "echo", "{net0.fd}", "{net1.fd}", "{net2.fd}"])
    assert "network bridge br0" in terminal.before
    terminal.type(PASSWORD + "\n")
    for name in ("br1", "br0"):
        assert f"network bridge {name}" in wait_question(terminal)
        terminal.type(PASSWORD + "\n")
    assert terminal.finish() == 0


def test_attack_41_a_no_for_the_second_bridge_gives_the_first_back(prompt_world):
    terminal = asked(prompt_world, ["vmgrant", "run", "--net", "br0", "--net", "br1", "--",
                                    "echo", "got {net0.fd}"])
    terminal.type(PASSWORD + "\n")
    wait_question(terminal)
    terminal.type("wrong\n")
    assert terminal.finish() == replies.POLKIT_DENIED
    assert "got" not in terminal.text
    wait_nothing_left(prompt_world, terminal)


def test_the_question_is_in_the_persons_language(prompt_world):
    if 'xml:lang="de"' not in prompt_world.path(POLICY).read_text(encoding="utf-8"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("built without translations")
    terminal = asked(prompt_world, env={**environment("alice"), "LANG": "de_DE.UTF-8"})
    assert "Bridge br0" in terminal.before
    terminal.type(CTRL_C)
    terminal.finish()


# ---- nobody can be asked ----

def test_attack_39_without_a_terminal_nobody_is_asked(prompt_world):
    started = no_agent(prompt_world)
    for options, reason in (([], ""), (["--prompt"], " (there is no terminal to ask on)")):
        done = prompt_world.run_as("alice", ["vmgrant", "run", *options, *RUN[2:]])
        assert done.code == replies.POLKIT_CHALLENGE
        assert NOBODY_ASKED in done.stderr.decode()
        assert done.stderr.decode().endswith(f"acl.conf{reason}\n")
    assert not started.exists()


def test_no_prompt_means_no_prompt(prompt_world):
    started = no_agent(prompt_world)
    terminal = Terminal(prompt_world, ["vmgrant", "run", "--no-prompt", *RUN[2:]])
    assert terminal.finish() == replies.POLKIT_CHALLENGE and NOBODY_ASKED in terminal.text
    assert not started.exists()


def test_a_terminal_serves_also_when_the_input_is_a_file(prompt_world):
    terminal = asked(prompt_world, ["vmgrant", "run", "--prompt", *RUN[2:]], stdin="/dev/null")
    terminal.type(PASSWORD + "\n")
    assert terminal.finish() == 0


def test_a_job_in_the_background_is_refused_and_not_stopped(prompt_world):
    started = no_agent(prompt_world)
    script = "set -m; vmgrant run --net br0 -- echo {net0.fd} & wait $!; echo status $?"
    terminal = Terminal(prompt_world, ["sh", "-c", script])
    terminal.expect("(there is no terminal to ask on)")
    terminal.expect(f"status {replies.POLKIT_CHALLENGE}")
    terminal.finish()
    assert not started.exists()


def test_attack_39_a_missing_agent_is_named(prompt_world):
    prompt_world.path(AGENT).unlink()
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == replies.POLKIT_CHALLENGE
    assert NOBODY_ASKED in terminal.text
    assert f"({AGENT} is not installed)" in terminal.text


@pytest.mark.parametrize("script,reason", (
    ("#!/bin/sh\nexit 1\n", "is not accepted by polkit"),
    ("#!/nowhere\n", "is not installed"),
    ("no program at all", "cannot be started"),
), ids=("ends at once", "without interpreter", "no program"))
def test_an_agent_that_does_not_work_is_named(prompt_world, script, reason):
    replace_agent(prompt_world, script)
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == replies.POLKIT_CHALLENGE
    assert f"({AGENT} {reason})" in terminal.text
    wait_nothing_left(prompt_world, terminal)


def test_the_agent_is_not_started_where_no_password_is_wanted(prompt_world):
    started = no_agent(prompt_world)
    prompt_world.rules(YES)
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == 0
    prompt_world.rules(YES.replace("YES", "NO"))
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == replies.POLKIT_DENIED
    prompt_world.write_acl("allow bridge br0 user bob\n")
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == replies.DENIED
    assert not started.exists()


# ---- nothing is left, whatever happens at the question ----

@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP),
                         ids=lambda number: number.name)
def test_attack_11_a_command_killed_at_the_question_leaves_nothing(prompt_world, number):
    """As a job of a shell, which is there afterwards."""
    terminal = asked(prompt_world, ["sh", "-m", "-c", "\"$@\"; echo status $?; read line", "sh",
                                    *RUN])
    prompt_world.run(["pkill", f"-{number.name[3:]}", "-x", "vmgrant"])
    terminal.expect(f"status {128 + number}")
    wait_nothing_left(prompt_world, terminal)
    terminal.type("\n")
    terminal.finish()


def test_an_agent_that_is_killed_is_a_refusal_and_the_terminal_echoes(prompt_world):
    terminal = asked(prompt_world)
    prompt_world.run(["pkill", "-KILL", "pkttyagent"])
    assert terminal.finish() in (replies.POLKIT_DENIED, replies.POLKIT_DISMISSED)
    wait_nothing_left(prompt_world, terminal)


def test_an_agent_that_will_not_end_is_killed(prompt_world):
    replace_agent(prompt_world, "#!/bin/sh\ntrap '' TERM\nexec 3>&-\nwhile :; do sleep 1; done\n")
    terminal = Terminal(prompt_world, RUN)
    assert terminal.finish() == replies.POLKIT_CHALLENGE
    wait_nothing_left(prompt_world, terminal)


def test_the_program_gets_the_signals_and_children_that_it_would_have_had(prompt_world):
    script = "print(open('/proc/self/status').read(), 'Children:\\t', " \
             "open('/proc/thread-self/children').read())"
    terminal = asked(prompt_world, ["vmgrant", "run", "--net", "br0", "--", "python3", "-c",
                                    script, "{net0.fd}"])
    terminal.type(PASSWORD + "\n")
    assert terminal.finish() == 0
    status = dict(line.strip().split(":", 1) for line in terminal.text.splitlines()
                  if ":\t" in line)
    assert int(status["SigBlk"], 16) == 0 and status["Children"].strip() == ""
    # Python itself ignores SIGPIPE (bit 12) and SIGXFSZ (bit 24).
    assert int(status["SigIgn"], 16) & ~(1 << 12 | 1 << 24) == 0


def test_a_command_that_ignores_ctrl_c_can_be_dismissed_all_the_same(prompt_world):
    terminal = asked(prompt_world, ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *RUN])
    terminal.type(CTRL_C)
    assert terminal.finish() == replies.POLKIT_DISMISSED
    wait_nothing_left(prompt_world, terminal)


# ---- the agent of a desktop ----

def test_attack_39_a_dialog_that_is_closed_has_its_own_code(prompt_world):
    """By a program that talks to the helper itself, as virtual machine managers do."""
    request = prompt_world.start_request("alice", arguments=["--fd=9"],
                                         channel=protocol_client.pair)
    with open(f"/proc/{request.pid}/status", encoding="ascii") as status:
        pid = int(next(line for line in status if line.startswith("NSpid:")).split()[-1])
    reader, writer = os.pipe()
    prompt_world.spawn(lambda: agent.serve_and_cancel(pid, 1000, 7), "alice", fds={7: writer},
                       capture=False)
    os.close(writer)
    assert os.read(reader, 1) == b"r"
    reply = protocol_client.ask(request.socket, 1, "br0",
                                flags=protocol_client.VNET | protocol_client.INTERACTIVE)
    assert reply.code == replies.POLKIT_DISMISSED, reply.sentence
    assert reply.sentence == "bridge br0: the request to authenticate was dismissed"
    assert os.read(reader, 10) == b"q"
    # Without the flag the agent is not even asked.
    assert protocol_client.ask(request.socket, 2, "br0").code == replies.POLKIT_CHALLENGE
    os.close(reader)
    prompt_world.wait_no_taps()
