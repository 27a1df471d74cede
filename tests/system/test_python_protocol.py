# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The Python package's messages against doc/protocol.json, which is made of the C sources."""

import ast
import importlib.util
import json
import pickle
import struct

import pytest

import python_binding

PROTOCOL = json.loads((python_binding.TOP / "doc/protocol.json").read_text(encoding="utf-8"))
vmgrant = python_binding.of_the_tree()
wire = importlib.import_module(f"{python_binding.TREE}._protocol")
requests = importlib.import_module(f"{python_binding.TREE}._requests")
core = importlib.import_module(f"{python_binding.TREE}._core")
installed = importlib.import_module(f"{python_binding.TREE}._installed")

FLAGS = {"tap": wire.TapFlag, "device": wire.DeviceFlag, "usb": wire.UsbFlag, "vfio": wire.VfioFlag,
         "disk": wire.DiskFlag, "port": wire.PortFlag, "node": wire.NodeFlag}
NUMBERS = {"u16": "<H", "u32": "<I", "u64": "<Q"}
STICK = (0x0951, 0x1666)

REQUESTS = {
    "TAP": (requests.tap("br-lab", 3, True, True, False, "52:54:00:01:02:03"),
            {"bridge": "br-lab", "flags": 1 | 2 | 8, "queues": 3,
             "mac": bytes.fromhex("525400010203")}),
    "QUERY": (requests.tap_offer("br-lab"),
              {"bridge": "br-lab", "flags": 0, "queues": 1, "mac": bytes(6)}),
    "USB": (requests.usb("0951:1666", "S1", "1-1.4", (2, 5), True),
            {"flags": 1 | 0xf00, "vendor": 0x951, "product": 0x1666, "bus": 2, "device": 5,
             "port": "1-1.4", "serial": "S1"}),
    "VFIO": (requests.vfio("0000:03:00.0", True, vmgrant.MEMLOCK_MOST, False),
             {"flags": 4, "memlock_bytes": 2 ** 64 - 1, "address": "0000:03:00.0"}),
    "DISK": (requests.disk_offer("/dev/vg0/guest", True), {"flags": 2 | 4, "name": "/dev/vg0/guest"}),
}
REPLIES = {
    "TAP": {"flags": 1 | 2, "mtu_bytes": 9000, "queues": 3, "vhost_count": 0, "port": "vethg1",
            "tap": "tap0"},
    "QUERY": {"flags": 16 | 32, "mtu_bytes": 1500, "quota": 7, "quota_used": 2, "queues": 4, "vlan": 42},
    "USB": {"fd_count": 1, "node": "/dev/bus/usb/002/005"},
    "VFIO": {"flags": 1, "memlock_bytes": 1 << 34, "fd_count": 2, "node": "/dev/vfio/devices/vfio0"},
    "DISK": {"flags": 2 | 32, "disk_bytes": 1 << 40, "node": "/dev/sdb"},
}


def read(fields, data):
    """{name: value} of a message, as protocol.json says it lies there."""
    found = {}
    for field in fields:
        raw = data[field["offset"]:field["offset"] + field["size"]]
        if field["type"] == "zeros":
            assert not any(raw), field
        elif field["type"] == "string":
            found[field["name"]] = raw.rstrip(b"\0").decode()
        else:
            found[field["name"]] = struct.unpack(NUMBERS[field["type"]], raw)[0] \
                if field["type"] in NUMBERS else raw
    return found


def write(layout, name, serial=1, **values):
    """A message, as protocol.json says."""
    data = bytearray(layout["size"])
    values = {"magic": b"VMGR", "version": 1, "type": PROTOCOL["types"][name], "serial": serial,
              "length": layout["size"], **values}
    for field in PROTOCOL["header"] + layout["fields"]:
        value = values.pop(field.get("name"), 0)
        if field["type"] in NUMBERS:
            value = struct.pack(NUMBERS[field["type"]], value)
        elif value:
            value = value if isinstance(value, bytes) else value.encode()
        if value:
            data[field["offset"]:field["offset"] + len(value)] = value
    assert not values
    return bytes(data)


def reply_to(name, **values):
    return write(PROTOCOL["replies"][name], name, **{**REPLIES[name], **values})


# ---- numbers ----

def test_the_constants_are_those_of_the_c_headers():
    assert {member.name: member.value for member in wire.Type} == PROTOCOL["types"]
    assert {member.name: member.value for member in wire.Code} == \
        {name: code["code"] for name, code in PROTOCOL["codes"].items()}
    assert {group: {flag.name: flag.value for flag in flags} for group, flags in FLAGS.items()} == \
        PROTOCOL["flags"]
    assert (wire.VERSION, wire.REQUEST_MAGIC.decode(), wire.REPLY_MAGIC.decode()) == \
        (PROTOCOL["version"], PROTOCOL["magic"]["request"], PROTOCOL["magic"]["reply"])
    assert (wire.HEADER.size, wire.REPLY_SIZE, wire.QUEUES_MAX) == \
        tuple(PROTOCOL["limits"][name] for name in ("HEADER_SIZE", "REPLY_SIZE", "QUEUES_MAX"))
    assert sorted({member.kind for member in wire.Type}) == PROTOCOL["kinds"]
    assert installed.SOCKET == PROTOCOL["service_socket"]


@pytest.mark.parametrize("name", PROTOCOL["types"])
def test_requests_lie_as_the_c_sources_write_them(name):
    request, wanted = REQUESTS[name]
    data = request.encode(77)
    layout = PROTOCOL["requests"][name]
    assert len(data) == layout["size"]
    assert read(PROTOCOL["header"], data) == {
        "magic": b"VMGQ", "version": 1, "type": PROTOCOL["types"][name], "serial": 77,
        "length": len(data)}
    assert read(layout["fields"], data) == wanted
    assert request.kind == layout["kind"]
    # Nothing of the layout is left out here.
    assert set(wanted) == {field["name"] for field in layout["fields"] if "name" in field}


def test_replies_are_read_as_the_c_sources_write_them():
    tap = core.settle(REQUESTS["TAP"][0], 1, reply_to("TAP"), [-3, -4, -5])
    assert (tap.take(), tap.port, tap.name, tap.mtu) == ((-3, -4, -5), "vethg1", "tap0", 9000)
    assert (tap.vnet_header, tap.sealed, tap.isolated, tap.mac_locked) == (True, True, False, False)
    offer = core.settle(REQUESTS["QUERY"][0], 1, reply_to("QUERY"), [])
    assert offer == vmgrant.TapOffer(queues=4, vhost=True, mtu=1500, quota=7, quota_used=2, vlan=42,
                                     sealed=False, isolated=False, mac_locked=False, polkit=True)
    usb = core.settle(REQUESTS["USB"][0], 1, reply_to("USB"), [-7])
    assert (usb.fd, usb.node, usb.take()) == (-7, "/dev/bus/usb/002/005", (-7,))
    vfio = core.settle(REQUESTS["VFIO"][0], 1, reply_to("VFIO"), [-7, -8])
    assert (vfio.fd, vfio.iommu_fd, vfio.iommufd, vfio.memlock) == (-7, -8, True, 1 << 34)
    vfio.take()
    disk = core.settle(REQUESTS["DISK"][0], 1, reply_to("DISK"), [])
    assert disk == vmgrant.DiskOffer("/dev/sdb", 1 << 40, read_only=True, polkit=True)


@pytest.mark.parametrize("name", PROTOCOL["types"])
def test_every_byte_that_must_be_zero_is_looked_at(name):
    request, _ = REQUESTS[name]
    for field in PROTOCOL["replies"][name]["fields"]:
        # Of a disk alone.
        if field["type"] == "zeros" or (field["name"] == "disk_bytes" and name != "DISK"):
            for offset in range(field["offset"], field["offset"] + field["size"]):
                data = bytearray(reply_to(name))
                data[offset] = 1
                with pytest.raises(wire.Malformed, match="zero"):
                    core.settle(request, 1, bytes(data), [])


@pytest.mark.parametrize("values, fds, what", (
    ({"magic": b"VMGQ"}, 3, "not a message"), ({"version": 2}, 3, "version"),
    ({"type": 2}, 3, "another request"), ({"serial": 2}, 3, "another request"),
    ({"length": 607}, 3, "length"), ({"queues": 2}, 3, "queues"), ({"vhost_count": 2}, 5, "vhost"),
    ({}, 2, "number of files"), ({}, 4, "number of files"), ({"port": ""}, 3, "a name is missing"),
    ({"tap": b"x" * 16}, 3, "not ended"), ({"tap": b"a\0b"}, 3, "behind its end"),
    ({"code": 7}, 3, "nobody asked for")))
def test_a_reply_that_does_not_fit_is_none(monkeypatch, values, fds, what):
    """And every file that came with it is closed."""
    closed = []
    monkeypatch.setattr(core, "close_all", closed.extend)
    with pytest.raises(wire.Malformed, match=what):
        core.settle(REQUESTS["TAP"][0], 1, reply_to("TAP", **values), list(range(100, 100 + fds)))
    assert closed == list(range(100, 100 + fds))


def test_replies_of_every_length_are_refused():
    whole = reply_to("TAP")
    for length in (0, 1, 15, 16, 24, 607, 609):
        with pytest.raises(wire.Malformed):
            core.settle(REQUESTS["TAP"][0], 1, (whole + b"\0")[:length], [])


# ---- errors ----

@pytest.mark.parametrize("code, kind", [(code, vmgrant.Failed) for code in (1, 3, 4, 5, 6)] +
                         [(2, vmgrant.Usage)] +
                         [(code, vmgrant.Refused) for code in (*range(7, 15), 15, 4000000000)])
def test_a_refusal_has_code_kind_and_sentence(code, kind):
    with pytest.raises(vmgrant.Error) as caught:
        core.settle(REQUESTS["USB"][0], 1,
                    reply_to("USB", code=code, fd_count=0, sentence="no\x1b[31m\r\n"), [])
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert type(error) is kind and error.code == code and error.kind == "usb"
        assert error.sentence == str(error) == "no?[31m??"
        assert isinstance(error.code, vmgrant.Code) == (code <= 14)


@pytest.mark.parametrize("ask, part", (
    (lambda c: c.tap(""), "1 to 15"), (lambda c: c.tap("a" * 16), "1 to 15"),
    (lambda c: c.tap("a\0b"), "1 to 15"), (lambda c: c.tap("ü" * 8), "1 to 15"),
    (lambda c: c.tap("br0", queues=0), "1 to 16"), (lambda c: c.tap("br0", queues=17), "1 to 16"),
    (lambda c: c.tap("br0", mac="52:54:00:01:02"), "mac"),
    (lambda c: c.tap("br0", mac="01:00:5e:00:00:01"), "mac"),
    (lambda c: c.tap("br0", mac=bytes(6)), "mac"), (lambda c: c.tap_offer("a" * 16), "1 to 15"),
    (lambda c: c.usb(), "ids, port or number"), (lambda c: c.usb(serial="x"), "ids, port or number"),
    (lambda c: c.usb("09511666"), "vendor and product"), (lambda c: c.usb((1, 65536)), "65535"),
    (lambda c: c.usb(number=(-1, 1)), "bus"), (lambda c: c.usb(STICK, serial=""), "1 to 127"),
    (lambda c: c.usb_offer(port="1" * 32), "1 to 31"), (lambda c: c.vfio("0" * 16), "1 to 15"),
    (lambda c: c.vfio("0000:03:00.0", memlock=-1), "memlock"), (lambda c: c.vfio_offer(""), "1 to 15"),
    (lambda c: c.disk("/" * 256), "1 to 255"), (lambda c: c.disk_offer("\x1b]"* 200), "1 to 255")))
def test_what_cannot_be_asked_is_refused_here(ask, part):
    """Never cut, and without starting a helper."""
    with vmgrant.Connection(helper="/nonexistent") as connection:
        with pytest.raises(vmgrant.Usage) as caught:
            ask(connection)
    assert isinstance(caught.value, ValueError) and caught.value.code == vmgrant.Code.USAGE
    assert part in caught.value.sentence and caught.value.sentence.isprintable()
    assert caught.value.kind in PROTOCOL["kinds"]


def test_words_for_qemu():
    def card(queues, vhosts):
        reply = wire.PortReply(0, "", 1, 1500, 0, 0, queues, vhosts, 0, "p", "t")
        tap = vmgrant.Tap(reply, range(5, 5 + queues + vhosts))
        words = tap.netdev("n")
        tap.take()
        return words
    assert card(1, 0) == "tap,id=n,fd=5"
    assert card(1, 1) == "tap,id=n,fd=5,vhost=on,vhostfd=6"
    assert card(3, 0) == "tap,id=n,fds=5:6:7"
    assert card(2, 2) == "tap,id=n,fds=5:6,vhost=on,vhostfds=7:8"


# ---- the sources ----

def test_the_oldest_python_can_read_it():
    sources = [*python_binding.PACKAGE.glob("*.py"),
               *(python_binding.TOP / "doc/examples").glob("*.py")]
    assert len(sources) > 10
    for source in sources:
        ast.parse(source.read_text(encoding="utf-8"), source.name, feature_version=(3, 9))


def test_the_types_are_there_and_nothing_else_is_needed():
    assert (python_binding.PACKAGE / "py.typed").exists()
    for source in python_binding.PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            names = [name.name for name in node.names] if isinstance(node, ast.Import) else \
                [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for name in names:
                assert importlib.util.find_spec(name.split(".")[0]).origin in ("built-in", "frozen") or \
                    "-packages" not in importlib.util.find_spec(name.split(".")[0]).origin
