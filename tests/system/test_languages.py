# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The command speaks the person's language; what programs read is the same in all of them."""

import glob
import json
import os
import shutil
import subprocess

import pytest

import replies
from terminal import Terminal
from world import World, environment

LOCALES = "/usr/local/lib/locales"
CATALOG = "/usr/share/locale/de/LC_MESSAGES/vmgrant.mo"
GERMAN = {**environment("alice"), "LANG": "de_DE.UTF-8", "LOCPATH": LOCALES}
ROOTS = {**GERMAN, "HOME": "/root"}
ENGLISH = environment("alice")
ACL = "/etc/vmgrant/acl.conf"
RULES = "allow bridge br0 user alice polkit=no queues=4 quota=8\n"
# A domain's name is whatever somebody has written.
VIRSH = """#!/bin/sh
case $* in
*dumpxml*) echo "<domain type='kvm'><name>Gästin&#x200b;</name>
<uuid>11111111-2222-3333-4444-555555555555</uuid><os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>" ;;
esac
"""
NO_MONITOR = ("--qmp", "/home/alice/nothing", "--net", "br0")


@pytest.fixture(name="spoken", scope="module")
def fixture_spoken(stage):
    """A world where German is a language; machines have few that are made."""
    with World(stage) as world:
        made = world.path(f"{LOCALES}/de_DE.UTF-8")
        made.mkdir(parents=True)
        # What its letters are is the same in all languages; the name tells which one it is.
        for file in glob.glob("/usr/lib/locale/C.utf8/**", recursive=True):
            target = made / os.path.relpath(file, "/usr/lib/locale/C.utf8")
            if os.path.isdir(file):
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(open(file, "rb").read())
        world.bridge("br0")
        world.bridge("br1")
        # Else the bridge is without a port, or has one that is about to go.
        world.ip("link add name stays type veth peer name other", "link set stays master br0")
        world.write_acl(RULES)
        yield world


def said(world, *words, env=GERMAN, user="alice"):
    return world.run_as(user, list(words), env=env)


def test_help_is_in_the_persons_language(spoken):
    text = said(spoken, "vmgrant", "--help").stdout.decode()
    assert text.startswith("Aufruf: vmgrant COMMAND [ARGUMENT...]\n"), text
    assert "start a program" not in text
    english = said(spoken, "vmgrant", "--help", env=ENGLISH).stdout.decode("ascii")
    assert english.startswith("usage: vmgrant COMMAND [ARGUMENT...]\n")
    # Names are the same.
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ")] == \
        [line.split()[0] for line in english.splitlines() if line.startswith("  ")]


@pytest.mark.parametrize("change", ({"LANG": "C"}, {"LC_ALL": "C"}, {"LANG": "fr_FR.UTF-8"},
                                    {"LANG": "../../de_DE.UTF-8"}, {"LANG": "de_DE.UTF-8/x"}))
def test_without_a_catalog_all_is_english(spoken, change):
    done = said(spoken, "vmgrant", "nothing-like-it", env={**GERMAN, **change})
    assert (done.code, done.stderr) == \
        (2, b"vmgrant: nothing-like-it: unknown command: try vmgrant --help\n")


def test_errors_keep_letters_and_lose_what_others_wrote(spoken):
    done = said(spoken, "vmgrant", "list", "--bogus")
    assert done.code == 2 and "unbekannte Option --bogus" in done.stderr.decode()
    done = said(spoken, "vmgrant", "list", "x\x1b[31m\u202e\u0085\udcff\u200by")
    # Escape, direction, a control character, a broken byte, a space that is not seen.
    assert done.stderr.decode().startswith("vmgrant: list: x?[31m?????????y: nimmt kein Argument an"), \
        done.stderr


def test_a_change_that_is_shown_keeps_letters(spoken):
    spoken.write_acl(f'allow bridge br0 group "Gäste"\n{RULES}')
    try:
        done = said(spoken, "vmgrant", "setup", "--dry-run", "--user", "alice", "--bridge", "br1",
                    user="root", env=ROOTS)
    finally:
        spoken.write_acl(RULES)
    assert done.code == 0, done.stderr
    assert done.stdout.decode().startswith("Bridge br1: schon vorhanden\n")
    assert ' allow bridge br0 group "Gäste"\n' in done.stdout.decode()


def test_a_domains_name_keeps_letters_and_loses_what_is_not_seen(spoken):
    spoken.path("/usr/local/bin/virsh").write_text(VIRSH, encoding="utf-8")
    spoken.path("/usr/local/bin/virsh").chmod(0o755)
    done = said(spoken, "vmgrant", "libvirt", "x",
                env={**GERMAN, "PATH": "/usr/local/bin:" + GERMAN["PATH"]})
    assert done.code == 0, done.stderr
    assert done.stdout.decode() == \
        "Gästin???: verwendet vmgrant nicht: ihr Emulator ist /usr/bin/qemu-system-x86_64\n"


@pytest.mark.parametrize("words, expected", (
    (("attach", *NO_MONITOR), "vmgrant: QMP-Socket /home/alice/nothing: Verbindung nicht möglich: "),
    (("tap", "br0"), "vmgrant: Bridge br0: kein TAP, das bleibt: die Regel gewährt einen "),
    (("run", "--confine=x", "--", "true"), "vmgrant: --confine=x: nimmt best, net-host, "),
), ids=lambda value: value[0] if isinstance(value, tuple) else "")
def test_commands_fail_in_the_persons_language(spoken, words, expected):
    done = said(spoken, "vmgrant", *words)
    assert done.code != 0 and done.stderr.decode().startswith(expected), done.stderr


def test_findings_are_in_the_persons_language(spoken):
    folder = spoken.path("/etc/systemd/system/vmgrant@.service.d")
    folder.mkdir(parents=True)
    (folder / "x.conf").write_text("", encoding="ascii")
    try:
        lines = said(spoken, "vmgrant", "check").stdout.decode().splitlines()
    finally:
        (folder / "x.conf").unlink()
        folder.rmdir()
    assert any(line.endswith("Bridge br0: für Benutzer alice erlaubt") for line in lines), lines
    assert any(line.endswith("vmgrant@.service.d: gilt nicht mehr: der Dienst heißt vmgrant.service")
               for line in lines), lines


def test_a_confined_program_is_described_in_the_persons_language(spoken):
    lines = said(spoken, "vmgrant", "run", "--confine", "--dry-run", "--net", "br0", "--", "true",
                 "{net0.fd}").stdout.decode().splitlines()
    assert "# Netz: nur, was gewährt wurde" in lines, lines
    assert any(line.startswith("# Kontrollgruppe: die des Benutzers: kein ") for line in lines), lines


def answered(world, answer):
    """What was said, and the exit status, when root gave this answer."""
    terminal = Terminal(world, ["vmgrant", "setup", "--user", "alice", "--bridge", "br1"], user="root", env=ROOTS)
    terminal.expect("Diese Änderungen vornehmen? [j/N] ")
    terminal.type(f"{answer}\n")
    return terminal.finish(), terminal.text


@pytest.mark.parametrize("answer", ("j", "Ja", "y", "yes"))
def test_a_question_takes_the_languages_yes_and_the_english_one(spoken, answer):
    _, text = answered(spoken, answer)
    assert "allow bridge br1 user alice" in spoken.path(ACL).read_text(encoding="utf-8"), text
    done = said(spoken, "vmgrant", "setup", "--undo", "--yes", user="root", env=ROOTS)
    assert done.code == 0 and done.stdout.decode().endswith("rückgängig gemacht\n"), done.stderr
    assert spoken.path(ACL).read_text(encoding="utf-8") == RULES


@pytest.mark.parametrize("answer", ("n", "jein", "oui", ""))
def test_a_question_takes_nothing_else_for_yes(spoken, answer):
    code, text = answered(spoken, answer)
    assert code == replies.USAGE and "setup: nichts ist geändert" in text
    assert spoken.path(ACL).read_text(encoding="utf-8") == RULES


def test_tables_are_aligned_by_letters(spoken):
    header, row = said(spoken, "vmgrant", "list").stdout.decode().splitlines()[:2]
    assert header.split()[:2] == ["BRIDGE", "ERLAUBT"] and row.split()[:2] == ["br0", "ja"]
    assert header.index("ERLAUBT") == row.index("ja") and header.index("MTU") == row.index("1500")


def test_explain_is_in_the_persons_language(spoken):
    spoken.path("/etc/vmgrant/acl.conf").chmod(0o644)
    done = said(spoken, "vmgrant", "explain", "bridge", "br0")
    assert done.stdout.decode().splitlines() == [
        "bridge br0: für Benutzer alice erlaubt",
        "  durch /etc/vmgrant/acl.conf: Zeile 1: "
        "allow bridge br0 user alice polkit=no queues=4 quota=8",
        "  gewährt: 4 Warteschlangen, einen versiegelten Port, 8 gleichzeitig, ohne polkit zu fragen"]


@pytest.mark.parametrize("words", (
    ("list", "--json"), ("check", "--json"), ("explain", "--json", "bridge", "br0"),
    ("explain", "--json", "bridge", "br1"), ("reattach", "--json", "--dry-run"),
    ("setup", "--json", "--dry-run", "--user", "alice", "--bridge", "br0"),
    ("allow", "--json", "--dry-run", "bridge", "br1", "user", "alice"),
    ("deny", "--json", "--dry-run", "bridge", "br1", "user", "alice"),
    ("log", "--json"), ("tap", "--json"), ("attach", "--json", *NO_MONITOR),
    ("libvirt", "--json", "x"), ("complete", "run"), ("bridge-helper",), ("bridge-helper", "--help"),
    ("bridge-helper", "--br=br9", "--fd=7"),
), ids=" ".join)
def test_what_programs_read_is_the_same_in_all_languages(spoken, words):
    user = "root" if words[0] in ("reattach", "setup", "allow", "deny") else "alice"
    german, english = (said(spoken, "vmgrant", *words, env=env, user=user)
                       for env in (GERMAN, ENGLISH))
    assert german.stdout.splitlines() == english.stdout.splitlines()
    assert (german.code, german.stderr) == (english.code, english.stderr)
    if "--json" in words and english.stdout:
        json.loads(english.stdout)


def test_qemus_helper_speaks_english_by_its_own_name(spoken):
    german, english = (said(spoken, "/usr/libexec/vmgrant/bridge-helper", env=env)
                       for env in (GERMAN, ENGLISH))
    assert german.stderr == english.stderr != b""


def test_a_refusal_is_the_same_sentence_with_the_same_code(spoken):
    german, english = (said(spoken, "vmgrant", "run", "--net", "br1", "--", "true", "{net0.fd}", env=env)
                       for env in (GERMAN, ENGLISH))
    assert (german.code, german.stderr) == (english.code, english.stderr)
    assert english.code == replies.DENIED, english.stderr


@pytest.mark.parametrize("name", ("vmgrant-helper", "vmgrant-authorize", "vmgrant-listen",
                                  "libvmgrant"))
def test_what_has_privilege_loads_no_catalog(stage, name):
    found = [path for pattern in (f"{stage}/usr/libexec/vmgrant/{name}", f"{stage}/usr/lib*/{name}.so.0",
                                  f"{stage}/usr/lib/*/{name}.so.0") for path in glob.glob(pattern)]
    assert found, name
    tool = shutil.which("nm")
    assert tool, "nm is missing"
    symbols = subprocess.run([tool, "-D", "--undefined-only", found[0]], check=True,
                             capture_output=True, text=True).stdout
    names = {line.split()[-1].split("@")[0] for line in symbols.splitlines()}
    assert "__stack_chk_fail" in names, names
    assert not names & {"setlocale", "newlocale", "uselocale", "bindtextdomain", "textdomain", "gettext",
                        "dgettext", "dcgettext", "ngettext", "dngettext", "dcngettext", "catopen"}
