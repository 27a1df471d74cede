# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A real QEMU that vmgrant run --confine has shut in."""

import os
import stat

import pytest

import replies
from confining import complaints, give_ids
from process import become, wait_until
from test_clients_qemu import MACHINE, QEMU, Guest
from test_native_client import need
from test_no_user_namespaces import forbid
from world import World, environment, identity_of

HOME = "/home/alice"


@pytest.fixture
def world(stage):
    need(QEMU)
    with World(stage) as world:
        give_ids(world)
        world.write_acl("allow bridge br0 user alice polkit=no\n")
        world.bridge()
        yield world


def start(world, *arguments, words=(), confine="--confine"):
    return Guest(world, arguments, before=["vmgrant", "run", confine, *words, "--"])


def disk(world, name, size=1 << 20, mode=0o600):
    path = world.write(f"{HOME}/{name}", b"", mode=mode, owner=(1000, 1000))
    path.write_bytes(b"\0" * size)
    return f"{HOME}/{name}"


def monitor(guest, line):
    return guest.ask("human-monitor-command", **{"command-line": line})


def job(guest, name, command, **arguments):
    guest.ask(command, **{"job-id": name}, **arguments)
    wait_until(lambda: guest.ask("query-jobs")[0]["status"] == "concluded", "the job's end")
    assert "error" not in guest.ask("query-jobs")[0]
    guest.ask("job-dismiss", id=name)


def test_disks_of_the_persons_alone_work_under_the_other_id(world):
    writable, read_only = disk(world, "a,b.img"), disk(world, "ro.img")
    log = f"{HOME}/serial.log"
    with start(world, "-drive", f"id=a,if=virtio,format=raw,file={writable.replace(',', ',,')}",
               "-drive", f"id=b,if=virtio,format=raw,readonly=on,file={read_only}",
               "-cdrom", read_only, "-serial", f"file:{log}") as guest:
        for line in ("write -P 65 512 512", "read -P 65 512 512"):
            monitor(guest, f'qemu-io a "{line}"')
        monitor(guest, 'qemu-io b "write -P 65 512 512"')
        uid = os.stat(f"/proc/{guest.process.pid}").st_uid
        done = guest.quit()
    assert done.code == 0 and complaints(done) == [] and uid == 1000
    assert world.path(writable).read_bytes()[512:516] == b"AAAA"
    assert b"A" not in world.path(read_only).read_bytes()
    for path in (writable, read_only, log):
        found = world.path(path).stat()
        assert (found.st_uid, stat.S_IMODE(found.st_mode)) == (1000, 0o600)


# Enables the power button, says "r", waits for it if it is to, and turns the machine off. At 0x600 are
# the registers of ACPI: status, enable, control.
BEGIN = bytes.fromhex("ba0206 b80001 ef baf803 b072 ee")
WAIT = bytes.fromhex("fb f4 ba0006 ed f6c401 74f6")
OFF = bytes.fromhex("ba0406 b80020 ef f4 ebfd")


@pytest.mark.parametrize("program", (BEGIN + OFF, BEGIN + WAIT + OFF), ids=("by itself", "by its button"))
def test_a_guest_turns_itself_off(world, program):
    path, log, socket_path = disk(world, "boot.img"), f"{HOME}/serial.log", "/run/user/1000/monitor"
    world.path(path).write_bytes(program.ljust(510, b"\0") + b"\x55\xaa" + bytes((1 << 20) - 512))
    with start(world, "-drive", f"if=ide,format=raw,file={path}", "-serial", f"file:{log}",
               "-qmp", f"unix:{socket_path},server=on,wait=off", words=("--net", "br0")) as guest:
        guest.ask("cont")
        if WAIT in program:
            wait_until(lambda: world.path(log).read_bytes() == b"r", "the guest", pause_s=0.05)
            guest.ask("system_powerdown")
        done = guest.process.wait()
    assert done.code == 0 and complaints(done) == [], done
    assert world.path(log).read_bytes() == b"r" and not world.path(socket_path).exists()
    world.wait_no_taps()


def test_hot_plugging_snapshot_and_reboot_by_a_socket_of_the_persons(world):
    path, socket_path = disk(world, "disk.qcow2"), "/run/user/1000/monitor"
    with start(world, "-blockdev", f"driver=file,node-name=f,filename={path}",
               "-qmp", f"unix:{socket_path},server=on,wait=off", "-device", "virtio-scsi-pci") as guest:
        job(guest, "make", "blockdev-create", options={"driver": "qcow2", "file": "f", "size": 1 << 24})
        guest.ask("blockdev-add", **{"driver": "qcow2", "node-name": "q", "file": "f"})
        guest.ask("device_add", driver="scsi-hd", drive="q", id="d")
        assert monitor(guest, "savevm before") == ""
        assert "before" in monitor(guest, "info snapshots")
        assert monitor(guest, "loadvm before") == ""
        done = world.run(["vmgrant", "attach", "--qmp", socket_path, "--net", "br0"], "alice")
        assert done.code == 0, done.stderr
        assert "type=tap" in guest.network() and len(world.taps()) == 1
        guest.ask("cont")
        guest.ask("system_reset")
        assert guest.ask("query-status")["status"] in ("running", "prelaunch")
        assert guest.quit().code == 0
    world.wait_no_taps()
    assert not world.path(socket_path).exists()


def test_an_image_that_is_based_on_others_reads_from_them(world):
    need("qemu-img")
    base = disk(world, "base.img")
    world.path(base).write_bytes(b"base" * (1 << 18))
    made = (f"cd {HOME} && qemu-img create -q -f qcow2 -b base.img -F raw middle.qcow2 && "
            f"qemu-img create -q -f qcow2 -b middle.qcow2 -F qcow2 top.qcow2 && chmod 600 *.qcow2")
    assert world.run(["sh", "-c", made], "alice").code == 0
    with start(world, "-drive", f"id=a,if=virtio,file={HOME}/top.qcow2",
               words=["--file", f"{HOME}/middle.qcow2:ro", "--file", base + ":ro"]) as guest:
        monitor(guest, 'qemu-io a "write -P 65 0 65536"')
        monitor(guest, 'qemu-io a "read -P 98 65536 1"')
        done = guest.quit()
    assert b"wrote 65536/65536" in done.stdout and b"read 1/1" in done.stdout, done.stdout
    assert b"Pattern" not in done.stdout and complaints(done) == []
    assert world.path(base).read_bytes() == b"base" * (1 << 18)


def overlay(world, name, base):
    """An image that says it is based on base, as whoever wrote it last may have made it say."""
    made = f"cd {HOME} && qemu-img create -q -u -f qcow2 -b {base} -F raw {name} 1M && chmod 600 {name}"
    assert world.run(["sh", "-c", made], "alice").code == 0
    return f"{HOME}/{name}"


@pytest.mark.parametrize("base", ("/home/alice/.ssh/key", "link", "folder/../.ssh/key"))
@pytest.mark.parametrize("words", ((), ("--file", f"{HOME}/folder"), ("--file", f"{HOME}/base.img:ro")))
def test_attack_95_an_image_leads_to_nothing_that_was_not_named(world, base, words):
    """A guest that breaks out writes into its disk what the next start is to open."""
    need("qemu-img")
    made = "umask 077; cd; mkdir .ssh folder; printf secret >.ssh/key; ln -s .ssh/key link"
    assert world.run(["sh", "-c", made], "alice").code == 0
    disk(world, "base.img")
    top = overlay(world, "top.qcow2", base)
    for dry in (("--dry-run",), ()):
        done = world.run(["vmgrant", "run", *dry, "--confine", *words, "--", *MACHINE,
                          "-drive", f"id=a,if=none,file={top}"], "alice")
        assert done.code == replies.UNSUPPORTED, done
        assert f"{HOME}/.ssh/key:ro".encode() in done.stderr and b"--file" in done.stderr, done


def test_attack_95_who_reads_an_image_is_shut_in(world):
    """qemu-img opens what a guest wrote, and may be taken over by that."""
    world.write(f"{HOME}/.ssh/key", "secret", mode=0o600, owner=(1000, 1000))
    world.path(f"{HOME}/.ssh").chown(1000, 1000)
    world.write(f"{HOME}/base.img", "base", mode=0o600, owner=(1000, 1000))
    world.write(f"{HOME}/top.img", b"QFI\xfb".ljust(80, b"\1"), mode=0o600, owner=(1000, 1000))
    # It tells what it got by the name of a base.
    world.write("/usr/local/bin/qemu-img", f"#!/bin/sh\nexec 2>&1\n"
                f"cat {HOME}/.ssh/key && got=/key; cat {HOME}/base.img && got=/base\n"
                f"echo >>{HOME}/top.img && got=/written; grep -q veth /proc/net/dev && got=/network\n"
                f"head -c 1 {HOME}/top.img || got=/nothing\n"
                f"printf '\\n{{\"filename\":\"x\",\"full-backing-filename\":\"%s\"}}' ${{got-{HOME}/base.img}}\n",
                mode=0o755)
    world.ip("link add veth0 type veth peer name veth1")
    done = world.run(["vmgrant", "run", "--confine", "--file", f"{HOME}/base.img:ro", "--qemu", "--", "echo",
                      "-drive", f"file={HOME}/top.img"], "alice")
    assert done.code == 0 and b",backing.file.driver=file,backing.file.filename=/dev/fdset/" in done.stdout, done
    assert b"backing.backing" not in done.stdout and complaints(done) == [], done


@pytest.mark.parametrize("name", ("a,b.img", "a'b\"c.img", "{\"driver\":\"x\"}.img", "a,file=b.img",
                                  "a b\\.img"))
def test_attack_95_a_name_of_any_kind_is_that_file(world, name):
    disk(world, name), disk(world, "b.img")
    with start(world, "-drive", f"id=a,if=none,format=raw,file={HOME}/{name.replace(',', ',,')}") as guest:
        monitor(guest, 'qemu-io a "write -P 65 0 512"')
        assert guest.quit().code == 0
    assert world.path(f"{HOME}/{name}").read_bytes()[:2] == b"AA"
    assert b"A" not in world.path(f"{HOME}/b.img").read_bytes()


def test_a_socket_that_is_there_is_connected_to(world):
    """As swtpm's and virtiofsd's."""
    program = ("import socket; s = socket.socket(socket.AF_UNIX); s.bind('/run/user/1000/peer'); "
               "s.listen(); c, _ = s.accept(); print(c.recv(16).decode(), flush=True)")
    peer = world.spawn(["/usr/bin/python3", "-I", "-c", program], "alice")
    wait_until(world.path("/run/user/1000/peer").exists, "a peer")
    with start(world, "-chardev", "socket,id=c,path=/run/user/1000/peer", "-device", "isa-serial,chardev=c",
               "-device", "virtio-serial", "-chardev", "ringbuf,id=r") as guest:
        monitor(guest, "chardev-send-break c")
        guest.quit()
    assert peer.wait().code == 0


@pytest.mark.parametrize("arguments,said", (
    (["-vnc", "unix:/run/user/1000/vnc"], "-vnc /run/user/1000/vnc: takes no open socket: leave it out: "
                                          "run --display=vnc-unix,path=PATH has it"),
    (["-display", "gtk,gl=on"], "-display: a confined QEMU reaches no desktop: leave it out and use --display="),
    (["--sdl"], "--sdl: a confined QEMU reaches no desktop"),
    (["-audiodev", "pa,id=a,server=/run/pulse"], "-audiodev /run/pulse: takes no open socket: QEMU reaches no"),
    (["-object", "memory-backend-file,id=m,size=1M,mem-path=/home/alice/m"],
     "-object /home/alice/m: QEMU would make it by itself, in a folder that is not its own: memory needs none"),
    (["-object", "filter-dump,id=m,netdev=n,file=/home/alice/m"],
     "-object /home/alice/m: QEMU would make it by itself, in a folder that is not its own: leave it out"),
    (["-pidfile", "/home/alice/pid"], "-pidfile /home/alice/pid: QEMU would make it by itself"),
    (["-drive", "file=/home/bob/disk"], "-drive /home/bob/disk: cannot be opened: Permission denied"),
))
def test_what_cannot_be_had_is_said_and_nothing_is_started(world, arguments, said):
    done = world.run(["vmgrant", "run", "--confine", "--", QEMU, "-M", "none", *arguments], "alice")
    assert done.code != 0 and said in done.stderr.decode(), done.stderr


LOG_WORDS = (
    ("append=on", b"old", b"old"), ("append=yes", b"old", b"old"), ("append", b"old", b"old"),
    ("append=off", b"", b"old"), ("logfile=/home/alice/more,logappend=on", b"", b"old"),
    ("append=on,logfile=/home/alice/more", b"old", b""))


def test_a_log_goes_on_only_if_it_is_said_of_that_one(world):
    """QEMU takes several words for yes; each of a character device's two files has its own."""
    for words, *left in LOG_WORDS:
        logs = [world.write(f"{HOME}/{name}", "old", owner=(1000, 1000)) for name in ("log", "more")]
        # What opens them is not QEMU.
        done = world.run(["vmgrant", "run", "--confine", "--qemu", "--", "true", "-chardev",
                          f"file,id=c,path={HOME}/log,{words}"], "alice")
        assert done.code == 0 and [log.read_bytes() for log in logs] == left, (words, done)


def test_usb_devices_are_used_by_their_fd(world):
    """What is no device is refused as such: libusb has started without any node or netlink."""
    with open("/dev/zero", "r+b", buffering=0) as file:
        done = world.run(["vmgrant", "run", "--confine", "--", QEMU, "-M", "q35", "-S", "-add-fd",
                          "fd=5,set=1", "-device", "qemu-xhci,id=x", "-device",
                          "usb-host,bus=x.0,hostdevice=/dev/fdset/1"], "alice", fds={5: file.fileno()})
    assert done.code == 1 and b"failed to open host usb device" in done.stderr, done.stderr


def test_qemu_may_go_to_the_background(world):
    socket_path = "/run/user/1000/monitor"
    done = world.run(["vmgrant", "run", "--confine", "--", QEMU, "-M", "none", "-daemonize", "-S",
                      "-qmp", f"unix:{socket_path},server=on,wait=off"], "alice")
    assert done.code == 0 and complaints(done) == [], done.stderr
    quit_it = ("import socket; s = socket.socket(socket.AF_UNIX); "
               f"s.connect('{socket_path}'); f = s.makefile('rw'); f.readline(); "
               "f.write('{\"execute\":\"qmp_capabilities\"}{\"execute\":\"quit\"}'); f.flush(); f.read()")
    assert world.run(["/usr/bin/python3", "-I", "-c", quit_it], "alice").code == 0
    wait_until(lambda: b"qemu-sys" not in world.run(["ps", "-eo", "comm="]).stdout, "its end", pause_s=0.1)


def test_a_dry_run_shows_all_of_it(world):
    path = disk(world, "disk.img")
    done = world.run(["vmgrant", "run", "--dry-run", "--confine", "--net", "br0", "--", QEMU,
                      "-drive", f"file={path},format=raw"], "alice")
    command, *walls = done.stdout.decode().splitlines()
    assert f"{path}" not in command and "-drive file=/dev/fdset/" in command and "-sandbox on," in command
    assert walls and all(line.startswith("# ") for line in walls)
    text = "\n".join(walls)
    assert "# user: a subordinate id" in text and "# network: none but" in text
    assert "# file: /usr: run" in text and path not in text
    world.wait_no_taps()
    assert not world.path(f"{HOME}/.local").exists()


CLOSED = ((0o700, "", b"may not write it"), (0o755, "", b"may not write it"), (0o777, "", b""),
          (0o700, ",readonly=on", b"may not read it"), (0o755, ",readonly=on", b""))


def test_a_folder_that_is_closed_to_qemus_user_is_told(world):
    world.write(f"{HOME}/share/file", "", owner=(1000, 1000))
    world.path(f"{HOME}/share").chown(1000, 1000)
    for mode, option, said in CLOSED:
        world.path(f"{HOME}/share").chmod(mode)
        words = ["--qemu", "--", "true", "-virtfs", f"local,path={HOME}/share,mount_tag=t,security_model=none{option}"]
        done = world.run(["vmgrant", "run", "--confine", *words], "alice")
        assert done.code == 0 and len(complaints(done)) == bool(said) and said in done.stderr, (mode, option, done)
        done = world.run(["vmgrant", "run", "--confine=same-user", *words], "alice")
        assert done.code == 0 and complaints(done) == [], (mode, option, done)


@pytest.mark.parametrize("version,words,expected", (
    ("9.2.0", "-enable-kvm", "-accel kvm,device=/dev/fdset/7900"),
    ("10.0.2", "-M q35,accel=kvm:tcg,usb=on", "-M q35,usb=on -accel kvm,device=/dev/fdset/7900 -accel tcg"),
    ("9.2.0", "--machine accel=kvm", "-accel kvm,device=/dev/fdset/7900"),
    ("9.2.0", "-accel kvm,dirty-ring-size=4096", "-accel kvm,dirty-ring-size=4096,device=/dev/fdset/7900"),
    ("9.2.0", "-M q35 -accel tcg", "-M q35 -accel tcg"),
    ("7.2.9", "-M q35 -enable-kvm", "-M q35 -enable-kvm")))
def test_kvm_is_handed_over_where_its_node_is_the_persons(world, version, words, expected):
    """As in Debian, where it is for a group and for who sits at the machine."""
    world.write("/usr/local/bin/qemu-system-x86_64", f"#!/bin/sh\necho QEMU emulator version {version}\n", mode=0o755)
    world.path("/dev/kvm").unlink(missing_ok=True)
    world.write("/dev/kvm", "", mode=0o660, owner=(1000, 1000))
    command = ["vmgrant", "run", "--dry-run", "--confine", "--", "qemu-system-x86_64", *words.split()]
    done = world.run(command, "alice")
    assert done.stdout.decode().startswith(f"qemu-system-x86_64 {expected} "), done
    assert (b"/dev/kvm: closed to the user that QEMU has here" in done.stderr) == (version == "7.2.9")
    # Nothing is to be done where everybody may open it, or the person's own user does.
    command[3] = "--confine=same-user"
    assert f"qemu-system-x86_64 {words} ".encode() in world.run(command, "alice").stdout
    world.path("/dev/kvm").chmod(0o666)
    command[3] = "--confine"
    done = world.run(command, "alice")
    assert f"qemu-system-x86_64 {words} ".encode() in done.stdout and b"kvm: closed" not in done.stderr


def without_namespaces(world, *words):
    """vmgrant, in a host where nobody makes user namespaces."""
    def run():
        forbid()
        become(identity_of("alice"))
        os.execve("/usr/bin/vmgrant", ["vmgrant", *words], environment("alice"))
    return world.run(run)


def test_without_user_namespaces_it_is_refused_unless_the_best_is_asked_for(world):
    done = without_namespaces(world, "run", "--confine", "--", "echo", "started")
    assert done.code == replies.UNSUPPORTED and done.stdout == b""
    assert b"namespaces cannot be made: --confine=best goes on without: No space" in done.stderr
    secret = world.write(f"{HOME}/secret", "secret", owner=(1000, 1000))
    assert secret.exists()
    attempt = f"cat {HOME}/secret; python3 -c 'import socket; socket.socket(socket.AF_INET)'; echo started"
    done = without_namespaces(world, "run", "--confine=best", "--", "sh", "-c", attempt)
    assert done.code == 0 and done.stdout == b"started\n"
    assert b"goes on without namespaces" in done.stderr
    assert b"secret: Permission denied" in done.stderr
    assert b"Address family not supported" in done.stderr


def test_check_says_what_there_is_and_what_is_missing(world):
    done = world.run(["vmgrant", "check", "--confine"], "alice")
    text = done.stdout.decode()
    assert done.code == 0 and "subordinate ids: 65536 from 200000 on" in text, text
    assert "ok    a trial: a program was started" in text
    done = world.run(["vmgrant", "check", "--confine"], "bob")
    assert done.code == 0 and "warn  subordinate ids: none: guests have user bob's own id" in done.stdout.decode()
    done = without_namespaces(world, "check", "--confine")
    assert done.code == 104 and "FAIL  a trial: namespaces cannot be made" in done.stdout.decode()
    assert "sysctl user.max_user_namespaces" in done.stdout.decode()
