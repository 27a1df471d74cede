# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant-qemu-x86_64 as the emulator of domains in a real libvirt session."""

import json
import os
import re
import shutil
from xml.sax.saxutils import escape, quoteattr

import pytest

import looking
from libvirt_session import QEMU, Session, refusal, start_world
from process import wait_until
from world import environment

WRAPPER = "/usr/bin/vmgrant-qemu-x86_64"
UUID = "6f3a5c2e-0b1d-4c57-9a55-1f0d5a2b7c{:02d}"

DOMAIN = """<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>32</memory>
  <vcpu>2</vcpu>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <emulator>{emulator}</emulator>
    {devices}
  </devices>
  <qemu:commandline>{environment}</qemu:commandline>
</domain>
"""


class Wrapped(Session):
    """A session whose domains have our emulator."""

    def domain(self, name, uuid=0, machine="pc", emulator=WRAPPER, devices="", **variables):
        """A file that describes one."""
        lines = "".join(f"<qemu:env name='{key}' value={quoteattr(value)}/>"
                        for key, value in variables.items())
        return self.write(f"{name}.xml", DOMAIN.format(
            name=name, uuid=UUID.format(uuid), machine=machine, emulator=emulator,
            environment=lines, devices=devices))

    def run(self, name, *words, **options):
        done = self.virsh("create", self.domain(name, *words, **options))
        assert done.code == 0, done.stderr.decode()
        return name

    def monitor(self, name, command, **arguments):
        text = json.dumps({"execute": command, "arguments": arguments})
        return json.loads(self.ask("qemu-monitor-command", name, text))["return"]

    def begin(self, *words):
        env = {**environment(self.user), "XDG_RUNTIME_DIR": f"/run/user/{self.uid}"}
        return self.world.spawn(["vmgrant", *words], self.user, env=env)

    def vmgrant(self, *words):
        return self.begin(*words).wait()

    def cards(self, name):
        """{MAC: PCI slot} of a guest."""
        def devices(bus):
            for device in bus.get("devices", ()):
                yield device
                yield from devices(device.get("pci_bridge", {}))
        found = {}
        for bus in self.monitor(name, "query-pci"):
            for device in devices(bus):
                if device["class_info"]["class"] == 0x200:
                    path = f"/machine/peripheral/{device['qdev_id']}"
                    mac = self.monitor(name, "qom-get", path=path, property="mac")
                    found[mac] = device["slot"]
        return found


@pytest.fixture(scope="module")
def libvirt_world(stage):
    with start_world(stage, "allow bridge br0 user alice queues=4 vhost polkit=no\n") as world:
        yield world


@pytest.fixture
def alice(libvirt_world):
    session = Wrapped(libvirt_world, "alice", 1000)
    yield session
    session.clear()
    libvirt_world.wait_no_taps()


def process_of(world, name):
    """The words, the variables and the descriptors of a domain's QEMU."""
    def look():
        with open(f"/run/user/1000/libvirt/qemu/run/{name}.pid", encoding="ascii") as file:
            pid = int(file.read())
        texts = []
        for what in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{what}", "rb") as file:
                texts.append(file.read().decode().split("\0"))
        return (*texts, looking.files_of(pid))
    return world.call(look)


def test_a_domain_gets_a_card_with_queues(libvirt_world, alice):
    alice.run("guest", VMGRANT="--net br0,queues=2")
    assert alice.ask("domstate", "guest").strip() == "running"
    assert len(libvirt_world.taps()) == 1
    [(mac, slot)] = alice.cards("guest").items()
    assert re.fullmatch("52:54:00(:[0-9a-f]{2}){3}", mac) and slot == 0x18
    assert alice.monitor("guest", "qom-get", path="/machine/peripheral/vmgrant-net0", property="mq")
    words, variables, files = process_of(libvirt_world, "guest")
    assert words[0] == QEMU
    assert list(files.values()).count("/dev/net/tun") == 2
    # libvirt's own sandbox stays, in which QEMU could start no helper.
    assert "spawn=deny" in words[words.index("-sandbox") + 1]
    assert not any(variable.startswith("VMGRANT") for variable in variables)


def test_libvirt_goes_on_with_such_a_domain(libvirt_world, alice):
    """Its hot-plug, save and restore; and the card is the same afterwards."""
    alice.run("guest", VMGRANT="--net br0")
    alice.ask("attach-interface", "guest", "bridge", "br0", "--model", "virtio", "--live")
    before = alice.cards("guest")
    assert len(before) == 2 and len(set(before.values())) == 2
    alice.ask("save", "guest", "/home/alice/guest.save")
    libvirt_world.wait_no_taps()
    alice.ask("restore", "/home/alice/guest.save")
    assert alice.ask("domstate", "guest").strip() == "running"
    assert alice.cards("guest") == before
    assert len(libvirt_world.taps()) == 2


def test_domains_by_a_file_of_their_name_have_addresses_of_their_own(libvirt_world, alice):
    alice.write(".config/vmgrant/libvirt/one.conf", "# cards\n--net br0\n'--net' \"br0\"\n")
    alice.write("two words.conf", "--net\tbr0\n--confine=best")
    alice.run("one", 1, machine="q35")
    alice.run("two", 2, VMGRANT_FILE="/home/alice/two words.conf")
    one, two = alice.cards("one"), alice.cards("two")
    assert len(one) == 2 and len(two) == 1 and len({*one, *two}) == 3
    assert len(libvirt_world.taps()) == 3


@pytest.mark.parametrize("variable", ("--net br1", "--net br0 --net br1"))
def test_a_refusal_is_in_virshs_error(libvirt_world, alice, variable):
    done = alice.virsh("create", alice.domain("guest", VMGRANT=variable))
    assert refusal(done, "vmgrant").startswith(
        "vmgrant: bridge br1: not allowed for user alice: ask the administrator"), done.stderr
    assert alice.ask("list", "--all", "--name").split() == []
    libvirt_world.wait_no_taps()


def start(world, *words, **variables):
    """The emulator by hand."""
    return world.run_as("alice", [WRAPPER, *words], env={**environment("alice"), **variables})


@pytest.mark.parametrize("variables,expected", (
    ({"VMGRANT": "--net 'br0"}, "VMGRANT: a quote is not closed"),
    ({"VMGRANT": "--net br0 -- /bin/true"}, "/bin/true: not an option of vmgrant run"),
    ({"VMGRANT": "--net"}, "run: --net needs a value"),
    ({"VMGRANT_FILE": "/home/alice/none"}, "VMGRANT_FILE /home/alice/none: No such file"),
    ({"VMGRANT_FILE": "/home/alice"}, "/home/alice: cannot be read: not a file of text"),
    ({"VMGRANT_FILE": "/dev/zero"}, "/dev/zero: cannot be read: not a file of text"),
    ({"VMGRANT_FILE": "/usr/bin/vmgrant"}, "/usr/bin/vmgrant: cannot be read: File too large"),
    ({"VMGRANT_QEMU": "/nowhere"}, "VMGRANT_QEMU /nowhere: not a program that can be started"),
    ({"VMGRANT_QEMU": WRAPPER}, f"VMGRANT_QEMU {WRAPPER}: not a program that can be started"),
))
def test_words_that_make_no_sense_are_named(libvirt_world, variables, expected):
    done = start(libvirt_world, "-S", **variables)
    assert done.code != 0 and done.stderr.decode().startswith(f"vmgrant: {expected}"), done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_address_comes_from_the_uuid_alone(libvirt_world):
    def address(*words):
        done = start(libvirt_world, *words, VMGRANT="--dry-run --net br0")
        return re.search("52:54:00(:[0-9a-f]{2}){3}", done.stdout.decode()).group()
    one = address("-uuid", UUID.format(1), "-name", "guest=a")
    assert address("-uuid", UUID.format(1).upper(), "-name", "b", "-m", "1G") == one
    assert address("-uuid", UUID.format(2), "-name", "guest=a") != one


@pytest.mark.parametrize("name", ("../libvirt/one", ".", "", "none"))
def test_only_a_file_of_that_name_counts(libvirt_world, name):
    """Without one QEMU starts with the words that it was given."""
    libvirt_world.write("/home/alice/.config/vmgrant/libvirt/one.conf", "--net nonsense\n")
    done = start(libvirt_world, "-name", f"guest={name}", "-nonsense")
    assert done.stderr == b"qemu-system-x86_64: -nonsense: invalid option\n", done.stderr
    done = start(libvirt_world, "-name", "guest=one", "-nonsense")
    assert done.stderr.startswith(b"vmgrant: bridge nonsense: ")


def test_what_qemu_can_do_is_what_libvirt_learns(alice):
    asked = ("domcapabilities", "--virttype", "qemu", "--emulatorbin")
    wrapped, plain = alice.ask(*asked, WRAPPER), alice.ask(*asked, QEMU)
    assert wrapped.replace(WRAPPER, QEMU) == plain


@pytest.mark.parametrize("words", (
    ["-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none", "-version"],
    ["-device", "help"], ["--version"], ["-machine", "?"],
))
def test_a_question_is_qemus_alone(libvirt_world, words):
    done = start(libvirt_world, *words, VMGRANT="--net nonsense")
    plain = libvirt_world.run_as("alice", [QEMU, *words])
    assert (done.code, done.stdout, done.stderr) == (plain.code, plain.stdout, plain.stderr)
    assert done.code == 0 and done.stdout


def test_a_link_in_another_folder_is_for_the_qemu_there(libvirt_world):
    script = """mkdir qemus && cd qemus && ln -s /usr/bin/vmgrant vmgrant-qemu-sh4 &&
        printf '#!/bin/sh\necho "$0 $*"\n' >qemu-system-sh4 && chmod +x qemu-system-sh4 &&
        $PWD/vmgrant-qemu-sh4 -name 'a b' && ln -s /usr/bin/vmgrant vmgrant-qemu-none &&
        $PWD/vmgrant-qemu-none"""
    done = libvirt_world.run_as("alice", ["sh", "-c", script], cwd="/home/alice")
    assert done.stdout == b"/home/alice/qemus/qemu-system-sh4 -name a b\n"
    assert done.code == 127 and b"qemu-system-none: not found" in done.stderr


# One port, and nothing of libvirt's own that would take it.
PORT = ("<memballoon model='none'/><controller type='usb' model='none'/>"
        "<controller type='pci' index='0' model='pcie-root'/>"
        "<controller type='pci' model='pcie-root-port'/>")


def test_a_card_comes_and_goes_by_libvirts_monitor(libvirt_world, alice):
    alice.run("guest", machine="q35", emulator=QEMU, devices=PORT)
    done = alice.vmgrant("attach", "--libvirt", "guest", "--net", "br0,queues=2")
    assert (done.code, done.stdout) == (0, b"vmgrant0\n"), done.stderr
    assert len(alice.cards("guest")) == 1 and len(libvirt_world.taps()) == 1
    ending = alice.begin("detach", "--libvirt", "guest", "--timeout", "60", "vmgrant0")

    def has_gone():
        # The firmware lets nothing go; a reset does what a system would do.
        alice.ask("reset", "guest")
        return not ending.running()
    wait_until(has_gone, "the guest to let the card go", pause_s=0.3)
    assert ending.wait().code == 0, ending.stderr
    libvirt_world.wait_no_taps()
    assert alice.cards("guest") == {}


@pytest.mark.parametrize("words,expected", (
    (["attach", "--libvirt", "none", "--net", "br0"], b"libvirt domain none: failed to get domain"),
    (["detach", "--libvirt", "-none", "x"], b"libvirt domain -none: failed to get domain"),
    (["attach", "--libvirt", "a", "--qmp", "b", "--net", "br0"], b"--qmp and --libvirt: one of them"),
    (["detach", "x"], b"--qmp SOCKET or --libvirt DOMAIN is missing"),
))
def test_a_domain_that_is_not_there_is_named(alice, words, expected):
    done = alice.vmgrant(*words)
    assert done.code != 0 and expected in done.stderr and done.stderr.count(b"\n") == 1, done.stderr


def test_libvirt_asks_a_new_qemu_again_when_the_emulator_is_touched(libvirt_world, alice):
    """As the manual says of a QEMU that was upgraded."""
    folder = "/home/alice/qemus2"
    emulator, asked = f"{folder}/vmgrant-qemu-x86_64", f"{folder}/asked"
    script = f"""mkdir {folder} && cp /usr/bin/vmgrant {emulator} && cd {folder} &&
        printf '#!/bin/sh\necho >>{asked}; exec {QEMU} "$@"\n' >qemu-system-x86_64 &&
        chmod +x qemu-system-x86_64"""
    assert libvirt_world.run_as("alice", ["sh", "-c", script]).code == 0

    def times():
        alice.ask("domcapabilities", "--virttype", "qemu", "--emulatorbin", emulator)
        return libvirt_world.path(asked).read_text(encoding="ascii").count("\n")
    first = times()
    assert first > 0 and times() == first  # it remembers
    # It looks at whole seconds.
    script = (f"while [ $(date +%s) -le $(stat -c %Z {emulator}) ]; do sleep 0.1; done; "
              f"touch {emulator}")
    assert libvirt_world.run_as("alice", ["sh", "-c", script]).code == 0
    assert times() > first


NAME = "a 'guest' & <b>, ü"
CONF = f"/home/alice/.config/vmgrant/libvirt/{NAME}.conf"
SECRET = "<graphics type='vnc' port='-1' passwd='secret'/>"
DROPPED = """<interface type='bridge'><source bridge='br0'/><model type='virtio'/>
  <vlan><tag id='7'/></vlan><driver name='qemu' queues='2'/><port isolated='yes'/>
  <target dev='mine'/></interface>"""


@pytest.fixture
def defined(libvirt_world, alice):
    """A domain with QEMU itself, a secret, and text that looks like elements."""
    text = open_path(libvirt_world, alice.domain("x", 3, emulator=QEMU, devices=SECRET))
    text = text.replace("<name>x</name>", f"<name>{escape(NAME)}</name>"
                        f"<description>\n    {escape('<emulator>no</emulator>')}\n</description>")
    alice.ask("define", alice.write("x.xml", text))
    libvirt_world.call(lambda: shutil.rmtree(os.path.dirname(CONF), ignore_errors=True))
    yield alice
    alice.clear()
    alice.ask("undefine", NAME)


def open_path(world, path):
    return world.path(path).read_text(encoding="utf-8")


def described(session, *words):
    return session.ask("dumpxml", "--inactive", "--security-info", *words, NAME)


def told(session, *words, code=0):
    """What the command says with --json."""
    done = session.vmgrant("libvirt", NAME, "--json", *words)
    assert done.code == code, done.stderr
    return json.loads(done.stdout)


def test_a_domain_is_taught_to_use_vmgrant_and_taught_back(libvirt_world, defined):
    """Nothing else of it changes, its password included."""
    before = described(defined)
    shown = defined.vmgrant("libvirt", NAME, "--dry-run", "--net", "br0,queues=2")
    assert shown.code == 0 and b"\n+    <emulator>/usr/bin/vmgrant-qemu-x86_64<" in shown.stdout
    assert b"\n+--net br0,queues=2\n" in shown.stdout.replace(b"'", b"")
    assert described(defined) == before and not libvirt_world.path(CONF).exists()
    done = defined.vmgrant("libvirt", NAME, "--net", "br0,queues=2", "--no-prompt")
    assert (done.code, done.stderr) == (0, b""), done.stderr
    assert described(defined) == before.replace(QEMU, WRAPPER) and "secret" in before
    assert told(defined)["options"] == ["--net", "br0,queues=2", "--no-prompt"]
    defined.ask("start", NAME)
    assert len(libvirt_world.taps()) == 1
    # What runs stays as it is, and that is said.
    done = defined.vmgrant("libvirt", "--remove", NAME)
    assert done.code == 0 and b"from its next start" in done.stdout, (done.stdout, done.stderr)
    assert len(libvirt_world.taps()) == 1
    assert described(defined) == before and not libvirt_world.path(CONF).exists()
    assert told(defined, "--remove") == {**told(defined), "changed": False}


def test_what_makes_no_sense_changes_nothing(libvirt_world, defined):
    before = described(defined)
    for words, expected in (
            (["--net", "br0,nonsense=1"], b"--net: nonsense=1: not known"),
            (["--net", "br0", "--remove"], b"libvirt: --remove takes all back"),
            (["--nett", "br0"], b"libvirt: unknown option --nett: did you mean --net?"),
            (["--confine=soft"], b"--confine"),
            (["other"], b"libvirt: other: one DOMAIN, and options")):
        done = defined.vmgrant("libvirt", NAME, *words)
        assert done.code == 2 and done.stderr.startswith(b"vmgrant: " + expected), done.stderr
        assert done.stderr.count(b"\n") == 1
    done = defined.vmgrant("libvirt", "none", "--net", "br0")
    assert (done.code, done.stderr) == (100, b"vmgrant: libvirt domain none: failed to get domain "
                                        b"'none' (of qemu:///session)\n")
    assert described(defined) == before and not libvirt_world.path(CONF).exists()


def test_what_is_refused_now_is_a_warning(libvirt_world, defined):
    """An administrator may allow it before the next start."""
    said = told(defined, "--net", "br1", "--confine=best")
    assert said["options"] == ["--net", "br1", "--confine=best"]
    assert said["changed"] and said["wrapped"] and "br1: not allowed" in said["warnings"][0]
    assert "br1: not allowed" in refusal(defined.virsh("start", NAME), "vmgrant")


def test_a_change_that_libvirt_refuses_leaves_the_file_as_it_was(libvirt_world, defined):
    """virsh of the person's own PATH refuses to define."""
    defined.write(f".config/vmgrant/libvirt/{NAME}.conf", "# mine\n--net br0\n")
    folder = os.path.dirname(defined.write("bin/virsh", "#!/bin/sh\ncase \"$*\" in *define*)\n"
                             "echo error: no >&2; exit 1;; esac\nexec /usr/bin/virsh \"$@\"\n"))
    libvirt_world.run_as("alice", ["chmod", "755", f"{folder}/virsh"])
    done = libvirt_world.run_as(
        "alice", ["vmgrant", "libvirt", NAME, "--net", "br0,queues=2"],
        env={**environment("alice"), "XDG_RUNTIME_DIR": "/run/user/1000",
             "PATH": f"{folder}:{environment('alice')['PATH']}"})
    assert done.code == 100 and done.stderr.endswith(b": no (of qemu:///session)\n"), done.stderr
    assert open_path(libvirt_world, CONF) == "# mine\n--net br0\n"


def test_what_libvirt_drops_is_said(libvirt_world, alice):
    """By the command about the domain, and by check about all of them."""
    wishes = ("<driver queues>", "<vlan>", "<port isolated>", "<target dev>")
    alice.ask("define", alice.domain("drops", 4, emulator=QEMU, devices=DROPPED))
    done = alice.vmgrant("libvirt", "drops", "--json")
    said = json.loads(done.stdout)["warnings"]
    checked = alice.vmgrant("check", "--json").stdout
    alice.ask("undefine", "drops")
    assert [wish for wish in wishes for one in said if wish in one] == list(wishes), said
    [found] = [one for one in json.loads(checked)["findings"] if "domain drops" in one["text"]]
    assert all(wish in found["text"] for wish in wishes), found


def test_a_domain_without_a_next_start_is_refused(alice):
    alice.run("guest")
    done = alice.vmgrant("libvirt", "guest", "--net", "br0")
    assert done.code == 14 and b"it is gone when it ends" in done.stderr, done.stderr


def test_a_domain_keeps_its_own_qemu(libvirt_world, alice):
    """A name of ours beside it is taken; without one nothing else is started instead."""
    script = f"""mkdir q && printf '#!/bin/sh\nexec {QEMU} "$@"\n' >q/qemu-system-x86_64 &&
        chmod +x q/qemu-system-x86_64"""
    assert libvirt_world.run_as("alice", ["sh", "-c", script], cwd="/home/alice").code == 0
    alice.ask("define", alice.domain("own", 5, emulator="/home/alice/q/qemu-system-x86_64"))
    refused = alice.vmgrant("libvirt", "own", "--net", "br0")
    command = refused.stderr.decode().strip().rpartition(": ")[2]
    made = libvirt_world.run_as("alice", ["sh", "-c", command])
    done = alice.vmgrant("libvirt", "own", "--net", "br0", "--json")
    alice.ask("undefine", "own")
    assert refused.code == 14 and made.code == 0, (refused.stderr, made.stderr)
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["emulator"] == "/home/alice/q/vmgrant-qemu-x86_64"
