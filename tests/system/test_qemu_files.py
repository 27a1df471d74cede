# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What the parser finds on a command line is what a real QEMU opens, no more and no less."""

import concurrent.futures
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

import pytest

QEMU = "qemu-system-x86_64"
# What every QEMU reads, whatever it is told.
SYSTEM = ("/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/null", "/dev/urandom", "/dev/shm/",
          "/dev/sgx_vepc")
CALL = re.compile(r"^\d+ +(?:openat|open|connect|bind|execve)\((.*)", re.MULTILINE)
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
LINE = re.compile(r"^([a-z-]+) (.*) \| (-?[\w-]+)(.*)$", re.MULTILINE)
# What QEMU opens only when the guest wants it.
LAZY = ("folder", "peer")
QUIT = '{"execute":"qmp_capabilities"}{"execute":"quit"}'

# A kernel that needs no build: a multiboot header that says where its 32 bytes go.
MAGIC, FLAGS, BASE = 0x1BADB002, 0x10000, 0x100000
KERNEL = struct.pack("<8I", MAGIC, FLAGS, -(MAGIC + FLAGS) & 0xffffffff, BASE, BASE, BASE + 64,
                     BASE + 64, BASE + 32) + b"\xf4" * 32
FILE = '{"driver":"file","filename":"raw","node-name":"s1","auto-read-only":true}'
FORMAT = '{"node-name":"f1","read-only":false,"driver":"raw","file":"s1"}'
FILE_RO = '{"driver":"file","filename":"qcow2","node-name":"s2","auto-read-only":true}'
FORMAT_RO = '{"node-name":"f2","read-only":true,"driver":"qcow2","file":"s2","backing":null}'
CONFIG = """# A comment.
[drive "d"]
  file = "raw"
  format = "raw"
  if = "none"

[device "v"]
  driver = "virtio-blk-pci"
  drive = "d"

[chardev "c"]
  backend = "file"
  path = "from-config"
"""
SMBIOS = struct.pack("<BBH", 128, 8, 0x80) + b"abcd" + b"\0\0"
ACPI = b"TEST" + struct.pack("<IBB", 36, 1, 0) + b"OEMID.OEMTABLE" + b"\0" * 12

COMMANDS = {
    "short": "-hda raw -hdb qcow2 -cdrom iso -fda floppy",
    "a disk without an option": "raw",
    "snapshot": "-snapshot -drive file=qcow2,format=qcow2,if=virtio",
    "drives": "-drive file=raw,format=raw,if=virtio -drive file=qcow2,readonly=on,if=virtio "
              "-drive file=file:a,,b,format=raw,if=none,id=c -drive if=ide,media=cdrom",
    "pflash": "-drive if=pflash,format=raw,unit=0,readonly=on,file=rom",
    "libvirt's disks": f"-blockdev {FILE} -blockdev {FORMAT} -device virtio-blk-pci,drive=f1 "
                       f"-blockdev {FILE_RO} -blockdev {FORMAT_RO} "
                       "-device virtio-blk-pci,drive=f2",
    "a disk in JSON": '-drive if=virtio,file=json:{"driver":"qcow2",,"file":{"driver":"file",,'
                      '"filename":"qcow2"}}',
    "a chain": "-drive if=virtio,driver=qcow2,file.driver=file,file.filename=qcow2,"
               "backing.driver=raw,backing.file.filename=raw",
    "an overlay": "-drive if=virtio,file=overlay,format=qcow2",
    "a folder": "-drive if=virtio,file=fat:folder,format=raw",
    "a disk by NBD": "-drive if=none,id=n,file=nbd:unix:socket:exportname=x,format=raw",
    "characters": "-serial file:out -serial pipe:fifo -monitor unix:made,server,nowait "
                  "-chardev socket,id=c,path=socket -chardev file,id=d,path=log,logfile=log2 "
                  "-qmp unix:qmp,server=on,wait=off -gdb unix:gdb,server=on,wait=off",
    "network": "-netdev stream,id=a,server=on,addr.type=unix,addr.path=made "
               "-netdev dgram,id=b,local.type=unix,local.path=dgram,remote.type=unix,"
               "remote.path=peer -netdev user,id=u,tftp=folder "
               '-netdev {"type":"stream","id":"c","server":false,'
               '"addr":{"type":"unix","path":"socket"}}',
    "objects": "-object memory-backend-file,id=m,mem-path=made,size=1M,share=on "
               "-object memory-backend-file,id=r,mem-path=rom,size=1M,readonly=on,share=off "
               "-object secret,id=s,file=key -object tls-creds-psk,id=t,dir=keys,endpoint=server "
               "-object rng-random,id=g,filename=key -netdev user,id=u "
               "-object filter-dump,id=f,netdev=u,file=dump",
    "firmware": "-fw_cfg name=opt/a,file=key -smbios file=smbios -smbios type=11,path=key "
                "-acpitable file=acpi -option-rom rom2 -device loader,file=key,addr=0x10000 "
                "-device e1000,romfile=rom2",
    "bios": "-bios rom -L folder",
    "kernel": "-kernel kernel -append root=/dev/vda -initrd key,rom2",
    "shares": "-virtfs local,path=folder,mount_tag=t,security_model=none,readonly=on "
              "-fsdev local,id=x,path=keys,security_model=none "
              "-device virtio-9p-pci,fsdev=x,mount_tag=y",
    "logs": "-D log -d guest_errors -pidfile pid -trace events=events,file=trace",
    "configuration": "-readconfig config",
    "set": "-drive if=none,id=d,format=raw -set drive.d.file=raw",
    "state": "-dump-vmstate made",
    "vnc": "-vnc unix:made",
    "display": "-display vnc=unix:made",
    "migration": "-incoming unix:made",
    "sound": "-audiodev wav,id=w,path=made -device AC97,audiodev=w",
}


def qcow2(backing=b""):
    """An empty image of one megabyte: header, references, their block, first table."""
    header = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 72 if backing else 0, len(backing), 16,
                         1 << 20, 0, 1, 3 << 16, 1 << 16, 1, 0, 0) + backing
    return b"".join(part.ljust(1 << 16, b"\0") for part in (
        header, struct.pack(">Q", 2 << 16), struct.pack(">4H", 1, 1, 1, 1), b""))


def write_qemu_img(folder):
    """A stand-in where there is none, which knows the one image that is asked about."""
    folder.mkdir()
    (folder / "qemu-img").write_text(
        "#!/bin/sh\n[ \"$*\" = 'info --output=json -U -f qcow2 file:overlay' ] &&\n"
        "echo '{\"filename\":\"overlay\",\"full-backing-filename\":\"raw\"}'\n",
        encoding="ascii")
    (folder / "qemu-img").chmod(0o755)


def make_files(folder):
    for name in ("raw", "iso", "a,b"):
        (folder / name).write_bytes(b"\0" * (1 << 20))
    (folder / "rom").write_bytes(b"\0" * (1 << 20))
    (folder / "rom2").write_bytes(b"\x55\xaa\x01" + b"\0" * 509)
    (folder / "floppy").write_bytes(b"\0" * 1474560)
    (folder / "kernel").write_bytes(KERNEL)
    (folder / "key").write_bytes(b"0123456789abcdef")
    (folder / "smbios").write_bytes(SMBIOS)
    (folder / "acpi").write_bytes(ACPI)
    (folder / "config").write_text(CONFIG, encoding="ascii")
    (folder / "events").write_text("qemu_mutex_lock\n", encoding="ascii")
    for name in ("folder", "keys"):
        (folder / name).mkdir()
    (folder / "keys" / "keys.psk").write_text("a:00112233445566778899aabbccddeeff\n",
                                              encoding="ascii")
    for name in ("fifo.in", "fifo.out"):
        os.mkfifo(folder / name)
    (folder / "qcow2").write_bytes(qcow2())
    (folder / "overlay").write_bytes(qcow2(b"raw"))
    if not shutil.which("qemu-img"):
        write_qemu_img(folder / "bin")


def opened(trace, folder):
    """{path: was it there} of what the traced program tried to reach besides the system's own."""
    found = {}
    for call in CALL.findall(trace):
        name = QUOTED.search(call)
        path = os.path.normpath(folder / name[1]) if name else str(folder)
        if not path.startswith(SYSTEM) and path != str(folder):
            found[path] = found.get(path, False) or "ENOENT" not in call
    return found


def parsed(program, words, folder):
    """[(use, path, flags)] of the parser, and its doubts."""
    answer = subprocess.run(
        [program, *words], cwd=folder, stdout=subprocess.PIPE, text=True, check=True,
        env={**os.environ, "PATH": f"{os.environ['PATH']}:{folder}/bin"}).stdout
    doubts = [line for line in answer.splitlines() if line.startswith("?")]
    return [(use, os.path.normpath(folder / path), flags)
            for use, path, _, flags in LINE.findall(answer)], doubts


@pytest.fixture(name="program")
def _program():
    built = os.environ.get("VMGRANT_BUILD")
    reason = None if built else "VMGRANT_BUILD is not set"
    if not shutil.which(QEMU) or not shutil.which("strace"):
        reason = f"{QEMU} or strace is not installed"
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return os.path.abspath(os.path.join(built, "tests/system/qemu-files"))


def covered(path, files, temporary):
    return any(path == found or
               use == "folder" and path.startswith(f"{found}/") or
               use == "temporary" and path.startswith(f"{temporary}/")
               for use, found, _ in files)


def hang_up(listener):
    """Take each connection and end it, until the listener is shut down."""
    try:
        while True:
            listener.accept()[0].close()
    except OSError:
        return


@pytest.mark.parametrize("name", COMMANDS)
def test_the_parser_finds_what_qemu_opens(name, program, tmp_path, monkeypatch):
    make_files(tmp_path)
    words = [QEMU, "-nodefaults", "-display", "none", "-S", "-qmp", "stdio", "-m", "64",
             *COMMANDS[name].split()]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:
        # A short name, as an address has room for 108 bytes.
        monkeypatch.chdir(tmp_path)
        listener.bind("socket")
        listener.listen(8)
        files, doubts = parsed(program, words, tmp_path)
        server = threading.Thread(target=hang_up, args=(listener,))
        server.start()
        answer = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/stderr", "-s", "4096", "-e",
             "trace=openat,open,connect,bind,execve", *words], cwd=tmp_path, input=QUIT,
            env={**os.environ, "TMPDIR": str(temporary)}, capture_output=True, text=True,
            timeout=300, check=False)
        listener.shutdown(socket.SHUT_RDWR)
        server.join()
    assert not doubts
    reached = opened(answer.stderr, tmp_path)
    assert reached, answer
    # A name with a protocol is tried as a file first; there is none.
    missing = {path for path, is_there in reached.items()
               if is_there and not covered(path, files, temporary)}
    assert not missing, (files, answer.stderr[-2000:])
    unused = {path for _, path, flags in files
              if "implied" not in flags and "optional" not in flags
              and not any(f"{other}/".startswith(f"{path}/") for other in reached)
              and os.path.basename(path) not in LAZY}
    assert not unused, (reached, answer)


def takes_argument(option):
    """Does QEMU want a word behind it? None: this QEMU does not have the option."""
    said = subprocess.run([QEMU, "-version", option], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=300, check=False).stderr
    return None if "invalid option" in said else "requires an argument" in said


def test_every_option_of_qemu_is_known_and_has_its_argument(program, tmp_path):
    """A word that is taken for an option's argument, and is a disk, would be passed over."""
    said = subprocess.run([QEMU, "-help"], capture_output=True, text=True, timeout=300,
                          check=True).stdout
    options = sorted(set(re.findall(r"^--?[a-zA-Z][\w-]*", said, re.MULTILINE)))
    assert len(options) > 90, options
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        wanted = dict(zip(options, pool.map(takes_argument, options)))
    for option, has_argument in wanted.items():
        answer = subprocess.run([program, QEMU, option, "last-word"], cwd=tmp_path,
                                capture_output=True, text=True, check=True).stdout
        assert f"? {option} |" not in answer
        assert has_argument is None or ("last-word | disk" not in answer) == has_argument, option


def test_the_examples_are_taken_by_qemu(program, tmp_path):
    """JSON is what libvirt writes today: it must be JSON here, too."""
    for text in (FILE, FORMAT, FILE_RO, FORMAT_RO):
        assert isinstance(json.loads(text), dict)
    files, doubts = parsed(program, [QEMU, "-blockdev", FILE_RO, "-blockdev", FORMAT_RO], tmp_path)
    assert not doubts and [use for use, _, _ in files] == ["read"]
