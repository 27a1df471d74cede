#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 47: the VLAN of a port, on a kernel whose bridges keep VLANs apart.

    check-vlan.py [sealed] [direct]    as root; both kinds of port without a word

Uses the installed vmgrant, in a network and mount namespace of its own, as the first
ordinary user of this machine. Prints a line "ok - ..." or "not ok - ..." a check.
"""

import array
import fcntl
import os
import pwd
import select
import socket
import struct
import subprocess
import sys
import time

HELPER = "/usr/libexec/vmgrant/vmgrant-helper"
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
DROP_IN = "drop-in"
BROADCAST, UPLINK = b"\xff" * 6, bytes.fromhex("0200000000ff")
UNSUPPORTED, OBJECT = 14, 13
FAILED = []


def sh(*lines):
    for line in lines:
        subprocess.run(line.split(), check=True, stdout=subprocess.DEVNULL)


def check(name, is_good, note=""):
    print("ok - " + name if is_good else f"not ok - {name}\n# {note}", flush=True)
    if not is_good:
        FAILED.append(name)


# ---- requests, as doc/protocol.md and qemu-bridge-helper have them ----

class Port:
    """What a request got. Closing it removes the port."""

    def __init__(self, code, vlan, name, text, fds):
        self.code, self.vlan, self.name, self.text, self.fds = code, vlan, name, text, fds

    def close(self):
        for fd in self.fds:
            os.close(fd)
        wait_for(lambda: self.name not in os.listdir("/sys/class/net"))


def wait_for(condition, limit_s=20):
    end = time.monotonic() + limit_s
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)


def start_helper(user, kind, *words):
    """(our end, process) of the helper with the user as its caller."""
    pairs = []

    def become():
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)

    # The socket names who made it, and has to be the user's own.
    os.setegid(user.pw_gid)
    os.seteuid(user.pw_uid)
    try:
        pairs = socket.socketpair(socket.AF_UNIX, kind)
    finally:
        os.seteuid(0)
        os.setegid(0)
    process = subprocess.Popen([HELPER, f"--fd={pairs[1].fileno()}", *words], preexec_fn=become,
                               pass_fds=[pairs[1].fileno()], stderr=subprocess.PIPE, text=True)
    pairs[1].close()
    return pairs[0], process


def receive(near):
    data, control, _, _ = near.recvmsg(4096, socket.CMSG_SPACE(64))
    fds = array.array("i")
    for _, _, content in control:
        fds.frombytes(content)
    return data, list(fds)


def ask(user, options, bridge="br0", mac=None):
    """One request under the rule `allow bridge BRIDGE user USER polkit=no OPTIONS`."""
    with open("/etc/vmgrant/acl.conf", "w", encoding="ascii") as acl:
        acl.write(f"allow bridge {bridge} user {user.pw_name} polkit=no "
                  f"{options.replace(DROP_IN, '')}\n")
    if DROP_IN in options:
        near, process = start_helper(user, socket.SOCK_STREAM, f"--br={bridge}")
        data, fds = receive(near)
        text = process.communicate()[1]
        name = tap_name(fds[0]) if fds else ""
        return Port(process.returncode, None, name, text, fds)
    near, process = start_helper(user, socket.SOCK_SEQPACKET)
    body = struct.pack("<16sIH6s4x", bridge.encode(), 8 if mac else 0, 1, mac or bytes(6))
    near.send(struct.pack("<4sHHII", b"VMGQ", 1, 1, 7, 16 + len(body)) + body)
    data, fds = receive(near)
    near.close()
    error = process.communicate()[1]
    if not data:
        return Port(process.returncode, None, "", error, fds)
    code, = struct.unpack_from("<I", data, 16)
    vlan, = struct.unpack_from("<H", data, 40)
    return Port(code, vlan, data[64:80].rstrip(b"\0").decode(),
                data[96:].rstrip(b"\0").decode(), fds)


def tap_name(fd):
    return fcntl.ioctl(fd, 0x800454D2, bytes(40))[:16].rstrip(b"\0").decode()


# ---- frames ----

def guest(number):
    return bytes.fromhex("525400000000")[:5] + bytes((number,))


def tag(vlan, priority=0):
    return struct.pack(">HH", 0x8100, priority << 13 | vlan)


def frame(to, source, payload, tags=b""):
    return (to + source + tags + b"\x88\xb5" + payload).ljust(64, b"\0")


class Ends:
    """Named descriptors; a frame sent into one is looked for at all others."""

    def __init__(self, fds):
        self.fds, self.number = fds, 0

    def pass_frame(self, source, to, sender, tags=b""):
        """{name: the tags with which the frame came out there}"""
        self.number += 1
        payload = b"check-vlan %d." % self.number
        os.write(self.fds[source], frame(to, sender, payload, tags))
        heard, end = {}, time.monotonic() + 0.3
        names = {fd: name for name, fd in self.fds.items() if name != source}
        while ready := select.select(list(names), [], [], max(0, end - time.monotonic()))[0]:
            for fd in ready:
                data = os.read(fd, 2000)
                if payload in data:
                    heard[names[fd]] = data[12:data.index(b"\x88\xb5")]
        return heard


def make_trunk():
    """A port that is in VLANs 10 and 20 with tags, as a way to a switch is."""
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"trunk", IFF_TAP | IFF_NO_PI))
    sh("ip link set trunk master br0 up", "bridge vlan del dev trunk vid 1",
       "bridge vlan add dev trunk vid 10", "bridge vlan add dev trunk vid 20")
    wait_for(lambda: "forwarding" in subprocess.run(
        ["bridge", "link", "show", "dev", "trunk"], capture_output=True, text=True,
        check=True).stdout)
    return fd


# ---- the checks ----

def vlans_of(name):
    """["10 PVID Egress Untagged"]"""
    said = subprocess.run(["bridge", "vlan", "show", "dev", name], check=True,
                          capture_output=True, text=True).stdout.splitlines()[1:]
    return [" ".join(line.removeprefix(name).split()) for line in said if line.strip()]


def check_frames(user, kind):
    """Three guests, two of them in one VLAN, and the trunk."""
    ports = [ask(user, f"vlan={vlan} {kind}") for vlan in (10, 10, 20)]
    granted = [port.code for port in ports] == [0, 0, 0]
    check(f"{kind or 'sealed'}: ports with a VLAN are granted", granted, ports[0].text)
    if not granted:
        return
    say = [vlans_of(port.name) for port in ports]
    check(f"{kind or 'sealed'}: each is in its VLAN and no other, without tags",
          say == [["10 PVID Egress Untagged"]] * 2 + [["20 PVID Egress Untagged"]], say)
    trunk = make_trunk()
    ends = Ends({"a": ports[0].fds[0], "b": ports[1].fds[0], "c": ports[2].fds[0],
                 "trunk": trunk})
    a, b, c = (guest(number) for number in (1, 2, 3))
    for name, mac in (("a", a), ("b", b), ("c", c)):
        ends.pass_frame(name, BROADCAST, mac)
    expected = (
        ("a broadcast stays in its VLAN, and has its tag on the trunk",
         ("a", BROADCAST, a), {"b": b"", "trunk": tag(10)}),
        ("that of the other VLAN as well", ("c", BROADCAST, c), {"trunk": tag(20)}),
        ("guests of one VLAN reach each other", ("a", b, a), {"b": b""}),
        ("a guest of another VLAN cannot be reached", ("a", c, a), {"b": b"", "trunk": tag(10)}),
        ("a tag does not help him", ("a", c, a, tag(20)), {}),
        ("nor does a tag with a broadcast", ("a", BROADCAST, a, tag(20)), {}),
        ("nor one that nobody has", ("a", BROADCAST, a, tag(30)), {}),
        ("nor one of the VLAN that ports begin with", ("a", BROADCAST, a, tag(1)), {}),
        ("a guest's priority tag is no VLAN", ("a", b, a, tag(0, 5)), {"b": b""}),
        ("from the trunk a frame comes to its VLAN only, without tag",
         ("trunk", BROADCAST, UPLINK, tag(20)), {"c": b""}),
        ("and to the guest that it is for", ("trunk", a, UPLINK, tag(10)), {"a": b""}),
        ("from the trunk no other VLAN comes", ("trunk", BROADCAST, UPLINK, tag(30)), {}),
        ("nor what has no tag", ("trunk", BROADCAST, UPLINK), {}),
    )
    for name, sent, heard in expected:
        got = ends.pass_frame(*sent)
        check(f"{kind or 'sealed'}: {name}", got == heard, f"heard {got}, not {heard}")
    os.close(trunk)
    for port in ports:
        port.close()
    check(f"{kind or 'sealed'}: nothing is left", not [name for name in os.listdir(
        "/sys/class/net") if name.startswith("vethg")])


def check_lock(user):
    """VLAN and locked address together."""
    first, other = ask(user, "vlan=10 lock-mac", mac=guest(1)), ask(user, "vlan=10")
    check("lock-mac and vlan= together are granted", (first.code, other.code, first.vlan) ==
          (0, 0, 10), first.text)
    if not first.fds or not other.fds:
        return
    ends = Ends({"a": first.fds[0], "b": other.fds[0]})
    check("a locked guest's own address passes in its VLAN",
          ends.pass_frame("a", BROADCAST, guest(1)) == {"b": b""})
    check("another source does not", not ends.pass_frame("a", BROADCAST, guest(2)))
    check("nor with the VLAN's tag", not ends.pass_frame("a", BROADCAST, guest(2), tag(10)))
    check("the guest's address stays his when another uses it",
          ends.pass_frame("b", BROADCAST, guest(1)) == {"a": b""} and
          ends.pass_frame("b", guest(1), guest(7)) == {"a": b""} and
          ends.pass_frame("a", BROADCAST, guest(1)) == {"b": b""})
    again = ask(user, "vlan=20 lock-mac", mac=guest(1))
    check("an address locked in one VLAN is not to be had in another", again.code == OBJECT,
          again.text)
    first.close()
    other.close()


def check_bridges(user):
    """The VLAN that ports begin with is any or none; and a bridge without VLANs."""
    for begin in (0, 10, 4094):
        # It can be changed only while VLANs are not kept apart.
        sh(f"ip link add begin{begin} type bridge vlan_default_pvid {begin}",
           f"ip link set begin{begin} type bridge vlan_filtering 1", f"ip link set begin{begin} up")
        port = ask(user, "vlan=10 port=direct", f"begin{begin}")
        said = vlans_of(port.name) if port.code == 0 else port.text
        check(f"where ports begin in VLAN {begin or 'none'} the port has its own only",
              said == ["10 PVID Egress Untagged"], said)
        port.close()
    sh("ip link add plain type bridge", "ip link set plain up")
    for options in ("vlan=10", "vlan=10 port=direct", f"vlan=10 {DROP_IN}"):
        port = ask(user, options, "plain")
        check(f"a bridge that keeps no VLANs apart is refused ({options})",
              port.code == UNSUPPORTED and "vlan_filtering 1" in port.text, port.text)


def reattach():
    """(exit status, what was said)"""
    done = subprocess.run(["vmgrant", "reattach"], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def master_of(name):
    path = f"/sys/class/net/{name}/master"
    return os.path.basename(os.readlink(path)) if os.path.islink(path) else None


def check_life(user, kind):
    """A port that lost its VLAN gets it back or stays off."""
    port, own = ask(user, f"vlan=10 {kind}"), ["10 PVID Egress Untagged"]
    kind = kind or "sealed"
    sh(f"ip link set {port.name} nomaster", f"ip link set {port.name} master br0")
    check(f"{kind}: put back by hand a port is where all ports begin",
          vlans_of(port.name) == ["1 PVID Egress Untagged"], vlans_of(port.name))
    for words in ("", f"ip link set {port.name} nomaster"):
        if words:
            sh(words)
        said = reattach()
        check(f"{kind}: vmgrant reattach gives a port its VLAN back",
              said[0] == 0 and vlans_of(port.name) == own, said)
    sh("ip link set br0 type bridge vlan_filtering 0")
    said = reattach()
    check(f"{kind}: where VLANs are not kept apart any more it is taken off",
          said[0] == 104 and "vlan_filtering 1" in said[1] and not master_of(port.name), said)
    said = reattach()
    check(f"{kind}: and stays off", said[0] == 104 and not master_of(port.name), said)
    sh("ip link set br0 type bridge vlan_filtering 1")
    said = reattach()
    check(f"{kind}: until they are", said[0] == 0 and vlans_of(port.name) == own, said)
    port.close()


def check_switched_on(user):
    sh("ip link add late type bridge", "ip link set late up")
    port = ask(user, "", "late")
    sh("ip link set late type bridge vlan_filtering 1")
    said = reattach()
    check("a port without a VLAN is where ports begin when VLANs are switched on",
          said[0] == 0 and vlans_of(port.name) == ["1 PVID Egress Untagged"], said)
    port.close()


def main():
    if sys.argv[1:2] != ["--inside"]:
        os.execvp("unshare", ["unshare", "--mount", "--net", sys.executable,
                              os.path.abspath(__file__), "--inside", *sys.argv[1:]])
    kinds = sys.argv[2:] or ["sealed", "direct"]
    os.umask(0o022)
    sh("mount -t tmpfs -o mode=755 none /etc/vmgrant", "ip link set lo up",
       "ip link add br0 type bridge vlan_filtering 1", "ip link set br0 up")
    user = next(entry for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000)
    if "sealed" in kinds:
        check_frames(user, "")
        check_lock(user)
        check_life(user, "")
        check_switched_on(user)
    if "direct" in kinds:
        check_frames(user, "port=direct")
        check_frames(user, DROP_IN)
        check_life(user, "port=direct")
        check_bridges(user)
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
