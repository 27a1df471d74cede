# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant check: what a person reads when something is broken, and how to fix it."""

import json
import os
import re
import signal
import stat

import pytest

import namespaces as ns
from checking import FOUND, failure, findings, good_world, levels, mend, run
from replies import OBJECT
from terminal import Terminal
from world import ACL, AUTHORIZE, HELPER, POLICY

assert good_world  # a fixture


def test_a_good_machine_says_so(good_world):
    by_check, good = findings(good_world)
    assert good
    for check in ("process", "helper", "account", "acl", "actions", "polkit", "tun"):
        assert [finding["level"] for finding in by_check[check]] == ["ok"], by_check[check]
    texts = [finding["text"] for finding in by_check["bridges"] if finding["level"] == "ok"]
    assert texts == ["bridge br0: allowed for user alice",
                     "bridge br1: allowed for user alice, if polkit agrees"]
    good_world.wait_no_taps()


def test_it_is_a_line_each_for_people(good_world):
    good_world.path(AUTHORIZE).unlink()
    done = run(good_world)
    lines = done.stdout.decode().splitlines()
    found = [line for line in lines if not line.startswith(" ")]
    assert done.code == FOUND and len(found) > 10
    assert all(line.split()[0] in ("ok", "info", "warn", "FAIL") for line in found)
    assert b"\x1b" not in done.stdout
    for short in ("-q", "--quiet"):
        quiet = run(good_world, short).stdout.decode().splitlines()
        assert [line for line in quiet if not line.startswith(" ")] == \
            [line for line in found if line.startswith(("warn", "FAIL"))] != []


def test_how_to_fix_it_is_on_the_next_line_and_commands_stay_whole(good_world):
    """80 columns for words; a command is one line, however long, also on a terminal."""
    for program in ("/usr/sbin/libvirtd", "/usr/bin/gnome-boxes"):
        good_world.write(program, "#!/bin/sh\n", mode=0o755)
    by_check, _ = findings(good_world, user="bob")
    (libvirt,) = by_check["libvirt"]
    assert libvirt["command"] and len(libvirt["mend"]) > 80
    terminal = Terminal(good_world, ["vmgrant", "check"], user="bob")
    terminal.finish()
    for output in (run(good_world, user="bob").stdout.decode(), terminal.raw.decode()):
        lines = output.replace("\r", "").splitlines()
        assert f"      \u2192 {libvirt['mend']}" in lines
        for line in lines:
            plain = re.sub("\x1b[^m]*m", "", line)
            is_command = plain.startswith("      \u2192 ") and "sudo" in plain or "mkdir" in plain
            assert is_command or len(plain) <= 80, plain
    done = run(good_world, user="bob", env={"PATH": os.environ["PATH"], "LC_ALL": "C",
                                            "HOME": "/home/bob"})
    assert "      -> mkdir" in done.stdout.decode("ascii")


def test_colours_are_for_terminals_that_want_them(good_world):
    script = "vmgrant check | cat; echo end; NO_COLOR=1 vmgrant check --quiet; echo end"
    terminal = Terminal(good_world, ["sh", "-c", script])
    terminal.finish()
    assert terminal.raw.count(b"\x1b") == 0
    terminal = Terminal(good_world, ["vmgrant", "check"])
    assert terminal.finish() == 0
    assert b"\x1b[32mok  \x1b[0m" in terminal.raw


# ---- the installation ----

def test_a_helper_that_is_not_setuid(good_world):
    good_world.path(HELPER).chmod(0o755)
    found = failure(good_world, "helper")
    assert found["text"] == f"{HELPER}: not setuid root"
    assert found["mend"] == f"sudo chown root {HELPER} && sudo chmod 4755 {HELPER}"
    # And what it says does mend it.
    assert good_world.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert findings(good_world)[1]


def test_a_helper_that_others_own_or_write(good_world):
    path = good_world.path(HELPER)
    path.chown(1001, 0)
    path.chmod(0o4755)
    assert "does not belong to root" in failure(good_world, "helper")["text"]
    path.chown(0, 0)
    path.chmod(0o4757)
    assert "others than root may write to it" in failure(good_world, "helper")["text"]


def test_a_helper_for_a_group_that_one_is_not_in(good_world):
    path = good_world.path(HELPER)
    path.chown(0, 2000)
    path.chmod(0o4750)
    assert findings(good_world)[1]
    found = failure(good_world, "helper", user="bob")
    assert "only members of group students may start it, and user bob is none" in found["text"]
    assert found["mend"].startswith("sudo usermod -aG students bob")


def test_a_missing_helper_and_a_missing_asker(good_world):
    good_world.path(AUTHORIZE).unlink()
    assert AUTHORIZE in failure(good_world, "helper")["text"]
    good_world.path(HELPER).unlink()
    by_check, good = findings(good_world)
    assert not good and f"{HELPER}: cannot be found" in by_check["helper"][0]["text"]


def test_a_helper_that_cannot_run(good_world):
    good_world.path(HELPER).write_bytes(b"no program")
    good_world.path(HELPER).chmod(0o4755)
    assert "does not work" in failure(good_world, "helper")["text"]


def test_attack_13_a_helper_on_a_nosuid_mount(good_world):
    def remount():
        ns.unshare(ns.CLONE_NEWNS)
        ns.mount("none", "/", "none", ns.MS_REC | ns.MS_PRIVATE)
        ns.mount("tmpfs", "/mnt", "tmpfs", ns.MS_NOSUID)
        os.system(f"cp -p {HELPER} /mnt/helper")
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        os.execvp("vmgrant", ["vmgrant", "check", "--json", "--helper", "/mnt/helper"])
    done = good_world.run(remount)
    texts = [finding["text"] for finding in json.loads(done.stdout)["findings"]
             if finding["level"] == "fail"]
    assert done.code == FOUND and texts == ["/mnt/helper: its file system is mounted nosuid"]


def test_attack_13_no_new_privs_and_user_namespaces(good_world):
    found = failure(good_world, "process", prepare=lambda: ns.prctl(ns.PR_SET_NO_NEW_PRIVS, 1))
    assert "no_new_privs is set" in found["text"]
    found = failure(good_world, "process", prepare=lambda: ns.unshare(ns.CLONE_NEWUSER))
    assert "in a user namespace" in found["text"]


def test_a_container_that_took_capabilities_away(good_world):
    done = good_world.run(["setpriv", "--bounding-set=-net_admin", "--reuid=1000", "--regid=1000",
                           "--clear-groups", "vmgrant", "check"])
    assert done.code == FOUND
    assert b"FAIL  this process: CAP_NET_ADMIN was taken away" in done.stdout


def test_attack_40_a_missing_account(good_world):
    good_world.run(["sed", "-i", "/^vmgrant:/d", "/etc/passwd"])
    by_check, good = findings(good_world)
    (found,) = by_check["account"]
    assert not good and found["level"] == "fail" and "account vmgrant: missing" in found["text"]
    assert found["mend"].startswith("sudo useradd --system")
    # The helper says the same when it is asked.
    assert "account" in by_check["bridges"][0]["text"]
    assert good_world.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    assert findings(good_world)[0]["account"][0]["level"] == "ok"


# ---- the policy ----

def test_an_error_in_the_acl_is_named_by_place_and_word(good_world):
    good_world.write_acl("allow bridge br0 user alice\nallow brigde br1\n")
    by_check, good = findings(good_world)
    (found,) = by_check["acl"]
    assert not good and found["level"] == "fail"
    assert found["text"].startswith(f"{ACL}: line 2, column 7: brigde: ")
    assert found["mend"] == f"sudoedit {ACL}"


def test_a_missing_acl(good_world):
    good_world.path(ACL).unlink()
    by_check, good = findings(good_world)
    assert not good and "missing: everything is refused" in by_check["acl"][0]["text"]


def test_an_acl_that_one_may_not_read_is_not_judged(good_world):
    assert good_world.run(["chgrp", "vmgrant", ACL]).code == 0
    good_world.path(ACL).chmod(0o640)
    found = failure(good_world, "acl", level="info")
    assert "user alice may not read it" in found["text"]
    # What the rules give can be seen all the same.
    assert "allowed for user alice" in findings(good_world)[0]["bridges"][0]["text"]


def test_attack_22_an_acl_that_others_may_write(good_world):
    good_world.path(ACL).chmod(0o666)
    by_check, good = findings(good_world)
    assert not good and by_check["acl"][0]["level"] == "fail"
    assert ACL in by_check["acl"][0]["text"]


def test_a_rule_for_a_bridge_that_is_not_there(good_world):
    good_world.write_acl("allow bridge br0 user alice polkit=no\nallow bridge br7\n"
                         "deny bridge br8\nallow bridge br1 user nobody-at-all\n"
                         "allow bridge br1 group no-such-group\nallow bridge *\n")
    texts = [finding["text"] for finding in findings(good_world)[0]["acl"]
             if finding["level"] == "warn"]
    assert texts == [f"{ACL}: line 2: warning: there is no bridge br7",
                     f"{ACL}: line 3: warning: there is no bridge br8",
                     f"{ACL}: line 4: warning: there is no user nobody-at-all",
                     f"{ACL}: line 5: warning: there is no group no-such-group"]


def test_no_bridge_is_allowed(good_world):
    found = failure(good_world, "bridges", level="warn", user="bob")
    assert found["text"] == "no bridge is allowed for user bob"
    assert found["mend"] == "sudo vmgrant allow bridge br0 user bob"
    assert good_world.run(["sh", "-c", found["mend"].replace("sudo ", "")]).code == 0
    by_check, good = findings(good_world, user="bob")
    assert good and by_check["bridges"][0]["text"].startswith("bridge br0: allowed for user bob")


def test_no_bridge_at_all(good_world):
    good_world.ip("link del br0", "link del br1")
    assert "there is no bridge on this machine" in \
        failure(good_world, "bridges", level="warn")["text"]


def test_a_network_namespace_that_is_not_the_machines(good_world):
    """A bridge that is made there would be nobody's."""
    words = ["unshare", "--net", "--mount", "sh", "-c", "mount -t sysfs none /sys && exec \"$@\"", "sh",
             "setpriv", "--reuid=alice", "--regid=alice", "--clear-groups", "vmgrant"]
    done = good_world.run([*words, "check", "--json"])
    (found,) = [finding for finding in json.loads(done.stdout)["findings"]
                if finding["check"] == "bridges" and finding["level"] == "warn"]
    assert "network namespace, which is not the machine's" in found["text"]
    assert not found["command"] and "PrivateNetwork=" in found["mend"]
    assert "ip link add" not in done.stdout.decode()
    done = good_world.run([*words, "run", "--net", "br0", "--", "echo", "{net0.fd}"])
    assert done.code == OBJECT and b"which is not the machine's" in done.stderr, done.stderr


def test_a_bridge_that_is_down(good_world):
    good_world.ip("link set br0 down")
    found = failure(good_world, "bridges", level="warn")
    assert "bridge br0: it is down" in found["text"]
    assert found["mend"] == "sudo ip link set br0 up"
    mend(good_world, found)
    assert not levels(good_world, "bridges", "warn")


# ---- polkit ----

def test_attack_38_no_polkit_is_a_failure_only_where_a_rule_asks_it(good_world):
    good_world.polkit.stop()
    found = failure(good_world, "polkit")
    assert found["text"].startswith("polkit: ") and found["mend"] == "sudo systemctl start polkit"
    good_world.write_acl("allow bridge br0 user alice polkit=no\n")
    assert failure(good_world, "polkit", level="warn")["text"] == found["text"]


def test_attack_38_a_polkit_that_hangs_does_not_hang_the_check(good_world):
    good_world.polkit.daemon.signal(signal.SIGSTOP)
    found = failure(good_world, "polkit")
    assert found["text"] == "polkit: does not answer in time"


def test_a_machine_without_polkits_programs(good_world):
    good_world.path("/usr/bin/pkaction").unlink()
    # The helper needs none of them.
    assert findings(good_world)[1]
    good_world.polkit.stop()
    assert "pkaction is not installed" in failure(good_world, "polkit")["text"]


def test_attack_40_a_missing_action_file(good_world):
    good_world.path(POLICY).unlink()
    good_world.polkit.restart_daemon()
    by_check, good = findings(good_world)
    assert not good and POLICY in by_check["actions"][0]["text"]
    assert by_check["polkit"][0]["text"] == "polkit: does not know org.vmgrant.tap"


def test_attack_40_an_action_of_another_owner(good_world):
    path = good_world.path(POLICY)
    path.write_text(path.read_text().replace("unix-user:vmgrant", "unix-user:bob"))
    assert "vmgrant is not the owner" in failure(good_world, "actions")["text"]


def test_no_text_agent(good_world):
    good_world.path("/usr/bin/pkttyagent").unlink()
    assert "nobody asks for polkit's password" in failure(good_world, "agent", "warn")["text"]


# ---- the machine ----

def test_a_closed_and_a_missing_tun(good_world):
    good_world.path("/dev/net/tun").chmod(0o660)
    found = failure(good_world, "tun")
    assert "closed to the account vmgrant" in found["text"]
    assert found["mend"] == "sudo chmod 666 /dev/net/tun"
    mend(good_world, found)
    assert findings(good_world)[1]
    good_world.path("/dev/net/tun").unlink()
    # The driver is there, only its node is not.
    mend(good_world, [finding for finding in findings(good_world)[0]["tun"]][0])
    assert findings(good_world)[1]


def test_a_closed_and_a_missing_kvm(good_world):
    path = good_world.path("/dev/kvm")
    path.unlink(missing_ok=True)
    assert "/dev/kvm: missing" in failure(good_world, "kvm", "warn")["text"]
    path.mknod(stat.S_IFCHR | 0o660, os.makedev(10, 232))
    path.chown(0, 2001)
    path.chmod(0o660)
    found = failure(good_world, "kvm", "warn")
    assert "/dev/kvm: closed to user alice" in found["text"]
    assert found["mend"].startswith("sudo usermod -aG gpu alice")


def test_user_namespaces_that_are_forbidden(good_world):
    limit = "/proc/sys/user/max_user_namespaces"
    done = good_world.run(["unshare", "--user", "--map-root-user", "sh", "-c",
                           f"echo 0 >{limit} && vmgrant check"])
    assert b"user namespaces: forbidden: ports are sealed with CAP_SYS_ADMIN instead" in done.stdout


# ---- the programs that use it ----

@pytest.mark.parametrize("line,level,words", (
    (f'bridge_helper = "{HELPER}"', "ok", f"bridge_helper is {HELPER}"),
    ("bridge_helper='/usr/lib/qemu/qemu-bridge-helper'", "warn",
     f"bridge_helper is /usr/lib/qemu/qemu-bridge-helper, not {HELPER}"),
    (f'#bridge_helper = "{HELPER}"', "info", "does not name a bridge_helper"),
), ids=("right", "another", "comment"))
def test_libvirts_bridge_helper(good_world, line, level, words):
    config = "/home/alice/.config/libvirt/qemu.conf"
    good_world.write("/usr/sbin/libvirtd", "#!/bin/sh\n", mode=0o755)
    good_world.run_as("alice", ["mkdir", "-p", "/home/alice/.config/libvirt"])
    good_world.write(config, line + "\n", owner=(1000, 1000))
    found = failure(good_world, "libvirt", level)
    assert words in found["text"]
    if level == "ok":
        return
    mend = good_world.run_as("alice", ["sh", "-c", found["mend"]])
    assert mend.code == 0, mend.stderr
    assert "bridge_helper is " + HELPER in failure(good_world, "libvirt", "ok")["text"]


def test_an_old_helper_that_is_still_setuid(good_world):
    old = "/usr/lib/qemu/qemu-bridge-helper"
    good_world.write(old, "#!/bin/sh\n", mode=0o4755)
    found = failure(good_world, "old-helper", "info")
    assert found["mend"] == f"sudo chmod u-s {old}"


def test_drop_ins_of_the_services_unit_before(good_world):
    """What an administrator wrote for it counts no more: said, with the command that moves it."""
    before, now = (f"/etc/systemd/system/vmgrant{at}.service.d" for at in ("@", ""))
    assert "service" not in findings(good_world)[0]
    good_world.write(f"{before}/README", "")
    assert "service" not in findings(good_world)[0]
    good_world.write(f"{before}/devices.conf", "[Service]\n")
    found = failure(good_world, "service", "warn")
    assert found["text"].startswith(f"{before}: counts no more")
    stand_in = "sudo() { [ $1 = systemctl ] || \"$@\"; }\n"
    mended = good_world.run(["sh", "-euc", stand_in + found["mend"]])
    assert mended.code == 0, mended.stderr
    assert good_world.path(f"{now}/devices.conf").exists()
    assert "service" not in findings(good_world)[0]


# ---- the command line ----

def test_it_takes_no_other_words(good_world):
    for words in (["--bogus"], ["br0"], ["--vfio"]):
        done = run(good_world, *words)
        assert done.code == 2 and done.stderr.startswith(b"vmgrant: ") and done.stdout == b""
    done = run(good_world, "--help")
    assert done.code == 0 and b"--vfio" in done.stdout


def test_attack_43_an_address_of_nonsense_reaches_no_terminal_raw(good_world):
    for text in ("\x1b[31m", "0000:03:00.0\n", "", "x" * 5000):
        done = run(good_world, "--vfio", text)
        assert done.code == FOUND
        text = done.stdout.decode().replace("\n", "").replace("\u2192", "")
        assert all(" " <= c <= "~" for c in text)
