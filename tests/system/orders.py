# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""The orders of wire/orders/orders.h, packed by hand: what a hostile judge can send."""

import struct

from process import receive

(KEEP, BEGIN, FINISH, WALK, PORT, USB, DISK, VFIO, MEMLOCK, MEMLOCK_UNDO, ASK, ASKED,
 END, BLOCK) = range(1, 15)
SIZE, ANSWER_SIZE = 760, 208

PORTS, NODES, LIMITS, DISKS = 1, 2, 4, 8
SEALED, VNET_HEADER, ISOLATED, LOCK_MAC, VHOST, DELIVER = (1 << bit for bit in range(6))
ROOT, ENTER, OPEN = 1, 2, 3
CLAIM, LOOP = 1, 2


def now_ms():
    import time
    return int(time.monotonic() * 1000)


def order(kind, body=b"", zero=0):
    return struct.pack("=II", kind, zero) + body.ljust(SIZE - 8, b"\0")


def words(user=b"alice", object_=b"bridge br0", device=b"", rule=b"nowhere:1"):
    return struct.pack("=64s160s160s320s", user, object_, device, rule)


def port(bridge=b"br0", *, judged_ms=None, flags=SEALED, queues=1, vlan=0, slot_first=0,
         slot_count=1024, mac=bytes(6), zero=bytes(6), text=None):
    return order(PORT, struct.pack("=QI16sHHHH6s6s", now_ms() if judged_ms is None else judged_ms,
                                   flags, bridge, queues, vlan, slot_first, slot_count,
                                   mac, zero) + (words() if text is None else text))


def walk(step, part=b""):
    return order(WALK, struct.pack("=I256s", step, part))


def usb(name, text=None, *, bus=1, device=1):
    return order(USB, struct.pack("=Q32sII", now_ms(), name, bus, device)
                 + (words() if text is None else text))


def disk(name, look=CLAIM):
    return order(DISK, struct.pack("=I32s", look, name))


def block(name, diskseq=0, read_only=0, judged_ms=None, text=None):
    return order(BLOCK, struct.pack("=QQ31sB", now_ms() if judged_ms is None else judged_ms, diskseq,
                                    name, read_only) + (words() if text is None else text))


def vfio(index, iommufd=0):
    return order(VFIO, struct.pack("=QII", now_ms(), iommufd, index) + words())


def memlock(size, text=None):
    return order(MEMLOCK, struct.pack("=Q", size) + (words() if text is None else text))


def end(code=0, sentence=b""):
    return order(END, struct.pack("=I512s", code, sentence))


class Answer:
    """One answer of the helper, or its end: kind is None then."""

    def __init__(self, data, fds):
        self.data, self.fds, self.kind = data, fds, None
        if len(data) == ANSWER_SIZE:
            self.kind, self.result, self.step, self.fd_count = struct.unpack_from("=IiII", data)
            self.explanation = data[48:].rstrip(b"\0")

    @property
    def port_name(self):
        return self.data[28:44].rstrip(b"\0").decode()


def give(sock, data):
    """Send one order and read its answer."""
    sock.send(data)
    return Answer(*receive(sock))
