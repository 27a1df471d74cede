# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant-authorize by itself: started without arguments, it reads its question from standard input."""

import fcntl
import os
import struct

import pytest

import fakebus
from askers import RECORD, YES, install_recorder, recorded
from process import wait_until
from world import AUTHORIZE, World

TOKEN = b"vmgrant-authorize 1: authorised\n"
AUTHORISED, DENIED, CHALLENGE, DISMISSED, NO_POLKIT, NO_ACTION, NOT_OWNER, ERROR, USAGE = (
    0, *range(10, 18))


def account_of(world):
    line = next(line for line in world.path("/etc/passwd").read_text().splitlines()
                if line.startswith("vmgrant:"))
    _, _, uid, gid, *_ = line.split(":")
    return int(uid), int(gid), []


def start_time(world, pid):
    stat = world.path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    return int(stat.rpartition(")")[2].split()[19])


def question(subject, uid=1000, action="org.vmgrant.tap", interactive="no", pidfd="no",
             details=("bridge=br0", "user=alice"), start=None):
    lines = ["vmgrant-authorize 1: question", f"action={action}", f"pid={subject[0]}",
             f"start-time={start or subject[1]}", f"uid={uid}", f"interactive={interactive}",
             f"pidfd={pidfd}", *(f"detail={detail}" for detail in details), "end", ""]
    return "\n".join(lines).encode("ascii")


class Asker:
    """One that has been started and knows no question yet."""

    def __init__(self, world, user=None, prepare=None):
        reader, self.writer = os.pipe()
        os.set_inheritable(self.writer, False)
        self.process = world.spawn([AUTHORIZE], account_of(world) if user is None else user,
                                   fds={0: reader}, prepare=prepare,
                                   env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"})
        os.close(reader)

    def write(self, data):
        os.write(self.writer, data)

    def finish(self):
        if self.writer is not None:
            os.close(self.writer)
            self.writer = None
        return self.process.wait()


def ask(world, data, **options):
    asker = Asker(world, **options)
    asker.write(data)
    return asker.finish()


def start_subject(world, user="alice"):
    process = world.spawn(["sleep", "1000"], user)
    wait_until(lambda: world.path(f"/proc/{process.inner_pid}/comm").read_text() == "sleep\n",
               "the subject to run")
    return process.inner_pid, start_time(world, process.inner_pid)


@pytest.fixture
def subject(polkit_world):
    return start_subject(polkit_world)


def test_a_yes_is_the_token_and_nothing_else(polkit_world, subject):
    install_recorder(polkit_world)
    asked = ask(polkit_world, question(subject))
    assert (asked.code, asked.stdout) == (AUTHORISED, TOKEN), asked.stderr
    assert recorded(polkit_world)[0][:3] == [str(subject[0]), "alice", "br0"]


@pytest.mark.parametrize("result, code", (
    ("NO", DENIED), ("AUTH_ADMIN", CHALLENGE), ("AUTH_SELF_KEEP", CHALLENGE)))
def test_a_no_has_its_status_and_no_token(polkit_world, subject, result, code):
    polkit_world.rules(YES.replace("YES", result))
    asked = ask(polkit_world, question(subject))
    assert (asked.code, asked.stdout) == (code, b"")


def test_what_polkit_does_not_know_or_permit_has_its_status(polkit_world, subject):
    polkit_world.rules(YES)
    assert ask(polkit_world, question(subject, action="org.vmgrant.none")).code == NO_ACTION
    # Only the service account may put questions about other people.
    for user in ("bob", "alice"):
        asked = ask(polkit_world, question(subject), user=user)
        assert asked.code == NOT_OWNER and TOKEN not in asked.stdout


def test_an_asker_with_arguments_asks_nothing(polkit_world, subject):
    install_recorder(polkit_world)
    for words in (["--help"], ["--action=org.vmgrant.tap"], [""],
                  ["--action=org.vmgrant.tap", f"--pid={subject[0]}", f"--start-time={subject[1]}",
                   "--uid=1000", "--detail=bridge=br0"]):
        asked = polkit_world.run([AUTHORIZE, *words], account_of(polkit_world))
        assert (asked.code, asked.stdout) == (USAGE, b""), words
    assert recorded(polkit_world) == []


def test_the_connection_is_ready_before_the_question_comes(polkit_world, subject):
    """Whoever starts the asker early pays for one round trip, not for six."""
    polkit_world.rules(YES)
    asker = Asker(polkit_world)
    waiting = polkit_world.path(f"/proc/{asker.process.inner_pid}/syscall")
    # read(0, ...): everything before the question is done.
    wait_until(lambda: waiting.read_text().startswith("0 0x0 "), "the asker to read")
    assert not polkit_world.path(RECORD).exists()
    asker.write(question(subject))
    assert asker.finish().stdout == TOKEN


def test_a_question_may_come_in_pieces(polkit_world, subject):
    polkit_world.rules(YES)
    asker = Asker(polkit_world)
    for byte in question(subject):
        asker.write(bytes([byte]))
    assert asker.finish().stdout == TOKEN


def test_attacks_42_and_66_what_is_no_question_is_not_put(polkit_world, subject):
    install_recorder(polkit_world)
    whole = question(subject)
    for data in (b"", b"\n", whole[:-1], whole[1:], whole + b"\n", whole * 2, whole + b"x" * 9000,
                 whole.replace(b"uid=1000", b"uid=-1"), whole.replace(b"uid=1000", b"uid=01000"),
                 whole.replace(b"uid=1000", b"uid=4294967295"), whole.replace(b"br0", b"br\0"),
                 whole.replace(b"br0", b"br\xff"), whole.replace(b"end\n", b"detail=x\nend\n"),
                 b"x" * 4096, bytes(3000)):
        asked = ask(polkit_world, data)
        assert (asked.code, asked.stdout) == (USAGE, b""), data
    assert recorded(polkit_world) == []


def test_an_asker_whose_starter_has_gone_asks_nothing(polkit_world):
    install_recorder(polkit_world)
    asked = Asker(polkit_world).finish()
    assert (asked.code, asked.stdout) == (USAGE, b"") and recorded(polkit_world) == []


def test_attack_38_without_a_bus_the_question_is_read_nevertheless(world):
    """Its writer is not to die of SIGPIPE."""
    asker = Asker(world)
    subject = start_subject(world)
    asker.write(question(subject)[:100])
    asker.write(question(subject)[100:])
    asked = asker.finish()
    assert asked.code == NO_POLKIT and b"authorised" not in asked.stdout and asked.stdout


def test_an_error_of_polkits_is_told_in_its_own_words_alone(fake_world):
    fakebus.start(fake_world, fakebus.string_reply)
    asked = ask(fake_world, question(start_subject(fake_world)))
    assert asked.code == ERROR and asked.stdout == b"malformed answer", asked.stdout


# ---- ATTACKS 61 and 62: whom polkit is asked about ----

def inherit_pidfd(pid):
    """Number 3 of the asker, whatever the descriptor was before."""
    os.dup2(fcntl.fcntl(os.pidfd_open(pid), fcntl.F_DUPFD, 10), 3)


def test_a_pidfd_leads_to_the_subject_where_polkit_can_take_it(polkit_world, subject):
    install_recorder(polkit_world)
    asked = ask(polkit_world, question(subject, pidfd="yes"),
                prepare=lambda: inherit_pidfd(subject[0]))
    assert asked.stdout == TOKEN, asked.stdout
    assert recorded(polkit_world)[0][:3] == [str(subject[0]), "alice", "br0"]


def test_attack_62_a_pidfd_that_leads_elsewhere_gets_no_yes_for_it(polkit_world, subject):
    """Where polkit takes pidfds: both must name the same process. Elsewhere the number does."""
    install_recorder(polkit_world)
    other = start_subject(polkit_world, "bob")
    asked = ask(polkit_world, question(subject, pidfd="yes"),
                prepare=lambda: inherit_pidfd(other[0]))
    asked_about = [words[:2] for words in recorded(polkit_world)]
    if asked.code == ERROR:
        assert asked_about == [] and TOKEN not in asked.stdout
    else:
        assert asked_about == [[str(subject[0]), "alice"]]


@pytest.mark.parametrize("uid", (2**31 - 1, 2**31, 2**31 + 1000, 2**32 - 2))
def test_attack_61_a_uid_above_2_31_is_the_subjects(polkit_world, uid):
    polkit_world.write("/etc/passwd", polkit_world.path("/etc/passwd").read_text() +
                       f"big:x:{uid}:1000:big:/:/bin/sh\n")
    polkit_world.write("/usr/local/bin/note", f'#!/bin/sh\necho "$@" >>{RECORD}\n', mode=0o755)
    polkit_world.rules("""
polkit.addRule(function(action, subject) {
    polkit.spawn(["/usr/local/bin/note", subject.user]);
    return subject.user == "big" ? polkit.Result.YES : polkit.Result.NO;
});
""")
    subject = start_subject(polkit_world, (uid, 1000, []))
    assert ask(polkit_world, question(subject, uid=uid)).stdout == TOKEN
    assert recorded(polkit_world) == [["big"]]


def test_attack_61_a_uid_above_2_31_is_on_the_bus_as_polkit_expects_it(fake_world):
    fakebus.start(fake_world, fakebus.verdict_reply())
    asked = ask(fake_world, question(start_subject(fake_world), uid=2**32 - 2))
    assert asked.stdout == TOKEN
    # a{sv}: "uid", then a variant of type i, whose value is aligned to 4.
    body = fake_world.path(fakebus.BODY).read_bytes()
    place = body.index(b"uid\0\1i\0")
    value = body[place + 7 + -(place + 7) % 4:][:4]
    assert struct.unpack("<i", value) == (-2,)


def test_attack_61_a_uid_without_an_entry_is_nobody_who_has_a_name(polkit_world):
    users = '"alice", "bob", "root", "vmgrant", "nobody", ""'
    polkit_world.rules(f"""
polkit.addRule(function(action, subject) {{
    return [{users}].indexOf(subject.user) >= 0 ? polkit.Result.YES : polkit.Result.NO;
}});
""")
    for uid in (2**31 + 1000, 3000000000):
        subject = start_subject(polkit_world, (uid, 1000, []))
        asked = ask(polkit_world, question(subject, uid=uid))
        assert asked.code not in (AUTHORISED, USAGE) and TOKEN not in asked.stdout
    assert ask(polkit_world, question(start_subject(polkit_world))).stdout == TOKEN
