# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A private machine for one test. See README.md."""

import fcntl
import functools
import json
import os
import pickle
import pwd
import signal
import socket
import struct
from pathlib import Path

import namespaces as ns
import rootfs
from process import LIMIT_S, Process, become, place_fds, receive, send_fds, wait_until
from request import Request, Result
from services import Polkit, Sink
from worldpath import WorldPath

HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
AUTHORIZE = "/usr/libexec/vmgrant/vmgrant-authorize"
ACL = "/etc/vmgrant/acl.conf"
POLICY = "/usr/share/polkit-1/actions/org.vmgrant.policy"
DEV_LOG, JOURNAL = "/dev/log", "/run/systemd/journal/socket"
LOCK = "/run/vmgrant/lock"  # of a helper that is the account from its start, or becomes it without root
SIOCSIFMTU, SIOCSIFHWADDR, SIOCBRADDBR, ARPHRD_ETHER = 0x8922, 0x8924, 0x89a0, 1
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(user):
    home = "/root" if user == "root" else f"/home/{user}"
    return {"PATH": PATH, "HOME": home, "USER": str(user), "LOGNAME": str(user),
            "LANG": "C.UTF-8"}


def identity_of(user):
    """(uid, gid, groups) of a user by name, or of one given as such a tuple."""
    return rootfs.USERS[user] if isinstance(user, str) else user


def helper_arguments(bridge, fd, use_vnet=True, order="qemu"):
    """The words after argv[0] as QEMU or libvirt puts them."""
    vnet = ["--use-vnet"] if use_vnet else []
    if order == "qemu":
        return [*vnet, f"--fd={fd}", f"--br={bridge}"]
    return [*vnet, f"--br={bridge}", f"--fd={fd}"]


@functools.cache
def stage_accounts(stage):
    """Account files with what the stage's sysusers.d file adds, made by the real tool."""
    accounts = rootfs.account_files()
    conf = "/usr/lib/sysusers.d/vmgrant.conf"
    if stage is None or not Path(stage + conf).exists():
        return accounts
    with World(str(stage), accounts=accounts) as world:
        done = world.run(["systemd-sysusers", conf])
        assert done.code == 0, done.stderr
        return {path: world.path(path).read_text(encoding="utf-8") for path in accounts}


class CapableStage(str):
    """An installation whose helper has capabilities of its file instead of the setuid bit."""

    NAMES = {"dac_override": 1, "setgid": 6, "setuid": 7, "setpcap": 8, "net_admin": 12,
             "sys_admin": 21, "sys_resource": 24}
    ALL = ("setuid", "setgid", "setpcap", "net_admin", "dac_override", "sys_resource")
    names = ALL

    def give(self, helper):
        """Permitted and not effective, as setcap's "=p"; and the lock file that the account uses."""
        permitted = sum(1 << self.NAMES[name] for name in self.names)
        os.chmod(helper, 0o755)
        os.setxattr(helper, "security.capability", struct.pack("<IIIII", 0x02000000, permitted, 0, 0, 0))
        account = pwd.getpwnam("vmgrant")
        os.makedirs("/run/vmgrant", mode=0o755, exist_ok=True)
        with open(LOCK, "w", encoding="ascii"):
            os.chown(LOCK, account.pw_uid, account.pw_gid)
        os.chmod(LOCK, 0o600)


class World:
    """Namespaces, a file system and accounts of their own. Use with `with`."""

    def __init__(self, stage, polkit=False, helper=HELPER, accounts=None):
        self.helper = helper
        self._open, self._processes = [], []
        accounts = accounts or stage_accounts(stage)
        made = rootfs.template(stage)
        self._elders = ns.processes()
        self._keeper, self.pid = ns.boot(lambda: rootfs.build(made, accounts))
        self._pidfd = os.pidfd_open(self.pid)
        self._root_fd = os.open(f"/proc/{self.pid}/root", os.O_PATH | os.O_DIRECTORY)
        self.namespaces = ns.hold_namespaces(self.pid)
        self._network = ns.socket_inside(self._pidfd)
        if isinstance(stage, CapableStage):
            self.call(lambda: stage.give(self.helper))
        self.polkit = Polkit(self)
        if polkit:
            self.polkit.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """End every process inside; the kernel takes the rest down with them.

        Fails if any process is left in one of the namespaces.
        """
        if self._keeper is None:
            return
        os.kill(self.pid, signal.SIGKILL)
        # It is not gone before these are, which have ended with it and are children of ours.
        for item in [*self._open, *self._processes]:
            item.close()
        os.waitpid(self._keeper, 0)
        self._keeper = None
        os.close(self._pidfd)
        os.close(self._root_fd)
        self._network.close()
        try:
            wait_until(lambda: not ns.inhabitants(self.namespaces, self._elders), "an empty world")
        finally:
            for fd in self.namespaces:
                os.close(fd)

    def keep(self, *items):
        """Close items, at the latest, when the test is over."""
        self._open.extend(items)

    def give_back(self):
        """End the requests and close the TAPs of a test that others follow."""
        for item in self._open:
            if isinstance(item, (Request, Result, socket.socket)):
                item.close()
        try:
            self.wait_no_taps(20)
        finally:
            # What one test could not get rid of is not for the next one to find.
            for name in self.taps():
                self.run(["ip", "link", "del", name])

    # ---- processes ----

    def spawn(self, argv, user="root", fds=None, env=None, prepare=None, capture=True, cwd="/"):
        """Start argv (or a python function) inside, as user, and return the Process.

        fds      {number: descriptor of ours} that it gets besides 0 to 2
        prepare  function called last before exec, in the process, as the user
        capture  False: output goes where the test's own goes
        """
        identity = identity_of(user)
        env = environment(user) if env is None else env
        fds = dict(fds or {})
        pipes = [os.pipe(), os.pipe()] if capture else []
        writers = [writer for _, writer in pipes]

        def run():
            os.dup2(os.open("/dev/null", os.O_RDWR), 0)
            for number, writer in enumerate(writers, 1):
                os.dup2(writer, number)
            place_fds(fds)
            become(identity)
            os.chdir(cwd)
            if prepare:
                prepare()
            if callable(argv):
                return argv()
            return os.execvpe(argv[0], argv, env)

        process = Process(self._pidfd, run, [*fds.values(), *writers],
                          [reader for reader, _ in pipes])
        for writer in writers:
            os.close(writer)
        self._processes.append(process)
        return process

    def run(self, argv, user="root", limit_s=LIMIT_S, **options):
        """Run argv inside to its end. Returns the Process: code, stdout, stderr."""
        return self.spawn(argv, user, **options).wait(limit_s)

    def run_as(self, user, argv, **options):
        return self.run(argv, user, **options)

    def call(self, function, user="root", keep=()):
        """Call a python function inside and return what it returned."""
        def answer():
            os.write(1, pickle.dumps(function()))
        process = self.run(answer, user, fds={fd: fd for fd in keep})
        assert process.code == 0, process.stderr.decode(errors="replace")
        return pickle.loads(process.stdout)

    # ---- files ----

    def path(self, path):
        """A path inside as one that we can open: see worldpath.py."""
        return WorldPath(self._root_fd, path)

    def write(self, path, content, mode=0o644, owner=(0, 0)):
        """Make this a file of its own; a link of that name is replaced, not followed."""
        target = self.path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_symlink():
            target.unlink()
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chown(*owner)
        target.chmod(mode)
        return target

    def write_acl(self, text, **options):
        return self.write(ACL, text, **options)

    def rules(self, script):
        """polkit rules in JavaScript; takes effect before this returns."""
        self.polkit.write_rules(script)

    # ---- network ----

    def ip(self, *lines):
        """Run lines of the ip command in one go."""
        def feed():
            reader, writer = os.pipe()
            os.write(writer, "\n".join(lines).encode() + b"\n")
            os.close(writer)
            os.dup2(reader, 0)
        done = self.run(["ip", "-batch", "-"], prepare=feed)
        assert done.code == 0, done.stderr.decode()

    def bridge(self, name="br0", mtu=None, mac=None):
        """A bridge that is up. mtu and mac are set by hand when given."""
        def ask(question, layout="16s24x", *values):
            fcntl.ioctl(self._network, question, struct.pack(layout, name.encode(), *values))
        ask(SIOCBRADDBR)
        # Only what is set afterwards counts as by hand for the kernel.
        if mtu:
            ask(SIOCSIFMTU, "16si20x", mtu)
        if mac:
            ask(SIOCSIFHWADDR, "16sH6s16x", ARPHRD_ETHER, bytes.fromhex(mac.replace(":", "")))
        ask(ns.SIOCSIFFLAGS, "16sH22x", ns.IFF_UP)
        return name

    def interfaces(self):
        """Names of all interfaces, quickly."""
        with open(f"/proc/{self.pid}/net/dev", encoding="ascii") as table:
            return [line.split(":")[0].strip() for line in table if ":" in line]

    def taps(self):
        """Names of the interfaces that a helper made."""
        return [name for name in self.interfaces() if name.startswith(("vethg", "tap"))]

    def links(self):
        """{name: what `ip -j -d link` says}."""
        answer = self.run(["ip", "-j", "-d", "link"])
        return {link["ifname"]: link for link in json.loads(answer.stdout)}

    def port(self, name):
        """What `bridge -j -d link` says about a port."""
        answer = self.run(["bridge", "-j", "-d", "link", "show", "dev", name])
        return json.loads(answer.stdout)[0]

    def sysfs(self, name, attribute):
        return self.path(f"/sys/class/net/{name}/{attribute}").read_text(encoding="ascii").strip()

    def wait_no_taps(self, limit_s=LIMIT_S):
        wait_until(lambda: not self.taps(), "every TAP to be gone", limit_s)

    # ---- logs ----

    def sink(self, path=DEV_LOG):
        self.keep(sink := Sink(self, path))
        return sink

    # ---- requests ----

    def start_request(self, user, bridge="br0", *, use_vnet=True, order="qemu", fd=9,
                      arguments=None, argv0=None, helper=None, env=None, prepare=None,
                      channel=None, strace=None, fds=None, cwd="/", as_root=None):
        """Be QEMU as user: make a socketpair, start the helper on one end of it.

        arguments  the words after argv[0], instead of those made from bridge,
                   use_vnet, order and fd
        prepare    called in the helper's process last before exec
        channel    makes (our end or None, helper's end), instead of a stream socketpair
        strace     options: run the helper under strace as root with -u, which
                   keeps the setuid bit working
        fds        {number: descriptor} that the helper inherits besides
        as_root    called first of all in the client, before it becomes the user
        """
        identity = identity_of(user)
        env = environment(user if isinstance(user, str) else "nameless") if env is None else env
        helper = helper or self.helper
        argv = [argv0 or helper, *(helper_arguments(bridge, fd, use_vnet, order)
                                   if arguments is None else arguments)]
        if strace is not None:
            argv = ["strace", "-u", user, *strace, *argv]
            helper = "/usr/bin/strace"
        channel = channel or (lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM))
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inherited = dict(fds or {})

        def client():
            # Peer credentials come from the effective ids at this moment. strace
            # has to stay root, an ordinary client never was.
            if as_root:
                as_root()
            if strace is None:
                become(identity)
            else:
                os.setresuid(-1, identity[0], -1)
            near, far = channel()
            if strace is not None:
                os.setresuid(-1, 0, -1)
            pid = os.fork()
            if pid == 0:
                place_fds({**inherited, fd: far.fileno()})
                os.chdir(cwd)
                if prepare:
                    prepare()
                os.execve(helper, argv, env)
            near_fds = [near.fileno()] if near else []
            send_fds(there, b"started", [os.pidfd_open(pid), *near_fds])
            far.close()
            if near:
                near.close()
            for number in (0, 1, 2):
                os.close(number)
            _, status = os.waitpid(pid, 0)
            there.send(struct.pack("i", status))
            return 0

        process = self.spawn(client, fds={there.fileno(): there.fileno(),
                                          **{source: source for source in inherited.values()}})
        there.close()
        _, received = receive(here)
        if not received:
            here.close()
            raise RuntimeError(f"the client failed: {process.wait().stderr.decode()}")
        near = socket.socket(fileno=received[1]) if len(received) > 1 else socket.socket()
        if len(received) == 1:
            near.close()
        self.keep(request := Request(process, near, received[0], here))
        return request

    def request(self, user, bridge="br0", limit_s=LIMIT_S, **options):
        """start_request() to its end. The caller closes the Result."""
        self.keep(result := self.start_request(user, bridge, **options).finish(limit_s))
        return result
