# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Software beside us: vmgrant check sees what runs, what it was told, and says what stops it.

Stand-ins run here, under the names of the daemons; the daemons themselves run in the test VM.
"""

import contextlib
import fnmatch
import json

import pytest

from process import wait_until

DHCPCD, CONNMAN, LLDPD = "/etc/dhcpcd.conf", "/etc/connman/main.conf", "/etc/lldpd.d/own.conf"
NETWORKS, OWN_NETWORKS = "/usr/lib/systemd/network", "/etc/systemd/network"
NM, OWN_NM = "/usr/lib/NetworkManager/conf.d", "/etc/NetworkManager/conf.d"
TITLE = "dhcpcd: [manager] [ip4] [ip6]"


@pytest.fixture
def beside(world):
    """A machine without any of them; what restarts them does nothing."""
    for path in (DHCPCD, CONNMAN, "/etc/lldpd.conf", "/etc/default/lldpd"):
        world.path(path).unlink(missing_ok=True)
    world.run(["rm", "-rf", "/etc/lldpd.d"])
    for name in ("systemctl", "networkctl", "udevadm"):
        world.write(f"/usr/local/bin/{name}", "#!/bin/sh\n", mode=0o755)
    world.run(["mkdir", "-p", "/etc/lldpd.d", "/etc/connman"])
    return world


@contextlib.contextmanager
def running(world, name, *argv):
    """A process of that name, with those arguments instead of its own."""
    world.run(["cp", "/bin/sleep", f"/usr/local/sbin/{name}"])
    script = 'exec -a "$0" "$@"'
    process = world.spawn(["bash", "-c", script, argv[0] if argv else name,
                           f"/usr/local/sbin/{name}", *(argv[1:] or ["1000"])], capture=False)
    try:
        wait_until(lambda: name[:15] in world.run(["ps", "-e", "-o", "comm="]).stdout.decode(),
                   f"a process {name}")
        yield
    finally:
        process.kill()


def found(world, check="beside"):
    done = world.run_as("alice", ["vmgrant", "check", "--json"])
    return [one for one in json.loads(done.stdout)["findings"] if one["check"] == check]


def warning(world, name):
    """The one warning, which is about that."""
    [one] = [one for one in found(world) if one["level"] != "ok"]
    assert one["level"] == "warn" and one["text"].startswith(name), one
    return one


def is_quiet(world):
    return [one["level"] for one in found(world)] == ["ok"]


def mend(world, name):
    """The command that is printed makes the warning go."""
    command = warning(world, name)["mend"]
    done = world.run(["sh", "-ec", command.replace("sudo ", "")])
    assert done.code == 0, (command, done.stderr)
    assert is_quiet(world), found(world)


def test_where_nothing_runs_nothing_is_said(beside):
    assert not found(beside)


# ---- files that are installed ----

@pytest.mark.parametrize("process, folder, own, name, words", (
    ("systemd-udevd", NETWORKS, OWN_NETWORKS, "00-vmgrant.link", "MACAddressPolicy=none"),
    ("systemd-networkd", NETWORKS, OWN_NETWORKS, "00-vmgrant.network", "Unmanaged=yes"),
    ("NetworkManager", NM, OWN_NM, "00-vmgrant.conf", "managed=0")))
def test_a_file_that_is_missing_or_masked_is_named(beside, process, folder, own, name, words):
    installed = beside.path(f"{folder}/{name}")
    assert words in installed.read_text() and "vethg" in installed.read_text()
    with running(beside, process):
        assert is_quiet(beside)
        beside.run(["mkdir", "-p", own])
        # NetworkManager does not start with a link to /dev/null there.
        mask = ": >" if process == "NetworkManager" else "ln -sf /dev/null"
        beside.run(["sh", "-c", f"{mask} {own}/{name}"])
        assert f"{own}/{name} is masked" in warning(beside, process[:15])["text"]
        mend(beside, process[:15])
        installed.unlink()
        assert f"{name} is missing" in warning(beside, process[:15])["text"]
        mend(beside, process[:15])
        text = beside.path(f"{own}/{name}").read_text()
        assert words in text and "vethg" in text


# ---- dhcpcd ----

@pytest.mark.parametrize("text, good", (
    (None, False), ("", False), ("duid\npersistent\n", False),
    ("denyinterfaces veth*\n", True), ("  denyinterfaces wlan0 veth* tap*\n", True),
    ("denyinterfaces wlan0,vethg*\n", True), ("denyinterfaces vnet*\n", False),
    ("#denyinterfaces veth*\n", False), ("denyinterfacesveth*\n", False),
    ("allowinterfaces eth0 wlan0\n", True), ("allowinterfaces *\n", False),
    ("interface eth0\ndenyinterfaces veth*\n", False),
    ("allowinterfaces eth* veth*\n", False), ("profile x\ndenyinterfaces veth*\n", False)))
def test_dhcpcd_has_to_be_told(beside, text, good):
    if text is not None:
        beside.write(DHCPCD, text)
    with running(beside, "dhcpcd", TITLE):
        if good:
            assert is_quiet(beside)
        else:
            mend(beside, "dhcpcd")


def test_dhcpcd_for_one_interface_is_no_danger(beside):
    for title in ("dhcpcd: eth0 [ip4]", "dhcpcd: [privileged proxy]"):
        with running(beside, "dhcpcd", title):
            assert is_quiet(beside)


# ---- ConnMan ----

OWN_LIST = "NetworkInterfaceBlacklist = vmnet,vboxnet,virbr,ifb,ve-,vb-"


@pytest.mark.parametrize("text, good", (
    (None, False), ("", False), ("[General]\n", False), (f"[General]\n{OWN_LIST}\n", False),
    (f"[General]\n# {OWN_LIST},veth\n", False), (f"[General]\n{OWN_LIST},veth\n", True),
    ("[General]\nNetworkInterfaceBlacklist=veth,docker\n", True),
    ("[General]\nNetworkInterfaceBlacklist=docker, vethg\n", True),
    ("[General]\nNetworkInterfaceBlacklist=vethgate\n", False),
    ("[General]\nAllowHostnameUpdates=false", False)))
def test_connman_has_to_be_told(beside, text, good):
    if text is not None:
        beside.write(CONNMAN, text)
    with running(beside, "connmand"):
        if good:
            assert is_quiet(beside)
            return
        mend(beside, "connman")
    lists = [line for line in beside.path(CONNMAN).read_text().splitlines()
             if line.startswith("NetworkInterfaceBlacklist")]
    assert len(lists) == 1, lists


# ---- lldpd ----

PATTERN = "configure system interface pattern"


@pytest.mark.parametrize("text, default, good", (
    (None, "", False), (f"{PATTERN} *,!veth*\n", "", True), (f"{PATTERN} eth*\n", "", True),
    (f"{PATTERN} eth*,!eth1,veth*\n", "", False), (f"{PATTERN} !veth*,*\n", "", True),
    (f'{PATTERN} "*,!vethg*"\n', "", True),
    (f"# {PATTERN} eth*\n", "", False), (None, "DAEMON_ARGS=\"-c -I eth*\"\n", True),
    (None, "#DAEMON_ARGS=\"-I eth*\"\n", False),
    (f"{PATTERN} *\n", "DAEMON_ARGS=\"-I eth0\"\n", False)))
def test_lldpd_has_to_be_told(beside, text, default, good):
    if text is not None:
        beside.write(LLDPD, text)
    beside.write("/etc/default/lldpd", default)
    with running(beside, "lldpd"):
        if good:
            assert is_quiet(beside)
        else:
            mend(beside, "lldpd")


def test_lldpd_that_was_told_to_speak_to_ports_is_not_mended_by_one_more_word(beside):
    beside.write(LLDPD, f"{PATTERN} *,!veth*,!!vethg*\n")
    with running(beside, "lldpd"):
        assert "!!vethg*" in warning(beside, "lldpd")["mend"]


# ---- libvirt's profiles ----

ADAPT = "/usr/libexec/vmgrant/apparmor-libvirt"
INCLUDE = "include if exists <abstractions/vmgrant-helper>"


def test_the_profiles_of_libvirt_are_adapted_once_and_given_back(world):
    world.run(["rm", "-rf", "/etc/apparmor.d/local"])
    world.run(["mkdir", "-p", "/etc/apparmor.d/local"])
    local = world.path("/etc/apparmor.d/local/usr.sbin.libvirtd")
    # Without a profile there is nothing to adapt.
    world.run(["rm", "-f", "/etc/apparmor.d/usr.sbin.libvirtd"])
    assert world.run([ADAPT, "add"]).code == 0 and not local.exists()
    world.write("/etc/apparmor.d/usr.sbin.libvirtd", "profile libvirtd /usr/sbin/libvirtd {}\n")
    local.write_text("/srv/x r,")
    for _ in range(2):
        done = world.run([ADAPT, "add"])
        assert done.code == 0, done.stderr
        assert local.read_text() == f"/srv/x r,\n{INCLUDE}\n"
    rule = world.path("/etc/apparmor.d/abstractions/vmgrant-helper").read_text()
    assert "\n/usr/libexec/vmgrant/vmgrant-helper PUx,\n" in rule
    for _ in range(2):
        assert world.run([ADAPT, "remove"]).code == 0
        assert local.read_text() == "/srv/x r,\n"
    assert world.run([ADAPT]).code == 2


# ---- names ----

def test_names_of_ports_are_those_that_rules_pass_over(world):
    for options in ("", " port=direct"):
        world.write_acl(f"allow bridge br0 user alice polkit=no{options}\n")
        process = world.spawn(["vmgrant", "run", "--net", "br0", "--", "sh", "-c",
                                 ": {net0.fd}; exec sleep 1000"],
                              user="alice")
        [name] = wait_until(world.taps, "the port")
        assert fnmatch.fnmatch(name, "veth*") and fnmatch.fnmatchcase(name, "vethg" + "?" * 10)
        process.kill()
        world.wait_no_taps()
