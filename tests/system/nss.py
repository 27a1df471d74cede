# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Name services of a world: which are asked, and real daemons behind them."""

import functools
import json
import os
import socket
from pathlib import Path

import pytest

from process import wait_until

PACKAGES = "/var/cache/vmgrant-tests/nss.tar"
RECORDS = "/run/nss-record"
RECORD_MODULE = "tests/system/libnss_record.so.2"
PROBE = "tests/system/sandbox-probe"


def built(name):
    """A file of the build folder."""
    folder = os.environ.get("VMGRANT_BUILD")
    if not folder or not Path(folder, name).exists():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"VMGRANT_BUILD names no folder with {name}: make check")
    return Path(folder, name)


def add_packages(world):
    """sssd, OpenLDAP, nslcd, and the modules that go with them, which no machine has to have."""
    if not os.path.exists(PACKAGES):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(
            f"{PACKAGES} is missing: scripts/install-deps nss")
    with open(PACKAGES, "rb") as archive:
        # 0 belongs to the process that is started.
        done = world.run(["tar", "-C", "/", "--keep-directory-symlink", "-xf", "/proc/self/fd/3"],
                         fds={3: archive.fileno()})
    assert done.code == 0, done.stderr


@functools.cache
def library_folder():
    """Where libc looks for modules, also for a setuid program."""
    with open("/proc/self/maps", encoding="ascii") as maps:
        return next(Path(line.split()[-1]).parent for line in maps if "/libc.so.6" in line)


def switch(world, services):
    """nsswitch.conf: these, in this order, for users and for groups."""
    world.write("/etc/nsswitch.conf", f"passwd: {services}\ngroup: {services}\n")


def install_record(world):
    """The module "record", and the socket that it tells about itself. Returns its Sink."""
    world.write(f"{library_folder()}/libnss_record.so.2", built(RECORD_MODULE).read_bytes(),
                mode=0o755)
    return world.sink(RECORDS)


class Event:
    """What the module told: where it was, and what that process could do."""

    def __init__(self, record):
        first, *lines = record.decode("ascii").splitlines()
        self.name, _, pid = first.split()
        self.pid = int(pid)
        self.status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)

    def capabilities(self):
        """{set: number} of the sets that can give anything."""
        return {name: int(self.status[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapAmb")}

    def __repr__(self):
        return f"{self.name} in {self.status.get('Name')} {self.pid}"


def events(sink):
    return [Event(record) for record in sink.records()]


# ---- systemd's userdb ----

USERDB_SERVICE = "org.vmgrant.Test"


def _record(kind, name, number):
    if kind == "User":
        return {"userName": name, "uid": number, "gid": number, "disposition": "regular",
                "service": USERDB_SERVICE}
    return {"groupName": name, "gid": number, "disposition": "regular", "service": USERDB_SERVICE}


def serve_userdb(world, users, groups):
    """A service that systemd's module asks over varlink, as homed and machined are."""
    path = f"/run/systemd/userdb/{USERDB_SERVICE}"

    def answer(call):
        method, parameters = call["method"], call.get("parameters", {})
        kind = method.rpartition(".Get")[2].removesuffix("Record")
        known = {"User": users, "Group": groups}.get(kind, {})
        for name, number in known.items():
            if parameters.get("userName", parameters.get("groupName")) == name or \
                    parameters.get("uid", parameters.get("gid")) == number:
                return {"parameters": {"record": _record(kind, name, number), "incomplete": False}}
        return {"error": "io.systemd.UserDatabase.NoRecordFound", "parameters": {}}

    def serve():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path + ".new")
        os.chmod(path + ".new", 0o666)
        listener.listen(20)
        os.rename(path + ".new", path)
        while True:
            client, _ = listener.accept()
            data = b""
            while b"\0" not in data and (more := client.recv(65536)):
                data += more
            if data:
                client.sendall(json.dumps(answer(json.loads(data.split(b"\0")[0]))).encode() + b"\0")
            client.close()

    world.spawn(serve)
    wait_until(world.path(path).exists, "the userdb service")


# ---- sssd, with the accounts of a file of its own ----

SSSD = """[sssd]
services = nss
domains = local
[nss]
filter_users = root
[domain/local]
id_provider = proxy
proxy_lib_name = files
auth_provider = none
access_provider = permit
"""


def start_sssd(world):
    """sssd that serves the accounts of /etc/passwd and /etc/group through its own module.

    It looks root up itself: leave `files` in nsswitch.conf until it runs.
    """
    world.write("/etc/sssd/sssd.conf", SSSD, mode=0o600)
    world.spawn(["/usr/sbin/sssd", "--interactive", "--logger=stderr"], capture=False)
    wait_until(lambda: world.run(["getent", "-s", "sss", "passwd", "alice"]).code == 0,
               "sssd to answer", pause_s=0.1)


# ---- OpenLDAP and nslcd ----

SLAPD = """include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile /run/slapd.pid
database mdb
maxsize 1048576
suffix "dc=test"
directory /run/ldap-data
access to * by * read
"""
ENTRIES = """dn: dc=test
objectClass: dcObject
objectClass: organization
dc: test
o: test
"""
ENTRY = {
    "user": """
dn: uid={name},dc=test
objectClass: account
objectClass: posixAccount
uid: {name}
cn: {name}
uidNumber: {number}
gidNumber: {number}
homeDirectory: /
""",
    "group": """
dn: cn={name},dc=test
objectClass: posixGroup
cn: {name}
gidNumber: {number}
{members}""",
}
NSLCD = """uid nobody
gid nogroup
uri ldapi:///
base dc=test
"""


def start_ldap(world, users, groups, members):
    """A directory with these {name: number}, and {group: users}; and nslcd, which asks it."""
    entries = ENTRIES + "".join(ENTRY["user"].format(name=name, number=number)
                                for name, number in users.items())
    for name, number in groups.items():
        lines = "".join(f"memberUid: {user}\n" for user in members.get(name, ()))
        entries += ENTRY["group"].format(name=name, number=number, members=lines)
    world.write("/run/slapd.conf", SLAPD)
    world.write("/run/entries.ldif", entries)
    world.path("/run/ldap-data").mkdir()
    world.path("/run/slapd").mkdir(exist_ok=True)
    added = world.run(["slapadd", "-f", "/run/slapd.conf", "-l", "/run/entries.ldif"])
    assert added.code == 0, added.stderr
    world.spawn(["slapd", "-d", "0", "-f", "/run/slapd.conf", "-h", "ldapi:///"], capture=False)
    wait_until(lambda: world.path("/run/slapd/ldapi").exists(), "slapd")
    world.write("/etc/nslcd.conf", NSLCD, mode=0o640)
    world.path("/run/nslcd").mkdir(exist_ok=True)
    world.path("/run/nslcd").chmod(0o777)
    world.spawn(["nslcd", "--nofork"], capture=False)
    wait_until(lambda: world.path("/run/nslcd/socket").exists(), "nslcd")
