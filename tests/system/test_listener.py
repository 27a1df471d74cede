# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service's front: a program for each connection, bounded by number and by time."""

import contextlib
import os
import pickle
import select
import signal
import socket

import pytest

from process import wait_until
from service import SOCKET, Service, command, connect, make_lock
from world import World, identity_of

LISTEN = "/usr/libexec/vmgrant/vmgrant-listen"
LIMIT_S = 60
# For so long a program is new: listen/main.c.
NEW_S = 0.1
# Says on its connection which descriptors it has, and stays until that closes.
TELL = ["/bin/sh", "-c", "ls /proc/self/fd >&3; exec cat <&3 >/dev/null"]
# Says when the kernel made its process, in ticks.
SAY_BEGIN = "cut -d' ' -f22 /proc/$$/stat >&3"
TELL_BEGIN = ["/bin/sh", "-c", f"{SAY_BEGIN}; exec cat <&3 >/dev/null"]


@pytest.fixture(scope="module")
def world(stage):
    with World(stage) as made:
        yield made


@contextlib.contextmanager
def listening(world, program=TELL, **options):
    service = Service(world, program=program, **options)
    try:
        yield service.process
    finally:
        service.process.kill()
        world.path(SOCKET).unlink()


def hear(connection):
    connection.settimeout(LIMIT_S)
    return connection.recv(64).decode().split()


def test_a_program_has_its_connection_alone(world):
    """Descriptor 3 and what is always there, not the socket that listens; 4 is ls's own."""
    def ask():
        with connect() as connection:
            return hear(connection)

    with listening(world):
        assert world.call(ask, "alice") == ["0", "1", "2", "3", "4"]


def test_attack_71_connections_beyond_the_limit_are_closed(world):
    """a flood of one user's: 64 have a program, more are closed, others are served."""
    def ask_many():
        held = [connect() for _ in range(64)]
        heard = [hear(connection) for connection in held]
        with connect() as one_more:
            heard.append(hear(one_more))
        os.write(3, b"full")
        os.read(3, 1)
        held.pop().close()
        return [bool(words) for words in heard]

    def ask():
        with connect() as connection:
            return bool(hear(connection))

    here, there = socket.socketpair()
    with listening(world), here, there:
        many = world.spawn(lambda: os.write(1, pickle.dumps(ask_many())), "alice",
                           fds={3: there.fileno()})
        here.settimeout(LIMIT_S)
        assert here.recv(4) == b"full"
        assert not world.call(ask, "alice") and world.call(ask, "bob")
        here.send(b".")
        assert pickle.loads(many.wait(LIMIT_S).stdout) == [True] * 64 + [False]
        wait_until(lambda: world.call(ask, "alice"), "room for another one")


def test_attack_71_two_of_a_user_are_new_at_a_time(world):
    """a flood by one user: the last of ten connections waits four times for its turn."""
    def ask():
        held = [connect() for _ in range(10)]
        return sorted(int(hear(connection)[0]) for connection in held)

    with listening(world, TELL_BEGIN):
        begins = world.call(ask, "alice")
    # The first one may have begun a little after its time was taken.
    assert span_s(begins) >= 3 * NEW_S, begins


def test_attack_71_one_that_has_ended_is_new_for_its_time(world):
    """a flood of short connections: each may leave ten records, and ends before the next."""
    def ask():
        begins = []
        for _ in range(10):
            with connect() as connection:
                begins.append(int(hear(connection)[0]))
                assert not hear(connection)
        return begins

    with listening(world, ["/bin/sh", "-c", SAY_BEGIN]):
        begins = world.call(ask, "alice")
    assert span_s(begins) >= 3 * NEW_S, begins


def span_s(begins):
    return (begins[-1] - begins[0]) / os.sysconf("SC_CLK_TCK")


def told_over(world, identities):
    """How many of these connections, one of each, have a program. All are held until then."""
    def ask_all():
        held = []
        for uid, gid in identities:
            # The parent stays root.
            os.setresuid(uid, uid, 0)
            held.append(connect())
            os.setresuid(0, 0, 0)
        return sum(bool(hear(connection)) for connection in held)

    return world.call(ask_all)


SUBUIDS = """# people
alice:200000:65536
alice:x:y
alice:500:
""" + "x" * 5000 + """
9999:300000:100
alice:400000:65536
ghost:600000:65536"""


def test_attack_71_subordinate_uids_are_their_owners(world):
    """a flood from a container: a person's ranges are that person, from when the file says so."""
    def each(first, count):
        return [(first + number, first + number) for number in range(count)]

    alice, bob = (identity_of(name)[:2] for name in ("alice", "bob"))
    alices = [alice] * 10 + each(200000, 40) + each(400000, 40)
    ghosts = each(600000, 66)
    with listening(world):
        # Nobody's, each a user of its own.
        assert told_over(world, ghosts) == len(ghosts)
        world.write("/etc/subuid", SUBUIDS)
        assert wait_until(lambda: told_over(world, ghosts[:1]), "room for one more")
        assert told_over(world, alices + ghosts + [bob] * 3 + each(300099, 2)) == 64 + 64 + 3 + 2


def test_attack_71_what_cannot_be_read_is_read_again(world):
    """memory for the ranges is short for a while: they count as soon as it is there."""
    ghosts = [(600000 + number, 600000) for number in range(66)]
    world.path("/etc/subuid").unlink(missing_ok=True)

    def set_limit(front, limit):
        done = world.run(["setpriv", "--reuid=vmgrant", "--regid=vmgrant", "--clear-groups",
                          "prlimit", f"--data={limit}:", "--pid", str(front.inner_pid)])
        assert done.code == 0, done.stderr

    with listening(world) as front:
        assert told_over(world, ghosts[:1]) == 1
        # Enough for the front and for ls, not for a table of names.
        set_limit(front, 4 << 20)
        world.write("/etc/subuid", "ghost:600000:65536")
        assert told_over(world, ghosts[:1]) == 1
        set_limit(front, "unlimited")
        wait_until(lambda: told_over(world, ghosts) == 64, "the ranges to count")


def test_it_ends_when_it_is_idle(world):
    with listening(world, idle_s=1) as process:
        assert process.wait(LIMIT_S).code == 0


@contextlib.contextmanager
def socket_of(world):
    """A socket that goes on listening without the front, as systemd's."""
    here, there = socket.socketpair()

    def make():
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as made:
            made.bind(SOCKET)
            os.chmod(SOCKET, 0o666)
            made.listen(64)
            socket.send_fds(there, [b"."], [made.fileno()])

    make_lock(world)
    with here, there:
        world.call(make, keep=[there.fileno()])
        _, [fd], _, _ = socket.recv_fds(here, 1, 1)
    with socket.socket(fileno=fd) as listener:
        yield listener
    world.path(SOCKET).unlink()


def has_news(listener):
    return select.select([listener], [], [], 0)[0] != []


def test_attack_79_a_front_that_ends_drops_nobody(world):
    """an upgrade: whom it accepted is served and goes on, the next ones wait for the next front."""
    here, there = socket.socketpair()

    def ask():
        held = [connect() for _ in range(8)]
        os.write(3, b"asked")
        heard = [bool(hear(connection)) for connection in held]
        os.read(3, 1)
        for connection in held:
            connection.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                heard.append(connection.recv(64))
        os.write(1, pickle.dumps(heard))

    with socket_of(world) as listener, here, there:
        words = command(LISTEN, (), ["60", "900", *TELL])
        front = world.spawn(words, fds={3: listener.fileno()}, capture=False)
        asker = world.spawn(ask, "alice", fds={3: there.fileno()})
        here.settimeout(LIMIT_S)
        assert here.recv(5) == b"asked"
        wait_until(lambda: not has_news(listener), "all to be accepted")
        front.signal(signal.SIGTERM)
        assert front.wait(LIMIT_S).code == 0
        late = world.spawn(lambda: os.write(1, str(hear(connect())).encode()), "bob")
        wait_until(lambda: has_news(listener), "one that waits")
        front = world.spawn(words, fds={3: listener.fileno()}, capture=False)
        assert late.wait(LIMIT_S).stdout.startswith(b"['0', '1', '2', '3'"), late.stderr
        here.send(b".")
        assert pickle.loads(asker.wait(LIMIT_S).stdout) == [True] * 8
        front.kill()


def test_a_program_that_is_too_old_is_ended(world):
    def outlive():
        with connect() as connection:
            return bool(hear(connection)), bool(hear(connection))

    # A busy machine may take longer than that to begin.
    with listening(world, life_s=1):
        assert not wait_until(lambda: any(told := world.call(outlive, "alice")) and told,
                              "one that is ended")[1]


def test_it_is_for_a_socket_that_listens(world):
    """Anything else is its usage, and starts nothing."""
    for words in ([], ["60", "900"], ["0", "900", "/bin/true"], ["60", "x", "/bin/true"],
                  ["60", "900", "/bin/true"]):
        done = world.run([LISTEN, *words], "alice")
        assert done.code == 2 and done.stderr.startswith(b"usage: vmgrant-listen"), words
