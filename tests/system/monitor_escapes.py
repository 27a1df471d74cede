# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What somebody who has a QEMU's monitor makes it do to the person: a list of attempts.

Each is a function of the guest and of a Place. It raises Refused, or returns what is to be there then: a file of
the person's, a port of TCP's, a function that looks; None: that QEMU says yes is all.
"""

HOME, RUNTIME = "/home/alice", "/run/user/1000"
KEY, OTHER, MADE = f"{HOME}/.ssh/key", f"{HOME}/other.img", f"{HOME}/made"
# What the guest has of its own, for some to start from.
WORDS = ("-device", "VGA", "-netdev", "hubport,id=hub,hubid=1", "-device", "qemu-xhci,id=x",
         *(word for name in ("backup", "mirror", "sync", "blkdev")
           for word in ("-drive", f"if=none,id={name},driver=null-co,size=1M")))
ATTEMPTS = []

FILES, SPAWN, NETWORK = "root folder, Landlock", "no files of the person's, no_new_privs", "network namespace"


class Refused(Exception):
    """QEMU's words."""


def attempt(what, wall):
    """what: said in doc/security.md, with the wall that it meets."""
    def add(function):
        ATTEMPTS.append((function, what, wall))
        return function
    return add


def ask(guest, command, **arguments):
    answer = guest.answer(command, **arguments)
    if "error" in answer:
        raise Refused(answer["error"]["desc"])
    return answer["return"]


def say(guest, line):
    """To the monitor for people, which answers with an error's words or with none."""
    words = ask(guest, "human-monitor-command", **{"command-line": line}).strip()
    if words:
        raise Refused(words)


def job(guest, command, **arguments):
    """One that goes on when the answer is there. Its end tells, where it stays to be asked."""
    ask(guest, command, **{"job-id": "j"}, **arguments)
    while found := ask(guest, "query-jobs"):
        if found[0]["status"] == "ready":
            ask(guest, "job-complete", id="j")
        elif found[0]["status"] == "concluded":
            ask(guest, "job-dismiss", id="j")
            if "error" in found[0]:
                raise Refused(found[0]["error"])


def migrate(guest, uri, enough=("completed",)):
    """enough: what it has come to when it has got out."""
    ask(guest, "migrate", uri=uri)
    while (status := ask(guest, "query-migrate").get("status")) not in enough:
        if status == "failed":
            raise Refused("the migration failed")


CONNECTED = ("active", "completed")


# ---- programs ----

@attempt("`migrate` to a program: `exec:`", SPAWN)
def migrate_exec(guest, _place):
    migrate(guest, f"exec:cat >{MADE}")
    return MADE


@attempt("`netdev_add bridge`, with vmgrant-helper", SPAWN)
def netdev_bridge(guest, place):
    ask(guest, "netdev_add", type="bridge", id=place.id, br="br0", helper=place.helper)


@attempt("`netdev_add tap` with a script", SPAWN)
def netdev_script(guest, place):
    ask(guest, "netdev_add", type="tap", id=place.id, ifname="alices1", script=f"{HOME}/script", downscript="no")
    return MADE


# ---- reading ----

@attempt("`blockdev-add` of the person's ssh key, to read it", FILES)
def blockdev_read(guest, place):
    ask(guest, "blockdev-add", driver="file", **{"node-name": place.id, "filename": KEY, "read-only": True})


@attempt("`drive_add` of it", FILES)
def drive_add(guest, _place):
    words = ask(guest, "human-monitor-command",
                **{"command-line": f"drive_add 0 if=none,file={KEY},format=raw,readonly=on"}).strip()
    if words != "OK":
        raise Refused(words)


@attempt("`blockdev-add` of another guest's disk, to write it", FILES)
def blockdev_write(guest, place):
    ask(guest, "blockdev-add", driver="file", **{"node-name": place.id, "filename": OTHER})


@attempt("`chardev-add` of a file to read: the ssh key", FILES)
def chardev_read(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "file", "data": {"in": KEY, "out": "/dev/null"}})


@attempt("`object-add secret`, of the ssh key", FILES)
def secret(guest, place):
    ask(guest, "object-add", **{"qom-type": "secret", "id": place.id, "file": KEY})


@attempt("`object-add tls-creds-psk`, of the person's", FILES)
def tls(guest, place):
    ask(guest, "object-add", **{"qom-type": "tls-creds-psk", "id": place.id, "endpoint": "server", "dir": f"{HOME}/tls"})


@attempt("`object-add memory-backend-file`, which maps another guest's disk", FILES)
def memory_file(guest, place):
    ask(guest, "object-add", **{"qom-type": "memory-backend-file", "id": place.id, "size": 1 << 20, "share": True,
                                "mem-path": OTHER})


@attempt("`blockdev-add` of it in a format", FILES)
def blockdev_format(guest, place):
    ask(guest, "blockdev-add", driver="raw", **{"node-name": place.id, "file": {"driver": "file", "filename": OTHER}})


@attempt("`blockdev-add` of a disk of the host's", FILES)
def host_device(guest, place):
    ask(guest, "blockdev-add", driver="file", **{"node-name": place.id, "filename": place.node})


# ---- making and writing ----

@attempt("`blockdev-create` of a file in the home folder", FILES)
def blockdev_create(guest, _place):
    job(guest, "blockdev-create", options={"driver": "file", "filename": MADE, "size": 1 << 20})
    return MADE


@attempt("`drive-backup` to one", FILES)
def drive_backup(guest, _place):
    job(guest, "drive-backup", device="backup", sync="full", target=MADE, format="raw")
    return MADE


@attempt("`drive-mirror` to one", FILES)
def drive_mirror(guest, _place):
    job(guest, "drive-mirror", device="mirror", sync="full", target=MADE, format="raw")
    return MADE


@attempt("`blockdev-snapshot-sync` to one", FILES)
def snapshot(guest, _place):
    ask(guest, "blockdev-snapshot-sync", device="sync", **{"snapshot-file": MADE})
    return MADE


@attempt("`chardev-add` of a log in the home folder", FILES)
def chardev_write(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "file", "data": {"out": MADE}})
    return MADE


@attempt("`screendump` to one", FILES)
def screendump(guest, _place):
    ask(guest, "screendump", filename=MADE)
    return MADE


@attempt("`dump-guest-memory` to one", FILES)
def dump_memory(guest, _place):
    ask(guest, "dump-guest-memory", paging=False, protocol=f"file:{MADE}")
    return MADE


@attempt("`pmemsave` to one", FILES)
def pmemsave(guest, _place):
    ask(guest, "pmemsave", val=0, size=4096, filename=MADE)
    return MADE


@attempt("`memsave` to one", FILES)
def memsave(guest, _place):
    ask(guest, "memsave", val=0, size=4096, filename=MADE)
    return MADE


@attempt("`object-add filter-dump` to one", FILES)
def filter_dump(guest, place):
    ask(guest, "object-add", **{"qom-type": "filter-dump", "id": place.id, "netdev": "hub", "file": MADE})
    return MADE


@attempt("`logfile` to one", FILES)
def logfile(guest, _place):
    say(guest, f"logfile {MADE}")
    say(guest, "log int")
    ask(guest, "system_reset")
    return MADE


@attempt("`snapshot` of a disk by the monitor for people", FILES)
def snapshot_blkdev(guest, _place):
    say(guest, f"snapshot_blkdev blkdev {MADE} qcow2")
    return MADE


# ---- sockets and the network ----

def connect_to(guest, place, **address):
    ask(guest, "chardev-add", id=place.id, backend={"type": "socket", "data": {
        "server": False, "addr": {"type": address.pop("type"), "data": address}}})


@attempt("`chardev-add` to the session bus", "root folder")
def session_bus(guest, place):
    connect_to(guest, place, type="unix", path=f"{RUNTIME}/bus")


@attempt("`chardev-add` to the monitor of another guest", "root folder")
def other_monitor(guest, place):
    connect_to(guest, place, type="unix", path=f"{RUNTIME}/monitor")


@attempt("`chardev-add` to an abstract socket", "network namespace, Landlock")
def abstract(guest, place):
    connect_to(guest, place, type="unix", path="vmgrant-abstract", abstract=True)


@attempt("`chardev-add` to a service of this machine", NETWORK)
def tcp_service(guest, place):
    connect_to(guest, place, type="inet", host="127.0.0.1", port=str(place.port))


@attempt("`chardev-add` of a socket in the runtime folder", FILES)
def socket_there(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "socket", "data": {
        "server": True, "wait": False, "addr": {"type": "unix", "data": {"path": f"{RUNTIME}/made"}}}})
    return f"{RUNTIME}/made"


@attempt("`chardev-add` of a port that others reach", NETWORK)
def tcp_server(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "socket", "data": {
        "server": True, "wait": False, "addr": {"type": "inet", "data": {"host": "127.0.0.1", "port": str(place.free)}}}})
    return place.free


@attempt("`chardev-add` of datagrams to this machine", NETWORK)
def udp(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "udp", "data": {
        "remote": {"type": "inet", "data": {"host": "127.0.0.1", "port": str(place.port)}}}})


@attempt("`chardev-add` of a terminal, which the person would open", "root folder")
def pty(guest, place):
    ask(guest, "chardev-add", id=place.id, backend={"type": "pty", "data": {}})


@attempt("`migrate` to a service of this machine", NETWORK)
def migrate_tcp(guest, place):
    migrate(guest, f"tcp:127.0.0.1:{place.port}", CONNECTED)


@attempt("`migrate` to the session bus", "root folder")
def migrate_unix(guest, _place):
    migrate(guest, f"unix:{RUNTIME}/bus", CONNECTED)


@attempt("`netdev_add tap` of a TAP of the person's", "root folder, network namespace")
def netdev_tap(guest, place):
    ask(guest, "netdev_add", type="tap", id=place.id, ifname="alices0", script="no", downscript="no")


@attempt("`netdev_add user` and `hostfwd_add`, a port that others reach", NETWORK)
def hostfwd(guest, place):
    ask(guest, "netdev_add", type="user", id=place.id)
    say(guest, f"hostfwd_add {place.id} tcp:127.0.0.1:{place.free}-:22")
    return place.free


@attempt("`netdev_add socket` to a service of this machine", NETWORK)
def netdev_socket(guest, place):
    ask(guest, "netdev_add", type="socket", id=place.id, connect=f"127.0.0.1:{place.port}")


@attempt("`nbd-server-start` for others", NETWORK)
def nbd_server(guest, place):
    ask(guest, "nbd-server-start", addr={"type": "inet", "data": {"host": "127.0.0.1", "port": str(place.free)}})
    return place.free


@attempt("`gdbserver` for others", NETWORK)
def gdbserver(guest, place):
    ask(guest, "human-monitor-command", **{"command-line": f"gdbserver tcp:127.0.0.1:{place.free}"})
    return place.free


@attempt("`object-add can-host-socketcan`", "filter")
def can(guest, _place):
    ask(guest, "object-add", **{"qom-type": "can-bus", "id": "bus"})
    ask(guest, "object-add", **{"qom-type": "can-host-socketcan", "id": "can", "if": "can0", "canbus": "bus"})


# ---- devices of the host ----

@attempt("`object-add input-linux`, the person's keyboard", "root folder")
def input_linux(guest, place):
    ask(guest, "object-add", **{"qom-type": "input-linux", "id": place.id, "evdev": "/dev/input/event0"})


@attempt("`device_add vfio-pci`", "root folder")
def vfio(guest, place):
    ask(guest, "device_add", driver="vfio-pci", id=place.id, host="0000:00:01.0")


@attempt("`device_add usb-host`", "root folder")
def usb_host(guest, place):
    ask(guest, "device_add", driver="usb-host", bus="x.0", id=place.id, hostbus="1", hostaddr="1")
