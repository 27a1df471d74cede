# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The programs are replaced or removed while a connection is open and guests have ports."""

import os
import shutil

import protocol_client as client
import replies
from askers import install_asker
from tun import tungetiff
from world import AUTHORIZE, HELPER

ACL_TEXT = ("allow bridge br0 user alice polkit=no quota=2\n"
            "allow bridge asked user alice\n")
OTHER_HELPER = "#!/bin/sh\necho another version >&2\nexit 1\n"


def upgrade(world, path, text):
    """As packages do: a new file takes the name, and the old one lives on with who runs it."""
    world.write(f"{path}.new", text, mode=0o4755)
    world.call(lambda: os.rename(f"{path}.new", path))


def test_attack_76_an_open_connection_keeps_its_version_and_its_verdicts(world):
    world.bridge("asked")
    world.write_acl(ACL_TEXT)
    request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    kept = [client.ask(request.socket, 1, "br0")]
    assert kept[0].code == 0, kept[0].sentence
    upgrade(world, HELPER, OTHER_HELPER)
    assert not world.request("alice").granted  # it is another one
    kept.append(client.ask(request.socket, 2, "br0"))
    assert kept[1].code == 0, kept[1].sentence
    assert client.ask(request.socket, 3, "br0").code == replies.QUOTA
    assert client.ask(request.socket, 4, "gone").code == replies.DENIED
    for reply in kept:
        for fd in reply.fds:
            os.close(fd)
    request.socket.close()
    assert request.finish().code == 0


def test_attack_76_what_another_version_of_the_asker_says_is_no_yes(world):
    world.bridge("asked")
    world.write_acl(ACL_TEXT)
    request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    kept = []
    for serial, body in enumerate(("printf 'yes 2\\n'", "printf '2 yes'; exit 0", "exit 0", None)):
        if body is None:
            world.call(lambda: os.unlink(AUTHORIZE))
        else:
            install_asker(world, body)
        reply = client.ask(request.socket, serial, "asked")
        assert reply.code != 0 and not reply.fds and reply.sentence, (body, reply.code)
        kept.append(client.ask(request.socket, 100 + serial, "br0"))
        assert kept[-1].code == 0, kept[-1].sentence
        os.close(kept[-1].fds[0])
        world.wait_no_taps()
    request.socket.close()
    assert request.finish().code == 0


def purge(world):
    """What a package's removal takes away, and its purge the policy."""
    def remove():
        for path in ("/usr/libexec/vmgrant", "/etc/vmgrant", "/run/vmgrant"):
            shutil.rmtree(path, ignore_errors=True)
    world.call(remove)


def test_attack_79_a_guest_keeps_its_port_when_everything_is_removed(world):
    """Of both kinds; nothing more is given, and with the guests nothing is left."""
    world.write_acl(ACL_TEXT)
    request = world.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    sealed = client.ask(request.socket, 1, "br0")
    assert sealed.code == 0, sealed.sentence
    dropped_in = world.request("alice")
    assert dropped_in.granted, dropped_in
    purge(world)
    # The open connection has a policy no more: that is a no, whatever it remembers.
    if client.sent(request.socket, client.encode(2, "br0")):
        late = client.receive(request.socket)
        assert late is None or late.code != 0 and not late.fds, late.sentence
    request.socket.close()
    request.finish()
    assert set(world.taps()) == {sealed.port, dropped_in.name}
    for name in (sealed.port, dropped_in.name):
        assert world.links()[name]["master"] == "br0"
    assert tungetiff(sealed.fds[0])[0] == sealed.tap
    dropped_in.close()
    os.close(*sealed.fds)
    world.wait_no_taps()
