# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Every command that a document shows is run: those of vmgrant here, others where it is said.

A command that a document shows and that no line of these tables knows fails, as does a line that
belongs to no command any more.
"""

import os
import re
import shlex

import pytest

import documents
import replies
from hotplug import LATE, PORTS
from test_clients_qemu import QEMU, Guest
from test_native_client import need
from usbtree import UsbTree
from world import World

# Which test runs what does not start with vmgrant: (command, file, what stands in that file).
ELSEWHERE = (
    (r"\./scripts/install-deps build( packages| test nss)?$", "scripts/test", r"install-deps"),
    (r"dpkg-buildpackage -us -uc -b$", "scripts/stages/packages.sh", r"dpkg-buildpackage"),
    (r"apt install \.\./vmgrant_\*\.deb|apt install python3-vmgrant", "scripts/stages/packages.sh", r"\.deb"),
    (r"(\./)?scripts/demo$", "scripts/stages/dist.sh", r"scripts/demo"),
    (r"(\./)?scripts/test( (gcc|text|dist|lint|packages|system))*$", ".ci/run", r"scripts/test"),
    (r"pip install pre-commit && pre-commit install$", ".pre-commit-config.yaml", r"scripts/copyright"),
    (r"autoreconf -fi$", "scripts/test", r"autoreconf -fi"),
    (r"mkdir build && cd build$", "scripts/stages/build.sh", r"mkdir -p"),
    (r"\.\./configure --enable-werror --prefix=/usr --sysconfdir=/etc --localstatedir=/var$",
     "scripts/stages/build.sh", r"--prefix=/usr --sysconfdir=/etc --localstatedir=/var"),
    (r"\./configure --prefix=/usr", "scripts/stages/build.sh", r"configure\" --prefix=/usr"),
    (r"\.\./configure CC=clang --enable-sanitizers$", "scripts/stages/build.sh", r"--enable-sanitizers"),
    (r"\.\./configure CC=clang --enable-fuzzers && make fuzzers$",
     "scripts/stages/inspect.sh", r"-j2 fuzzers"),
    (r"\./configure --with-kvm-mode=$", "scripts/stages/text.sh", r"--with-kvm-mode="),
    (r"\./configure --with-apparmor-profile$", "tests/vm/check-profile.py", r"vmgrant-helper"),
    (r"\./configure --with-helper-mode=0755$", "tests/system/test_file_capabilities.py", r"0755|0o755"),
    (r"make( -j2 && make check| check)?$", "scripts/stages/build.sh", r"make -j2"),
    (r"make install( DESTDIR=\S+)?$", "scripts/stages/installed.sh", r"install"),
    (r"make distcheck$", "scripts/stages/dist.sh", r"distcheck"),
    (r"make html$", "scripts/stages/text.sh", r"html && .*check-site"),
    # By hand, as the page says of each distribution's file.
    (r"make dist && rpmbuild -ta", "packaging/README.md", r"built by rpmbuild [\d.]+ on a"),
    (r"cc \$\(pkg-config --cflags --libs vmgrant\)$", "debian/tests/demo", r"pkg-config --cflags --libs"),
    (r"(\./)?scripts/bench( --write)?$", "scripts/bench", r"tests/bench"),
    (r"(VMGRANT_VM_KERNELS=\S+ )?(\./)?scripts/vm-test( |$)", "scripts/stages/installed.sh", r"vm-test"),
    (r"(\./)?scripts/vm-kernel \S+$", "scripts/vm-kernel", r"^#!"),
    (r"scripts/attack-table --write$", "scripts/stages/text.sh", r"attack-table"),
    (r"scripts/draw-picture doc/processes.txt >doc/processes.svg$",
     "scripts/stages/text.sh", r"draw-picture"),
    (r"scripts/draw-figures >doc/benchmarks.svg$", "scripts/stages/text.sh", r"draw-figures"),
    (r"scripts/release --dry-run 0\.1\.0$", "scripts/stages/text.sh", r"scripts/release"),
    (r"scripts/protocol-json --write$", "scripts/stages/text.sh", r"protocol-json"),
    (r"scripts/translate --(check|template|update)$", "scripts/stages/text.sh", r"scripts/translate\" --check"),
    (r"scripts/packaged-files STAGE$", "scripts/stages/text.sh", r"packaged-files"),
    (r"scripts/check-format --fix$", "scripts/stages/inspect.sh", r"check-format"),
    (r"scripts/count-code --raised$", "scripts/stages/text.sh", r"count-code"),
    (r"qemu-system-x86_64 .*-netdev bridge,.*helper=",
     "tests/system/test_clients_qemu.py", r"bridge,id=\{name\}"),
    (r"qemu-system-x86_64 -M q35 -device pcie-root-port,id=rp1 -qmp unix:", "tests/system/hotplug.py",
     r"pcie-root-port,id=rp1"),
    (r"virt-install --connect qemu:///session ", "tests/system/test_clients_libvirt.py",
     r"\"--connect\", \"qemu:///session\""),
    (r"(\./)?scripts/screenshots STAGE$", "scripts/stages/installed.sh", r"tests/system/test_desktop.py"),
    (r"udevadm control --reload && udevadm trigger", "tests/vm/check-boot.py", r"65-vmgrant-kvm"),
    (r"ln -s /dev/null /etc/udev/rules.d/65-vmgrant-kvm.rules$", "tests/vm/check-boot.py", r"mask"),
    (r"cp /usr/share/doc/vmgrant/examples/vmgrant-helper.apparmor ",
     "tests/vm/check-profile.py", r"examples"),
    (r"apparmor_parser -r /etc/apparmor.d/vmgrant-helper$", "tests/vm/check-profile.py", r"apparmor_parser"),
    (r"systemd-tmpfiles --create vmgrant.conf$",
     "tests/vm/check-service.py", r"systemd-tmpfiles\", \"--create"),
    (r"systemctl enable --now vmgrant.socket$", "tests/vm/check-service.py", r"systemctl\", \"start"),
    (r"driverctl set-override 0000:03:00.0 vfio-pci$", "tests/unit/test-check-vfio.c", r"driverctl"),
    (r"chmod (u-s|4755 \S+|0755 \S+)$", "tests/system/test_file_capabilities.py", r"chmod"),
    (r"setcap cap_setuid,.*=p /usr/libexec/vmgrant/vmgrant-helper$", "tests/system/world.py", r"setcap"),
    (r"dpkg-statoverride --add root tenants 4750 \S+$", "scripts/stages/packages.sh", r"dpkg-statoverride"),
    (r"ln -s @bindir@/vmgrant /opt/qemu/bin/vmgrant-qemu-x86_64$",
     "tests/system/test_clients_wrapper.py", r"ln -s /usr/bin/vmgrant"),
    (r"ip link set dev PORT nomaster$", "tests/system/test_reattach.py", r"nomaster"),
    (r"nmcli (connection|device)", "tests/vm/check-bridges.py", r"bridges\.md"),
    (r"ip link (add br0 address 52:54:00:ab:cd:01 type bridge|set br0 up)$", "tests/vm/check-bridges.py",
     r"bridges\.md"),
    (r"ip link set dev br0 address 52:54:00:ab:cd:ef$", "tests/system/test_port_life.py", r"address"),
    (r"journalctl -t vmgrant-helper", "tests/system/test_journald.py", r"journal"),
    (r"ausearch -m VIRT_RESOURCE -i$", "tests/system/test_audit.py", r"ausearch"),
    (r"vmgrant attach .* --follow$", "tests/system/test_follow.py", r"follow"),
    (r"tests/bench/bench-\w+\.py STAGE$", "scripts/bench", r"bench"),
)
# What is no command: a name of one in a sentence, and a synopsis.
NAMED = re.compile(r"vmgrant (run|attach|detach|tap|libvirt|setup)( --[a-z-]+)?$|.* (Op|Ar|Cm) ")
# Each once, where it stands first.
SHOWN = list({one.text: one for one in reversed(documents.commands())}.values())[::-1]
OURS = [one for one in SHOWN if one.text.startswith("vmgrant ") and not NAMED.match(one.text)
        and not one.text.endswith("--follow")]
OTHERS = [one for one in SHOWN if not one.text.startswith(("vmgrant ", "echo "))
          or one.text.endswith("--follow")]
LIVE = tuple(f"vmgrant {word} --qmp " for word in ("attach", "detach"))
PLACES = {"SOCKET": "/home/alice/guest.qmp", "$XDG_RUNTIME_DIR": "/home/alice", "NAME": "alice"}
BAD = 104
ACL_TEXT = """\
allow bridge br0 user alice polkit=no queues=4 quota=8 vhost
allow usb 0951:1666 user alice polkit=no
allow vfio 0000:03:00.0 user alice polkit=no
allow vfio 0000:01:00.0 user alice polkit=no
allow vfio 0000:01:00.1 user alice polkit=no
allow disk /dev/vg0/guest user alice polkit=no
"""
# What a command that a machine like the tests' can only refuse ends with: (command, status).
REFUSED = (
    # The check of a disk or device says what is missing: that is what it is for.
    (r"vmgrant check", (0, BAD)),
    # No PCI device and no volume is on a machine of the tests, and the sentence says so.
    (r"vmgrant run .*--(vfio|disk)", (replies.OBJECT,)),
    # Nothing was set up here, and that is said; test_setup does it.
    (r"vmgrant setup --undo$", (replies.OBJECT,)),
    # No such card is there; test_setup_managers has one.
    (r"vmgrant setup --group students --bridge br0 --uplink", (replies.OBJECT,)),
    # No domain is in that world; test_clients_domains has one.
    (r"vmgrant (attach --)?libvirt", (100,)),
    # The rule there gives sealed ports, which do not stay; test_tap has others.
    (r"vmgrant tap br0$", (replies.UNSUPPORTED,)),
    (r"vmgrant tap --remove NAME$", (replies.OBJECT,)),
    # No journal is in a world, and that is said; test_log has one.
    (r"vmgrant log", (0, replies.UNSUPPORTED)),
)


@pytest.mark.parametrize("command", OTHERS, ids=repr)
def test_another_programs_command_is_run_by_some_test(command):
    known = [row for row in ELSEWHERE if re.match(row[0], command.text)]
    assert len(known) == 1, f"{command}: {len(known)} lines of ELSEWHERE know it"
    (_, name, mark), = known
    assert re.search(mark, (documents.TOP / name).read_text(encoding="utf-8"), re.MULTILINE), name


def test_the_tables_know_nothing_that_is_not_shown():
    texts = [one.text for one in documents.commands()]
    unused = [row[0] for row in ELSEWHERE if not any(re.match(row[0], text) for text in texts)]
    unused += [row[0] for row in REFUSED if not any(re.match(row[0], text) for text in texts)]
    assert not unused


def words_of(command):
    text = command.text
    for place, stands_for in PLACES.items():
        text = re.sub(rf"{re.escape(place)}\b", stands_for, text)
    return shlex.split(text)


def expected(command):
    return next((codes for pattern, codes in REFUSED if re.match(pattern, command.text)), (0,))


def run_one(world, command):
    """As who the document says: root after sudo and in what follows `sudo` in the manual, else alice."""
    words = words_of(command)
    user = "root" if words[1] in ("allow", "check-acl", "explain", "reattach", "log",
                                     "setup") else "alice"
    if words[1] in ("allow", "setup"):
        world.write_acl("")
    if words[1] == "setup":
        words.append("--dry-run")
    if words[1] == "run":
        # Without an accelerator and devices of this machine: what would be started is shown.
        words[2:2] = ["--dry-run"]
        if "--" not in words:
            words += ["--", QEMU]
    done = world.run(words, user)
    world.write_acl(ACL_TEXT)
    return done


@pytest.fixture(scope="module")
def shared(stage):
    need(QEMU)
    with World(str(stage)) as world:
        world.bridge("br0")
        world.write_acl(ACL_TEXT)
        UsbTree(world).add("1-1", 2, "0951:1666")
        world.write("/home/alice/disk.qcow2", b"", owner=(1000, 1000))
        yield world
        world.wait_no_taps()


@pytest.mark.parametrize("command", [one for one in OURS if not one.text.startswith(LIVE)], ids=repr)
def test_a_command_of_vmgrant_does_what_the_document_shows(shared, command):
    done = run_one(shared, command)
    assert done.code in expected(command), (done.code, done.stderr)
    assert b"--help" not in done.stderr, done.stderr  # what a wrong command line is answered with


def test_hot_plug_goes_as_the_documents_show(shared):
    """In the order in which they show it, in a guest whose firmware does not let a card go."""
    monitor = ["-qmp", f"unix:{PLACES['SOCKET']},server=on,wait=off"]
    with Guest(shared, [*PORTS, *monitor], stopped=False) as guest:
        for command in [one for one in OURS if one.text.startswith(LIVE)]:
            more = ["--timeout", "1"] if "detach" in command.text else []
            done = shared.run([*words_of(command), *more], "alice")
            codes = (0, LATE) if more else expected(command)
            assert done.code in codes, (command, done.code, done.stderr)
        assert "vmgrant0" in guest.network()


def test_the_address_of_a_guests_name_is_one(world):
    """README's line for those who start QEMU by hand."""
    (command,) = [one for one in documents.commands() if one.shown.startswith("echo \"$(hostname)")]
    done = world.run(["sh", "-c", command.shown])
    assert done.code == 0 and re.fullmatch(rb"52:54:00(:[0-9a-f]{2}){3}\n", done.stdout), done
    assert world.run(["sh", "-c", command.shown]).stdout == done.stdout


def test_the_line_for_the_policy_makes_one_that_allows(world):
    (command,) = [one for one in documents.commands() if one.shown.startswith("echo 'allow")]
    world.write_acl("")
    assert world.run(["sh", "-c", command.text]).code == 0
    done = world.run(["vmgrant", "explain", "--user", "alice", "bridge", "br0"])
    assert done.code == 0 and b"acl.conf" in done.stdout, done


@pytest.mark.parametrize("document", documents.rules())
def test_rules_of_documents_are_rules(world, document):
    world.run(["groupadd", "students"])
    os.makedirs(world.path("/etc/vmgrant/acl.d"), exist_ok=True)
    world.write("/etc/qemu/bridge.conf", "allow br0\n")
    world.write_acl("".join(f"{line}\n" for line in documents.rules()[document]))
    done = world.run(["vmgrant", "check-acl"])
    assert done.code == 0, done.stderr
