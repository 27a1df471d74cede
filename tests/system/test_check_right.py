# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant check is green only if run works, red only if not, and each command it prints helps."""

import os
import resource
import time

import pytest

import namespaces as ns
from process import wait_until
from checking import ALICE_MAY, failure, findings, good_world, levels, mend, plain_world, run

assert good_world and plain_world  # fixtures


# ---- green only if run works ----

@pytest.mark.parametrize("rule", ("polkit=no", ""))
def test_a_unit_that_makes_run_read_only_is_red_and_says_what_opens_it(good_world, rule):
    """systemd's ProtectSystem=strict: setuid has its effect, and the lock file none."""
    good_world.write_acl(f"allow bridge br0 user alice {rule}\n")
    assert findings(good_world)[1]
    read_only = "mount --rbind /run /run; mount -o remount,bind,ro /run"
    assert good_world.run(["sh", "-ec", read_only]).code == 0
    found = failure(good_world, "bridges")
    assert "/run/vmgrant.lock is read-only to this service or container" in found["text"]
    assert found["mend"] == "ReadWritePaths=/run in its unit allows it" and not found["command"]
    assert good_world.run(["mount", "-o", "remount,bind,rw", "/run"]).code == 0
    assert findings(good_world)[1]


def test_a_password_that_polkit_wants_is_not_green(polkit_world):
    polkit_world.write_acl("allow bridge br0 user alice\n")
    (found,) = levels(polkit_world, "bridges", "warn")
    assert "it wants a password" in found["text"] and not levels(polkit_world, "bridges", "ok")
    polkit_world.rules(ALICE_MAY)
    assert levels(polkit_world, "bridges", "ok") and not levels(polkit_world, "bridges", "warn")


def test_a_no_of_polkit_is_red(polkit_world):
    polkit_world.rules(ALICE_MAY.replace("YES", "NO"))
    polkit_world.write_acl("allow bridge br0 user alice\n")
    assert "polkit says no" in failure(polkit_world, "bridges")["text"]


def test_a_trial_leaves_nothing_and_counts_for_the_quota_only_meanwhile(plain_world):
    plain_world.write_acl("allow bridge br0 user alice polkit=no quota=1\n")
    for _ in range(3):
        assert findings(plain_world)[1]
    plain_world.wait_no_taps()
    plain_world.request("alice")
    (found,) = levels(plain_world, "bridges", "warn")
    assert "has all of the 1 cards" in found["text"]


def test_lock_mac_is_tried_with_an_address(plain_world):
    plain_world.write_acl("allow bridge br0 user alice polkit=no lock-mac\n")
    assert levels(plain_world, "bridges", "ok") and findings(plain_world)[1]


def test_a_rule_that_the_bridge_cannot_keep_is_red(plain_world):
    plain_world.write_acl("allow bridge br0 user alice polkit=no vlan=7\n")
    assert "vlan=7" in failure(plain_world, "bridges")["text"]


def test_a_proc_that_hides_who_asks(good_world):
    good_world.write_acl("allow bridge br0 user alice\n")
    assert good_world.run(["mount", "-o", "remount,hidepid=2", "/proc"]).code == 0
    if good_world.run(["grep", "hidepid", "/proc/self/mountinfo"]).code != 0:
        pytest.fail("this kernel has no hidepid")
    by_check, good = findings(good_world)
    if good:
        # polkit's daemon has stayed root here, who sees everybody: run works.
        assert by_check["polkit"][0]["level"] == "ok"
        return
    found = failure(good_world, "polkit")
    assert "hidepid" in found["text"]
    mend(good_world, found)
    assert findings(good_world)[1]


def test_a_tun_node_on_a_nodev_mount(plain_world):
    plain_world.run(["sh", "-c", "mount -t tmpfs -o mode=755,nodev none /dev/net && "
                                 "mknod -m 666 /dev/net/tun c 10 200"])
    found = failure(plain_world, "tun")
    assert "mounted nodev" in found["text"]
    mend(plain_world, found)
    assert findings(plain_world)[1]


def test_a_spanning_tree_that_keeps_guests_waiting(plain_world):
    plain_world.ip("link set br0 type bridge stp_state 1 forward_delay 1500")
    (found,) = levels(plain_world, "bridges", "warn")
    assert "STP keeps a new guest off the network for 30 seconds" in found["text"]
    mend(plain_world, found)
    assert not levels(plain_world, "bridges", "warn")


IPTABLES = """#!/bin/sh
# As iptables -S prints it; -I adds the rest of the line.
shift_w() { [ "$1" = -w ] && shift; echo "$@"; }
set -- $(shift_w "$@")
file=/run/rules-${0##*/}
case $1 in
-S) cat "$file" ;;
-I) shift; { grep "^-[PN]" "$file"; echo "-A $*"; grep "^-A" "$file"; } >"$file.new"
    mv "$file.new" "$file" ;;
esac
"""


def iptables(world, rules, program="iptables"):
    """Programs that have these rules, of which only the one's see what crosses a bridge."""
    if not world.path("/proc/sys/net/bridge").exists():
        pytest.skip("this kernel has no br_netfilter")
    for each in ("iptables", "ip6tables"):
        setting = f"/proc/sys/net/bridge/bridge-nf-call-{each}"
        world.run(["sh", "-c", f"echo {int(each == program)} >{setting}"])
        world.write(f"/usr/sbin/{each}", IPTABLES, mode=0o755)
        world.write(f"/run/rules-{each}", rules)


ASKED = {"words": ("--user", "alice"), "user": "root"}


@pytest.mark.parametrize("chain", ("FORWARD", "DOCKER-USER"))
@pytest.mark.parametrize("program", ("iptables", "ip6tables"))
@pytest.mark.parametrize("dropping", ("-P FORWARD DROP\n{}",
                                      "-P FORWARD ACCEPT\n{}-A FORWARD -j REJECT --reject-with x\n"))
def test_iptables_that_drops_what_crosses_a_bridge(plain_world, program, chain, dropping):
    docker = "-N DOCKER-USER\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j RETURN\n"
    if chain == "DOCKER-USER":
        plain_world.bridge("docker0")
    iptables(plain_world, "-P FORWARD ACCEPT\n", program)
    assert not warnings(plain_world, "netfilter", **ASKED)
    iptables(plain_world, dropping.format(docker if chain == "DOCKER-USER" else ""), program)
    (found,) = warnings(plain_world, "netfilter", **ASKED)
    assert f"bridge br0: {program} drops what guests send" in found["text"]
    assert f"-I {chain} " in found["mend"] and "sysctl" not in found["mend"]
    mend(plain_world, found)
    assert not warnings(plain_world, "netfilter", **ASKED)
    # Who is not root cannot know, but Docker is known for it.
    assert bool(levels(plain_world, "netfilter", "warn")) == (chain == "DOCKER-USER")


def test_a_bridge_that_no_rule_of_iptables_can_name(plain_world):
    """Its + at the end would let pass what crosses any bridge whose name begins so."""
    plain_world.bridge("br+")
    iptables(plain_world, "-P FORWARD DROP\n-A FORWARD -i br0 -j ACCEPT\n")
    plain_world.write_acl("allow bridge br+ user alice polkit=no\n")
    (found,) = warnings(plain_world, "netfilter", **ASKED)
    assert not found["command"] and "rename the bridge" in found["mend"], found


FIREWALL_CMD = """#!/bin/sh
# A firewalld of which the files in /run/firewalld tell: bound, forward and target of its zones.
cd /run/firewalld
zone=public change=
for word; do
    case $word in
    --zone=*) zone=${word#*=} ;;
    --get-zone-of-interface=*) grep -s . "bound-${word#*=}"; exit ;;
    --query-forward) query=forward ;;
    --get-target) query=target ;;
    --add-interface=*) name=${word#*=}; query=bind ;;
    --add-forward) query=add ;;
    --reload) exit ;;
    esac
done
case $query in
forward) test -e "forward-$zone" ;;
target) cat "target-$zone" 2>/dev/null || echo default ;;
bind) echo "$zone" >"bound-$name" ;;
add) touch "forward-$zone" ;;
esac
"""


@pytest.mark.parametrize("state,words", (
    ("touch forward-public", "in no zone by name"),
    ("true", "in no zone by name"),
    ("echo lab >bound-br0", "its zone, lab, does not forward"),
    ("touch forward-public; echo public >bound-br0", None),
    ("echo ACCEPT >target-public", None)))
def test_a_firewalld_that_rejects_what_crosses_a_bridge(plain_world, state, words):
    """A zone's forward counts for interfaces that are in it by name, never for all others."""
    iptables(plain_world, "-P FORWARD ACCEPT\n")
    plain_world.write("/usr/bin/firewall-cmd", FIREWALL_CMD, mode=0o755)
    plain_world.run(["sh", "-ec", f"mkdir /run/firewalld; cd /run/firewalld; {state}"])
    daemon = plain_world.spawn(lambda: name_and_sleep("firewalld"), capture=False)
    try:
        wait_until(lambda: plain_world.run(["pgrep", "-x", "firewalld"]).code == 0, "its process")
        found = warnings(plain_world, "netfilter", **ASKED)
        assert len(found) == (words is not None), found
        if words:
            assert words in found[0]["text"], found
            mend(plain_world, found[0])
            assert not warnings(plain_world, "netfilter", **ASKED)
    finally:
        daemon.kill()


def name_and_sleep(name):
    with open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name)
    time.sleep(1000)


def warnings(world, check, user, words=()):
    import json
    done = run(world, "--json", *words, user=user)
    return [finding for finding in json.loads(done.stdout)["findings"]
            if finding["check"] == check and finding["level"] == "warn"]


def test_a_session_libvirtd_that_has_read_the_old_file(plain_world):
    plain_world.write("/usr/sbin/libvirtd", "#!/bin/sh\nsleep 1000 &\nwait\n", mode=0o755)
    daemon = plain_world.spawn(["/usr/sbin/libvirtd"], user="alice", capture=False)
    try:
        time.sleep(0.1)
        (found,) = levels(plain_world, "libvirt", "info")
        mend(plain_world, found, user="alice")
        (found,) = levels(plain_world, "libvirt", "warn")
        assert "started before bridge_helper was set" in found["text"]
        mend(plain_world, found, user="alice")
        daemon.wait()
        assert levels(plain_world, "libvirt", "ok") and not levels(plain_world, "libvirt", "warn")
    finally:
        daemon.kill()


# ---- red only if not ----

def test_a_user_namespace_is_one_failure_and_not_five(plain_world):
    by_check, good = findings(plain_world, prepare=lambda: ns.unshare(ns.CLONE_NEWUSER))
    red = [finding for found in by_check.values() for finding in found
           if finding["level"] == "fail"]
    assert not good and [finding["check"] for finding in red] == ["process"], red


def test_a_setting_that_protects_the_whole_machine_stays(plain_world):
    limit = "/proc/sys/user/max_user_namespaces"
    done = plain_world.run(["unshare", "--user", "--map-root-user", "sh", "-c",
                            f"echo 0 >{limit} && vmgrant check"])
    assert b"user namespaces: forbidden" in done.stdout and b"sysctl" not in done.stdout


def test_what_other_programs_say_is_not_repeated(plain_world):
    plain_world.write("/usr/bin/qemu-system-x86_64",
                      "#!/bin/sh\necho 'QEMU emulator version 9.1.2 (Odd \x1b[31m 1:9)'\n", mode=0o755)
    (found,) = findings(plain_world)[0]["qemu"]
    assert found["text"] == "qemu-system-x86_64: version 9.1.2"
    plain_world.write("/usr/bin/qemu-system-x86_64", "#!/bin/sh\necho boom >&2\nexit 1\n",
                      mode=0o755)
    (found,) = findings(plain_world)[0]["qemu"]
    assert "boom" not in found["text"] and found["level"] == "warn"


# ---- sentences ----

def test_few_file_descriptors_are_what_they_are(plain_world):
    """A small LimitNOFILE: no protocol error, no module that is missing."""
    for limit in range(4, 20):
        done = plain_world.run_as(
            "alice", ["vmgrant", "run", "--net", "br0", "--", "true", "{net0.fd}"],
            prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        text = done.stderr.decode()
        assert done.code == 0 or "oo many" in text or "not open" in text, (limit, text)
        assert "Protocol error" not in text and "modprobe" not in text, (limit, text)


def in_private_users(argv):
    """Become alice in a user namespace that maps root and her, as PrivateUsers=yes makes it."""
    (ready, say_ready), (mapped, say_mapped) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        ns.unshare(ns.CLONE_NEWUSER)
        os.write(say_ready, b"x")
        os.read(mapped, 1)
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        os.execvp(argv[0], argv)
    os.read(ready, 1)
    for kind in ("uid", "gid"):
        with open(f"/proc/{pid}/{kind}_map", "w", encoding="ascii") as table:
            table.write("0 0 1\n1000 1000 1\n")
    os.write(say_mapped, b"x")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_private_users_are_no_privilege(plain_world):
    done = plain_world.run(lambda: os._exit(in_private_users(
        ["vmgrant", "run", "--net", "br0", "--", "true", "{net0.fd}"])))
    assert done.code == 3 and b"user namespace" in done.stderr, (done.code, done.stderr)
