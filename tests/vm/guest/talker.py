# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 vmgrant contributors
"""What runs in the place of a guest: it says who it is, and writes down whom it hears.

    talker.py FD NUMBER

Twice a second it broadcasts a datagram with its number and one more, and asks by ARP for
10.0.2.2, the gateway behind the machine's card. A line of its output is what it heard:
"gateway", or "N COUNT" for another guest.
"""

import os
import select
import struct
import sys
import time

PAUSE_S = 0.5
GATEWAY = bytes((10, 0, 2, 2))
PORT = 7007


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Talker:
    def __init__(self, fd, number):
        self.fd, self.number, self.count = fd, number, 0
        self.mac = bytes((0x52, 0x54, 0, 0, 7, number))
        self.address = bytes((10, 0, 2, 100 + number))

    def datagram(self):
        payload = f"talker {self.number} {self.count}\n".encode()
        udp = struct.pack(">HHHH", PORT, PORT, 8 + len(payload), 0) + payload
        head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), self.count, 0, 64, 17, 0,
                           self.address, b"\xff" * 4)
        head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
        return b"\xff" * 6 + self.mac + b"\x08\x00" + head + udp

    def question(self):
        return (b"\xff" * 6 + self.mac + b"\x08\x06" + struct.pack(">HHBBH", 1, 0x800, 6, 4, 1) +
                self.mac + self.address + bytes(6) + GATEWAY)

    def say(self):
        self.count += 1
        for frame in (self.datagram(), self.question()):
            try:
                os.write(self.fd, frame.ljust(60, b"\0"))
            except OSError:  # a port that is down takes none
                pass

    def hear(self, frame):
        if frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\2" and frame[28:32] == GATEWAY:
            print("gateway", flush=True)
        elif frame[12:14] == b"\x08\x00" and b"talker " in frame:
            words = frame[frame.index(b"talker "):].split(b"\n")[0].decode().split()
            print(*words[1:], flush=True)

    def run(self):
        while True:
            self.say()
            end = time.monotonic() + PAUSE_S
            while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                try:
                    self.hear(os.read(self.fd, 2000))
                except OSError:  # as above
                    time.sleep(PAUSE_S)


if __name__ == "__main__":
    Talker(int(sys.argv[1]), int(sys.argv[2])).run()
