# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What a guest puts into a folder that it may write, before another one starts or while it does."""

import ctypes
import itertools
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

import replies
from confining import complaints, give_ids
from process import LIMIT_S, become
from world import World, environment, identity_of

HOME = "/home/alice"
SHARE = f"{HOME}/share"
LOG = f"{SHARE}/log"
TRACE = "/tmp/trace"
STOPPED = re.compile(r"^(\d+) +--- stopped by SIGSTOP ---$", re.MULTILINE)
MADE = ("cd; umask 022; mkdir share .ssh; chmod 777 share; echo old >bashrc; echo inside >share/inside; "
        "umask 077; echo secret >.ssh/key")


@pytest.fixture
def world(stage):
    with World(stage) as world:
        give_ids(world)
        assert world.run(["sh", "-c", MADE], "alice").code == 0
        world.write("/usr/local/bin/show", "#!/bin/sh\ncat share/log\n", mode=0o755)
        yield world


def run(world, *words, options=("--file", "share")):
    return world.run(["vmgrant", "run", "--confine", *options, "--qemu", "--", "true", *words], "alice", cwd=HOME)


# ---- a link that is there already ----

LINKS = ("-serial file:share/log", "-drive file=share/log,format=raw", "-kernel share/log", "-initrd share/log",
         "-qmp unix:share/sub/s,server=on", "-chardev file,id=c,path=share/sub/bashrc",
         "-chardev socket,id=c,path=share/sub/s", "-drive file=./share/.//log,format=raw",
         "-drive file=way/log,format=raw")
FOLDERS = (("--file", "share"), ("-virtfs", "local,path=share,mount_tag=t,security_model=none"), ())


@pytest.mark.parametrize("folder", FOLDERS)
def test_attack_95_a_link_of_the_guests_leads_nowhere_else(world, folder):
    """In a folder that it may write, in the place of its own log or kernel. One of them is another guest's alone."""
    for link, target in (("share/sub", ".."), ("way", "share")):
        world.path(f"{HOME}/{link}").symlink_to(target)
    before, after = (folder, ()) if "--file" in folder else ((), folder)
    for target in ("bashrc", "missing", "share/inside"):
        world.path(LOG).unlink(missing_ok=True)
        world.path(LOG).symlink_to("inside" if target == "share/inside" else f"../{target}")
        for option in LINKS:
            done = run(world, *after, *option.split(), options=before)
            leads_out = target != "share/inside" or "share/sub" in option
            assert (f"leads out of {SHARE}".encode() in done.stderr) == leads_out, (target, option, done)
            assert done.code == (replies.UNSUPPORTED if leads_out else 0), (target, option, done)
    assert world.path(f"{HOME}/bashrc").read_bytes() == b"old\n"
    assert {"missing", "s"} & set(os.listdir(world.path(HOME))) == set()


def test_attack_95_what_is_named_by_file_is_no_link_of_the_guests(world):
    """Which the program could read, or what an image is based on."""
    world.path(f"{SHARE}/base").symlink_to("../.ssh/key")
    done = run(world, options=("--file", "share", "--file", "share/base:ro"))
    assert done.code == replies.UNSUPPORTED and b"share/base: leads out of a folder" in done.stderr, done
    made = f"qemu-img create -q -u -f qcow2 -b {HOME}/.ssh/key -F raw {SHARE}/top 1M"
    assert world.run(["sh", "-c", made], "alice").code == 0
    done = run(world, "-drive", "if=none,file=share/top", options=("--file", "share/base:ro"))
    assert done.code == replies.UNSUPPORTED and b"if that is right, --file" in done.stderr, done


def test_attack_95_what_file_names_in_a_folder_of_an_earlier_guests_is_no_link(world):
    """One that this run does not give: its file would be copied for the program, its folder be the guest's."""
    world.path(f"{SHARE}/base").symlink_to("../.ssh/key")
    world.path(f"{SHARE}/sub").symlink_to("../.ssh")
    for confine in ("--confine", "--confine=same-user"):
        for option in ("share/base:ro", "share/sub", "share/sub/key:ro"):
            done = world.run(["vmgrant", "run", confine, "--file", option, "--", "cat", f"{SHARE}/base",
                              f"{SHARE}/sub/key"], "alice", cwd=HOME)
            assert done.code == replies.UNSUPPORTED and b"leads out of a folder" in done.stderr, (option, done)
            assert b"secret" not in done.stdout


def test_attack_95_a_link_of_anothers_in_tmp_is_not_followed(world):
    """There everybody makes some. The person's own and the system's are followed."""
    world.path("/tmp/few").mkdir()
    world.path("/tmp/few").chmod(0o1775)
    for owner, code in (("bob", replies.UNSUPPORTED), ("alice", 0), ("root", 0)):
        assert world.run(["ln", "-s", f"{HOME}/bashrc", f"/tmp/{owner}"], owner).code == 0
        assert world.run(["sh", "-c", f"cp -P /tmp/{owner} /tmp/few/ && chown -h {owner} /tmp/few/{owner}"]).code == 0
        for path in (f"/tmp/{owner}", f"/tmp/few/{owner}"):
            done = run(world, "-drive", f"file={path},format=raw", options=())
            assert done.code == code, done


def test_a_file_is_not_found_from_a_folder_that_is_gone(world):
    """Where it is relative to nothing, least of all to the root."""
    assert world.run(["sh", "-c", "umask 022; echo >/disk"]).code == 0
    done = world.run(["sh", "-c", "mkdir gone && cd gone && rmdir ../gone && "
                      "vmgrant run --confine --qemu -- true -drive file=disk,format=raw,readonly=on"], "alice", cwd=HOME)
    assert done.code == replies.USAGE and b"-drive disk: cannot be opened: No such file" in done.stderr, done


def test_attack_95_a_pipe_of_the_guests_holds_nobody(world):
    assert world.run(["mkfifo", "-m", "666", LOG], "alice").code == 0
    for option in ("-serial file:share/log", "-drive file=share/log,format=raw"):
        done = run(world, *option.split())
        assert done.code == replies.USAGE and b"cannot be opened: not a file" in done.stderr, done


def test_links_of_the_persons_own_lead_anywhere(world):
    """Relative ones, absolute ones, a chain of them, through .. and a standard output."""
    made = ("mkdir disks; echo data >disks/d; ln -s disks here; ln -s $PWD/here/d whole; ln -s ./whole chain; "
            "ln -s loop loop")
    assert world.run(["sh", "-c", made], "alice", cwd=HOME).code == 0
    for name in ("here/d", "whole", "chain", "here/../disks/d", "//home/alice/chain"):
        done = run(world, "-drive", f"file={name},format=raw", "-kernel", name, options=("--file", name))
        assert done.code == 0 and complaints(done) == [], (name, done)
    for name, why in (("loop", "Too many levels of symbolic links"), ("none/d", "No such file or directory"),
                      ("disks/d/", "Not a directory"), ("disks/", "Is a directory")):
        done = run(world, "-drive", f"file={name},format=raw", options=())
        assert done.code == replies.USAGE and f"cannot be opened: {why}".encode() in done.stderr, (name, done)
    piped = "set -o pipefail; vmgrant run --confine --qemu -- true -serial file:/dev/stdout | cat"
    assert world.run(["bash", "-c", piped], "alice").code == 0
    done = run(world, "-serial", "file:here/new")
    assert done.code == 0 and world.path(f"{HOME}/disks/new").stat().st_mode & 0o777 == 0o600, done


# ---- one that comes meanwhile ----

def be_traced(words, number):
    """vmgrant as alice, stopped at its call of that number, and process 1's, which has to do with the folder."""
    os.chdir(HOME)
    paths = [word for path in (SHARE, LOG) for word in ("-P", path)]
    return subprocess.Popen(["strace", "-f", "-q", "-o", TRACE, *paths, "-e", "trace=file,desc,network", "-e",
                             f"inject=file,desc,network:signal=SIGSTOP:when={number}", "-u", "alice",
                             "vmgrant", "run", "--confine", "--file", "share", "--qemu", "--", *words],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            env=environment("alice"))


def go_on_when_stopped(tracer, at_stop):
    """Returns how many stops there were."""
    count, end = 0, time.monotonic() + LIMIT_S
    while tracer.poll() is None and time.monotonic() < end:
        for pid in STOPPED.findall(Path(TRACE).read_text(encoding="utf-8"))[count:] if Path(TRACE).exists() else ():
            at_stop(count)
            os.kill(int(pid), signal.SIGCONT)
            count += 1
        time.sleep(0.005)
    assert tracer.poll() is not None, "it never ends"
    return count


def exchange(one, other):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, one.encode(), -100, other.encode(), 2) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def put(make):
    """As a guest does: at once, in the place of what is there, which stays by another name."""
    Path(LOG + ".new").unlink(missing_ok=True)
    make(LOG + ".new")
    if os.path.lexists(LOG):
        exchange(LOG + ".new", LOG)
    else:
        os.rename(LOG + ".new", LOG)


def exchange_everywhere(words, harmless, target, which):
    """At each call an exchange of that file for a link to target. Returns what each printed."""
    printed = []
    for number in itertools.count(1):
        Path(TRACE).unlink(missing_ok=True)
        put(harmless)
        tracer = be_traced(words, number)
        stops = go_on_when_stopped(
            tracer, lambda count: count == which and put(lambda path: os.symlink(target, path)))
        printed.append(tracer.stdout.read())
        if stops <= which:
            return printed


def make_file(path):
    Path(path).write_text("harmless\n", encoding="ascii")
    os.chown(path, 1000, 1000)


def make_program(path):
    Path(path).write_text("#!/bin/sh\nprintf sec; echo ret\n", encoding="ascii")
    os.chmod(path, 0o755)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.bind(path)
        os.chown(path, 1000, 1000)
        peer.listen(8)
        make_socket.kept = [*getattr(make_socket, "kept", []), os.dup(peer.fileno())]


# Of whom something is read, written, connected to, or started; the second counts in process 1, after the first.
CASES = ((("true", "-serial", "file:share/log"), make_file, "../bashrc", 0),
         (("true", "-drive", "format=raw,file=share/log"), make_file, "../.ssh/key", 0),
         (("show", "-kernel", "share/log"), make_file, "../.ssh/key", 0),
         (("show", "-kernel", "share/log"), make_file, "../.ssh/key", 1),
         # In the new root the file would lie on a program, and be started in its place.
         (("show", "-kernel", "share/log"), make_program, "/usr/local/bin/show", 1),
         (("true", "-chardev", "socket,id=c,path=share/log"), make_socket, "../peer", 0))


@pytest.mark.parametrize("words,harmless,target,which", CASES)
def test_attack_95_an_exchange_between_any_two_calls_changes_nothing(world, words, harmless, target, which):
    """Of a file for a link, by another guest, at every single call of vmgrant's that has to do with it."""
    def attack():
        with socket.socket(socket.AF_UNIX) as peer:
            peer.bind(f"{HOME}/peer")
            os.chown(f"{HOME}/peer", 1000, 1000)
            peer.listen(64)
            peer.setblocking(False)
            printed = exchange_everywhere(words, harmless, target, which)
            with pytest.raises(BlockingIOError):
                peer.accept()
        return printed

    printed = world.call(attack)
    assert len(printed) > 2 and not any(b"secret" in text for text in printed), printed
    assert world.path(f"{HOME}/bashrc").read_bytes() == b"old\n"
    assert b"leads out of" in b"".join(printed) and b"leads out of" not in printed[-1], printed
