# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""ATTACKS 36: no failure of any call makes a deny be about nobody."""

import pytest

from tracing import CALL, TRACE, inject_each
from world import ACL, World

ALLOW = "allow bridge br0 user alice polkit=no\n"
# What each policy says besides, in {path: (text, mode, owner)}.
DENIES = {
    "user": {ACL: (ALLOW + "deny bridge br0 user alice\n", 0o644, (0, 0))},
    "group": {ACL: (ALLOW + "deny bridge br0 group students\n", 0o644, (0, 0))},
    "include": {ACL: (ALLOW + "include /etc/vmgrant/deny.d\n", 0o644, (0, 0)),
                "/etc/vmgrant/deny.d/x.conf": ("deny bridge br0 user 1000\n", 0o644, (0, 0))},
    "import": {ACL: (ALLOW + "import-qemu /etc/qemu/bridge.conf\n", 0o644, (0, 0)),
               "/etc/qemu/bridge.conf": ("include /etc/qemu/alice.conf\n", 0o644, (0, 0)),
               "/etc/qemu/alice.conf": ("deny br0\n", 0o640, (0, 1000))},
}
# What reads files and lists and asks services; the rest decides nothing here.
READING = {"openat", "open", "read", "pread64", "lseek", "fstat", "newfstatat", "statx", "lstat",
           "stat", "getdents64", "readlink", "readlinkat", "mmap", "socket", "connect", "sendto",
           "sendmsg", "recvfrom", "recvmsg", "poll", "ppoll", "fcntl", "seteuid", "setegid",
           "setfsuid", "setfsgid", "setresuid", "setresgid", "setgroups", "access", "faccessat",
           "faccessat2", "getgroups", "brk"}


def reading_calls(world):
    """[(name, number)] of what a refused request calls from its first look at a file of /etc on."""
    result = world.request("alice", strace=["-f", "-qq", "-o", TRACE])
    assert result.refused and result.code == 7, result
    counts, found, begun = {}, set(), False
    for pid, name, arguments in CALL.findall(world.path(TRACE).read_text(encoding="utf-8")):
        counts[pid, name] = counts.get((pid, name), 0) + 1
        # The dynamic linker reads /etc/ld.so.cache long before.
        begun = begun or "/etc/nsswitch.conf" in arguments or "vmgrant" in arguments
        if begun and name in READING:
            found.add((name, counts[pid, name]))
    assert {name for name, _ in found} > {"openat", "read"}, found
    return sorted(found)


@pytest.fixture(scope="module")
def shared(stage, request):
    with World(stage) as world:
        world.bridge("br0")
        world.write("/etc/nsswitch.conf", f"passwd: {request.param}\ngroup: {request.param}\n")
        yield world


# Files that are included ask for no name, whatever is asked for names.
ASKED = [("files", "user"), ("files", "group"), *(("files systemd", deny) for deny in DENIES)]


@pytest.mark.parametrize("shared,deny", ASKED, indirect=["shared"])
@pytest.mark.parametrize("error", ("EIO", "ENOENT", "EMFILE"))
def test_attack_36_a_deny_is_never_lost_by_a_failing_call(shared, deny, error):
    shared.run(["rm", "-rf", "/etc/vmgrant", "/etc/qemu"])
    for path, (text, mode, owner) in DENIES[deny].items():
        shared.write(path, text, mode=mode, owner=owner)
    calls, lost = reading_calls(shared), []
    for call, result in inject_each(shared, calls, f"error={error}"):
        if result.code == 0 or result.payload or result.fds:
            lost.append((call, result))
        result.close()
    assert not lost, lost
    assert len(calls) > 20
    shared.wait_no_taps()
