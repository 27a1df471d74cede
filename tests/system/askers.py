# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""Programs that stand in for vmgrant-authorize, and polkit rules."""

from process import wait_until
from world import AUTHORIZE

TOKEN = "vmgrant-authorize 1: authorised\\n"

YES = """
polkit.addRule(function(action, subject) {
    if (action.id == "org.vmgrant.tap")
        return polkit.Result.YES;
});
"""

# Tells a file what polkit was asked, and decides by the bridge.
RECORDING = """
polkit.addRule(function(action, subject) {
    if (action.id != "org.vmgrant.tap")
        return polkit.Result.NOT_HANDLED;
    polkit.spawn(["/usr/local/bin/record", "" + subject.pid, subject.user,
                  action.lookup("bridge"), action.lookup("queues"), action.lookup("user"),
                  "" + subject.isInGroup("students")]);
    if (action.lookup("bridge") == "br0")
        return polkit.Result.YES;
    return polkit.Result.NO;
});
"""
RECORD = "/tmp/asked"
RECORDER = f"""#!/bin/sh
umask 022
echo "$@" "$(sed -n 's/^Name:.//p' /proc/$1/status)" \
    "$(sed -n 's/^Uid:.//p' /proc/$1/status)" >>{RECORD}
"""

# The rule does not come back before somebody removes the file.
SLOW = """
polkit.addRule(function(action, subject) {
    polkit.spawn(["/bin/sh", "-c", "echo >/tmp/asked; sleep 9"]);
    return polkit.Result.YES;
});
"""


READ_QUESTION = "QUESTION=$(cat)"


def install_asker(world, body):
    """Put a shell script in the place of vmgrant-authorize. Its question is in $QUESTION."""
    if not body.startswith("#!"):
        body = f"#!/bin/sh\n{READ_QUESTION}\n{body}"
    # A new file, since the text of a running program cannot be written.
    world.path(AUTHORIZE).unlink(missing_ok=True)
    world.write(AUTHORIZE, body, mode=0o755)


def install_recorder(world):
    world.write("/usr/local/bin/record", RECORDER, mode=0o755)
    world.rules(RECORDING)


def recorded(world):
    """One list of words for each question that polkit was asked."""
    path = world.path(RECORD)
    if not path.exists():
        return []
    return [line.split() for line in path.read_text(encoding="ascii").splitlines()]


RUNNING = "/tmp/asker-runs"


def start_held(world, user="alice", bridge="br0", **options):
    """A request whose helper waits for an asker that sleeps. Needs a rule that asks polkit."""
    install_asker(world, f"echo $$ >{RUNNING}.new; mv {RUNNING}.new {RUNNING}; exec sleep 1000")
    world.path(RUNNING).unlink(missing_ok=True)
    request = world.start_request(user, bridge, **options)
    wait_until(lambda: world.path(RUNNING).exists(), "the asker to run")
    return request


def held_asker(world):
    """Pid of the sleeping asker as the processes inside see it."""
    return int(world.path(RUNNING).read_text(encoding="ascii"))
