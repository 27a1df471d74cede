# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The file system and the accounts of a world.

The root is an overlay over the machine's own root: a copy in memory of what was installed under
the stage, and over it whatever a test writes. What the machine's administrator, its people
or another vmgrant put there is hidden, so that a test sees the same everywhere.
"""

import atexit
import functools
import glob
import os
import shutil
import stat
import tempfile
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
    """What lies over one file system of the machine in every world. Never changed once it is made."""

    def __init__(self, base, folder):
        self.base, self.folder = base, folder
        os.mkdir(folder)
        like(base, folder)

    def place(self, path):
        """Where path belongs in here. The folders above it are there then."""
        parts = os.path.relpath(path, self.base).split("/")
        shown, copy = self.base, self.folder
        for part in parts[:-1]:
            shown, copy = os.path.join(shown, part), f"{copy}/{part}"
            if not os.path.lexists(copy):
                os.mkdir(copy)
                like(shown, copy)
        return f"{copy}/{parts[-1]}"


def like(path, copy):
    """Owner and mode of a folder of the machine."""
    found = os.stat(path)
    os.chown(copy, found.st_uid, found.st_gid)
    os.chmod(copy, stat.S_IMODE(found.st_mode))


class Template:
    """What is the same in all worlds of a stage, as layers of overlays: made once, since copying
    what is installed was most of what a world cost.
    """

    def __init__(self, stage):
        self.folder = tempfile.mkdtemp(prefix="template")
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        bases = ["/", *(path for path in OFTEN_MOUNTED
                        if os.path.ismount(path) and not os.path.islink(path))]
        self.layers = [Layer(base, f"{self.folder}/{number}") for number, base in enumerate(bases)]
        for path in hidden_paths():
            # An overlay takes it for "there is nothing".
            os.mknod(self._place(path), stat.S_IFCHR, 0)
        if stage is not None:
            self._install(f"{stage}/.", "", is_new=False)

    def _place(self, path):
        layer = max((layer for layer in self.layers
                     if path.startswith(layer.base.rstrip("/") + "/")), key=lambda x: len(x.base))
        return layer.place(path)

    def _install(self, source, target, is_new):
        """A folder with owners, modes and links; folders that the machine shows stay as they are.

        is_new  the machine does not show the target
        """
        for entry in os.scandir(source):
            name = f"{target}/{entry.name}"
            place = self._place(name)
            is_hidden = os.path.lexists(place) and not os.path.isdir(place)
            is_shown = not is_new and not is_hidden and os.path.isdir(name)
            if entry.is_dir(follow_symlinks=False) and is_shown:
                self._install(entry.path, os.path.realpath(name), is_new=False)
                continue
            if is_hidden:
                os.unlink(place)
            self._copy(entry, place)
            if entry.is_dir(follow_symlinks=False):
                self._install(entry.path, name, is_new=True)

    @staticmethod
    def _copy(entry, place):
        found = entry.stat(follow_symlinks=False)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), place)
            return
        if entry.is_dir(follow_symlinks=False):
            os.mkdir(place)
            # Nothing that the machine has under that name shines through.
            os.setxattr(place, "trusted.overlay.opaque", b"y")
        else:
            shutil.copyfile(entry.path, place)
        os.chown(place, found.st_uid, found.st_gid)
        os.chmod(place, stat.S_IMODE(found.st_mode))


@functools.cache
def template(stage):
    return Template(stage)


def _mount_layers(made, fd):
    """Overlays of everything at /tmp/root, each with an upper folder in this world's memory.

    fd  the folder of made, which may be in what /tmp was
    """
    os.mkdir("/tmp/root", 0o755)
    for number, layer in enumerate(made.layers):
        folder = f"/tmp/layer{number}"
        for path in (folder, f"{folder}/upper", f"{folder}/work"):
            os.mkdir(path, 0o755)
        like(layer.base, f"{folder}/upper")
        ns.mount("overlay", "/tmp/root" + layer.base.rstrip("/"), "overlay", 0,
                 f"lowerdir=/proc/self/fd/{fd}/{number}:{layer.base},"
                 f"upperdir={folder}/upper,workdir={folder}/work")


# ---- the root ----

def build(made, accounts):
    """Run by process 1 of a new world: everything below / and lo. made is its Template."""
    os.umask(0)
    ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
    # Of this mount namespace: the kernel takes no other one's for a layer.
    fd = os.open(made.folder, os.O_PATH | os.O_DIRECTORY)
    ns.mount("tmpfs", "/tmp", "tmpfs", 0, "mode=755")
    _mount_layers(made, fd)
    os.close(fd)
    ns.pivot_into("/tmp/root")
    # From here on no link leads out.
    os.chmod("/", 0o755)
    os.chown("/", 0, 0)
    _mount_kernel_views()
    _make_devices()
    _make_folders()
    for path, text in {**FILES, **accounts}.items():
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
