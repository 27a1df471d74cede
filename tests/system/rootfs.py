# SPDX-License-Identifier: LGPL-2.1-or-later
"""The file system and the accounts of a world.

The root is an overlay in memory over the machine's own root: first a copy of
what was installed under the stage, then whatever a test writes.
"""

import os
import stat
import subprocess
from pathlib import Path

import namespaces as ns

# uid, primary gid, supplementary groups. al is a prefix of alice, and 1000 of
# 10000, so that no comparison of beginnings goes unnoticed.
GROUPS = {"alice": 1000, "bob": 1001, "carol": 1003, "al": 10000, "students": 2000, "gpu": 2001}
USERS = {
    "root": (0, 0, []),
    "alice": (1000, 1000, [1000, 2000]),
    "bob": (1001, 1001, [1001]),
    "carol": (1003, 2001, [2001]),
    "al": (10000, 10000, [10000]),
}
FIRST_PERSON, NOBODY = 1000, 65534

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
           "tty": (5, 0)}


def _without_people(text):
    """The machine's own accounts; its people would collide with ours."""
    keep = []
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) > 2 and not FIRST_PERSON <= int(fields[2]) < NOBODY:
            keep.append(line)
    return keep


def account_files():
    """{path: text} of the account database of a world, without the vmgrant account."""
    passwd = _without_people(Path("/etc/passwd").read_text(encoding="utf-8"))
    group = _without_people(Path("/etc/group").read_text(encoding="utf-8"))
    for name, (uid, gid, _) in USERS.items():
        if uid:
            passwd.append(f"{name}:x:{uid}:{gid}:{name}:/home/{name}:/bin/sh")
    for name, gid in GROUPS.items():
        members = [user for user, (_, own, groups) in USERS.items()
                   if gid in groups and gid != own]
        group.append(f"{name}:x:{gid}:{','.join(members)}")
    shadow = [line.split(":")[0] + ":*:19000:0:99999:7:::" for line in passwd]
    gshadow = [line.split(":")[0] + ":*::" + line.split(":")[3] for line in group]
    lines = {"/etc/passwd": passwd, "/etc/group": group, "/etc/shadow": shadow,
             "/etc/gshadow": gshadow}
    return {path: "\n".join(content) + "\n" for path, content in lines.items()}


def build(stage_fd, accounts):
    """Run by process 1 of a new world: everything below / and lo."""
    os.umask(0)
    ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
    ns.mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755")
    for name in ("upper", "work", "root"):
        os.mkdir(f"/tmp/{name}", 0o755)
    if stage_fd is not None:
        # A copy: overlayfs refuses a layer that lies inside another.
        os.fchdir(stage_fd)
        subprocess.run(["cp", "-a", ".", "/tmp/upper"], check=True)
    ns.mount("overlay", "/tmp/root", "overlay", 0,
             "lowerdir=/,upperdir=/tmp/upper,workdir=/tmp/work")
    ns.pivot_into("/tmp/root")
    os.chmod("/", 0o755)
    os.chown("/", 0, 0)
    _mount_kernel_views()
    _make_devices()
    _make_folders()
    for path, text in accounts.items():
        mode = 0o640 if path.endswith("shadow") else 0o644
        Path(path).write_text(text, encoding="utf-8")
        os.chmod(path, mode)
    ns.loopback_up()
    os.umask(0o022)


def _mount_kernel_views():
    plain = ns.MS_NOSUID | ns.MS_NODEV
    ns.mount("proc", "/proc", "proc", plain | ns.MS_NOEXEC)
    ns.mount("sysfs", "/sys", "sysfs", plain | ns.MS_NOEXEC)
    ns.mount("tmpfs", "/run", "tmpfs", plain, "mode=755")
    ns.mount("tmpfs", "/tmp", "tmpfs", plain, "mode=1777")
    ns.mount("tmpfs", "/dev", "tmpfs", ns.MS_NOSUID, "mode=755")
    for name, options in (("pts", "newinstance,ptmxmode=0666,mode=620,gid=5"),):
        os.mkdir(f"/dev/{name}", 0o755)
        ns.mount("devpts", f"/dev/{name}", "devpts", ns.MS_NOSUID | ns.MS_NOEXEC, options)
    os.mkdir("/dev/shm", 0o1777)
    ns.mount("tmpfs", "/dev/shm", "tmpfs", plain, "mode=1777")


def _make_devices():
    for name, (major, minor) in DEVICES.items():
        os.mknod(f"/dev/{name}", stat.S_IFCHR | 0o666, os.makedev(major, minor))
    os.symlink("pts/ptmx", "/dev/ptmx")
    for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
        os.symlink(f"/proc/self/fd{target}", f"/dev/{name}")
    os.mkdir("/dev/net", 0o755)
    os.mknod("/dev/net/tun", stat.S_IFCHR | 0o666, os.makedev(10, 200))
    if os.path.exists("/sys/class/misc/kvm"):
        os.mknod("/dev/kvm", stat.S_IFCHR | 0o666, os.makedev(10, 232))


def _make_folders():
    for folder in ("/run/dbus", "/run/systemd", "/run/systemd/journal", "/run/lock", "/run/user"):
        os.mkdir(folder, 0o755)
    for name, (uid, gid, _) in USERS.items():
        if uid:
            for folder in (f"/home/{name}", f"/run/user/{uid}"):
                os.makedirs(folder, 0o755, exist_ok=True)
                os.chmod(folder, 0o700)
                os.chown(folder, uid, gid)
