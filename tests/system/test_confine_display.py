# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""How a person sees a confined guest: vmgrant run --confine --display."""

import signal
import socket
import stat

import pytest

import replies
from confining import give_ids
from process import wait_until
from test_clients_qemu import QEMU
from test_native_client import need
from world import World, environment

RUNTIME = "/run/user/1000"
SESSION = {**environment("alice"), "XDG_RUNTIME_DIR": RUNTIME}
# What a viewer says first, and what the display answers.
SPICE = (b"REDQ" + b"".join(number.to_bytes(4, "little") for number in (2, 2, 18, 0))
         + b"\1\0" + bytes(8) + (18).to_bytes(4, "little"))
KINDS = {"vnc-unix": (b"", b"RFB 003."), "spice-unix": (SPICE, b"REDQ")}


@pytest.fixture
def world(stage):
    need(QEMU)
    with World(stage) as world:
        give_ids(world)
        yield world


def words(kind, *more, program=(QEMU, "-M", "none", "-nodefaults")):
    return ["vmgrant", "run", "--confine", f"--display={kind}", *more, "--", *program]


def sockets(world, suffix=""):
    return [path for path in world.path(RUNTIME).iterdir() if path.name.endswith(suffix)]


def look(world, path, kind):
    """What the display answers to a viewer of alice's."""
    hello, _ = KINDS[kind]

    def view():
        with socket.socket(socket.AF_UNIX) as viewer:
            viewer.settimeout(60)
            viewer.connect(path)
            viewer.sendall(hello)
            return viewer.recv(8)
    return world.call(view, "alice")


@pytest.mark.parametrize("kind", KINDS)
def test_viewers_reach_a_confined_guest_and_nobody_else_does(world, kind):
    guest = world.spawn(words(kind), "alice", env=SESSION)
    suffix = kind.removesuffix("-unix")
    [path] = wait_until(lambda: sockets(world, "." + suffix), "a socket")
    facts = path.lstat()
    assert (facts.st_uid, stat.S_IMODE(facts.st_mode)) == (1000, 0o700)
    inside = f"{RUNTIME}/{path.name}"
    for _ in range(3):
        assert look(world, inside, kind).startswith(KINDS[kind][1])
    done = world.run(["/usr/bin/python3", "-c", "import socket, sys; "
                      f"socket.socket(socket.AF_UNIX).connect({inside!r})"], "bob")
    assert b"PermissionError" in done.stderr
    guest.signal(signal.SIGTERM)
    done = guest.wait()
    assert done.code == 0 and f"vmgrant: --display: {inside}\n".encode() in done.stderr, done.stderr
    assert not sockets(world)


def test_sound_and_clipboard_go_by_spice(world):
    """As the manual has it."""
    more = ("-audiodev", "spice,id=a", "-device", "ich9-intel-hda", "-device", "hda-output,audiodev=a",
            "-device", "virtio-serial", "-chardev", "spicevmc,id=v,name=vdagent",
            "-device", "virtserialport,chardev=v,name=com.redhat.spice.0")
    guest = world.spawn(words("spice-unix", program=(QEMU, "-M", "q35", "-S", "-nodefaults", *more)), "alice",
                        env=SESSION)
    [path] = wait_until(lambda: sockets(world, ".spice"), "a socket")
    assert look(world, f"{RUNTIME}/{path.name}", "spice-unix") == b"REDQ" + (2).to_bytes(4, "little")
    guest.signal(signal.SIGTERM)
    assert guest.wait().code == 0


def test_a_guest_without_display_has_none(world):
    dry = words("none")
    dry.insert(2, "--dry-run")
    done = world.run(dry, "alice", env=SESSION)
    assert done.code == 0 and b"-display none" in done.stdout and b"-chardev" not in done.stdout, done
    dry = words("vnc-unix")
    dry.insert(2, "--dry-run")
    done = world.run(dry, "alice", env=SESSION)
    assert b"-vnc none -chardev socket,id=vmgrant-display,fd=" in done.stdout, done.stdout
    assert not sockets(world)


def test_a_path_of_the_persons_choice(world):
    path = "/home/alice/screen"
    guest = world.spawn(words(f"vnc-unix,path={path}"), "alice")
    wait_until(world.path(path).exists, "a socket")
    assert look(world, path, "vnc-unix") == b"RFB 003."
    guest.signal(signal.SIGTERM)
    assert guest.wait().code == 0 and not world.path(path).exists()


@pytest.mark.parametrize("command,code,said", (
    (words("dbus"), replies.UNSUPPORTED, "use spice-unix"),
    (words("gtk"), replies.USAGE, "takes none, vnc-unix and spice-unix"),
    (words("vnc-unix,port=1"), replies.USAGE, "only path=PATH"),
    (words("none,path=/tmp/a"), replies.USAGE, "only path=PATH"),
    (words("vnc-unix", program=(QEMU, "-daemonize")), replies.USAGE, "not with -daemonize"),
    (words("vnc-unix", program=(QEMU, "-nographic")), replies.USAGE, "says already where the display goes"),
    (words("vnc-unix", program=("true",)), replies.USAGE, "is for QEMU alone"),
    (words("vnc-unix,path=/etc/screen"), replies.USAGE, "/etc/screen: cannot be made: Permission denied"),
    (["vmgrant", "run", "--display=none", "--", "true"], replies.USAGE, "specify at least one of"),
    (["vmgrant", "run", "--net=br0", "--display=none", "--", "true"], replies.USAGE, "that --confine shuts in"),
    (["vmgrant", "run", "--net=br0", "--file=/tmp", "--", "true"], replies.USAGE, "that --confine shuts in"),
))
def test_what_cannot_be_shown_is_said_and_nothing_is_started(world, command, code, said):
    done = world.run(command, "alice", env=SESSION)
    assert done.code == code and said in done.stderr.decode(), done
    assert not sockets(world)


def test_without_a_runtime_folder_a_path_has_to_be_named(world):
    done = world.run(words("spice-unix"), "alice")
    assert done.code == replies.USAGE and b"name the socket: --display=spice-unix,path=PATH" in done.stderr, done


def test_dbus_takes_nobody_from_outside(world):
    """Why --display=dbus is refused: its server asks the kernel who its client is, who has no number in there."""
    here, there = socket.socketpair()
    program = ("import socket, struct; s = socket.socket(fileno=7); "
               "print(struct.unpack('3i', s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])")
    with here, there:
        done = world.run(["vmgrant", "run", "--confine", "--", "/usr/bin/python3", "-I", "-c", program, "fd=7"],
                         "alice", fds={7: there.fileno()})
    assert done.stdout == b"65534\n", done
