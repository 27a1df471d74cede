# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The file system and the accounts of a world.

The root is an overlay in memory over the machine's own root: a copy of what was installed
under the stage, then whatever a test writes. What the machine's administrator, its people
or another vmgrant put there is hidden, so that a test sees the same everywhere.
"""

import functools
import glob
import os
import shutil
import stat
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
OUR_NAMES = {*USERS, *GROUPS, "vmgrant"} - {"root"}

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9),
           "tty": (5, 0)}

# An overlay shows one file system only: folders that are often one of their own get one, too.
OFTEN_MOUNTED = ("/usr", "/etc", "/var", "/opt", "/usr/local", "/usr/share", "/nix", "/nix/store",
                 "/gnu", "/gnu/store")

# What programs need of /etc wherever they run. Everything else is the administrator's word.
KEPT_OF_ETC = {
    "X11", "alternatives", "authselect", "bash_completion", "bash_completion.d", "crypto-policies",
    "dbus-1", "debian_version", "default", "ethertypes", "fish", "fonts", "gss", "iproute2",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "libnl-3", "localtime", "login.defs", "os-release",
    "pam.d", "pki", "protocols", "python3", "security", "selinux", "services", "shells", "ssl",
    "terminfo", "zsh"}

# Of the rest, what may decide a test. A machine's own udev names devices by hwdb.bin.
HIDDEN = (
    "/usr/local/*", "/usr/share/polkit-1/rules.d", "/var/lib/polkit-1", "/usr/lib/udev/hwdb.bin",
    *(f"{prefix}/{place}/*vmgrant*" for prefix in ("", "/usr") for place in
      ("bin", "sbin", "libexec", "lib", "lib64", "lib/*", "lib/*/*", "lib64/*", "include")),
    "/usr/share/*vmgrant*", "/usr/share/*/*vmgrant*", "/usr/share/*/*/*vmgrant*", "/opt/*vmgrant*",
    "/var/*/*vmgrant*", *(f"/home/{name}" for name in OUR_NAMES))

FOLDERS = ("/etc/polkit-1/rules.d", "/usr/share/polkit-1/rules.d", "/usr/local/bin", "/usr/local/sbin",
           "/usr/local/lib", "/home")
FILES = {
    "/etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\ngshadow: files\n"
                          "hosts: files dns\nservices: files\nprotocols: files\n",
}


# ---- accounts ----

def _system_lines(name):
    """The machine's own accounts; its people, and a vmgrant of its own, would collide with ours."""
    lines = []
    for folder in ("/etc", "/usr/lib"):
        path = Path(folder, name)
        lines += path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    seen, keep = set(OUR_NAMES), []
    for fields in (line.split(":") for line in lines):
        if len(fields) > 3 and fields[2].isdecimal() and fields[0] not in seen and \
                not FIRST_PERSON <= int(fields[2]) < NOBODY:
            seen.add(fields[0])
            keep.append(fields)
    return keep


def account_files():
    """{path: text} of the account database of a world, without the vmgrant account."""
    passwd, group = _system_lines("passwd"), _system_lines("group")
    system = {fields[0] for fields in passwd}
    for fields in group:
        fields[3] = ",".join(name for name in fields[3].split(",") if name in system)
    for name, (uid, gid, _) in USERS.items():
        if uid:
            passwd.append([name, "x", str(uid), str(gid), name, f"/home/{name}", "/bin/sh"])
    for name, gid in GROUPS.items():
        members = [user for user, (_, own, groups) in USERS.items()
                   if gid in groups and gid != own]
        group.append([name, "x", str(gid), ",".join(members)])
    lines = {"/etc/passwd": passwd, "/etc/group": group,
             "/etc/shadow": [[fields[0], "*", "19000", "0", "99999", "7", "", "", ""]
                             for fields in passwd],
             "/etc/gshadow": [[fields[0], "*", "", fields[3]] for fields in group]}
    return {path: "".join(":".join(fields) + "\n" for fields in content)
            for path, content in lines.items()}


# ---- what of the machine is not shown ----

@functools.cache
def hidden_paths():
    """What a world does not show of the machine, under names without links."""
    found = [f"/etc/{name}" for name in os.listdir("/etc") if name not in KEPT_OF_ETC]
    found += [path for pattern in HIDDEN for path in glob.glob(pattern)]
    found += glob.glob("/etc/*/*vmgrant*")
    real = {os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
            for path in found}
    # Not what lies below something that is hidden itself.
    return sorted(path for path in real
                  if not any(path.startswith(other + "/") for other in real if other != path))


class Layer:
    """An overlay in memory over one file system of the machine."""

    def __init__(self, number, base):
        self.base, self.folder = base, f"/tmp/layer{number}"
        self.upper = f"{self.folder}/upper"
        for folder in (self.folder, self.upper, f"{self.folder}/work"):
            os.mkdir(folder, 0o755)
        self._like(base, self.upper)

    @staticmethod
    def _like(path, copy):
        found = os.stat(path)
        os.chown(copy, found.st_uid, found.st_gid)
        os.chmod(copy, stat.S_IMODE(found.st_mode))

    def hide(self, path):
        """By what an overlay takes for "there is nothing": a device 0:0."""
        parts = os.path.relpath(path, self.base).split("/")
        place, copy = self.base, self.upper
        for part in parts[:-1]:
            place, copy = os.path.join(place, part), f"{copy}/{part}"
            if not os.path.exists(copy):
                os.mkdir(copy)
                self._like(place, copy)
        os.mknod(f"{copy}/{parts[-1]}", stat.S_IFCHR, 0)

    def mount(self, root):
        ns.mount("overlay", root + self.base.rstrip("/"), "overlay", 0,
                 f"lowerdir={self.base},upperdir={self.upper},workdir={self.folder}/work")


def _make_layers(hidden):
    """Overlays of everything at /tmp/root."""
    os.mkdir("/tmp/root", 0o755)
    bases = ["/", *(path for path in OFTEN_MOUNTED
                    if os.path.ismount(path) and not os.path.islink(path))]
    layers = [Layer(number, base) for number, base in enumerate(bases)]
    for path in hidden:
        layer = max((layer for layer in layers
                     if path.startswith(layer.base.rstrip("/") + "/")), key=lambda x: len(x.base))
        layer.hide(path)
    for layer in layers:
        layer.mount("/tmp/root")


# ---- the root ----

def build(stage_fd, accounts, hidden):
    """Run by process 1 of a new world: everything below / and lo."""
    os.umask(0)
    ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
    ns.mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755")
    _make_layers(hidden)
    ns.pivot_into("/tmp/root")
    # From here on no link leads out.
    os.chmod("/", 0o755)
    os.chown("/", 0, 0)
    if stage_fd is not None:
        os.fchdir(stage_fd)
        _install(".", "")
        os.chdir("/")
    _mount_kernel_views()
    _make_devices()
    _make_folders()
    for path, text in {**FILES, **accounts}.items():
        mode = 0o640 if path.endswith("shadow") else 0o644
        Path(path).write_text(text, encoding="utf-8")
        os.chmod(path, mode)
    ns.loopback_up()
    os.umask(0o022)


def _install(source, target):
    """Copy a folder with owners, modes and links; folders that are there stay as they are."""
    for entry in os.scandir(source):
        name, found = f"{target}/{entry.name}", entry.stat(follow_symlinks=False)
        if entry.is_dir(follow_symlinks=False):
            if not os.path.isdir(name):
                os.mkdir(name)
                os.chown(name, found.st_uid, found.st_gid)
                os.chmod(name, stat.S_IMODE(found.st_mode))
            _install(entry.path, name)
            continue
        if os.path.lexists(name):
            os.unlink(name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), name)
        else:
            shutil.copyfile(entry.path, name)
            os.chown(name, found.st_uid, found.st_gid)
            os.chmod(name, stat.S_IMODE(found.st_mode))


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
    for folder in FOLDERS:
        os.makedirs(folder, 0o755, exist_ok=True)
    for folder in ("/run/dbus", "/run/systemd", "/run/systemd/journal", "/run/lock", "/run/user"):
        os.mkdir(folder, 0o755)
    for name, (uid, gid, _) in USERS.items():
        if uid:
            for folder in (f"/home/{name}", f"/run/user/{uid}"):
                os.makedirs(folder, 0o755, exist_ok=True)
                os.chmod(folder, 0o700)
                os.chown(folder, uid, gid)
