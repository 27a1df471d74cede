# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant check: each command that it prints is run, and then the finding is gone.

Those for libvirt, polkit, STP, iptables and ports are run beside their findings
(test_check_right.py, test_check_rules.py, test_check_boxes.py, test_reattach_shown.py, test_beside.py); those that load
modules or restart services in the test VM (check-host.py, check-firewall.py).
"""

import json
import os
import stat

import pytest

from process import wait_until
from checking import failure, findings, good_world, levels, mend, plain_world
from world import ACL, HELPER

assert good_world and plain_world  # fixtures


def as_root(world, script):
    done = world.run(["sh", "-ec", script])
    assert done.code == 0, (script, done.stderr)


# ---- the installation ----

@pytest.mark.parametrize("spoil", ("chmod 755", "chown bob", "chmod 4757", "chmod 4700"))
def test_a_helper_of_another_owner_or_mode(plain_world, spoil):
    as_root(plain_world, f"{spoil} {HELPER}")
    mend(plain_world, failure(plain_world, "helper"))
    assert findings(plain_world)[1]


def test_a_helper_on_a_file_system_without_setuid(plain_world):
    folder = os.path.dirname(HELPER)
    as_root(plain_world, f"cp -a {folder} /run/saved; "
                         f"mount -t tmpfs -o mode=755,nosuid none {folder}; "
                         f"cp -a /run/saved/. {folder}")
    found = failure(plain_world, "helper")
    assert "mounted nosuid" in found["text"]
    mend(plain_world, found)
    assert findings(plain_world)[1]


def test_a_group_that_may_start_the_helper(plain_world):
    plain_world.write_acl("allow bridge br0 user bob polkit=no\n")
    as_root(plain_world, f"chown root:students {HELPER}; chmod 4750 {HELPER}; "
                         "gpasswd -d bob students || :")
    mend(plain_world, failure(plain_world, "helper", user="bob"))
    done = plain_world.run(["setpriv", "--reuid=bob", "--regid=bob", "--init-groups", "vmgrant",
                            "check"])
    assert done.code == 0, done.stdout


# ---- policy and bridges ----

def test_a_policy_that_is_missing(plain_world):
    plain_world.path(ACL).unlink()
    mend(plain_world, failure(plain_world, "acl"))
    assert findings(plain_world)[1]
    status = os.stat(plain_world.path(ACL))
    assert stat.S_IMODE(status.st_mode) == 0o640 and status.st_uid == 0
    # It is a policy of nobody's: the next command gives somebody something.
    mend(plain_world, levels(plain_world, "bridges", "warn")[0])
    assert "allowed for user alice" in str(findings(plain_world)[0]["bridges"])


COPY = f"mkdir -p /store/x && cp {ACL} /store/x/a"
NOT_TRUSTED = {
    "a link into a folder of a group's": f"{COPY} && chmod 775 /store/x && ln -sf /store/x/a {ACL}",
    "a link into another's folder": f"{COPY} && chown alice /store/x && ln -sf /store/x/a {ACL}",
    "a link to another's file": f"{COPY} && chown alice /store/x/a && ln -sf /store/x/a {ACL}",
    "a relative link": "cd /etc/vmgrant && mkdir real && cp acl.conf real/a && chmod 777 real && "
                       "ln -sf ./real/../real/a acl.conf",
    "links on the way": f"{COPY} && ln -s ../../store/x /etc/vmgrant/y && chmod 777 /store && "
                        f"ln -sf y/a {ACL}",
    "another's link": f"cp {ACL} /etc/vmgrant/b && ln -sf b {ACL} && chown -h alice {ACL}",
    "a folder above": "chmod 757 /etc",
    "an included file": f"echo 'include /etc/vmgrant/more' >>{ACL} && touch /etc/vmgrant/more && "
                        "chmod 666 /etc/vmgrant/more",
    "an imported file": f"mkdir -p /etc/qemu && echo 'allow br1' >/etc/qemu/bridge.conf && "
                        "chmod 666 /etc/qemu/bridge.conf && "
                        f"echo 'import-qemu /etc/qemu/bridge.conf' >>{ACL}",
    "closed to the account": f"chown root:root {ACL} && chmod 600 {ACL}",
    "in a folder closed to the account": "chown root:root /etc/vmgrant && chmod 700 /etc/vmgrant",
}


@pytest.mark.parametrize("name", NOT_TRUSTED)
def test_a_policy_that_is_not_trusted_or_not_readable(plain_world, name):
    as_root(plain_world, NOT_TRUSTED[name])
    by_check, good = findings(plain_world)
    assert not good
    red = [found for check in ("acl", "bridges") for found in by_check.get(check, [])
           if found["level"] == "fail"]
    assert red and "sudoedit" not in red[0]["mend"]
    mend(plain_world, red[0])
    assert findings(plain_world)[1]
    done = plain_world.run_as("alice", ["vmgrant", "run", "--net", "br0", "--", "true",
                                        "{net0.fd}"])
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("make", ("mkfifo", "mkdir", "mknod -m 644 {} c 1 3 &&:"))
def test_a_policy_that_is_no_file(plain_world, make):
    command = make.format(ACL) if "{}" in make else f"{make} {ACL}"
    as_root(plain_world, f"rm {ACL}; {command}")
    mend(plain_world, failure(plain_world, "acl"))
    assert findings(plain_world)[1]
    assert plain_world.path(f"{ACL}.old").exists()


def test_a_link_that_leads_nowhere_is_not_replaced(plain_world):
    as_root(plain_world, f"ln -sf /nowhere/acl.conf {ACL}")
    found = failure(plain_world, "acl")
    assert "leads to /nowhere/acl.conf, which is missing" in found["text"]
    assert not found["command"]


@pytest.mark.parametrize("left", ((), ("docker0",)))
def test_a_bridge_that_is_missing(plain_world, left):
    plain_world.ip("link del br0")
    for name in left:
        plain_world.bridge(name)
    (found,) = levels(plain_world, "bridges", "warn")
    assert "there is no bridge on this machine" in found["text"]
    mend(plain_world, found)
    assert "bridge br0: allowed for user alice" in str(levels(plain_world, "bridges", "ok"))


# ---- nodes ----

def test_a_file_in_the_place_of_the_tun_node(plain_world):
    as_root(plain_world, "rm /dev/net/tun; mkdir /dev/net/tun; touch /dev/net/tun/0")
    found = failure(plain_world, "tun")
    assert "not a device" in found["text"]
    mend(plain_world, found)
    assert findings(plain_world)[1]


@pytest.mark.parametrize("group,words", (("root", "sudo chmod 666"), ("disk", "sudo chmod 666"),
                                         ("gpu", "sudo usermod -aG gpu alice")))
def test_a_kvm_node_that_is_closed(plain_world, group, words):
    as_root(plain_world, "rm -f /dev/kvm; mknod -m 660 /dev/kvm c 10 232; "
                         f"gpasswd -d alice gpu || :; chgrp {group} /dev/kvm")
    found = failure(plain_world, "kvm", "warn")
    assert found["mend"].startswith(words)
    mend(plain_world, found)
    if group != "gpu":
        assert not [each for each in levels(plain_world, "kvm", "warn") if "closed" in each["text"]]
        return
    assert "from the next login" in found["text"]
    done = plain_world.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups",
                            "vmgrant", "check"])
    assert b"/dev/kvm: closed" not in done.stdout


# ---- other programs ----

@pytest.mark.parametrize("place", ("/usr/lib/qemu", "/usr/libexec", "/usr/lib"))
def test_the_helper_that_it_replaces(plain_world, place):
    old = f"{place}/qemu-bridge-helper"
    plain_world.write(old, "#!/bin/sh\n", mode=0o4755)
    (found,) = [each for each in levels(plain_world, "old-helper", "info") if old in each["text"]]
    mend(plain_world, found)
    assert not [each for each in levels(plain_world, "old-helper", "info") if old in each["text"]]


def test_what_root_is_told_for_somebody_is_done_as_that_person(plain_world):
    """libvirt's file of alice's is alice's, whoever asks."""
    plain_world.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    plain_world.run(["rm", "-rf", "/home/alice/.config/libvirt"])
    asked = ("--user", "alice")
    for line in (None, "bridge_helper = '/usr/lib/qemu/qemu-bridge-helper'\n"):
        if line is not None:
            plain_world.write("/home/alice/.config/libvirt/qemu.conf", line, owner=(1000, 1000))
        (found,) = findings_of(plain_world, "libvirt", *asked)
        assert found["mend"].startswith("sudo -u alice "), found
        as_root(plain_world, found["mend"].replace("sudo -u alice ", "runuser -u alice -- "))
        status = os.stat(plain_world.path("/home/alice/.config/libvirt/qemu.conf"))
        assert status.st_uid == 1000
        (found,) = findings_of(plain_world, "libvirt", *asked)
        assert found["level"] == "ok" and found["text"].endswith(HELPER)


def test_a_session_daemon_in_an_unusual_place_is_seen(plain_world):
    """Where distributions have other paths, what runs tells that libvirt is there."""
    plain_world.run(["rm", "-f", "/usr/sbin/libvirtd", "/usr/sbin/virtqemud"])
    plain_world.run(["rm", "-rf", "/home/alice/.config/libvirt"])
    assert not findings(plain_world)[0].get("libvirt")
    as_root(plain_world, "mkdir -p /opt/libvirt; cp /bin/sleep /opt/libvirt/virtqemud")
    daemon = plain_world.spawn(["/opt/libvirt/virtqemud", "1000"], user="alice", capture=False)
    try:
        wait_until(lambda: findings(plain_world)[0].get("libvirt"), "the daemon")
        (found,) = levels(plain_world, "libvirt", "info")
        assert "does not name a bridge_helper" in found["text"]
    finally:
        daemon.kill()


def findings_of(world, check, *words, user="root"):
    done = world.run_as(user, ["vmgrant", "check", "--json", *words])
    return [found for found in json.loads(done.stdout)["findings"] if found["check"] == check]
