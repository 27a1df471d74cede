# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The machine that the tests run on: nothing of it is changed, and nothing of it shows.

The machine is a world here, in which a second world is made as the tests make theirs.
"""

import contextlib
import os
import shutil
import signal
import stat
import tempfile

import pytest

import askers
import guard
import namespaces as ns
import rootfs
from pci import Machine
from usbtree import UsbTree
from world import ACL, AUTHORIZE, DEV_LOG, HELPER, POLICY, World, stage_accounts
from worldpath import WorldPath

OUTSIDE = "/opt/outside"
# What somebody could have linked, and to where.
LINKS = {
    "/usr/lib/qemu/qemu-bridge-helper": f"{OUTSIDE}/helper",
    "/etc/dbus-1": f"{OUTSIDE}/bus",
    "/etc/pam.d": f"{OUTSIDE}/pam",
    "/etc/polkit-1": f"{OUTSIDE}/polkit",
    "/etc/qemu": f"{OUTSIDE}/qemu",
    "/etc/vmgrant": f"{OUTSIDE}/policy",
    "/etc/passwd": f"{OUTSIDE}/passwd",
    "/home/alice": f"{OUTSIDE}/alice",
    "/usr/libexec/vmgrant": f"{OUTSIDE}/programs",
    "/usr/share/polkit-1": f"{OUTSIDE}/actions",
    "/usr/share/up": f"../../../../../../../{OUTSIDE}",
    "/usr/share/process": f"/proc/1/root{OUTSIDE}",
    "/srv/kept": f"{OUTSIDE}/helper",
}
FOLDERS = ("bus", "pam", "polkit/rules.d", "qemu", "policy/acl.d", "alice", "programs",
           "actions/actions")
FILES = ("helper", "bus/system.conf", "pam/polkit-1", "polkit/rules.d/10-test.rules",
         "qemu/bridge.conf", "policy/acl.conf", "alice/secret", "programs/vmgrant-helper",
         "programs/vmgrant-authorize", "actions/actions/org.vmgrant.policy")


def plant():
    """Run inside the machine: victims, and links that lead to them."""
    for folder in FOLDERS:
        os.makedirs(f"{OUTSIDE}/{folder}")
    for name in FILES:
        with open(f"{OUTSIDE}/{name}", "w", encoding="ascii") as file:
            file.write(f"victim {name}\n")
        os.chmod(f"{OUTSIDE}/{name}", 0o4755 if "helper" in name else 0o640)
    shutil.move("/etc/passwd", f"{OUTSIDE}/passwd")
    for name, target in LINKS.items():
        os.makedirs(os.path.dirname(name), exist_ok=True)
        if os.path.isdir(name) and not os.path.islink(name):
            shutil.move(name, f"{OUTSIDE}/old{name.replace('/', '-')}")
        elif os.path.lexists(name):
            os.unlink(name)
        os.symlink(target, name)


def snapshot():
    """{path: all that a write, a chmod or a removal would change}"""
    found = {name: (os.readlink(name), os.lstat(name).st_mtime_ns) for name in LINKS}
    for folder, _, names in os.walk(OUTSIDE):
        for path in (folder, *(os.path.join(folder, name) for name in names)):
            status = os.lstat(path)
            content = b""
            if stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns,
                           status.st_ino, content)
    return found


def in_a_machine(stage, function):
    """Run function(stage) as root of a machine of its own; returns what it returned."""
    with World(None) as machine:
        fd = os.open(stage, os.O_PATH | os.O_DIRECTORY)
        try:
            def inside():
                rootfs.hidden_paths.cache_clear()
                rootfs.template.cache_clear()
                # Overlays have only some of what they are made of.
                ns.mount("tmpfs", tempfile.gettempdir(), "tmpfs", 0, "mode=755")
                stage_accounts.cache_clear()
                return function(f"/proc/self/fd/{fd}")
            return machine.call(inside, keep=[fd])
        finally:
            os.close(fd)


def nested():
    """Whether a world can be made in a world: overlays lie two deep at most."""
    places = {"/", *rootfs.OFTEN_MOUNTED}
    with open("/proc/self/mountinfo", encoding="utf-8") as table:
        return not any(line.split()[4] in places and " - overlay " in line for line in table)


needs_nesting = pytest.mark.skipif(not nested(), reason="the machine is made of overlays itself")


def fspath_writes(world):
    """What the functions of os do to a path of a world."""
    for path in ("/etc/pam.d/polkit-1", "/usr/lib/qemu/qemu-bridge-helper", "/srv/kept"):
        os.chmod(world.path(path), 0o600)
        os.chown(world.path(path), 1000, 1000)
        with open(world.path(path), "w", encoding="ascii") as file:
            file.write("changed\n")
        os.truncate(world.path(path), 3)
    with open(world.path("/etc/dbus-1/new.conf"), "w", encoding="ascii") as file:
        file.write("new\n")
    os.mkdir(world.path("/etc/pam.d/new"))


def method_writes(world):
    for name in ("/usr/share/up", "/usr/share/process"):
        try:
            (world.path(name) / "helper").write_text("changed")
            (world.path(name) / "new").touch()
        except OSError:
            pass  # what leads nowhere inside is nobody's victim
    world.path("/home/alice/secret").write_text("changed")
    world.path("/etc/pam.d/polkit-1").unlink()
    world.path("/etc/pam.d/link").symlink_to("/etc/passwd")
    world.path("/etc/dbus-1/more").mkdir(parents=True)
    world.path("/etc/dbus-1/hard").hardlink_to(world.path("/etc/dbus-1/system.conf"))
    world.path("/etc/dbus-1/system.conf").rename(world.path("/etc/pam.d/moved"))
    world.path("/etc/dbus-1/null").mknod(stat.S_IFCHR, os.makedev(1, 3))
    world.path("/etc/pam.d/").chmod(0o700)
    for entry in world.path("/etc/vmgrant").iterdir():
        entry.rmtree()


def world_writes(world):
    """What the tests' own means write."""
    world.write("/usr/lib/qemu/qemu-bridge-helper", "#!/bin/sh\n", mode=0o4755)
    world.write("/srv/kept", "changed", mode=0o4777, owner=(1000, 1000))
    world.write_acl("allow bridge br0\n")
    world.polkit.write_rules("// none\n")
    world.write("/etc/qemu/bridge.conf", "allow all\n")
    world.write("/etc/passwd", "root:x:0:0::/:/bin/sh\n")
    world.write(POLICY, "nothing")
    askers.install_asker(world, "exit 1")
    askers.install_recorder(type("World", (), {"write": world.write,
                                               "rules": world.polkit.write_rules}))
    world.path(HELPER).chmod(0o755)
    world.path(AUTHORIZE).unlink()
    world.sink(DEV_LOG)
    UsbTree(world).add("1-1", 2, "0951:1666")


def pci_writes(world):
    Machine(world).with_iommufd()


@needs_nesting
@pytest.mark.parametrize("writes", (fspath_writes, method_writes, world_writes, pci_writes))
def test_nothing_outside_a_world_is_changed(stage, writes):
    def function(inner_stage):
        plant()
        before = snapshot()
        with World(inner_stage) as world:
            # They lead to the world's own files, which can be changed.
            writes(world)
        after = snapshot()
        return {path: (before.get(path), after.get(path)) for path in {*before, *after}
                if before.get(path) != after.get(path)}

    assert in_a_machine(stage, function) == {}


def test_a_path_that_leads_nowhere_is_not_made_outside(world):
    world.run(["ln", "-s", "/opt/missing/file", "/etc/dangling"])
    world.run(["ln", "-s", "/etc/shadow", "/etc/absolute"])
    dangling = world.path("/etc/dangling")
    assert dangling.is_symlink() and not dangling.exists()
    with pytest.raises(FileNotFoundError):
        os.fspath(dangling)
    assert "alice" in world.path("/etc/absolute").read_text()
    with pytest.raises(TypeError):
        str.join("", [world.path("/etc/passwd")])


def test_a_path_of_the_world_has_what_pathlib_has(world):
    place = world.path("/tmp/a/b")
    place.mkdir(parents=True)
    place.mkdir(exist_ok=True)
    with pytest.raises(FileExistsError):
        place.mkdir()
    file = place / "c"
    file.write_text("text")
    assert file.read_bytes() == b"text" and file.name == "c" and file.parent.name == "b"
    (place / "d").symlink_to("c")
    assert (place / "d").readlink() == "c" and (place / "d").read_text() == "text"
    assert [entry.name for entry in place.iterdir()] == ["c", "d"]
    file.unlink()
    file.unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        file.unlink()
    assert not (place / "d").exists() and not (place / "d").is_file()
    place.parent.rmtree()
    place.parent.rmtree(missing_ok=True)
    assert isinstance(place, WorldPath) and not place.exists() and not place.is_dir()


def test_a_path_is_found_while_others_rename_and_mount(world, tmp_path):
    """The kernel gives up on a ".." then, and says so."""
    (tmp_path / "mount").mkdir()

    def disturb():
        (tmp_path / "a").touch()
        while True:
            ns.mount("tmpfs", tmp_path / "mount", "tmpfs")
            os.rename(tmp_path / "a", tmp_path / "b")
            ns.umount(tmp_path / "mount", ns.MNT_DETACH)
            os.rename(tmp_path / "b", tmp_path / "a")

    world.run(["sh", "-c", "mkdir -p /tmp/x && echo found >/tmp/y && ln -s " + "../x/" * 30 +
               "../y /tmp/x/link"])
    child = ns.fork_child(disturb)
    try:
        for _ in range(3000):
            assert world.path("/tmp/x/link").read_bytes() == b"found\n"
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        # It may have been between its two calls.
        with contextlib.suppress(OSError):
            ns.umount(tmp_path / "mount", ns.MNT_DETACH)


# ---- the session ----

def test_the_machine_is_read_only_for_the_tests():
    for path in ("/etc/vmgrant-test", "/usr/lib/vmgrant-test", "/var/tmp/vmgrant-test",
                 "/run/vmgrant-test", "/tmp/vmgrant-test"):
        with pytest.raises(OSError, match="Read-only"):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    with pytest.raises(OSError, match="Read-only"):
        os.chmod("/etc/passwd", 0o644)


@pytest.fixture
def environment():
    """What a test does to it is undone."""
    before = dict(os.environ)
    yield os.environ
    os.environ.clear()
    os.environ.update(before)


def test_the_environment_is_the_same_everywhere(environment):
    for name, value in (("LC_ALL", "de_DE.UTF-8"), ("HOME", "/home/somebody"), ("TZ", "Asia/Tokyo"),
                        ("XDG_CONFIG_HOME", "/x"), ("NLDBG", "9"), ("LIBVIRT_DEFAULT_URI", "x:///"),
                        ("QEMU_MODULE_DIR", "/x"), ("PATH", "/usr/local/bin")):
        environment[name] = value
    os.umask(0o077)
    guard.same_everywhere()
    assert os.umask(0o022) == 0o022
    assert os.environ["LC_ALL"] == "C.UTF-8" and os.environ["HOME"] == "/root"
    assert not {"TZ", "XDG_CONFIG_HOME", "NLDBG", "LIBVIRT_DEFAULT_URI"} & set(os.environ)


# ---- what a machine has of its own ----

def crowd():
    """Run inside a machine: whatever could be on one already."""
    for path, text in {
            "/etc/vmgrant/acl.conf": "deny bridge *\n", "/etc/vmgrant/acl.d/x.conf": "deny bridge *\n",
            "/etc/qemu/bridge.conf": "deny all\n", "/etc/libvirt/libvirt.conf": "x",
            "/etc/udev/hwdb.bin": "x", "/usr/lib/udev/hwdb.bin": "x", "/etc/ld.so.preload": "",
            "/usr/local/bin/vmgrant": "x", "/usr/local/lib/libvmgrant.so.0": "x",
            "/usr/lib/x86_64-linux-gnu/libvmgrant.so.0": "x", "/usr/local/sbin/ip": "x",
            "/usr/share/polkit-1/actions/org.vmgrant.policy": "x",
            "/etc/polkit-1/rules.d/00-all.rules": "x", "/usr/share/polkit-1/rules.d/00-all.rules": "x",
            "/etc/sysusers.d/vmgrant.conf": "u vmgrant 4711\n", "/home/alice/.config/libvirt/qemu.conf": "x",
            "/etc/apparmor.d/usr.sbin.libvirtd": "x", "/etc/NetworkManager/conf.d/x.conf": "x",
            "/etc/xdg/something": "x", "/usr/share/zsh/site-functions/_vmgrant": "x",
            "/usr/lib/systemd/system/vmgrant.socket": "x"}.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
    with open("/etc/passwd", "a", encoding="ascii") as file:
        file.write("alice:x:500:500::/:/bin/sh\nbob:x:1700:1700::/:/bin/sh\nvmgrant:x:300:300::/:/\n"
                   "erin:x:1000:1000::/home/erin:/bin/sh\n+::::::\n")
    with open("/etc/group", "a", encoding="ascii") as file:
        file.write("students:x:77:bob\nplanted:x:78:alice,erin,root\nvmgrant:x:301:alice\n"
                   "alice:x:500:\nfolk:x:2000:\n")
    with open("/etc/nsswitch.conf", "w", encoding="ascii") as file:
        file.write("passwd: sss ldap files\ngroup: sss files\n")


def shown(stage):
    """All that a world shows of those places."""
    with World(stage) as world:
        words = ["find", "/etc", "/home", "/opt", "/usr/local", "/usr/libexec", "/usr/share/polkit-1",
                 "/usr/lib/udev", "/usr/lib/systemd/system", "/usr/share/zsh/site-functions",
                 "/usr/lib", "-maxdepth", "3", "-printf", "%M %u %g %p %l\n"]
        files = set(world.run(words).stdout.decode().splitlines())
        accounts = {name: world.path(f"/etc/{name}").read_text() for name in
                    ("passwd", "group", "shadow", "gshadow", "nsswitch.conf")}
        account = [line for line in accounts["passwd"].splitlines() if line.startswith("vmgrant:")]
        ids = world.run(["id", "alice"]).stdout.decode()
        acl = world.path(ACL).read_text()
    return files, accounts, account, ids, acl


@needs_nesting
def test_a_world_is_the_same_on_a_machine_that_has_everything(stage):
    before = in_a_machine(stage, shown)

    def crowded(inner_stage):
        crowd()
        return shown(inner_stage)

    files, accounts, account, ids, acl = in_a_machine(stage, crowded)
    assert files ^ before[0] == set()
    # Groups of the system's may be there, but nobody of ours is in one.
    extra = {name: set(accounts[name].splitlines()) ^ set(before[1][name].splitlines())
             for name in accounts}
    assert extra == {"passwd": set(), "shadow": set(), "nsswitch.conf": set(),
                     "group": {"planted:x:78:root"}, "gshadow": {"planted:*::root"}}
    assert account == before[2] and ids == before[3] and acl == before[4]


@needs_nesting
def test_parts_of_a_machine_may_be_file_systems_of_their_own(stage):
    def function(inner_stage):
        for folder in ("/usr", "/etc", "/usr/local"):
            ns.mount(folder, folder, "none", ns.MS_BIND)
        ns.mount("tmpfs", "/opt", "tmpfs", 0, "mode=755")
        with World(inner_stage) as world:
            world.bridge("br0")
            world.write_acl("allow bridge br0 user alice polkit=no\n")
            result = world.request("alice")
            return result.granted, result.text

    assert in_a_machine(stage, function) == (True, "")
