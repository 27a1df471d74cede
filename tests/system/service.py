# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service door of a world: what systemd does for vmgrant.service, in few lines.

The units themselves are tried in the virtual machine.
"""

import contextlib
import os
import pwd
import signal
import socket

from process import wait_until
from world import LOCK

SOCKET = "/run/vmgrant/socket"
NETWORK = ("net_admin",)
DEVICES = ("net_admin", "dac_override", "sys_resource")


def command(helper, capabilities, arguments, ids=("vmgrant", "vmgrant")):
    """A program with its arguments as vmgrant.service has it started."""
    sets = ",".join(f"+{name}" for name in capabilities)
    sets = f"-all,{sets}" if sets else "-all"
    ambient = ["--inh-caps", sets, "--ambient-caps", sets] if capabilities else []
    return ["setpriv", "--reuid", ids[0], "--regid", ids[1], "--clear-groups", *ambient,
            "--bounding-set", sets, "--no-new-privs", helper, *arguments]


def make_lock(world):
    """What systemd-tmpfiles makes."""
    world.write(LOCK, "", mode=0o600, owner=world.call(
        lambda: (pwd.getpwnam("vmgrant").pw_uid, pwd.getpwnam("vmgrant").pw_gid)))


class Service:
    """Listens until the world ends."""

    def __init__(self, world, capabilities=NETWORK, arguments=("--service",), prepare=None,
                 idle_s=3600, life_s=900, program=None, **options):
        make_lock(world)
        words = command(f"{os.path.dirname(world.helper)}/vmgrant-listen", capabilities,
                        [str(idle_s), str(life_s), *(program or [world.helper, *arguments])],
                        **options)

        def serve():
            listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            listener.bind(f"{SOCKET}.new")
            os.chmod(f"{SOCKET}.new", 0o666)
            listener.listen(64)
            # Whoever finds it can connect.
            os.rename(f"{SOCKET}.new", SOCKET)
            # 3 is where systemd puts it.
            os.dup2(os.dup(listener.fileno()), 3)
            os.closerange(4, 256)
            os.execvpe(words[0], words, {"PATH": os.environ["PATH"]})

        self.process = world.spawn(serve, prepare=prepare)
        wait_until(lambda: world.path(SOCKET).exists(), "the service's socket")


def connect():
    """To be called in a process of the world."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(SOCKET)
    return connection


@contextlib.contextmanager
def a_full_queue(world):
    """A socket of the service's that takes no more connections."""
    def fill():
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(f"{SOCKET}.new")
        os.chmod(f"{SOCKET}.new", 0o666)
        listener.listen(0)
        held = []
        with contextlib.suppress(BlockingIOError):
            while True:
                held.append(one := socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
                one.setblocking(False)
                one.connect(f"{SOCKET}.new")
        os.rename(f"{SOCKET}.new", SOCKET)
        signal.pause()

    world.path(os.path.dirname(SOCKET)).mkdir(exist_ok=True)
    full = world.spawn(fill)
    wait_until(lambda: world.path(SOCKET).exists(), "a full queue")
    try:
        yield
    finally:
        full.kill()
