# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""libvmgrant in programs that are not vmgrant, with the installed helper."""

import ctypes
import os
import pickle
import re
import socket
import subprocess
import threading

import pytest

import replies
from test_native_client import need
from tun import IFF_MULTI_QUEUE, IFF_TAP, IFF_VNET_HDR, tungetiff


@pytest.fixture(scope="module")
def build():
    folder = os.environ.get("VMGRANT_BUILD")
    if not folder:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("VMGRANT_BUILD is not set")
    return folder


class TapRequest(ctypes.Structure):
    """struct vmgrant_tap_request of vmgrant.h."""
    _fields_ = [("size", ctypes.c_size_t), ("bridge", ctypes.c_char_p),
                ("queues", ctypes.c_uint), ("flags", ctypes.c_uint), ("mac", ctypes.c_uint8 * 6)]


class Tap(ctypes.Structure):
    """struct vmgrant_tap of vmgrant.h."""
    _fields_ = [("size", ctypes.c_size_t), ("queues", ctypes.c_uint),
                ("vhost_count", ctypes.c_uint), ("queue_fds", ctypes.c_int * 16),
                ("vhost_fds", ctypes.c_int * 16), ("flags", ctypes.c_uint),
                ("mtu_bytes", ctypes.c_uint), ("port", ctypes.c_char * 16),
                ("tap", ctypes.c_char * 16)]


def load_library():
    library = ctypes.CDLL("libvmgrant.so.0", use_errno=True)
    library.vmgrant_connect.restype = ctypes.c_void_p
    library.vmgrant_connect.argtypes = [ctypes.c_char_p]
    library.vmgrant_close.argtypes = [ctypes.c_void_p]
    library.vmgrant_tap.argtypes = [ctypes.c_void_p, ctypes.POINTER(TapRequest),
                                    ctypes.POINTER(Tap)]
    library.vmgrant_tap_close.argtypes = [ctypes.POINTER(Tap)]
    library.vmgrant_error.restype = ctypes.c_char_p
    library.vmgrant_error.argtypes = [ctypes.c_void_p]
    return library


def ask(library, connection, bridge, queues):
    request = TapRequest(ctypes.sizeof(TapRequest), bridge, queues, 1)
    tap = Tap(ctypes.sizeof(Tap))
    return library.vmgrant_tap(connection, request, tap), tap


def test_a_program_with_threads_and_a_child_of_its_own_gets_cards(native_world):
    """Two threads ask on connections of their own; the program's own child stays its own."""
    def program():
        library, results = load_library(), []
        child = os.fork()
        if child == 0:
            os._exit(42)

        def use():
            connection = library.vmgrant_connect(None)
            for queues in (1, 4, 2):
                code, tap = ask(library, connection, b"br0", queues)
                if code:
                    results.append(library.vmgrant_error(connection))
                    continue
                flags = {tungetiff(tap.queue_fds[i])[1] for i in range(tap.queues)}
                wanted = IFF_TAP | IFF_VNET_HDR | (IFF_MULTI_QUEUE if queues > 1 else 0)
                results.append(tap.queues == queues and tap.vhost_count == 0
                               and all(flag & wanted == wanted for flag in flags))
                library.vmgrant_tap_close(tap)
            refused, _ = ask(library, connection, b"br9", 1)
            results.append(refused == replies.DENIED
                           and b"br9" in library.vmgrant_error(connection))
            library.vmgrant_close(connection)

        threads = [threading.Thread(target=use) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        try:
            os.waitpid(-1, os.WNOHANG)
            results.append("a child is left")
        except ChildProcessError:
            pass
        return results

    assert native_world.call(program, "alice") == [True] * 8 + [42]
    native_world.wait_no_taps()


@pytest.mark.parametrize("rule,code,words,mode", (
    ("allow bridge br0 user bob polkit=no\n", replies.DENIED, b"not allowed for user alice", 0o755),
    ("allow bridge br0 user bob polkit=no\n", replies.DENIED, b"not allowed for user alice", 0o750),
    ("allow nonsense\n", replies.POLICY, b"acl.conf: line 1", 0o755),
), ids=("denied", "closed", "broken"))
def test_a_changed_policy_counts_on_an_open_connection(native_world, rule, code, words, mode):
    """The next request on the connection is judged by the policy of its moment."""
    os.chown(native_world.path("/etc/vmgrant"), 0, int(native_world.run(["id", "-g", "vmgrant"]).stdout))
    native_world.path("/etc/vmgrant").chmod(mode)
    ours, theirs = socket.socketpair()

    def program():
        library = load_library()
        connection = library.vmgrant_connect(None)
        answers = []
        for _ in range(2):
            answer, tap = ask(library, connection, b"br0", 1)
            answers.append((answer, library.vmgrant_error(connection)))
            library.vmgrant_tap_close(tap)
            theirs.send(b"asked")
            theirs.recv(16)
        library.vmgrant_close(connection)
        os.write(1, pickle.dumps(answers))
        return 0

    process = native_world.spawn(program, "alice", fds={theirs.fileno(): theirs.fileno()})
    theirs.close()
    ours.settimeout(60)
    assert ours.recv(16) == b"asked"
    native_world.path("/etc/vmgrant/acl.conf").write_text(rule)
    ours.send(b"go")
    assert ours.recv(16) == b"asked"
    ours.close()
    process.wait()
    first, (second, why) = pickle.loads(process.stdout)
    assert first == (replies.GRANTED, b"")
    assert second == code and words in why


def test_the_example_of_the_manual_starts_qemu_with_a_card(native_world, build):
    native_world.write("/usr/local/bin/qemu-system-x86_64",
                       "#!/bin/sh\necho \"$@\"\nreadlink /proc/self/fd/${2##*=}\n", mode=0o755)
    program = f"{build}/doc/examples/.libs/tap"
    program = program if os.path.exists(program) else f"{build}/doc/examples/tap"
    native_world.write("/usr/local/bin/example", open(program, "rb").read(), mode=0o755)
    addresses = []
    for guest in ("one", "two", "one"):
        done = native_world.run_as("alice", ["example", "br0", guest])
        assert done.code == 0, done.stderr
        words, target = done.stdout.decode().splitlines()
        found = re.fullmatch(r"-netdev tap,id=net0,fd=\d+ -device virtio-net-pci,netdev=net0,"
                             r"mac=(52:54:00(:[0-9a-f]{2}){3})", words)
        assert found and target == "/dev/net/tun", done.stdout
        addresses.append(found[1])
    one, two, again = addresses
    assert one == again != two  # a guest's own, and the same at each start
    done = native_world.run_as("bob", ["example", "br0", "one"])
    assert done.code == replies.DENIED and b"not allowed for user bob" in done.stderr
    native_world.wait_no_taps()


@pytest.mark.parametrize("tests", ("test-library", "test-library-process"))
def test_valgrind_finds_nothing_in_the_library_tests(build, tests):
    need("valgrind")
    environment = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP"}
    done = subprocess.run(
        ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
         "--errors-for-leak-kinds=definite,indirect,possible", "--track-fds=no",
         "--child-silent-after-fork=yes", f"{build}/tests/unit/{tests}"],
        capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ok 1 " in done.stdout
