# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The service door, by the real units: for callers in whom setuid has no effect."""

import contextlib
import json
import os
import re
import sys

from checks import acl, main, need, read, say, wait_until, write
from nested import Guest, OLDER, SMALL
from network import BOOT_FROM_NETWORK, bridge, ports, reaches_network
from people import Person, Seated

HERE = os.path.dirname(os.path.abspath(__file__))
MAC = "52:54:00:12:34:01"
HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
DROP_IN = "/run/systemd/system/vmgrant.service.d"
SCORE_WANTED = 2.0
RULES = "allow bridge br0 user alice polkit=no{}\nallow usb 0403:6001 user alice polkit=no"
HARDENED = """[Service]
ExecStart={command}
NoNewPrivileges=yes
PrivateUsers=yes
ProtectSystem=strict
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
RestrictSUIDSGID=yes
LockPersonality=yes
"""


def units(*names):
    """Install drop-ins with this text, and tell systemd."""
    os.makedirs(DROP_IN, exist_ok=True)
    for name, text in names:
        with open(f"{DROP_IN}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    need(["systemctl", "daemon-reload"])
    # The next connection starts it anew.
    need(["systemctl", "stop", "vmgrant.service"])


def example(name):
    [place] = [line for line in need(["find", "/usr/share/doc", "-name", name]).splitlines()]
    return read(place) + "\n"


with contextlib.ExitStack() as world:
    leases = world.enter_context(bridge())
    old_kernel = tuple(map(int, os.uname().release.split(".")[:2])) < (6, 5)
    # The newer kernel is a small one, without what a sealed port forwards with.
    world.enter_context(acl(RULES.format("" if old_kernel else " port=direct")))
    alice = Seated("alice", 1)
    world.callback(alice.leave)
    need(["systemd-tmpfiles", "--create", "vmgrant.conf"])
    need(["systemctl", "start", "vmgrant.socket"])
    world.callback(need, ["systemctl", "stop", "vmgrant.socket"])
    command = re.search(r"ExecStart=(.+)", need(["systemctl", "cat", "vmgrant.service"]))[1]
    BY_PID = f"[Service]\nExecStart=\nExecStart={command}=by-pid\n"

    def gets_address(before):
        """A guest of alice's, started behind these words, gets an address."""
        with Guest(alice, BOOT_FROM_NETWORK, program=OLDER,
                   before=[*before, "vmgrant", "run", "--no-prompt", "--net", f"br0,mac={MAC}",
                           "--"]) as machine:
            reaches_network(leases, MAC)
            # What a container holds does not end with the program that started it.
            machine.execute("quit")
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_old_kernel():
        """Before Linux 6.5 the service says what it needs, and how the administrator gives it."""
        if not old_kernel:
            return
        done = alice.run(["vmgrant", "run", "--door", "socket", "--net", "br0", "--", "sh", "-c",
                          "echo {net0.fd}"])
        assert done.returncode != 0 and "Linux 6.5" in done.stdout, done.stdout
        units(("by-pid.conf", BY_PID))

    def check_score():
        """What systemd makes of the service: below 2.0, where the lower is the safer."""
        need(["systemctl", "start", "vmgrant.socket"])
        said = need(["systemd-analyze", "security", "--no-pager", "vmgrant.service"])
        score = float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)[1])
        print(f"# exposure level {score}")
        assert score < SCORE_WANTED, said

    def check_no_new_privs():
        """no_new_privs: a guest gets an address."""
        gets_address(["setpriv", "--no-new-privs"])

    def check_user_namespace():
        """A user namespace in which alice is root: a guest gets an address."""
        gets_address(["unshare", "-Ur"])

    def systemctl_of_alices(*words):
        return alice.run(["env", f"XDG_RUNTIME_DIR=/run/user/{alice.entry.pw_uid}",
                          "systemctl", "--user", *words])

    def check_hardened_user_unit():
        """A hardened unit of alice's own systemd: a guest gets an address."""
        # Not below ~/.config, which is root's where another check has put something there.
        folder = f"/run/user/{alice.entry.pw_uid}/systemd/user"
        assert alice.run(["mkdir", "-p", folder]).returncode == 0
        guest = ["/usr/bin/vmgrant", "run", "--no-prompt", "--net", f"br0,mac={MAC}", "--",
                 f"/usr/bin/{OLDER}", *SMALL, *BOOT_FROM_NETWORK]
        write(f"{folder}/guest.service", HARDENED.format(command=" ".join(guest)))
        wait_until(lambda: systemctl_of_alices("daemon-reload").returncode == 0, "alice's systemd")
        started = systemctl_of_alices("start", "guest")
        assert started.returncode == 0, started.stdout
        try:
            reaches_network(leases, MAC)
            pid = systemctl_of_alices("show", "--value", "-p", "MainPID", "guest").stdout.strip()
            assert re.search(r"^NoNewPrivs:\s1$", read(f"/proc/{pid}/status"), re.M)
        except AssertionError:
            say(systemctl_of_alices("status", "guest").stdout)
            raise
        finally:
            systemctl_of_alices("stop", "guest")
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_bubblewrap():
        """bubblewrap with nothing of the host but programs and the socket: an address."""
        gets_address(["bwrap", "--unshare-all", "--share-net", "--die-with-parent",
                      "--ro-bind", "/usr", "/usr",
                      "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                      "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc", "/etc",
                      "--ro-bind", "/opt", "/opt", "--bind", "/tmp", "/tmp",
                      "--bind", "/home", "/home", "--bind", "/var/tmp", "/var/tmp",
                      "--dev", "/dev", "--proc", "/proc",
                      "--ro-bind", "/run/vmgrant/socket", "/run/vmgrant/socket"])

    def check_flatpak_like():
        """The arguments that Flatpak gives bubblewrap, seccomp aside: an address."""
        gets_address(["bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc",
                      "--unshare-net", "--die-with-parent", "--new-session",
                      "--ro-bind", "/usr", "/usr", "--ro-bind", "/opt", "/opt",
                      "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib",
                      "--symlink", "usr/lib64", "/lib64", "--ro-bind", "/etc", "/etc",
                      "--bind", "/tmp", "/tmp", "--bind", "/home", "/home",
                      "--bind", "/var/tmp", "/var/tmp", "--dev", "/dev", "--proc", "/proc",
                      "--ro-bind", "/run/vmgrant/socket", "/run/vmgrant/socket",
                      "--cap-drop", "ALL"])

    def check_podman():
        """A rootless container of podman's, with only the socket bound in: an address."""
        root = alice.run(["sh", "-c", """set -e; root=$(mktemp -d); cd "$root"
            mkdir usr opt etc proc sys dev tmp run var var/tmp run/vmgrant
            for name in bin sbin lib lib64; do ln -s usr/$name $name; done; pwd"""]).stdout.strip()
        gets_address(["podman", "--cgroup-manager=cgroupfs", "run", "--rm", "--network=none",
                      "--cgroups=disabled", "--no-hosts", "-v", "/usr:/usr:ro",
                      "-v", "/opt:/opt:ro", "-v", "/var/tmp:/var/tmp",
                      "-v", "/run/vmgrant/socket:/run/vmgrant/socket", "--rootfs", root])

    def check_bridge_helper():
        """QEMU's own -netdev bridge,helper= in a sandbox: an address."""
        with Guest(alice, [*BOOT_FROM_NETWORK, "-netdev",
                           "bridge,id=n,br=br0,helper=/usr/bin/vmgrant bridge-helper",
                           "-device", f"e1000,netdev=n,mac={MAC}"],
                   program=OLDER, before=["setpriv", "--no-new-privs"]):
            reaches_network(leases, MAC)
        wait_until(lambda: not ports(), "the port to go with its guest")

    def check_denied():
        """bob gets the sentence that he gets by the other door."""
        bob = Person("bob")
        done = bob.run(["setpriv", "--no-new-privs", "vmgrant", "run", "--net", "br0", "--",
                        "sh", "-c", "echo {net0.fd}"])
        assert done.returncode == 7 and "not allowed for user bob" in done.stdout, done.stdout

    def check_device_without_right():
        """A service for network cards says what a device takes."""
        if not old_kernel:
            return
        done = alice.run(["vmgrant", "run", "--door", "socket", "--usb", "0403:6001", "--", OLDER,
                          "-version"])
        assert done.returncode != 0 and "devices.conf" in done.stdout, done.stdout

    def check_device():
        """With the drop-in of the examples the service opens a USB device."""
        if not old_kernel:
            return
        units(("devices.conf", example("devices.conf")))
        done = alice.run(["vmgrant", "run", "--door", "socket", "--usb", "0403:6001", "--", OLDER,
                          "-version"])
        assert done.returncode == 0, done.stdout

    @contextlib.contextmanager
    def forbidden(setting, value):
        before = need(["sysctl", "-n", setting]).strip()
        need(["sysctl", "-q", f"{setting}={value}"])
        try:
            yield
        finally:
            need(["sysctl", "-q", f"{setting}={before}"])

    def port(*words):
        return alice.run(["vmgrant", "run", *words, "--net", "br0", "--", "sh", "-c",
                          "echo {net0.ifname}"])

    def check_attack_77_no_user_namespaces():
        """user namespaces forbidden: sealed ports by setuid, by the service with its drop-in."""
        if not old_kernel:
            return
        with forbidden("kernel.unprivileged_userns_clone", 0):
            assert "veth" in port().stdout
        with forbidden("user.max_user_namespaces", 0):
            gets_address([])
            done = port("--door", "socket")
            assert done.returncode != 0 and "no-user-namespaces.conf" in done.stdout, done.stdout
            units(("no-user-namespaces.conf", example("no-user-namespaces.conf")))
            done = port("--door", "socket")
            assert done.returncode == 0 and "veth" in done.stdout, done.stdout
            os.unlink(f"{DROP_IN}/no-user-namespaces.conf")
            units()
        wait_until(lambda: not ports(), "the ports to go")

    def check_log():
        """vmgrant log reads the real journal: who was given what by each door, and still has it."""
        since = need(["date", "+%F %T"]).strip()

        def log(*words):
            return json.loads(need(["vmgrant", "log", "--json", "--since", since, *words]))

        def held():
            return [one for one in log("--held", "--user", "alice")
                    if one["given"].startswith("port ") and "bridge br0" in one["given"]]

        def guests():
            """A guest by the setuid program, by the service, and one whose QEMU asks itself."""
            for door in ("auto", "socket"):
                yield Guest(alice, ["-S"], program=OLDER,
                            before=["vmgrant", "run", "--door", door, "--net", "br0", "--"])
            if old_kernel:
                yield Guest(alice, ["-S", "-netdev", f"bridge,id=n,br=br0,helper={HELPER}",
                                    "-device", "e1000,netdev=n"], program=OLDER)

        for guest in guests():
            with guest:
                [record] = wait_until(held, "the record of the port")
                assert record["uid"] == 1000 and record["held"] is True, record
                assert record["given"].split()[1] in ports(), record
            wait_until(lambda: not held(), "the port to be gone")
        bob = Person("bob")
        done = bob.run(["vmgrant", "run", "--net", "br0", "--", "true", "{net0.fd}"])
        assert done.returncode == 7, done.stdout
        # One of an earlier check may be of the same second.
        refusals = wait_until(lambda: log("--refused", "--user", "bob"), "the refusal's record")
        assert all(one["granted"] is False and one["code"] == 7 for one in refusals), refusals
        assert not log("--user", "bob")

    @contextlib.contextmanager
    def records_limited():
        """journald lets a unit write a few messages of each priority an hour."""
        os.makedirs("/run/systemd/journald.conf.d", exist_ok=True)
        write("/run/systemd/journald.conf.d/limit.conf",
              "[Journal]\nRateLimitIntervalSec=1h\nRateLimitBurst=2\n")
        need(["systemctl", "restart", "systemd-journald.service"])
        try:
            yield
        finally:
            os.unlink("/run/systemd/journald.conf.d/limit.conf")
            need(["systemctl", "restart", "systemd-journald.service"])

    def check_attack_50_nobody_keeps_anothers_refusal_out():
        """a flood of one user's refusals by the service: another's has its record."""
        bob = Person("bob")
        with records_limited():
            since = need(["date", "+%F %T"]).strip()

            def refusals(name):
                return json.loads(need(["vmgrant", "log", "--json", "--refused", "--since", since,
                                        "--user", name]))

            # Up to twelve times the limit are let through, by the space that there is.
            done = alice.run(["python3", f"{HERE}/ask-doors.py", "refused", "4"])
            assert done.returncode == 0, done.stdout
            done = bob.run(["vmgrant", "run", "--door", "socket", "--net", "br0", "--", "true",
                            "{net0.fd}"])
            assert done.returncode == 7, done.stdout
            wait_until(lambda: refusals("bob"), "bob's refusal")
            assert len(refusals("alice")) == 40

    def check_nobody_is_root():
        """While a guest runs and asks, no process of the service is root's."""
        with Guest(alice, ["-S"], program=OLDER,
                   before=["vmgrant", "run", "--door", "socket", "--net", "br0", "--"]):
            group = need(["systemctl", "show", "--value", "-p", "ControlGroup", "vmgrant.service"])
            pids = read(f"/sys/fs/cgroup{group.strip()}/cgroup.procs").split()
            assert pids
            for pid in pids:
                status = read(f"/proc/{pid}/status") or ""
                assert not re.search(r"^Uid:.*\b0\b", status, re.M), status

    sys.exit(main(globals()))
