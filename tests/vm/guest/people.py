# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""People of the test VM, in login sessions that logind knows, and without."""

import os
import pwd
import re
import resource
import shlex
import subprocess

from checks import need, read, run, say, wait_until

# What a person is told to try again.
LATE = re.compile("(no answer in time|the request was held up).* try again")
MORE_TRIES = 2


class Person:
    """Runs programs as a user: as a system service would, in no session."""

    def __init__(self, name):
        self.name = name
        self.entry = pwd.getpwnam(name)
        self.environment = {"HOME": self.entry.pw_dir, "USER": name, "LOGNAME": name,
                            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8"}

    def enter(self):
        """In the child: become this person, for good."""
        os.initgroups(self.name, self.entry.pw_gid)
        os.setgid(self.entry.pw_gid)
        os.setuid(self.entry.pw_uid)

    def start(self, argv, **more):
        """A Popen; its standard input is empty."""
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("cwd", self.entry.pw_dir)
        return subprocess.Popen(argv, env=self.environment, preexec_fn=self.enter, text=True,
                                errors="backslashreplace", **more)

    def run_once(self, argv, **more):
        more.setdefault("cwd", self.entry.pw_dir)
        return run(argv, env=self.environment, preexec_fn=self.enter, **more)

    def run(self, argv, **more):
        """Once more where vmgrant says so: a machine that has much to do answers late."""
        for _ in range(MORE_TRIES):
            done = self.run_once(argv, **more)
            if not LATE.search(done.stdout or ""):
                return done
            say(f"{done.stdout.strip()}")
        return self.run_once(argv, **more)


class Seated(Person):
    """A person who is logged in on a virtual terminal of seat0; the first one is in front.

    The session is made by PAM as a getty's login makes it; what it then runs is moved
    into its control group, by which logind and polkit know sessions.

    locked_bytes    the limit on locked memory that programs start with, if not the VM's
    """

    def __init__(self, name, terminal, locked_bytes=None):
        super().__init__(name)
        self.locked_bytes = locked_bytes
        self.unit = f"session-{name}-{terminal}.service"
        need(["systemd-run", "-q", f"--unit={self.unit}", f"--uid={name}", "-p", "PAMName=login",
              "-p", f"TTYPath=/dev/tty{terminal}", "-p", "StandardInput=tty",
              "-p", "StandardOutput=tty", "-E", "XDG_SEAT=seat0", "-E", f"XDG_VTNR={terminal}",
              "-E", "XDG_SESSION_TYPE=tty", "sleep", "infinity"])
        self.group = wait_until(self.find_group, f"a session of {name}")
        self.session = self.group.rsplit("/", 1)[1][len("session-"):-len(".scope")]

    def find_group(self):
        pid = need(["systemctl", "show", "--value", "-p", "MainPID", self.unit]).strip()
        text = read(f"/proc/{pid}/cgroup") or ""
        group = text.split("::", 1)[-1].split("\n")[0]
        return group if group.endswith(".scope") else None

    def enter(self):
        with open(f"/sys/fs/cgroup{self.group}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
        if self.locked_bytes is not None:
            resource.setrlimit(resource.RLIMIT_MEMLOCK, (self.locked_bytes, self.locked_bytes))
        super().enter()

    def describe(self):
        text = need(["loginctl", "show-session", self.session, "-p", "Active", "-p", "Remote",
                     "-p", "Seat"])
        return dict(line.split("=", 1) for line in text.split())

    def leave(self):
        run(["systemctl", "stop", self.unit])
        run(["loginctl", "terminate-session", self.session])


class Remote(Person):
    """A person who comes over ssh: a session that logind calls remote."""

    key = "/root/.ssh/id_ed25519"

    def __init__(self, name):
        super().__init__(name)
        if not os.path.exists(self.key):
            os.makedirs("/root/.ssh", mode=0o700, exist_ok=True)
            need(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key])
            os.makedirs("/run/sshd", exist_ok=True)
            need(["/usr/sbin/sshd", "-p", "2222", "-o", "ListenAddress=127.0.0.1"])
        folder = f"{self.entry.pw_dir}/.ssh"
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(f"{folder}/authorized_keys", "w", encoding="ascii") as file:
            file.write(read(f"{self.key}.pub") + "\n")
        for path in (folder, f"{folder}/authorized_keys"):
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)

    def run_once(self, argv, **more):
        return run(["ssh", "-q", "-p", "2222", "-o", "StrictHostKeyChecking=no",
                    f"{self.name}@127.0.0.1", shlex.join(argv)], **more)

    def describe(self):
        text = self.run(["sh", "-c", "loginctl show-session $XDG_SESSION_ID -p Active "
                                     "-p Remote -p Seat"]).stdout
        return dict(line.split("=", 1) for line in text.split())
