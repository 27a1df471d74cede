# SPDX-License-Identifier: LGPL-2.1-or-later
"""vmgrant attach and detach, with the installed helper and a real running QEMU."""

import json
import os
import shutil
import signal

import pytest

import replies
from process import wait_until
from qmp_proxy import QmpProxy
from test_clients_qemu import QEMU, Guest

MAC = "52:54:00:00:00:42"
SOCKET, PROXY = "/home/alice/qmp", "/home/alice/proxy"
MONITOR = ["-qmp", f"unix:{SOCKET},server=on,wait=off"]
PORTS = ["-machine", "q35", "-device", "pcie-root-port,id=rp2,chassis=2",
         "-device", "pcie-root-port,id=rp1,chassis=1"]
QMP, REFUSED, LATE, LEFT = 100, 101, 102, 103


@pytest.fixture(scope="module", autouse=True)
def qemu_is_installed():
    if not shutil.which(QEMU):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{QEMU} is not installed")


@pytest.fixture
def native_world(world):
    world.write_acl("allow bridge br0 user alice polkit=no queues=4 quota=8\n")
    return world


@pytest.fixture
def guest(native_world):
    """A QEMU of alice's with two free PCIe ports, whose firmware runs."""
    with Guest(native_world, [*PORTS, *MONITOR], stopped=False) as running:
        yield running


@pytest.fixture
def proxy(native_world):
    """A function that puts a QmpProxy with these actions before the guest."""
    made = []

    def put(**actions):
        if not made:
            made.append(QmpProxy(native_world, SOCKET, PROXY))
        made[0].actions.update(actions)
        return made[0]
    yield put
    for one in made:
        one.close()


def vmgrant(world, *words, socket=SOCKET, user="alice", **options):
    command, *rest = words
    return world.run_as(user, ["vmgrant", command, "--qmp", socket, *rest], **options)


def attach(world, *words, **options):
    return vmgrant(world, "attach", *words, **options)


def attached(world, *words, **options):
    """The id of what was attached."""
    done = attach(world, *words, **options)
    assert done.code == 0 and done.stderr == b"", (done.code, done.stderr)
    return done.stdout.decode("ascii").strip()


def sentence(done, code):
    assert done.code == code and done.stdout == b"", (done.code, done.stdout, done.stderr)
    lines = done.stderr.decode("ascii").splitlines()
    assert len(lines) == 1 and lines[0].startswith("vmgrant: "), lines
    return lines[0]


def open_taps(guest):
    folder = f"/proc/{guest.process.pid}/fd"
    return [fd for fd in os.listdir(folder) if os.readlink(f"{folder}/{fd}") == "/dev/net/tun"]


def devices(guest):
    return {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral")}


def assert_untouched(world, guest):
    """No netdev, no descriptor, no card in QEMU, and no port on the bridge."""
    assert guest.network() == "" and not open_taps(guest)
    assert devices(guest) == {"type", "rp1", "rp2"}
    world.wait_no_taps()
    assert guest.ask("query-status")["running"] is True


def let_go(guest):
    """No system runs in the guest: a reset gives back what was asked for."""
    guest.ask("system_reset")


def start_detach(world, proxy, name, guest=None):
    """A vmgrant detach that has asked the guest, which lets go if it is given."""
    middle = proxy()
    middle.seen.clear()
    process = world.spawn(["vmgrant", "detach", "--qmp", PROXY, name], "alice")
    wait_until(lambda: "device_del" in middle.seen, "device_del")
    middle.wait_answer()
    if guest:
        let_go(guest)
    return process


# ---- in and out ----

@pytest.mark.parametrize("queues", (1, 4))
def test_a_card_is_plugged_in_and_taken_away_again(
        native_world, guest, proxy, queues):
    for _ in range(2):
        name = attached(native_world, "--net", f"br0,queues={queues},mac={MAC}")
        assert name == "vmgrant0"
        network = guest.network()
        assert network.count("type=tap") == queues and MAC in network
        assert len(open_taps(guest)) == queues
        (port,) = native_world.taps()
        assert native_world.links()[port]["master"] == "br0"
        done = start_detach(native_world, proxy, name, guest).wait()
        assert (done.code, done.stdout, done.stderr) == (0, b"", b"")
        assert_untouched(native_world, guest)


def test_the_firmware_gets_a_dhcp_lease_by_a_card_that_came_later(native_world):
    """Real traffic both ways, behind a port that was empty when the guest started."""
    native_world.ip("address add 192.0.2.1/24 dev br0")
    log, leases = "/run/dnsmasq.log", "/run/leases"
    server = native_world.spawn([
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file=", "--port=0",
        "--interface=br0", "--bind-interfaces", "--except-interface=lo", "--no-ping",
        "--dhcp-authoritative", "--dhcp-range=192.0.2.50,192.0.2.99,10m",
        f"--dhcp-leasefile={leases}", f"--log-facility={log}"], capture=False)
    wait_until(lambda: native_world.path(log).exists()
               and "DHCP, IP range" in native_world.path(log).read_text(encoding="utf-8"),
               "dnsmasq to listen")
    with Guest(native_world, [*PORTS, *MONITOR, "-boot", "n"], stopped=False) as guest:
        attached(native_world, "--net", f"br0,mac={MAC}")
        guest.ask("system_reset")
        wait_until(lambda: MAC in native_world.path(leases).read_text(encoding="ascii"),
                   "the lease")
        guest.quit()
    server.kill()
    native_world.wait_no_taps()


def test_two_cards_have_ids_ports_and_addresses_of_their_own(native_world, guest):
    names = [attached(native_world, "--net", "br0") for _ in range(2)]
    assert names == ["vmgrant0", "vmgrant1"]
    network = guest.network()
    assert len(native_world.taps()) == 2 and network.count("macaddr=52:54:00:") == 2
    addresses = {line.split("macaddr=")[1] for line in network.splitlines() if "macaddr" in line}
    assert len(addresses) == 2
    assert "no bus takes a new device" in sentence(attach(native_world, "--net", "br0"), REFUSED)
    wait_until(lambda: len(native_world.taps()) == 2, "the third port to go")


def test_the_object_says_what_was_made(native_world, guest):
    done = attach(native_world, "--net", "br0", "--id", "lan", "--json")
    made = json.loads(done.stdout)
    (port,) = native_world.taps()
    assert made.pop("mac") in guest.network()
    assert made == {"id": "lan", "netdev": "vmgrant-lan", "bridge": "br0", "port": port}
    assert "lan" in devices(guest)


def test_the_address_stays_with_the_guest_and_the_id(native_world, guest):
    def address(name):
        return json.loads(attach(native_world, "--net", "br0", "--id", name, "--json").stdout)[
            "mac"]
    first = address("a")
    guest.quit()
    with Guest(native_world, [*PORTS, *MONITOR]):
        assert address("a") == first and address("b") != first


def test_a_card_goes_to_the_bus_that_is_named(native_world, guest):
    attached(native_world, "--net", "br0,bus=rp2", "--id", "card")
    names = {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral/rp2/rp2")}
    assert "child[0]" in names
    said = sentence(attach(native_world, "--net", "br0,bus=rp9"), REFUSED)
    assert "Bus 'rp9' not found" in said and "all is undone" in said


def test_a_port_without_hot_plugging_is_passed_over(native_world):
    ports = ["-machine", "q35", "-device", "pcie-root-port,id=a,chassis=1,hotplug=off",
             "-device", "pcie-root-port,id=b,chassis=2"]
    with Guest(native_world, [*ports, *MONITOR]) as guest:
        attached(native_world, "--net", "br0")
        names = {entry["name"] for entry in guest.ask("qom-list", path="/machine/peripheral/b/b")}
        assert "child[0]" in names


@pytest.mark.parametrize("model", ("e1000", "rtl8139"))
def test_other_models_and_the_older_machine_work_too(native_world, model):
    with Guest(native_world, MONITOR) as guest:
        attached(native_world, "--net", f"br0,model={model}")
        assert f"model={model}" in guest.network() and len(native_world.taps()) == 1
        guest.quit()
    native_world.wait_no_taps()


def test_a_sandboxed_qemu_takes_the_card(native_world):
    sandbox = ["-sandbox", "on,elevateprivileges=deny,spawn=deny,obsolete=deny,resourcecontrol=deny"]
    with Guest(native_world, [*PORTS, *MONITOR, *sandbox]) as guest:
        attached(native_world, "--net", "br0")
        assert "type=tap" in guest.network()


# ---- refusals before anything is done ----

def test_what_the_rules_refuse_leaves_qemu_as_it_was(native_world, guest):
    native_world.bridge("br1")
    assert "bridge br1: not allowed" in sentence(attach(native_world, "--net", "br1"),
                                                 replies.DENIED)
    assert "queues" in sentence(attach(native_world, "--net", "br0,queues=5"), replies.DENIED)
    assert "vhost" in sentence(attach(native_world, "--net", "br0,vhost=on"), replies.DENIED)
    assert_untouched(native_world, guest)


def test_a_taken_id_is_refused_and_its_device_stays(native_world, guest):
    for name in ("rp1", attached(native_world, "--net", "br0", "--id", "lan")):
        said = sentence(attach(native_world, "--net", "br0", "--id", name), REFUSED)
        assert f"{name}: there is a device of this id already" in said
    assert {"rp1", "lan"} <= devices(guest) and len(native_world.taps()) == 1


@pytest.mark.parametrize("words", (
    [], ["--net"], ["--net", "br0,id=x"], ["--net", "br0", "--net", "br0"],
    ["--net", "br0", "--id", "7"], ["--net", "br0", "--id", "x" * 64], ["--net", "br0", "rest"],
    ["--net", "br0", "--bogus"], ["--net", "br0,model=e1000,queues=2"],
    ["--net", "br0", "--id", "\x1b[31m"],
), ids=range(10))
def test_a_wrong_command_line_asks_nobody(native_world, words):
    said = sentence(attach(native_world, *words, socket="/nowhere"), replies.USAGE)
    assert all(" " <= c <= "~" for c in said)


def test_a_socket_that_leads_nowhere_is_named(native_world):
    said = sentence(attach(native_world, "--net", "br0", socket="/home/alice/none"), QMP)
    assert "/home/alice/none: cannot connect: No such file" in said and "-qmp unix:" in said
    said = sentence(attach(native_world, "--net", "br0", socket="/" + "x" * 120), QMP)
    assert "not a path of a socket" in said
    assert not native_world.taps()


# ---- failures on the way: everything is undone ----

STEPS = ("getfd", "netdev_add", "device_add")


@pytest.mark.parametrize("queues", (1, 3))
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_qemu_refuses_undoes_those_before(native_world, guest, proxy, step, queues):
    proxy(**{step: "refuse"})
    said = sentence(attach(native_world, "--net", f"br0,queues={queues}", socket=PROXY), REFUSED)
    assert f"no {step} today: all is undone" in said
    assert_untouched(native_world, guest)


@pytest.mark.parametrize("action", ("cut", "cut-after"))
@pytest.mark.parametrize("step", ("getfd", "netdev_add"))
def test_a_connection_that_breaks_is_made_anew_to_undo(native_world, guest, proxy, step, action):
    middle = proxy(**{step: action})
    said = sentence(attach(native_world, "--net", "br0,queues=2", socket=PROXY), QMP)
    assert "connection" in said and "all is undone" in said
    assert middle.seen.count("qmp_capabilities") == 2
    assert_untouched(native_world, guest)


def test_a_connection_that_breaks_behind_the_last_step_takes_the_network_away(
        native_world, guest, proxy):
    proxy(device_add="cut-after")
    said = sentence(attach(native_world, "--net", "br0,bus=rp1", socket=PROXY), LEFT)
    assert "card vmgrant0 is left in the guest, without network" in said
    assert not open_taps(guest)
    native_world.wait_no_taps()
    # The guest has been asked to give it back.
    let_go(guest)
    wait_until(lambda: "vmgrant0" not in devices(guest), "the card to go")
    assert_untouched(native_world, guest)


def test_a_queue_that_got_lost_on_the_way_is_told(native_world, guest, proxy):
    """QEMU keeps the queues that it has made when a later one is missing."""
    middle = proxy()
    middle.actions["getfd"] = lambda: middle.actions.update(getfd="swallow")
    done = attach(native_world, "--net", "br0,queues=2", socket=PROXY)
    said = sentence(done, LEFT if "vmgrant-vmgrant0" in guest.network() else REFUSED)
    assert "vmgrant0: cannot be plugged in: " in said
    assert ("is left in QEMU" in said) == ("vmgrant-vmgrant0" in guest.network())


@pytest.mark.parametrize("step", STEPS)
def test_a_qemu_that_is_killed_in_between_leaves_nothing(native_world, guest, proxy, step):
    def kill():
        middle.stop_listening()
        guest.process.kill()
    middle = proxy(**{step: kill})
    said = sentence(attach(native_world, "--net", "br0", socket=PROXY), QMP)
    assert "vmgrant0: cannot be plugged in: the connection" in said
    assert said.endswith(": QEMU has ended")
    native_world.wait_no_taps()


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
@pytest.mark.parametrize("step", ("getfd", "netdev_add"))
def test_a_signal_undoes_what_was_done(native_world, guest, proxy, step, number):
    middle = proxy(**{step: "hold"})
    process = native_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    wait_until(lambda: step in middle.seen, step)
    middle.listen_again()
    process.signal(number)
    said = sentence(process.wait(), 128 + number)
    assert "interrupted: all is undone" in said
    assert_untouched(native_world, guest)


def test_a_signal_behind_the_last_step_comes_too_late(native_world, guest, proxy):
    proxy(device_add=lambda: process.signal(signal.SIGINT))
    process = native_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    done = process.wait()
    assert done.code == 0 and done.stdout == b"vmgrant0\n", done.stderr
    assert "vmgrant0" in devices(guest) and len(native_world.taps()) == 1


def test_a_killed_command_leaves_its_files_in_the_monitor_only(native_world, guest, proxy):
    """Nothing undoes after SIGKILL: QEMU keeps the file until the name is used again."""
    middle = proxy(netdev_add="hold")
    process = native_world.spawn(["vmgrant", "attach", "--qmp", PROXY, "--net", "br0"], "alice")
    wait_until(lambda: "netdev_add" in middle.seen, "netdev_add")
    process.kill()
    wait_until(lambda: "vmgrant-vmgrant0" in guest.network(), "the netdev")
    said = sentence(attach(native_world, "--net", "br0"), REFUSED)
    assert "a netdev vmgrant-vmgrant0 is there already: vmgrant detach vmgrant0" in said
    assert len(native_world.taps()) == 1
    assert vmgrant(native_world, "detach", "vmgrant0").code == 0
    assert_untouched(native_world, guest)


# ---- detach ----

def test_a_guest_that_does_not_answer_keeps_its_card_whole(native_world, guest):
    name = attached(native_world, "--net", "br0")
    said = sentence(vmgrant(native_world, "detach", "--timeout", "1", name), LATE)
    assert "the guest has not let it go in 1 seconds" in said and "hot-plugging" in said
    assert "type=tap" in guest.network() and len(native_world.taps()) == 1
    # It comes back to it later, and the next detach finds the rest.
    let_go(guest)
    wait_until(lambda: name not in devices(guest), "the card to go")
    assert vmgrant(native_world, "detach", name).code == 0
    assert_untouched(native_world, guest)


def test_only_what_vmgrant_attached_is_taken_away(native_world, guest):
    guest.ask("netdev_add", type="user", id="mine")
    guest.ask("device_add", driver="virtio-net-pci", id="card", netdev="mine", bus="rp1")
    for name in ("card", "rp2"):
        said = sentence(vmgrant(native_world, "detach", name), replies.OBJECT)
        assert f"{name}: not attached by vmgrant: left as it is" in said
    assert {"card", "rp2"} <= devices(guest) and "mine" in guest.network()
    said = sentence(vmgrant(native_world, "detach", "nothing"), replies.OBJECT)
    assert "nothing: nothing of this id is attached" in said


def test_a_signal_ends_the_wait_for_the_guest(native_world, guest, proxy):
    name = attached(native_world, "--net", "br0")
    process = start_detach(native_world, proxy, name)
    process.signal(signal.SIGINT)
    assert "interrupted" in sentence(process.wait(), 128 + signal.SIGINT)
    assert "type=tap" in guest.network()


def test_a_qemu_that_ends_while_the_guest_is_asked_is_told(native_world, guest, proxy):
    name = attached(native_world, "--net", "br0")
    process = start_detach(native_world, proxy, name)
    guest.process.kill()
    assert "the connection" in sentence(process.wait(), QMP)
    native_world.wait_no_taps()


@pytest.mark.parametrize("words", (
    [], ["a", "b"], ["7"], ["--timeout", "0", "a"], ["--timeout", "3601", "a"],
    ["--timeout", "1s", "a"], ["--timeout", "-1", "a"], ["--bogus", "a"],
), ids=range(8))
def test_a_wrong_detach_asks_nobody(native_world, words):
    sentence(vmgrant(native_world, "detach", *words, socket="/nowhere"), replies.USAGE)


# ---- the rest ----

def test_valgrind_finds_nothing(native_world, guest, proxy):
    if not shutil.which("valgrind"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("valgrind is not installed")
    valgrind = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full"]
    for words, code in (
            (["attach", "--qmp", SOCKET, "--net", "br0,queues=2", "--json"], 0),
            (["detach", "--qmp", SOCKET, "--timeout", "1", "vmgrant0"], LATE),
            (["attach", "--qmp", PROXY, "--net", "br0"], REFUSED)):
        if PROXY in words:
            proxy(device_add="refuse")
        done = native_world.run_as("alice", [*valgrind, "vmgrant", *words])
        assert done.code == code, done.stderr
