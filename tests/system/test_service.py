# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service door: the same protocol, rules and records without a setuid program."""

import contextlib
import json
import os
import pathlib
import resource
import socket
import time

import pytest

import namespaces as ns
import protocol_client as client
from looking import GONE, files_of, named, status_of
from process import receive, send_fds, wait_until
from service import SOCKET, Service, a_full_queue, connect
from tun import tungetiff
from world import World

ACL_TEXT = ("allow bridge br0 user alice polkit=no queues=4\n"
            "allow bridge few group gpu polkit=no quota=2\n"
            "allow bridge asked user alice\n")
BRIDGES = ("br0", "few", "asked")
QUOTA, DENIED, NO_PRIVILEGE, INSTALLATION, USAGE = 12, 7, 3, 4, 2


@pytest.fixture(scope="module")
def shared(stage):
    with World(stage, polkit=True) as world:
        for name in BRIDGES:
            world.bridge(name)
        world.service = Service(world)
        yield world


@pytest.fixture
def served(shared):
    shared.write_acl(ACL_TEXT)
    shared.replies = []
    yield shared
    for reply in shared.replies:
        for fd in reply.fds:
            os.close(fd)
    shared.give_back()


def connected(world, user, **options):
    """A connection that a process of that user's made; the process lives until the test ends."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def ask():
        connection = connect()
        send_fds(there, b"here", [connection.fileno()])
        connection.close()
        there.recv(1)
        return 0

    process = world.spawn(ask, user, fds={there.fileno(): there.fileno()}, **options)
    there.close()
    _, fds = receive(here)
    assert fds, process.wait().stderr
    world.keep(here, connection := socket.socket(fileno=fds[0]))
    return connection


def ask(world, connection, serial, bridge, **options):
    """A reply, whose files are closed when the test ends."""
    reply = client.ask(connection, serial, bridge, **options)
    world.replies.append(reply)
    return reply


def run(world, argv, user="alice", **options):
    return world.run(["vmgrant", *argv], user, **options)


def without_setuid(words):
    return ["setpriv", "--no-new-privs", *words]


def test_attack_71_the_helper_has_one_capability_and_no_root(served):
    """no process of this door has an id of root's, or another capability."""
    connection = connected(served, "alice")
    reply = ask(served, connection, 1, "br0")
    assert reply.code == 0 and reply.flags & client.SEALED, reply.sentence
    assert reply.port in served.interfaces()
    assert tungetiff(reply.fds[0])[0] == reply.tap
    # Those of connections that were closed before may still be ending.
    mine = wait_until(lambda: (found := served.call(lambda: [
        status for pid in named("vmgrant-helper") if (status := status_of(pid))]))
        and len(found) == 2 and found, "helper and judge alone")
    for fields in mine:
        assert "0" not in fields["Uid"].split() + fields["Gid"].split(), status
        assert int(fields["CapPrm"], 16) in (0, 1 << 12) and int(fields["CapEff"], 16) == 0
        assert fields["NoNewPrivs"] == "1"


def test_attack_71_a_client_is_served_for_a_quarter_of_an_hour(served):
    """a helper that nobody starts anew: its end is a timer of its own, beside that of a request."""
    connected(served, "alice")

    def timers():
        texts = [pathlib.Path(f"/proc/{pid}/timers").read_text(encoding="ascii")
                 for pid in named("vmgrant-helper")]
        return [text.count("signal: 9/") for text in texts if text]

    # It makes one after the other; judges have none.
    wait_until(lambda: served.call(timers) == [2], "a helper with two timers that kill")


def test_attack_71_the_front_has_no_capability_effective(served):
    """what is permitted there is for the helpers, and no process of the account looks into it."""
    status = served.call(lambda: [status_of(pid) for pid in named("vmgrant-listen")])
    assert [(int(one["CapPrm"], 16), int(one["CapEff"], 16)) for one in status] == [(1 << 12, 0)]
    owners = served.call(lambda: [os.stat(f"/proc/{pid}/mem").st_uid
                                  for pid in named("vmgrant-listen")])
    assert owners == [0]


def test_attack_72_who_connected_is_who_asks(served):
    """a socket that is given away still speaks for the process that connected."""
    connection = connected(served, "bob")
    reply = ask(served, connection, 1, "br0")
    assert reply.code == DENIED and "bob" in reply.sentence


def test_groups_are_those_of_the_client(served):
    connection = connected(served, "carol")
    reply = ask(served, connection, 1, "few")
    assert reply.code == 0, reply.sentence


def test_both_doors_share_a_quota(served):
    """A port is counted whichever door it came through."""
    setuid = served.start_request("carol", channel=client.pair, arguments=["--fd=9"])
    first = ask(served, setuid.socket, 1, "few")
    connection = connected(served, "carol")
    second, third = ask(served, connection, 1, "few"), ask(served, connection, 2, "few")
    assert (first.code, second.code, third.code) == (0, 0, QUOTA), third.sentence


def test_a_policy_that_cannot_be_read_is_told(served):
    """The service's client cannot read its standard error: the refusal is the reply."""
    served.write_acl("allow bridge\n")
    reply = ask(served, connected(served, "alice"), 7, "br0")
    assert reply.code == 6 and "acl.conf" in reply.sentence and reply.serial == 7


def test_attack_73_import_of_a_file_for_some_is_refused(served):
    """the service cannot open a file as its client, and passes none over."""
    served.write("/etc/qemu/bridge.conf", "allow br0\ninclude /etc/qemu/some.conf\n")
    served.write_acl("import-qemu /etc/qemu/bridge.conf\n")
    assert ask(served, connected(served, "bob"), 1, "br0").code != 0
    served.write("/etc/qemu/some.conf", "deny br0\n", mode=0o640)
    reply = ask(served, connected(served, "bob"), 1, "br0")
    assert reply.code == 6 and "some.conf" in reply.sentence, reply.sentence
    served.path("/etc/qemu/some.conf").chmod(0o644)
    reply = ask(served, connected(served, "bob"), 1, "br0")
    assert reply.code == DENIED, reply.sentence


def test_attack_73_command_takes_the_socket_where_setuid_has_no_effect(served):
    """A program with no_new_privs, and one in other user, network, process and mount namespaces, get
    what they would get outside: a port on the service's bridge."""
    words = ["vmgrant", "run", "--net", "br0", "--", "sh", "-c", "echo {net0.fd} {net0.ifname}"]
    for before in (["setpriv", "--no-new-privs"], ["unshare", "-U", "--map-current-user"],
                   ["unshare", "-Ur"], ["unshare", "-Urnipm", "--fork"]):
        done = served.run([*before, *words], "alice")
        assert done.code == 0 and b"vethg" in done.stdout, (before, done.stderr)


# A folder with programs, the service's socket, and in etc what whoever made it likes.
JAIL = """set -e; jail=$(mktemp -d); cd "$jail"; mkdir -p usr proc dev tmp run/vmgrant etc/vmgrant
for name in bin lib lib64; do ln -s usr/$name $name; done
mount --rbind /usr usr; mount --rbind /proc proc; mount --rbind /dev dev
mount --rbind /run/vmgrant run/vmgrant
echo 'allow bridge br0 all polkit=no' >etc/vmgrant/acl.conf
echo 'alice:x:0:0::/:/bin/sh' >etc/passwd
exec chroot "$jail" vmgrant run --net br0 -- sh -c 'echo {net0.ifname}'"""


def test_attack_73_a_chroot_is_no_other_policy(served):
    """a client in a chroot of its own, with another policy and other accounts: the service's count."""
    words = ["unshare", "-Urm", "sh", "-c", JAIL]
    done = served.run(words, "alice")
    assert done.code == 0 and b"vethg" in done.stdout, done.stderr
    done = served.run(words, "bob")
    assert done.code == DENIED and b"not allowed for user bob" in done.stderr, done.stderr


def test_check_knows_that_the_service_helps(served):
    """check is green where run works: by the service, if setuid has no effect."""
    done = served.run(without_setuid(["vmgrant", "check", "--json"]), "alice")
    said = [one["text"] for one in json.loads(done.stdout)["findings"]]
    assert any("asks the service" in text for text in said), said
    assert not any("no_new_privs is set" in text for text in said), said


def test_door_is_chosen(served):
    done = run(served, ["list", "--door", "socket", "--json"])
    assert done.code == 0 and json.loads(done.stdout)["bridges"], done.stderr
    done = run(served, ["list", "--door", "window"])
    assert done.code == USAGE and b"must be auto, setuid or socket" in done.stderr
    done = served.run(without_setuid(["vmgrant", "list", "--door", "setuid"]), "alice")
    assert b"no_new_privs" in done.stdout + done.stderr


def test_bridge_helper_is_a_drop_in_without_privilege(served):
    """QEMU's helper= with no_new_privs, as in a sandbox: one byte and one TAP."""
    request = served.start_request(
        "alice", helper="/usr/bin/setpriv",
        arguments=["--no-new-privs", "vmgrant", "bridge-helper", "--use-vnet", "--fd=9", "--br=br0"])
    result = request.finish()
    served.keep(result)
    assert result.granted, result.stderr
    request = served.start_request(
        "bob", helper="/usr/bin/setpriv",
        arguments=["--no-new-privs", "vmgrant", "bridge-helper", "--use-vnet", "--fd=9", "--br=br0"])
    result = request.finish()
    served.keep(result)
    assert result.code == DENIED and b"not allowed" in result.stderr, result.stderr


def test_bridge_helper_has_a_path_of_its_own(served):
    """For a program that takes a path and no words."""
    result = served.request("alice", helper="/usr/libexec/vmgrant/bridge-helper")
    assert result.granted, result.stderr


HOSTILE = {"LD_PRELOAD": "/tmp/x.so", "PATH": "/tmp", "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/tmp/x",
           "NOTIFY_SOCKET": "/tmp/x", "LISTEN_FDS": "9", "VMGRANT_ACL": "/tmp/x"}


def make_odd():
    """All that a person may change about a process."""
    os.umask(0o777)
    os.nice(19)
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for name in ("NPROC", "CPU", "AS", "FSIZE", "SIGPENDING", "MSGQUEUE"):
        number = getattr(resource, f"RLIMIT_{name}")
        resource.setrlimit(number, (min(1 << 20, resource.getrlimit(number)[1]),) * 2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def attributes_of(folder):
    """What of this process a client could wish to choose; None: it is not the service's helper."""
    with open(f"{folder}/cmdline", "rb") as words:
        program, *arguments = words.read().split(b"\0")
    if not program.endswith(b"-helper") or b"--service" not in arguments:
        return None
    with open(f"{folder}/status", encoding="ascii") as lines:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in lines if ":\t" in line)
    # The helper, not its judge.
    if int(status["CapPrm"], 16) == 0:
        return None
    texts = [pathlib.Path(folder, name).read_text(encoding="ascii")
             for name in ("environ", "limits", "cgroup", "oom_score_adj")]
    nice = os.getpriority(os.PRIO_PROCESS, int(os.path.basename(folder)))
    links = [os.readlink(f"{folder}/{name}") for name in ("cwd", "root", "ns/net", "ns/mnt")]
    return (texts, links, nice, status["Umask"], status["Cpus_allowed"],
            status["SigBlk"], status["SigIgn"], status["Seccomp"], status["Uid"])


def helper_attributes(world):
    """Of each helper of the service."""
    found = []
    for folder in ns.inhabitants(world.namespaces):
        # Others may end while they are looked at.
        with contextlib.suppress(*GONE):
            found.append(attributes_of(folder))
    return [one for one in found if one is not None]


def test_attack_75_nothing_about_the_client_reaches_the_service(served):
    """Its environment, limits, priority, processors and umask: the helper has none of them."""
    wait_until(lambda: not helper_attributes(served), "earlier helpers to end")
    connection = connected(served, "alice")
    assert ask(served, connection, 1, "br0").code == 0
    (plain,) = helper_attributes(served)
    connection.close()
    wait_until(lambda: not helper_attributes(served), "the helper to end")
    connection = connected(served, "alice", env=HOSTILE, prepare=make_odd)
    assert ask(served, connection, 1, "br0").code == 0
    (odd,) = helper_attributes(served)
    assert odd == plain


def test_attack_74_polkit_is_asked_about_the_client(served):
    """the subject is the process that connected, by pidfd or pid and start time."""
    served.rules("""polkit.addRule(function(action, subject) {
        if (action.id == "org.vmgrant.tap")
            return subject.user == "alice" ? polkit.Result.YES : polkit.Result.NO; });""")
    reply = ask(served, connected(served, "alice"), 1, "asked")
    assert reply.code == 0, reply.sentence


def test_attack_71_connections_of_one_user_are_bounded(served):
    """a flood of one user's connections is refused, others are served."""
    held = [connected(served, "alice") for _ in range(32)]
    for connection in held:
        assert ask(served, connection, 1, "few").code == DENIED
    reply = ask(served, connected(served, "alice"), 1, "br0")
    assert reply.code == QUOTA and "too many connections" in reply.sentence, reply.sentence
    assert ask(served, connected(served, "carol"), 1, "few").code == 0
    for connection in held:
        connection.close()

    def again():
        connection = connected(served, "alice")
        reply = ask(served, connection, 1, "br0")
        connection.close()
        return reply.code == 0
    wait_until(again, "a place for a connection")


def test_attack_50_refusals_have_a_pace(served):
    """a flood of refusals: ten at once, then five a second, so that no limit on records is needed."""
    connection = connected(served, "alice")
    begin = time.monotonic()
    for serial in range(14):
        assert ask(served, connection, serial, "few").code == DENIED
    assert time.monotonic() - begin >= 0.7
    # Others do not wait for it, and a yes does not wait at all.
    assert ask(served, connected(served, "carol"), 1, "few").code == 0


def test_attack_71_half_messages_and_files_are_dropped(served):
    """What is no request ends the connection, files that come with one are closed."""
    for wrong in (b"V", b"VMGQ", client.encode(1, "br0")[:-1], b"x" * 100):
        connection = connected(served, "alice")
        connection.send(wrong)
        reply = client.receive(connection)
        assert reply is None or reply.code == USAGE, (wrong, reply.sentence)
    connection = connected(served, "alice")
    with open("/dev/null", "rb") as nothing:
        socket.send_fds(connection, [client.encode(1, "br0")], [nothing.fileno()] * 250)
    served.replies.append(reply := client.receive(connection))
    assert reply.code == 0, reply.sentence
    # Nothing that a service holds is a file of the client's.
    held = served.call(lambda: [
        name for pid in named("vmgrant-helper") for fd, name in files_of(pid).items() if fd > 2])
    assert held and "/dev/null" not in held, held


def test_attack_71_who_never_reads_holds_up_nobody(served):
    """A client that only sends ends by the time limit of a message; others are served."""
    deaf = connected(served, "alice")
    deaf.setblocking(False)
    with pytest.raises(BlockingIOError):
        for number in range(100000):
            deaf.send(client.encode(number, "gone"))
    assert ask(served, connected(served, "carol"), 1, "few").code == 0
    assert ask(served, connected(served, "alice"), 1, "br0").code == 0


def test_without_a_capability_it_says_so(stage):
    """A unit that was changed: said to the journal, and nothing is given."""
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl(ACL_TEXT)
        sink = world.sink()
        Service(world, capabilities=())
        connection = connected(world, "alice")
        client.sent(connection, client.encode(1, "br0"))
        assert client.receive(connection) is None
        wait_until(lambda: any(b"CAP_NET_ADMIN" in one for one in sink.records()), "the record")


def test_only_the_account_serves(stage):
    """A user who starts the helper with --service has a service of nothing."""
    with World(stage) as world:
        world.bridge("br0")
        world.write_acl(ACL_TEXT)
        done = world.request("alice", arguments=["--service"], fd=3)
        assert done.code == NO_PRIVILEGE, (done.code, done.stderr)
        Service(world, ids=("alice", "alice"))
        connection = connected(world, "alice")
        client.sent(connection, client.encode(1, "br0"))
        assert client.receive(connection) is None
        world.wait_no_taps()


def test_attack_71_a_service_that_does_not_accept_holds_up_nobody(world):
    """a queue that a flood has filled: said after a moment."""
    with a_full_queue(world):
        done = run(world, ["list", "--door", "socket"])
    said = (done.stderr + done.stdout).decode()
    assert f"{SOCKET}: the service is busy and takes no connection: try again" in said, said


def test_a_socket_that_is_missing_is_named(world):
    done = run(world, ["list", "--door", "socket"])
    assert SOCKET.encode() in done.stderr + done.stdout
    assert b"systemctl enable --now vmgrant.socket" in done.stderr + done.stdout
