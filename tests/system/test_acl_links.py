# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""A policy behind symbolic links of root's, as NixOS and Guix keep theirs: ATTACKS 22 and 70."""

import os

import pytest

import protocol_client as client
import replies
from process import wait_until
# pytest finds the fixture by its name.
from test_acl import ask
from world import ACL

STORE = "/nix/store"
RULE = "allow bridge br0 user alice polkit=no\n"
LINKS = {
    "to a file of the store": f"ln -s {STORE}/one-acl.conf {ACL}",
    "through a linked folder": f"ln -s {STORE}/two-etc /etc/static;"
                               f"ln -s /etc/static/vmgrant/acl.conf {ACL}",
    "the folder itself": f"rm -rf /etc/vmgrant; ln -s {STORE}/two-etc/vmgrant /etc/vmgrant",
    "relative": f"ln -s ../..{STORE}/one-acl.conf {ACL}",
    "relative, from the store": f"ln -s two-etc/vmgrant/acl.conf {STORE}/link;"
                                f"ln -s {STORE}/link {ACL}",
}


@pytest.fixture
def stored(world):
    """A store that the group of builders may add to, with a policy in it."""
    world.write(f"{STORE}/one-acl.conf", RULE, mode=0o444)
    world.write(f"{STORE}/two-etc/vmgrant/acl.conf", RULE, mode=0o444)
    sh(world, f"chmod 555 {STORE}/two-etc {STORE}/two-etc/vmgrant;"
              f"chown root:students {STORE}; chmod 1775 {STORE}; mkdir -p /etc/vmgrant;"
              f"rm -f {ACL}; ln {STORE}/one-acl.conf {STORE}/optimised")
    return world


def sh(world, script):
    done = world.run(["sh", "-ec", script])
    assert done.code == 0, done.stderr


@pytest.mark.parametrize("name", LINKS)
def test_a_link_of_roots_into_a_store_is_followed(stored, name):
    sh(stored, LINKS[name])
    assert ask(stored, "alice") == replies.GRANTED
    assert ask(stored, "bob") == replies.DENIED
    checked = stored.run_as("alice", ["vmgrant", "check-acl"])
    assert checked.code == 0, checked.stderr


@pytest.mark.parametrize("name", ("bridge.conf", "an include", "an included folder"))
def test_so_are_links_of_what_is_included_and_imported(stored, name):
    sh(stored, f"cp {STORE}/one-acl.conf {STORE}/two-etc/vmgrant/more.conf")
    if name == "bridge.conf":
        stored.write(f"{STORE}/three.conf", "allow br0\ninclude /etc/qemu/alice.conf\n")
        stored.write(f"{STORE}/four.conf", "deny br0\n", mode=0o640, owner=(0, 1001))
        sh(stored, f"mkdir -p /etc/qemu; ln -sf {STORE}/three.conf /etc/qemu/bridge.conf;"
                   f"ln -sf {STORE}/four.conf /etc/qemu/alice.conf")
        stored.write_acl(RULE + "allow bridge br0 user bob polkit=no\n"
                                "import-qemu /etc/qemu/bridge.conf\n")
        # The mode of the file behind the link says for whom it speaks.
        assert ask(stored, "bob") == replies.DENIED
    elif name == "an include":
        sh(stored, f"ln -s {STORE}/one-acl.conf /etc/more")
        stored.write_acl("include /etc/more\n")
    else:
        sh(stored, f"ln -s {STORE}/two-etc/vmgrant /etc/vmgrant/more.d")
        stored.write_acl("include /etc/vmgrant/more.d\n")
    assert ask(stored, "alice") == replies.GRANTED


# What bob, a builder or anybody else could have made, and what leads there.
REFUSED = {
    "a link of another": (f"ln -s {STORE}/one-acl.conf {ACL}; chown -h bob {ACL}",
                          f"{ACL}: is not owned by root"),
    "another's link in the store": (f"ln -s {STORE}/one-acl.conf {STORE}/his;"
                                    f"chown -h bob {STORE}/his; ln -s {STORE}/his {ACL}",
                                    f"{STORE}/his: is not owned by root"),
    "another's file in the store": (f"cp {STORE}/one-acl.conf {STORE}/his; chown bob {STORE}/his;"
                                    f"ln -s {STORE}/his {ACL}",
                                    f"{STORE}/his: is not owned by root"),
    "another's folder in the store": (f"cp -r {STORE}/two-etc {STORE}/his; chown bob {STORE}/his;"
                                      f"ln -s {STORE}/his/vmgrant/acl.conf {ACL}",
                                      f"{STORE}/his: is not owned by root"),
    "a folder open to others behind it": (f"chmod 777 {STORE}/two-etc;"
                                          f"ln -s {STORE}/two-etc/vmgrant/acl.conf {ACL}",
                                          f"{STORE}/two-etc: is writable"),
    "a store that is not sticky": (f"chmod 775 {STORE}; ln -s {STORE}/one-acl.conf {ACL}",
                                   f"{STORE}: is writable"),
    "a store of another": (f"chown bob {STORE}; ln -s {STORE}/one-acl.conf {ACL}",
                           f"{STORE}: is not owned by root"),
    "a file that its group may write": (f"chmod 464 {STORE}/one-acl.conf;"
                                        f"ln -s {STORE}/one-acl.conf {ACL}",
                                        f"{STORE}/one-acl.conf: is writable"),
    # Its file system may say of each file that it is root's, if it is bob's.
    "a mount point in the store": (f"mkdir {STORE}/mnt; mount -t tmpfs -o mode=755 none "
                                   f"{STORE}/mnt; echo '{RULE.strip()}' >{STORE}/mnt/acl.conf;"
                                   f"ln -s {STORE}/mnt/acl.conf {ACL}",
                                   f"{STORE}/mnt: is a mount point"),
    "a second name that anyone could make": (f"chmod 1777 {STORE}; ln -s {STORE}/optimised {ACL}",
                                             f"{STORE}/optimised: has a second name"),
    "a circle": (f"ln -s acl.conf {ACL}", "too many symbolic links"),
    "a link to nothing": (f"ln -s {STORE}/gone {ACL}", "No such file"),
    "a link to a device": (f"ln -s /dev/zero {ACL}", "/dev/zero: is writable"),
    "a link to a process": (f"ln -s /proc/self/fd/9 {ACL}", ""),
    "the store as a folder of rules": (f"printf 'include /etc/store\\n' >{ACL}; ln -s {STORE} "
                                       "/etc/store", f"{STORE}: is writable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_attack_70_what_another_could_swap_is_refused(stored, name):
    script, words = REFUSED[name]
    sh(stored, script)
    result = stored.request("alice")
    assert result.refused and result.code == replies.POLICY, result
    assert words in result.text, result


SWAPPER = f"""
import os
os.umask(0o022)
name, fresh = "{STORE}/his", "{STORE}/fresh"
while True:
    for make in (lambda: os.symlink("{STORE}/one-acl.conf", fresh),
                 lambda: os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY, 0o644)),
                 lambda: os.link("{STORE}/evil", fresh)):
        try:
            make()
        except OSError:
            continue
        os.rename(fresh, name)
"""


def test_attack_70_a_name_that_is_swapped_all_the_time_never_counts(stored):
    """bob, a builder, gives a name in the store another meaning as fast as he can."""
    sh(stored, f"ln -s {STORE}/his {ACL}; echo '{RULE.strip()}' >{STORE}/evil;"
               f"chown bob {STORE}/evil")
    builder = (1001, 1001, [1001, 2000])
    swapper = stored.spawn(["python3", "-uc", SWAPPER], builder, env={"PATH": "/usr/bin"})
    wait_until(lambda: stored.call(lambda: os.path.lexists(f"{STORE}/his")), "the first name")
    try:
        for _ in range(60):
            assert ask(stored, "alice") == replies.POLICY
    finally:
        swapper.kill()


def test_another_target_counts_at_once_on_an_open_connection(stored):
    """A new generation of the system: the link is replaced, no file is changed."""
    sh(stored, LINKS["through a linked folder"])
    stored.write(f"{STORE}/new-etc/vmgrant/acl.conf", "deny bridge br0\n", mode=0o444)
    request = stored.start_request("alice", channel=client.pair, arguments=["--fd=9"])
    assert client.ask(request.socket, 1, "br0", kind=client.QUERY).code == 0
    assert client.ask(request.socket, 2, "br0", kind=client.QUERY).code == 0
    sh(stored, f"ln -sfn {STORE}/new-etc /etc/static")
    request.socket.send(client.encode(3, "br0", kind=client.QUERY))
    assert client.receive(request.socket) is None
    assert request.finish().code == 0
    assert ask(stored, "alice") == replies.DENIED
