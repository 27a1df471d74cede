# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant libvirt: domains of a real libvirt session are edited, and of one that prints oddly."""

import json
import os
import shutil
from xml.etree.ElementTree import canonicalize
from xml.sax.saxutils import escape

import pytest

from libvirt_session import QEMU, refusal
from world import environment
from wrapped_session import UUID, WRAPPER
# Fixtures.
from wrapped_session import alice, libvirt_world  # pylint: disable=unused-import

DOMAIN = "/usr/libexec/vmgrant/vmgrant-domain"

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


# ---- descriptions that are written otherwise than libvirt writes them ----

XMLNS = "http://libvirt.org/schemas/domain/qemu/1.0"
# With a name, an emulator and an architecture; virsh is one that prints and keeps a file.
ODD = {
    "one line": "<domain><name>odd</name><uuid>{uuid}</uuid><os><type machine='pc' arch='x86_64'/>"
                "</os><devices><emulator>{qemu}</emulator></devices></domain>",
    "comments, CDATA and other namespaces": """<?xml version="1.0"?>
<!-- mine -->
<domain type="kvm" xmlns:q="{xmlns}" xmlns:o="urn:other">
  <name>odd</name> <uuid>{uuid}</uuid>
  <metadata><o:x o:y='1 &lt; 2'><![CDATA[<emulator>/no</emulator>]]></o:x></metadata>
  <os><type arch="x86_64" machine="pc">hvm</type></os>
  <devices><!-- <emulator>/no</emulator> -->
    <interface type="bridge"><source bridge="br0"/><vlan><tag id="1"/></vlan></interface>
    <emulator><![CDATA[{qemu}]]></emulator>
    <interface type="user"/><interface type='bridge'><driver queues="2"/></interface>
  </devices>
  <q:commandline><q:arg value="-S"/><q:env name="A" value="&quot;'&quot;"/></q:commandline>
</domain>
""",
}
VIRSH = """#!/bin/sh
case "$*" in
*dumpxml*) cat ~/odd.xml ;;
*define*) for file; do :; done; cat "$file" >~/odd.xml.new && mv ~/odd.xml.new ~/odd.xml ;;
esac
"""


@pytest.fixture
def odd(libvirt_world, alice):
    """vmgrant libvirt with such a virsh: run(text, words) says what came of it, and the text."""
    alice.write("odd-bin/virsh", VIRSH)
    libvirt_world.run_as("alice", ["chmod", "755", "/home/alice/odd-bin/virsh"])
    env = {**environment("alice"), "PATH": f"/home/alice/odd-bin:{environment('alice')['PATH']}"}

    def run(*words, text=None):
        if text is not None:
            alice.write("odd.xml", text)
        done = libvirt_world.run_as("alice", ["vmgrant", "libvirt", "odd", *words], env=env)
        return done, open_path(libvirt_world, "/home/alice/odd.xml")
    return run


@pytest.mark.parametrize("written", ODD)
def test_a_description_is_xml_however_it_is_written(odd, written):
    """There, there again, and back: nothing else differs in its canonical form."""
    text = ODD[written].format(uuid=UUID.format(9), qemu=QEMU, xmlns=XMLNS)
    shown, after = odd("--dry-run", "--net", "br0", text=text)
    assert shown.code == 0 and after == text, shown.stderr
    assert f"<emulator>{WRAPPER}</emulator>" in shown.stdout.decode()
    made, after = odd("--net", "br0")
    assert made.code == 0, made.stderr
    wrapped = text.replace(f"<![CDATA[{QEMU}]]>", QEMU).replace(f"<emulator>{QEMU}",
                                                               f"<emulator>{WRAPPER}")
    assert WRAPPER in wrapped and canonical(after) == canonical(wrapped)
    again, twice = odd("--net", "br0")
    assert (again.code, twice) == (0, after) and b"nothing to change" in again.stdout, again.stderr
    back, last = odd("--remove")
    assert back.code == 0 and canonical(last) == canonical(text), back.stderr


def canonical(text):
    return canonicalize(text, with_comments=True)


@pytest.mark.parametrize("text,expected", (
    ("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><domain><name>&a;</name></domain>",
     b"its description has a DOCTYPE"),
    ("<domain><name>odd</name", b"its description is no XML: line 1: "),
    ("<network/>", b"its description is not of a <domain>"),
    ("", b"its description is no XML"),
    ("\0", b"its description cannot be read: "),
    (" " * (4 << 20) + "<domain/>", b"its description cannot be read: File too large"),
    ("<a>" * 100000, b"its description is no XML: line 1: "),
), ids=("doctype", "cut", "network", "empty", "NUL", "long", "deep"))
def test_what_is_no_description_is_refused_in_one_line(odd, text, expected):
    done, after = odd("--net", "br0", text=text)
    assert done.code == 14 and after == text, done.stderr
    assert done.stderr.startswith(b"vmgrant: libvirt domain odd: " + expected), done.stderr
    assert done.stderr.count(b"\n") == 1 and done.stderr.endswith(b": edit it by virsh edit\n")


def test_the_parser_opens_nothing_and_is_a_program_of_its_own(libvirt_world, odd):
    """A start of vmgrant does not load libxml2, and what does cannot open a file any more."""
    text = ODD["one line"].format(uuid=UUID.format(9), qemu=QEMU)
    odd("--json", text=text)
    trace = "/home/alice/trace"
    script = f"strace -f -o {trace} -e trace=execve,open,openat,prlimit64,socket {DOMAIN} /x <odd.xml"
    done = libvirt_world.run_as("alice", ["sh", "-c", script], cwd="/home/alice")
    assert done.code == 0 and json.loads(done.stdout)["name"] == "odd", done.stderr
    lines = open_path(libvirt_world, trace).splitlines()
    [closed] = [i for i, line in enumerate(lines) if "RLIMIT_NOFILE, {rlim_cur=0" in line]
    assert not [line for line in lines[closed:] if "open" in line or "socket" in line]
    assert any("libxml2" in line for line in lines[:closed])
    script = f"strace -o {trace} -e trace=openat vmgrant --version"
    assert libvirt_world.run_as("alice", ["sh", "-c", script]).code == 0
    assert "libxml2" not in open_path(libvirt_world, trace)


def test_without_the_parser_it_is_said_what_is_missing(libvirt_world, alice, odd):
    text = ODD["one line"].format(uuid=UUID.format(9), qemu=QEMU)
    hidden = f"{DOMAIN}.hidden"
    libvirt_world.call(lambda: os.rename(DOMAIN, hidden))
    try:
        done, after = odd("--net", "br0", text=text)
        checked = alice.vmgrant("check", "--json")
    finally:
        libvirt_world.call(lambda: os.rename(hidden, DOMAIN))
    assert done.code == 14 and after == text
    assert done.stderr == (f"vmgrant: libvirt domain odd: cannot be edited: {DOMAIN} is not "
                           "installed: vmgrant was built without libxml2\n").encode()
    assert json.loads(checked.stdout)["findings"]
