# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""vmgrant run --confine: what a program that is shut in can get, and what it keeps."""

import json
import os
import signal
import socket
from pathlib import Path

import pytest

import breakout
import replies
from breakout_attempts import SYS_ADD_KEY, SYS_KEYCTL, call, started
from confining import give_ids
from process import wait_until
from test_clients_qemu import QEMU
from test_native_client import need
from world import World, environment

SUBORDINATE = "alice:200000:65536\nbob:300000:65536\n"
PROGRAM = "/home/alice/breakout"
PLUGIN = "/home/alice/escape.so"
FACTS = "/home/alice/facts.json"
DOCUMENT = Path(__file__).parents[2] / "doc/security.md"

# What some machines give to nobody: not gained by confining, and not counted on without.
ANYWHERE = {"open_by_handle", "mount", "unmount", "core_pattern", "become_root", "enter_namespace",
            "type_into_terminal", "perf", "bpf", "vsock", "vsock_pair", "ciphers", "core_dump", "list_keys",
            "session_key", "user_namespace", "clone_namespace", "read_parent", "take_descriptor",
            "trace_parent", "list_descriptors", "through_other_root", "io_uring"}


@pytest.fixture
def world(stage):
    with World(stage) as world:
        give_ids(world, SUBORDINATE)
        yield world


def confined(world, *words, options=("--confine",), **spawn):
    return world.run(["vmgrant", "run", *options, "--", *words], "alice", **spawn)


# ---- what is kept from it ----

SOCKETS = ("/run/user/1000/bus", "/run/user/1000/wayland-0", "/run/user/1000/pipewire-0",
           "/run/user/1000/other-qmp", "/run/user/1000/agent")
SHARED_SOCKETS = ("/run/dbus/system_bus_socket", "/tmp/.X11-unix/X0", "/run/vmgrant/socket")


def listen(address):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    if address[0] == "/":
        os.chmod(address, 0o666)
    return listener


def be_machine():
    """As root: the sockets that everybody may use."""
    kept = [listen(address) for address in SHARED_SOCKETS]
    os.write(1, b"there")
    signal.pause()
    return len(kept)


def be_victim():
    """As the person: a process with sockets, a terminal and shared memory."""
    kept = [listen(address) for address in (*SOCKETS, "\0vmgrant-abstract")]
    tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    for listener in (tcp, udp):
        listener.bind(("127.0.0.1", 0))
    tcp.listen()
    call(29, 0x766D, 4096, 0o1600)  # shmget, IPC_CREAT
    kept += os.openpty()
    with open(FACTS + ".new", "w", encoding="ascii") as file:
        json.dump({"victim": int(os.readlink("/proc/self")), "victim_started": started("self"),
                   "uid": 1000, "home": "/home/alice",
                   "victim_name": "python", "runtime": "/run/user/1000",
                   "disk": "/home/alice/other.img", "shared": "/tmp/shared",
                   "shm": "/dev/shm/secret", "abstract": "vmgrant-abstract",
                   "tcp": tcp.getsockname()[1], "udp": udp.getsockname()[1], "shm_key": 0x766D,
                   "inherited": 9, "vmgrant": "/usr/bin/vmgrant", "cgroup": "/sys/fs/cgroup",
                   "terminal": os.ttyname(kept[-1])}, file)
    os.rename(FACTS + ".new", FACTS)
    for item in (tcp, udp, *kept):
        os.set_inheritable(item if isinstance(item, int) else item.fileno(), True)
    os.execve("/usr/bin/python3", ["python3", "-c", "import signal; signal.pause()"],
              {"TOKEN": "victim"})


def be_shell():
    """As the person's shell, last before vmgrant: a session with a key, on a terminal."""
    with open(FACTS, encoding="ascii") as file:
        facts = json.load(file)
    os.dup2(os.open(facts["terminal"], os.O_RDWR), 0)
    call(SYS_KEYCTL, 1, 0)  # KEYCTL_JOIN_SESSION_KEYRING
    call(SYS_ADD_KEY, b"user", b"vmgrant-secret", b"secret", 6, -3)


@pytest.fixture
def victims(world):
    """What the person has besides, for a program to get at."""
    world.write_acl("allow bridge br0 user alice polkit=no\n")
    world.bridge()
    for path in ("/tmp/.X11-unix", "/run/vmgrant"):
        world.path(path).mkdir(parents=True, exist_ok=True)
        world.path(path).chmod(0o755)
    for path, mode in (("/home/alice/.ssh/id_ed25519", 0o600), ("/home/alice/.profile", 0o644),
                       ("/home/alice/other.img", 0o600), ("/tmp/shared", 0o644),
                       ("/dev/shm/secret", 0o600)):
        world.write(path, "secret", mode=mode, owner=(1000, 1000))
    world.path("/home/alice/.ssh").chown(1000, 1000)
    for path in Path(__file__).parent.glob("breakout*.py"):
        name = "__main__.py" if path.name == "breakout.py" else path.name
        world.write(f"{PROGRAM}/{name}", path.read_bytes(), owner=(1000, 1000))
    machine = world.spawn(be_machine)
    victim = world.spawn(be_victim, "alice")
    wait_until(world.path(FACTS).exists, "the person's processes")
    wait_until(world.path(SHARED_SOCKETS[-1]).exists, "the machine's sockets")
    yield victim
    for process in (machine, victim):
        process.kill()


def try_all(world, *before, program=("/usr/bin/python3", "-I", PROGRAM, FACTS), more=()):
    """{name: how it ended}, and who the program was."""
    with open("/proc/self/status", "rb") as secret:
        env = {**environment("alice"), "TOKEN": "t", "SSH_AUTH_SOCK": SOCKETS[-1], **dict(more)}
        done = world.run([*before, *program], "alice", env=env, fds={9: secret.fileno()}, prepare=be_shell)
    assert done.code == 0, done.stderr
    who, *lines = map(json.loads, done.stdout.splitlines())
    assert [line["name"] for line in lines] == [row[0].__name__ for row in breakout.ATTEMPTS]
    return {line["name"]: line["end"] for line in lines}, who


CONFINED = ("vmgrant", "run", "--confine", "--file", PROGRAM + ":ro", "--file", FACTS + ":ro", "--")


def test_attack_92_a_confined_program_gets_nothing(world, victims):
    ends, who = try_all(world, *CONFINED)
    assert {name: end for name, end in ends.items() if not end.startswith("refused")} == {}
    assert 200000 <= who["uid"] < 265536
    assert victims.running()


def in_qemu(world):
    """A QEMU that runs the program in its own process: a plugin does, as code of a guest's would."""
    built = Path(os.environ.get("VMGRANT_BUILD", "."), "tests/system/qemu-escape.so")
    library = next(Path("/usr/lib").glob("**/libpython3.*.so.1.0"))
    world.write(PLUGIN, built.read_bytes(), mode=0o755, owner=(1000, 1000))
    # Its own sandbox would end the process at the first fork.
    return {"program": (QEMU, "-M", "none", "-display", "none", "-sandbox", "off", "-plugin", PLUGIN),
            "more": {"QEMU_ESCAPE": f"{library}:{PROGRAM}:{FACTS}"}}


def test_attack_92_code_in_a_real_qemu_gets_nothing(world, victims):
    need(QEMU)
    ends, who = try_all(world, *CONFINED, **in_qemu(world))
    assert {name: end for name, end in ends.items() if not end.startswith("refused")} == {}
    assert 200000 <= who["uid"] < 265536 and who["program"].endswith(QEMU)
    assert victims.running()


def test_the_same_code_in_a_real_qemu_gets_it_all_without(world, victims):
    ends, who = try_all(world, **in_qemu(world))
    refused = {name: end for name, end in ends.items() if end != "got"}
    assert {name: end for name, end in refused.items() if name not in ANYWHERE} == {}
    assert who["uid"] == 1000 and victims.running()


def test_the_same_program_gets_it_all_without(world, victims):
    """Else the attempts prove nothing."""
    ends, who = try_all(world)
    refused = {name: end for name, end in ends.items() if end != "got"}
    assert {name: end for name, end in refused.items() if name not in ANYWHERE} == {}
    assert who["uid"] == 1000 and victims.running()


def test_without_subordinate_ids_the_rest_still_holds(world, victims):
    for path in ("/etc/subuid", "/etc/subgid"):
        world.write(path, "bob:300000:65536\n")
    ends, who = try_all(world, *CONFINED)
    # Only its number is the person's; there is nothing that it would open.
    assert {name for name, end in ends.items() if end == "got"} == set()
    assert who["uid"] == 1000 and victims.running()


def test_what_is_tried_stands_in_the_document():
    rows = [f"| {what} | {wall} |" for _, what, wall in breakout.ATTEMPTS]
    assert len(rows) >= 40
    text = DOCUMENT.read_text(encoding="utf-8")
    table = text.split("| a confined program tries to | it meets |\n|---|---|\n")[1].split("\n\n")[0]
    assert table.splitlines() == rows


# ---- two guests of one person ----

def ids_of_confined(world):
    """The ids of all confined programs, each as often as it has one."""
    found = world.run(["ps", "-eo", "uid=,comm="]).stdout.decode().split("\n")
    return sorted(line.split()[0] for line in found if line.endswith("sleep"))


def test_attack_94_guests_at_once_have_different_ids(world):
    command = ["vmgrant", "run", "--confine", "--", "sleep", "600"]
    processes = [world.spawn(command, "alice") for _ in range(8)]
    wait_until(lambda: len(ids_of_confined(world)) == 8, "eight programs", pause_s=0.1)
    ids = ids_of_confined(world)
    assert len(set(ids)) == 8 and min(map(int, ids)) >= 200000, ids
    for process in processes:
        process.kill()
    wait_until(lambda: not ids_of_confined(world), "their end with vmgrant's", pause_s=0.1)
    assert confined(world, "true").code == 0


def test_attack_93_one_guest_gets_nothing_of_another(world, victims):
    """The other one has a socket, a file of its own, and a disk that only the person may use."""
    program = ("import socket, time; s = socket.socket(socket.AF_UNIX); s.bind('\\0other'); s.listen(); "
               "t = socket.socket(type=socket.SOCK_DGRAM); t.bind(('', 9999)); open('/tmp/own', 'w').write('secret'); "
               "print('there', flush=True); time.sleep(600)")
    other = world.spawn(["vmgrant", "run", "--confine", "--file", "/home/alice/other.img:ro", "--",
                         "/usr/bin/python3", "-I", "-c", program], "alice")
    listed = ["sh", "-c", "ps -eo uid=,pid=,args= | awk '$1 >= 200000 && $3 ~ /python3$/ {print $2}'"]
    pids = wait_until(lambda: world.run(listed).stdout, "another guest", pause_s=0.2)
    facts = json.loads(world.path(FACTS).read_text(encoding="ascii"))
    pid = int(pids.split()[-1])
    facts.update(victim=pid, victim_started=world.call(lambda: started(pid)), abstract="other",
                 udp=9999, shared="/tmp/own")
    world.write(FACTS, json.dumps(facts), owner=(1000, 1000))
    ends, who = try_all(world, *CONFINED)
    assert {name: end for name, end in ends.items() if not end.startswith("refused")} == {}
    assert other.running(), other.wait().stderr
    uid = world.call(lambda: os.stat(f"/proc/{facts['victim']}").st_uid)
    assert uid >= 200000 and uid != who["uid"]
    other.kill()


def test_a_program_in_the_background_stays_and_keeps_its_id(world):
    """As a QEMU with -daemonize."""
    code = "import os, time; os.fork() and os._exit(0); os.setsid(); os.execvp('sleep', ['sleep', '600'])"
    done = confined(world, "/usr/bin/python3", "-I", "-c", code, "-daemonize", capture=False)
    assert done.code == 0
    wait_until(lambda: ids_of_confined(world), "the program in the background", pause_s=0.1)
    stays = ids_of_confined(world)
    done = confined(world, "cat", "/proc/self/uid_map")
    assert len(stays) == 1 and done.stdout.split()[1].decode() != stays[0]
    # Without that word nothing outlives the program.
    assert confined(world, "/usr/bin/python3", "-I", "-c", code, capture=False).code == 0
    assert ids_of_confined(world) == stays


def test_a_program_does_not_start_whose_supervisor_was_killed_meanwhile(world):
    """Before process 1 could ask the kernel to end with it, which comes after newuidmap."""
    world.write("/home/alice/folder/old", "")
    world.path("/home/alice/folder").chmod(0o777)
    done = world.run(["strace", "-f", "-o", "/tmp/trace", "-u", "alice",
                      # Process 1 is slow at its first one, its supervisor killed at the only one.
                      "-e", "trace=prctl,signalfd4", "-e", "inject=prctl:delay_enter=1s:when=1",
                      "-e", "inject=signalfd4:signal=SIGKILL", "vmgrant", "run", "--confine", "--file",
                      "/home/alice/folder", "--", "touch", "/home/alice/folder/new"])
    trace = world.path("/tmp/trace").read_text(encoding="utf-8")
    assert done.code != 0 and "killed by SIGKILL" in trace and "PR_SET_PDEATHSIG" in trace, (done, trace)
    assert not world.path("/home/alice/folder/new").exists()


def test_a_file_may_be_named_twice_and_in_a_folder_that_is(world):
    """One that only the person may read is a copy, which lies on the folder."""
    world.write("/home/alice/folder/k", "kernel", mode=0o600, owner=(1000, 1000))
    for names in (("folder:ro", "folder/k:ro"), ("folder/k:ro", "folder:ro"), ("folder/k:ro", "folder/k:ro"),
                  ("folder/../folder/k:ro", "folder/k:ro")):
        words = [word for name in names for word in ("--file", "/home/alice/" + name)]
        done = confined(world, "cat", "/home/alice/folder/k", options=("--confine", *words))
        assert done.code == 0 and done.stdout == b"kernel", (names, done)
    assert os.listdir(world.path("/home/alice/folder")) == ["k"]


def test_a_file_behind_a_link_of_the_system_may_be_named(world):
    """/bin is a link into /usr on most systems."""
    done = confined(world, "sh", "-c", "echo started", options=("--confine", "--file=/bin/sh:ro", "--file=/lib:ro"))
    assert done.code == 0 and done.stdout == b"started\n", done


def test_the_wider_word_of_two_for_one_file_counts(world):
    path = world.write("/home/alice/shared", "", mode=0o666, owner=(1000, 1000))
    for words in (("shared", "shared:ro"), ("shared:ro", "shared")):
        done = confined(world, "sh", "-c", "echo more >>/home/alice/shared",
                        options=("--confine", *(f"--file=/home/alice/{word}" for word in words)))
        assert done.code == 0, done
    assert path.read_text(encoding="ascii") == "more\nmore\n"


def test_all_files_are_not_given_however_they_are_named(world):
    world.path("/tmp/link").symlink_to("/")
    for name in ("/", "/.", "//", "/home/..", "/tmp/link"):
        done = confined(world, "true", options=("--confine", "--file", name))
        assert done.code == replies.USAGE and b"would confine nothing" in done.stderr, (name, done)


def test_the_same_user_is_had_if_it_is_asked_for(world):
    """And is still kept from what is not named."""
    world.write("/home/alice/mine/file", "mine", mode=0o600, owner=(1000, 1000))
    world.path("/home/alice/mine").chown(1000, 1000)
    done = confined(world, "sh", "-c", "cat /home/alice/mine/file; echo >/home/alice/mine/new; cat /home/alice/facts",
                    options=("--confine=same-user", "--file", "/home/alice/mine"))
    assert done.stdout == b"mine" and b"facts: No such file" in done.stderr, done
    assert b"without a user" not in done.stderr
    found = world.path("/home/alice/mine/new").stat()
    assert (found.st_uid, found.st_gid) == (1000, 1000)


FD_WORDS = (
    ("fd=9", True), ("fds=5:9", True), ("/dev/fd/9", True), ('{"type":"tap","fd":"9"}', True),
    ("stream,addr.type=fd,addr.str=9", True), ("fd:9", True), ("fd=5,set=9", False), ("if=none,id=fd0,index=9", False),
    ("/home/alice/sfdisk/9.img", False), ("fd=99", False), ("fd=5,x=1.9", False))


def test_a_file_of_the_shells_stays_if_its_number_is_said_to_be_one(world):
    # It does not name it itself.
    code = "import os; print(os.path.exists('/proc/self/f' + 'd/%d' % (8 + 1)))"
    for word, stays in FD_WORDS:
        with open("/proc/self/status", "rb") as file:
            done = confined(world, "/usr/bin/python3", "-I", "-c", code, word, fds={9: file.fileno()})
        assert done.stdout.decode().strip() == str(stays), (word, done)


def test_abstract_sockets_of_the_hosts_network_are_told_where_no_kernel_keeps_them(world):
    """As in Debian 12."""
    old = ["strace", "-o", "/dev/null", "-u", "alice", "-e", "inject=landlock_create_ruleset:retval=5"]
    for words, said in (("net-host", True), ("best", False)):
        done = world.run([*old, "vmgrant", "run", f"--confine={words}", "--", "true"])
        assert (b"net-host: abstract sockets of the host" in done.stderr) == said and done.code == 0, done
    assert b"abstract" not in confined(world, "true", options=("--confine=net-host",)).stderr


def test_too_few_open_files_are_told(world):
    done = world.run(["sh", "-c", "ulimit -n 16; vmgrant run --confine -- true"], "alice")
    assert done.code == replies.UNSUPPORTED and b": Too many open files" in done.stderr, done


def test_more_guests_than_ids_are_told_and_kept_apart(world):
    """The second one is the person, shut in."""
    for path in ("/etc/subuid", "/etc/subgid"):
        world.write(path, "alice:200000:1\n")
    first = world.spawn(["vmgrant", "run", "--confine", "--", "sleep", "600"], "alice")
    wait_until(lambda: ids_of_confined(world), "the first one", pause_s=0.1)
    done = confined(world, "sh", "-c", "cat /proc/self/uid_map; ps -e | grep -c sleep")
    assert done.stdout.split()[:4] == [b"1000", b"1000", b"1", b"0"], done
    assert b"without a user of its own: all 1 of alice are in use" in done.stderr
    first.kill()
    wait_until(lambda: not ids_of_confined(world), "its end", pause_s=0.1)
    assert b"200000" in confined(world, "cat", "/proc/self/uid_map").stdout


def test_signals_are_handed_on(world):
    """The program is in a session of its own: what the terminal sends comes to vmgrant alone."""
    script = "trap 'exit 5' TERM; echo ready > /tmp/ready; while :; do sleep 0.1; done"
    process = world.spawn(["vmgrant", "run", "--confine", "--", "sh", "-c", script], "alice")
    wait_until(lambda: ids_of_confined(world), "the program", pause_s=0.1)
    process.signal(signal.SIGTERM)
    assert process.wait().code == 5
    assert not ids_of_confined(world)


def test_the_end_is_the_programs(world):
    assert confined(world, "sh", "-c", "exit 7").code == 7
    assert confined(world, "sh", "-c", "kill -9 $$").code == 137
    assert confined(world, "no-such-program").code == 127
    assert confined(world, "/etc/passwd").code == 126
