# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant setup: a bridge, the policy and libvirt for named people, shown, made and undone.

Network managers of real machines are tried in the test VM: check-setup.py.
"""

import json

import pytest

import replies
from test_acl import ask
from terminal import Terminal
from test_native_client import sentence
from world import ACL, HELPER

RECORD = "/var/lib/vmgrant/setup/record.json"
RULE = "allow bridge br1 user alice"
QEMU_CONF = "/home/alice/.config/libvirt/qemu.conf"
GUESTS_ONLY = ("--user", "alice", "--bridge", "br1", "--no-uplink")


@pytest.fixture(name="host")
def fresh_host(world):
    """br0 and a policy that allows nothing, and nothing that manages a network."""
    world.write_acl("# nobody yet\n")
    return world


def set_up(world, *words, user="root"):
    return world.run_as(user, ["vmgrant", "setup", *words])


def text(world, path):
    return world.path(path).read_text(encoding="utf-8")


def state(world):
    """All that a setup could change."""
    return (text(world, ACL), sorted(world.interfaces()),
            world.run(["sh", "-c", "find /home /var/lib/vmgrant /etc/network /etc/systemd -type f "
                       "2>/dev/null | sort | xargs -r cksum"]).stdout)


def is_refused(world, code, *words, user="root"):
    before = state(world)
    said = sentence(set_up(world, *words, user=user), code)
    assert state(world) == before
    return said


# ---- a bridge between guests ----

def test_a_guest_gets_a_card_after_one_command(host):
    done = set_up(host, *GUESTS_ONLY, "--no-polkit", "--yes")
    said = done.stdout.decode()
    assert done.code == 0 and done.stderr == b"", done
    assert "$ ip link add br1 address 02:" in said
    assert f"+{RULE} polkit=no" in said
    assert "vmgrant check --user alice\n" in said and "bridge br1: allowed for user alice" in said
    assert f"{RULE} polkit=no\n" in text(host, ACL)
    assert host.sysfs("br1", "addr_assign_type") == "3"  # fixed
    assert int(host.sysfs("br1", "flags"), 16) & 1
    assert ask(host, "alice", "br1") == replies.GRANTED


def test_a_second_time_there_is_nothing_to_change(host):
    set_up(host, *GUESTS_ONLY, "--yes")
    before = state(host)
    done = set_up(host, *GUESTS_ONLY, "--yes")
    assert "bridge br1: there already\nnothing is to be changed\n" in done.stdout.decode()
    assert state(host) == before


def test_a_dry_run_shows_all_and_changes_nothing(host):
    before = state(host)
    done = set_up(host, *GUESTS_ONLY, "--dry-run")
    assert done.code == 0 and f"+{RULE}" in done.stdout.decode(), done
    assert state(host) == before
    done = set_up(host, *GUESTS_ONLY, "--dry-run", user="alice")
    assert done.code == 0 and f"$ vmgrant {RULE}" in done.stdout.decode(), done


def test_undo_leaves_everything_as_it_was(host):
    host.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    before = state(host)
    assert set_up(host, *GUESTS_ONLY, "--yes", "--no-polkit").code == 0
    assert f'bridge_helper = "{HELPER}"\n' == text(host, QEMU_CONF)
    assert host.path(QEMU_CONF).stat().st_uid == 1000
    assert oct(host.path(RECORD).stat().st_mode)[-3:] in ("600", "644")
    assert oct(host.path("/var/lib/vmgrant/setup").stat().st_mode)[-3:] == "700"
    done = set_up(host, "--undo", "--dry-run")
    assert "$ ip link delete br1 type bridge" in done.stdout.decode()
    done = set_up(host, "--undo", "--yes")
    assert done.code == 0 and done.stderr == b"" and done.stdout.endswith(b"undone\n"), done
    assert state(host) == before
    assert "nothing to undo" in sentence(set_up(host, "--undo", "--yes"), replies.OBJECT)


def test_undo_leaves_what_somebody_changed_since(host):
    host.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    assert set_up(host, *GUESTS_ONLY, "--yes", "--no-polkit").code == 0
    host.write(QEMU_CONF, "# mine\n", owner=(1000, 1000))
    done = set_up(host, "--undo", "--yes")
    assert done.code == replies.INTERNAL, done
    assert f"{QEMU_CONF}: somebody has changed it since" in done.stderr.decode()
    assert text(host, QEMU_CONF) == "# mine\n" and "br1" not in host.interfaces()


def test_a_line_that_was_there_before_survives_an_undo(host):
    host.write_acl("allow bridge br1 user alice\n")
    assert set_up(host, *GUESTS_ONLY, "--yes").stderr == b""
    assert set_up(host, "--undo", "--yes").code == 0
    assert text(host, ACL) == "allow bridge br1 user alice\n"


def test_whoever_may_already_needs_no_line(host):
    for line, extra in (("allow bridge br0 user alice queues=4 polkit=no", ("--no-polkit",)),
                        ("allow bridge br0 group students quota=2", ())):
        host.write_acl(f"{line}\n")
        done = set_up(host, "--user", "alice", "--bridge", "br0", "--yes", *extra)
        assert done.stderr == b"" and b"$ vmgrant allow" not in done.stdout, done
        assert text(host, ACL) == f"{line}\n"
    # Who is to be asked by polkit, and should not be, is told of the line that says so.
    host.write_acl("allow bridge br0 user alice quota=2\n")
    said = is_refused(host, replies.DENIED, "--user", "alice", "--bridge", "br0", "--yes", "--no-polkit")
    assert "line 1 is about the same" in said


def test_of_libvirts_configuration_only_the_helper_changes(host):
    host.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    old = '# x\nbridge_helper = "/usr/lib/qemu/qemu-bridge-helper"\nmax_core = 0'
    host.run_as("alice", ["mkdir", "-p", "/home/alice/.config/libvirt"])
    host.write(QEMU_CONF, old, mode=0o600, owner=(1000, 1000))
    assert set_up(host, "--user", "alice", "--bridge", "br0", "--yes", "--no-polkit").code == 0
    assert text(host, QEMU_CONF) == f'# x\nbridge_helper = "{HELPER}"\nmax_core = 0'
    status = host.path(QEMU_CONF).stat()
    assert (status.st_uid, status.st_mode & 0o777) == (1000, 0o600)
    assert set_up(host, "--undo", "--yes").code == 0
    assert text(host, QEMU_CONF) == old


def test_what_people_put_in_their_folders_does_not_lead_root_astray(host):
    host.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    folder = "/home/alice/.config/libvirt"
    host.run(["sh", "-c", "echo secret >/etc/shadow2; chmod 600 /etc/shadow2; mkdir /etc/target"])
    for trap in ("ln -s /etc/shadow2 {0}/qemu.conf", "mkfifo {0}/qemu.conf",
                 "rmdir {0}; ln -s /etc/target {0}"):
        script = f"rm -rf {folder}; mkdir -p {folder}; {trap.format(folder)}"
        assert host.run_as("alice", ["sh", "-ec", script]).code == 0
        done = set_up(host, "--user", "alice", "--bridge", "br0", "--yes")
        assert done.code != 0 and QEMU_CONF in done.stderr.decode(), (trap, done)
        assert text(host, "/etc/shadow2") == "secret\n"
        assert host.run(["ls", "-A", "/etc/target"]).stdout == b""


# ---- people ----

def test_a_group_gets_a_line_of_its_own_and_each_member_a_check(host):
    done = set_up(host, "--group", "students", "--bridge", "br0", "--no-polkit", "--yes", "--json")
    said = json.loads(done.stdout)
    assert done.code == 0 and done.stderr == b"", done
    assert "allow bridge br0 group students polkit=no\n" in text(host, ACL)
    assert [one["user"] for one in said["checks"]] == ["alice"] and said["checks"][0]["good"]
    assert [one["part"] for one in said["changes"]][0] == "policy"


def test_the_exit_status_is_that_of_check(host):
    host.run(["chmod", "755", HELPER])
    done = set_up(host, "--user", "alice", "--bridge", "br0", "--yes")
    assert done.code == 104 and b"FAIL" in done.stdout, done


# ---- what cannot be ----

BAD = (
    (("--bridge", "br0"), replies.USAGE, "at least one of --user, --group"),
    (("--user", "alice"), replies.USAGE, "--bridge is missing"),
    (("--user", "alcie", "--bridge", "br0"), replies.OBJECT, "user alcie: there is no such user"),
    (("--group", "x", "--bridge", "br0"), replies.OBJECT, "group x: there is no such group"),
    (("--user", "alice", "--bridge", "br1"), replies.USAGE, "--uplink CARD makes one"),
    (("--user", "alice", "--bridge", "lo", "--no-uplink"), replies.OBJECT,
     "it is there, and no bridge"),
    (("--user", "alice", "--bridge", "br1", "--uplink", "eth9"), replies.OBJECT,
     "no such network card"),
    (("--user", "alice", "--bridge", "br1", "--uplink", "lo"), replies.OBJECT,
     "only an Ethernet card"),
    (("--user", "alice", "--bridge", "br1", "--uplink", "br0"), replies.OBJECT,
     "it is a bridge already"),
    (("--user", "alice", "--bridge", "br0", "--uplink", "lo"), replies.USAGE, "is there already"),
    (("--user", "alice", "--bridge", "br1", "--uplink", "lo", "--no-uplink"), replies.USAGE,
     "exclude each other"),
    ((*GUESTS_ONLY, "--manager", "magic"), replies.USAGE, "must be one of"),
    ((*GUESTS_ONLY, "--timeout", "5"), replies.USAGE, "must be 10 to 3600"),
    ((*GUESTS_ONLY, "more"), replies.USAGE, "more: takes no argument"),
    ((*GUESTS_ONLY, "--brigde", "br1"), replies.USAGE, "did you mean --bridge"),
    ((*GUESTS_ONLY, "--json"), replies.USAGE, "--json asks nothing"),
    ((*GUESTS_ONLY,), replies.USAGE, "nobody to ask"),
    (("--undo", "--user", "alice"), replies.USAGE, "take neither people nor a bridge"),
    (("--confirm",), replies.OBJECT, "nothing waits to be confirmed"),
)
NAMES = ("", "-x", "a b", "x/y", "..", "br0;reboot", "br\n0", "1br", "a234567890123456", "vethgx",
         "br0:1", "br%d", "\x1b[2J", "br$(id)")


def test_bad_input_changes_nothing(host):
    before = state(host)
    for words, code, said in BAD:
        yes = () if "--json" in words or words == GUESTS_ONLY else ("--yes",)
        done = set_up(host, *words, *yes)
        assert done.code == code and said in done.stderr.decode(), (words, done)
    for name in NAMES:
        said = sentence(set_up(host, "--user", "alice", f"--bridge={name}", "--no-uplink", "--yes"),
                        replies.USAGE)
        assert "a new bridge has a name" in said and "\x1b" not in said
    assert state(host) == before


def test_a_policy_that_cannot_take_the_line_stops_all_of_it(host):
    host.write_acl("allow nonsense\n")
    assert "nonsense" in is_refused(host, replies.POLICY, *GUESTS_ONLY, "--yes")
    host.write_acl("deny bridge br1 user alice\n")
    assert "line 1 denies it" in is_refused(host, replies.DENIED, *GUESTS_ONLY, "--yes")


def test_what_fails_half_way_is_undone(host):
    host.write("/usr/local/bin/ip", "#!/bin/sh\n[ \"$2\" != set ] || { echo no luck; exit 1; }\n"
               "exec /sbin/ip \"$@\"\n", mode=0o755)
    said = is_refused(host, replies.INTERNAL, *GUESTS_ONLY, "--yes")
    assert "ip link set br1 up: failed: no luck" in said


def test_only_root_changes_anything(host):
    assert "try sudo vmgrant setup" in is_refused(host, replies.NO_PRIVILEGE, *GUESTS_ONLY, "--yes",
                                                  user="alice")
    assert "only root" in is_refused(host, replies.NO_PRIVILEGE, "--undo", "--yes", user="alice")


def test_a_record_that_is_not_roots_is_not_obeyed(host):
    assert set_up(host, *GUESTS_ONLY, "--yes").stderr == b""
    host.run(["chown", "bob", RECORD])
    assert RECORD in sentence(set_up(host, "--undo", "--yes"), replies.INTERNAL)
    assert "br1" in host.interfaces()


# ---- at a terminal ----

def test_questions_on_a_terminal_lead_to_a_bridge(host):
    terminal = Terminal(host, ["vmgrant", "setup", "--no-polkit"], user="root")
    terminal.expect("User")
    terminal.type("alice\n")
    terminal.expect("Bridge [br0]: ")
    terminal.type("br1\n")
    terminal.expect("between guests only")
    terminal.expect("Make these changes? [y/N] ")
    assert "br1" not in host.interfaces()
    terminal.type("y\n")
    assert terminal.finish() == 0, terminal.screen
    assert "br1" in host.interfaces() and f"{RULE} polkit=no" in text(host, ACL)


def test_whoever_says_no_has_changed_nothing(host):
    before = state(host)
    terminal = Terminal(host, ["vmgrant", "setup", *GUESTS_ONLY], user="root")
    terminal.expect("Make these changes? [y/N] ")
    terminal.type("\n")
    assert terminal.finish() == replies.USAGE and "nothing is changed" in terminal.text
    assert state(host) == before
