# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 60, 63, 64, 65 and 69: what a request says, how often, to whom, and who looks on."""

import os
import re

import pytest

import protocol_client
import replies
import usb_client
from askers import READ_QUESTION, TOKEN, install_asker
from looking import GONE, files_of
from process import wait_until
from usbtree import UsbTree
from world import DEV_LOG, JOURNAL, identity_of

ALLOW = "allow bridge br0 user alice polkit=no\n"


def native(world, **options):
    return world.start_request("alice", channel=protocol_client.pair, arguments=["--fd=9"],
                               **options)


def close(reply):
    for fd in reply.fds:
        os.close(fd)


# ---- 60: words that look like fields ----

FORGED = 'x" user="root" uid=0 pid=1 code=0 rule="/etc/forged:1'
FIELD = re.compile(rb' (\w+)=("[^"]*"|\S+)')


@pytest.mark.parametrize("serial", (FORGED, "x user=root uid=0 pid=1 rule=none", "x\nVMGRANT_UID=0",
                                    'granted uid=0"', "\\x22 uid=0"))
def test_attack_60_a_devices_words_are_quoted_behind_what_is_known(world, serial):
    usb = UsbTree(world)
    world.write_acl("allow usb 0951:1666 user alice polkit=no\n")
    usb.add("1-1", 2, "0951:1666", serial=serial, product=serial)
    sinks = [world.sink(JOURNAL)]
    request = native(world)
    reply = usb_client.ask(request.socket, ids="0951:1666")
    assert reply.code == 0, reply.sentence
    reply.close()
    (record,) = sinks[0].records()
    lines = record.decode("ascii").splitlines()
    names = [line.split("=", 1)[0] for line in lines]
    assert len(names) == len(set(names)), "a field twice"
    fields = dict(line.split("=", 1) for line in lines)
    assert fields["VMGRANT_UID"] == "1000" and fields["VMGRANT_RESULT"] == "granted"
    line = fields["MESSAGE"].encode()
    assert line.startswith(b"granted uid=1000 pid=")
    found = FIELD.findall(line)
    # Nothing of the line is outside a field, and what was known stands first, without quotes.
    assert b"granted" + b"".join(b" %s=%s" % field for field in found) == line
    assert [name for name, _ in found[:5]] == [b"uid", b"pid", b"code", b"action", b"given"]
    assert not [value for _, value in found[4:] if not value.startswith(b'"')]
    assert [name for name, _ in found].count(b"uid") == 1
    request.socket.close()
    request.finish()


def test_attack_60_a_clients_words_are_quoted_the_same_way_in_syslog(world):
    world.write_acl(ALLOW)
    sink = world.sink(DEV_LOG)
    result = world.request("alice", arguments=["--fd=9", f"--br={FORGED[:15]}"])
    assert result.code == replies.USAGE
    result = world.request("alice", "uid=0")
    assert result.code == replies.DENIED
    for record in sink.records():
        line = record.split(b"]: ", 1)[1]
        assert line.startswith(b"refused uid=1000 pid=") and line.count(b" uid=") == \
            1 + sum(value.count(b" uid=") for _, value in FIELD.findall(line)), line


# ---- 63: the parameters that were asked are those that are used ----

def test_attack_63_another_request_while_polkit_is_asked_is_another_question(world):
    world.bridge("br1")
    world.write_acl("allow bridge br0 queues=4\nallow bridge br1 queues=4\n")
    install_asker(world, "#!/bin/sh\n" + READ_QUESTION + f"""
echo "$QUESTION" >/tmp/question.$$; mv /tmp/question.$$ /tmp/asked.$$
while [ ! -e /tmp/go ]; do sleep 0.05; done
printf '{TOKEN}'
""")
    questions = world.path("/tmp")

    def asked():
        return [entry.read_text() for entry in questions.iterdir() if "asked." in str(entry)]

    request = native(world)
    request.socket.send(protocol_client.encode(1, "br0"))
    wait_until(asked, "the first question")
    # The same buffer, written over, and sent behind: nothing of it reaches the first.
    request.socket.send(protocol_client.encode(2, "br1", queues=3))
    world.write("/tmp/go", "")
    first, second = (protocol_client.receive(request.socket) for _ in range(2))
    assert (first.serial, first.code, len(first.fds)) == (1, 0, 1), first.sentence
    assert (second.serial, second.code, len(second.fds)) == (2, 0, 3), second.sentence
    assert world.links()[first.port]["master"] == "br0"
    assert world.links()[second.port]["master"] == "br1"
    texts = asked()
    assert len(texts) == 2
    (about_first,) = [text for text in texts if "br0" in text]
    (about_second,) = [text for text in texts if "br1" in text]
    assert "br1" not in about_first and "br0" not in about_second
    close(first)
    close(second)
    request.socket.close()
    request.finish()


# ---- 64: another name of the same thing ----

def test_attack_64_an_alternative_name_is_no_way_round_a_deny(world):
    world.bridge("br1")
    world.ip("link property add dev br1 altname office", "link set dev br1 alias office")
    world.write_acl("allow bridge * user alice polkit=no\ndeny bridge br1\n")
    assert world.request("alice", "br1").code == replies.DENIED
    result = world.request("alice", "office")
    assert result.refused and result.code == replies.OBJECT, result
    # Nor does a rule for that name give the bridge that goes by it as well.
    world.write_acl("allow bridge office user alice polkit=no\n")
    for name in ("office", "br1"):
        assert world.request("alice", name).refused
    world.wait_no_taps()


@pytest.mark.parametrize("deny", ("usb port=1-1", "usb serial=GOOD", "usb class=ff",
                                  "usb 0951:*", "usb *:1666"))
@pytest.mark.parametrize("way", ({"ids": "0951:1666"}, {"port": "1-1"}, {"bus": 1, "device": 2},
                                 {"ids": "0951:1666", "serial": "GOOD"}))
def test_attack_64_a_denied_stick_is_denied_by_whatever_name_it_is_asked_for(world, deny, way):
    usb = UsbTree(world)
    usb.add("1-1", 2, "0951:1666", serial="GOOD")
    world.write_acl(f"allow usb *:* user alice polkit=no\ndeny {deny}\n")
    request = native(world)
    reply = usb_client.ask(request.socket, **way)
    assert (reply.code, reply.fds) == (replies.DENIED, []), reply.sentence
    request.socket.close()
    request.finish()


# ---- 65: first who asks, then what ----

def test_attack_65_a_request_is_not_read_before_it_is_known_whose_it_is(world):
    world.write_acl(ALLOW)
    world.write("/tmp/trace", "", mode=0o666)
    request = native(world, strace=["-f", "-qq", "-o", "/tmp/trace"])
    reply = protocol_client.ask(request.socket, 1, "br0")
    assert reply.code == 0, reply.sentence
    close(reply)
    request.socket.close()
    request.finish()
    lines = world.path("/tmp/trace").read_text(encoding="utf-8").splitlines()
    reads = [number for number, line in enumerate(lines)
             if re.search(r" (recvmsg|recvfrom|read)\(9,", line)]
    known = [number for number, line in enumerate(lines)
             if re.search(r"getsockopt\(9, SOL_SOCKET, SO_PEERCRED", line)]
    judged = [number for number, line in enumerate(lines) if "/etc/vmgrant/acl.conf" in line or
              '"acl.conf"' in line]
    assert reads and known and judged and max(known[0], judged[0]) < reads[0]
    # And never by the process that holds a capability.
    helper = lines[0].split()[0]
    assert not [line for line in lines if re.match(rf"{helper} +(recvmsg|recvfrom|read)\(9,", line)]


def test_attack_65_what_a_stranger_sent_is_never_read(world):
    """The socket leads to root's process: whatever waits in it stays there."""
    world.write_acl(ALLOW)
    world.write("/tmp/trace", "", mode=0o666)

    def of_root():
        os.setresuid(-1, 0, -1)
        near, far = protocol_client.pair()
        near.send(b"\xff" * 4000)
        os.setresuid(-1, identity_of("alice")[0], -1)
        return near, far

    request = world.start_request("alice", channel=of_root, arguments=["--fd=9"],
                                  strace=["-f", "-qq", "-o", "/tmp/trace"])
    result = request.finish()
    assert result.code == replies.CHANNEL, result
    trace = world.path("/tmp/trace").read_text(encoding="utf-8")
    assert not re.search(r" (recvmsg|recvfrom|read)\(9,", trace)


# ---- 69: the account ----

def namespaces_in_sight():
    """Of network, that this process can name through /proc, and the pids that it cannot see into."""
    seen, closed = set(), set()
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                seen.add(os.stat(f"/proc/{entry}/ns/net").st_ino)
                seen.update(files_of(entry).values())
            except PermissionError:
                closed.add(int(entry))
            except GONE:
                continue
            except GONE:
                pass
    return seen, closed


def test_attack_69_the_account_sees_no_sealed_namespace_and_changes_nothing(world):
    world.write_acl(ALLOW)
    request = native(world)
    reply = protocol_client.ask(request.socket, 1, "br0")
    assert reply.code == 0, reply.sentence
    uid, gid = (int(world.run(["id", option, "vmgrant"]).stdout) for option in ("-u", "-g"))
    # The account's own processes are those of people who run code as it.
    account = (uid, gid, [])
    own = os.stat(f"/proc/{world.pid}/ns/net").st_ino
    seen, closed = world.call(namespaces_in_sight, account)
    assert own in seen
    assert not [name for name in seen if str(name).startswith("net:")], seen
    assert {name for name in seen if isinstance(name, int)} == {own}
    status = world.run(["sh", "-c", "grep -l '^Name:.vmgrant-helper' /proc/[0-9]*/status"]).stdout
    helpers = [int(path.split(b"/")[2]) for path in status.split()]
    # Helper and judge, while the connection is open: neither is one that it may look into.
    assert len(helpers) >= 2 and set(helpers) <= closed
    for pid in helpers:
        for words in (["nsenter", f"--net=/proc/{pid}/ns/net", "true"],
                      ["cat", f"/proc/{pid}/mem"], ["strace", "-qq", "-p", str(pid)],
                      ["prlimit", "--pid", str(pid), "--core=1"]):
            if words[0] == "prlimit" and pid == max(helpers):
                continue  # a limit of its own account's judge, which gives it nothing
            assert world.run(words, account).code != 0, words
    before = world.links()[reply.port]
    for line in (f"link del {reply.port}", f"link set {reply.port} down",
                 f"link set {reply.port} nomaster", f"link set {reply.port} netns {os.getpid()}"):
        assert world.run(["ip", *line.split()], account).code != 0, line
    after = world.links()[reply.port]
    assert (before["master"], before["flags"]) == (after["master"], after["flags"])
    close(reply)
    request.socket.close()
    request.finish()
