# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Files of a world, for the test outside of it.

/proc/PID/root/PATH is no safe way in: the kernel follows an absolute symbolic link on it to
the machine's own file, and a test has replaced an installed setuid program that way. Here
every path is resolved by openat2() with the world's root as the root, so that no link and
no .. leads outside.
"""

import ctypes
import errno
import os
import posixpath
import stat
import struct

SYS_OPENAT2 = 437
RESOLVE_IN_ROOT = 0x10

_libc = ctypes.CDLL(None, use_errno=True)


def open_in_root(root_fd, path, flags, mode=0):
    """openat2() of path, where root_fd is the root of all its links."""
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, mode, RESOLVE_IN_ROOT)
    while True:
        fd = _libc.syscall(ctypes.c_long(SYS_OPENAT2), ctypes.c_int(root_fd),
                           ctypes.c_char_p(os.fsencode(path)), ctypes.c_char_p(how),
                           ctypes.c_size_t(len(how)))
        if fd >= 0:
            return fd
        error = ctypes.get_errno()
        # Somewhere on the machine something was renamed or mounted during a "..": it may have led out.
        if error not in (errno.EAGAIN, errno.EINTR):
            raise OSError(error, os.strerror(error), path)


class WorldPath:
    """A path inside, with the methods of pathlib that tests need.

    It may be given to the functions of os, too: they get the way to an opened descriptor,
    never a name that could be resolved anew. Not a string, which would mean something else
    outside.
    """

    def __init__(self, root_fd, path):
        self._root_fd, self.path = root_fd, posixpath.join("/", str(path))
        self._held = []

    def __repr__(self):
        return f"WorldPath({self.path!r})"

    def __truediv__(self, name):
        return WorldPath(self._root_fd, posixpath.join(self.path, name))

    def __del__(self):
        for fd in self._held:
            os.close(fd)

    @property
    def parent(self):
        return WorldPath(self._root_fd, posixpath.dirname(self.path.rstrip("/")))

    @property
    def name(self):
        return posixpath.basename(self.path.rstrip("/"))

    def __fspath__(self):
        """A name for this very object, or for one to be made; good while self lives."""
        try:
            fd = self.open_fd(os.O_PATH)
            name = ""
        except FileNotFoundError:
            if self.is_symlink():
                raise
            fd = self.parent.open_fd(os.O_PATH | os.O_DIRECTORY)
            name = "/" + self.name
        self._held.append(fd)
        return f"/proc/{os.getpid()}/fd/{fd}{name}"

    # ---- descriptors ----

    def open_fd(self, flags, mode=0):
        return open_in_root(self._root_fd, self.path, flags, mode)

    def open(self, mode="r", encoding=None, errors=None):
        flags = {"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                 "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND}[mode[0]]
        create_mode = 0o666 if flags & os.O_CREAT else 0
        return os.fdopen(self.open_fd(flags, create_mode), mode, encoding=encoding, errors=errors)

    def _at_parent(self, call, **options):
        """call(name, dir_fd=folder) for what does not follow a link at the end."""
        folder = self.parent.open_fd(os.O_PATH | os.O_DIRECTORY)
        try:
            return call(self.name, dir_fd=folder, **options)
        finally:
            os.close(folder)

    def _on_object(self, call, *arguments):
        """call(path of the object that this leads to, ...)"""
        fd = self.open_fd(os.O_PATH)
        try:
            return call(f"/proc/self/fd/{fd}", *arguments)
        finally:
            os.close(fd)

    # ---- contents ----

    def read_bytes(self):
        with self.open("rb") as file:
            return file.read()

    def read_text(self, encoding="utf-8", errors=None):
        with self.open("r", encoding=encoding, errors=errors) as file:
            return file.read()

    def write_bytes(self, data):
        with self.open("wb") as file:
            return file.write(data)

    def write_text(self, text, encoding="utf-8"):
        return self.write_bytes(text.encode(encoding))

    def touch(self, mode=0o666):
        os.close(self.open_fd(os.O_WRONLY | os.O_CREAT, mode))

    def iterdir(self):
        fd = self.open_fd(os.O_RDONLY | os.O_DIRECTORY)
        try:
            return [self / name for name in sorted(os.listdir(fd))]
        finally:
            os.close(fd)

    # ---- what it is ----

    def stat(self):
        return self._on_object(os.stat)

    def lstat(self):
        return self._at_parent(os.stat, follow_symlinks=False)

    def exists(self):
        try:
            self.stat()
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            return False
        return True

    def _is(self, test, look):
        try:
            return test(look().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def is_symlink(self):
        return self._is(stat.S_ISLNK, self.lstat)

    def is_dir(self):
        return self._is(stat.S_ISDIR, self.stat)

    def is_file(self):
        return self._is(stat.S_ISREG, self.stat)

    def readlink(self):
        return self._at_parent(os.readlink)

    # ---- changes ----

    def chmod(self, mode):
        self._on_object(os.chmod, mode)

    def chown(self, uid, gid):
        self._on_object(os.chown, uid, gid)

    def mkdir(self, mode=0o777, parents=False, exist_ok=False):
        try:
            self._at_parent(os.mkdir, mode=mode)
        except FileNotFoundError:
            if not parents:
                raise
            self.parent.mkdir(parents=True, exist_ok=True)
            self.mkdir(mode, exist_ok=exist_ok)
        except FileExistsError:
            if not exist_ok or not self.is_dir():
                raise

    def mknod(self, mode, device=0):
        self._at_parent(os.mknod, mode=mode, device=device)

    def symlink_to(self, target):
        self._at_parent(lambda name, dir_fd: os.symlink(target, name, dir_fd=dir_fd))

    def hardlink_to(self, target):
        """Become a second name of target, a WorldPath, itself and not what it leads to."""
        source = target.parent.open_fd(os.O_PATH | os.O_DIRECTORY)
        try:
            self._at_parent(lambda name, dir_fd: os.link(
                target.name, name, src_dir_fd=source, dst_dir_fd=dir_fd, follow_symlinks=False))
        finally:
            os.close(source)

    def rename(self, target):
        """Move to target, a WorldPath, in place of what is there."""
        folder = target.parent.open_fd(os.O_PATH | os.O_DIRECTORY)
        try:
            self._at_parent(lambda name, dir_fd: os.rename(
                name, target.name, src_dir_fd=dir_fd, dst_dir_fd=folder))
        finally:
            os.close(folder)

    def unlink(self, missing_ok=False):
        try:
            self._at_parent(os.unlink)
        except FileNotFoundError:
            if not missing_ok:
                raise

    def rmdir(self):
        self._at_parent(os.rmdir)

    def rmtree(self, missing_ok=False):
        """Remove a folder with all that is in it; a link is removed, not followed."""
        if missing_ok and not self.exists() and not self.is_symlink():
            return
        if not stat.S_ISDIR(self.lstat().st_mode):
            self.unlink()
            return
        for entry in self.iterdir():
            entry.rmtree()
        self.rmdir()
