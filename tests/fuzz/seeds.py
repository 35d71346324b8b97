#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/fuzz/corpus/frames/: whole frames and broken ones as the target `frames` reads them.

The other targets read the steps of a device, which the fuzzer finds by itself."""

from __future__ import annotations

import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

FOLDER = ROOT / "tests/fuzz/corpus/frames"
US, THEM, ALL = bytes.fromhex("525400123456"), bytes.fromhex("020000000001"), b"\xff" * 6
OUR_IP, THEIR_IP, GATEWAY, FAR_IP = (bytes(a) for a in (
    (10, 0, 2, 15), (10, 0, 2, 77), (10, 0, 2, 2), (192, 0, 2, 1)))
REPAIR, PASS_TIME = 7, 0x80


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f">{len(data) // 2}H", data[:len(data) & ~1])) + (data[-1] << 8 if len(data) % 2 else 0)
    while total > 0xffff:
        total = (total >> 16) + (total & 0xffff)
    return total ^ 0xffff


def ethernet(kind: int, payload: bytes, to: bytes = US) -> bytes:
    return to + THEM + struct.pack(">H", kind) + payload


def ipv4(protocol: int, payload: bytes, source: bytes = THEIR_IP, fragment: int = 0x4000, options: bytes = b"") -> bytes:
    header = struct.pack(">BBHHHBBH4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 0, fragment, 64,
                         protocol, 0, source, OUR_IP) + options
    return ethernet(0x0800, header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload)


def udp(port: int, payload: bytes, source: bytes = THEIR_IP) -> bytes:
    length = 8 + len(payload)
    made = struct.pack(">HHHH", 1234, port, length, 0) + payload
    found = checksum(source + OUR_IP + struct.pack(">BBH", 0, 17, length) + made) or 0xffff
    return made[:6] + struct.pack(">H", found) + payload


def icmp(kind: int, payload: bytes) -> bytes:
    made = struct.pack(">BBHHH", kind, 0, 0, 1, 2) + payload
    return made[:2] + struct.pack(">H", checksum(made)) + made[4:]


def arp(operation: int, sender: bytes = THEIR_IP, target: bytes = OUR_IP) -> bytes:
    return ethernet(0x0806, struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, operation, THEM, sender, bytes(6), target), ALL)


def step(frame: bytes, operation: int = 0) -> bytes:
    return struct.pack("<BH", operation, len(frame)) + frame


def wait(milliseconds: int) -> bytes:
    return struct.pack("<BH", PASS_TIME, milliseconds)


def seeds() -> dict[str, bytes]:
    hello, long = b"hello", bytes(range(256)) * 5
    bad = bytearray(ipv4(17, udp(7, hello)))
    bad[24] ^= 1
    return {
        "arp-request": step(arp(1)),
        "arp-reply": step(arp(2)),
        "arp-probe": step(arp(1, bytes(4))),
        "arp-of-our-address": step(arp(1, OUR_IP)),
        "ping": step(ipv4(1, icmp(8, hello))) + step(ipv4(1, icmp(8, long))),
        "ping-reply": step(ipv4(1, icmp(0, hello))),
        "udp": step(ipv4(17, udp(7, hello))) + step(ipv4(17, udp(7, b""))) + step(ipv4(17, udp(7, long))),
        "udp-without-checksum": step(ipv4(17, udp(7, hello)[:6] + bytes(2) + hello)),
        "udp-to-nobody": step(ipv4(17, udp(9, hello))),
        "udp-forwarded": step(arp(1)) + step(ipv4(17, udp(65535, hello))),
        "udp-forwarded-after-asking": step(ipv4(17, udp(65535, hello))) + wait(100) + step(arp(2)),
        "udp-forwarded-to-nobody": step(ipv4(17, udp(65535, hello))) + wait(5000),
        "udp-forwarded-by-the-gateway": step(ipv4(17, udp(65535, hello, FAR_IP), FAR_IP)) + step(arp(2, GATEWAY)),
        "fragment": step(ipv4(17, udp(7, hello), fragment=0x2000)) + step(ipv4(17, hello, fragment=5)),
        "options": step(ipv4(17, udp(7, hello), options=b"\x07\x04\x04\x00")),
        "bad-checksum": step(bytes(bad)) + step(bytes(bad), REPAIR),
        "short": step(b"") + step(US + THEM) + step(ipv4(17, b"")) + step(ipv4(1, b"")),
        "ipv6": step(ethernet(0x86dd, bytes(40))),
        "tcp": step(ipv4(6, bytes(20))),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in seeds().items():
        (FOLDER / name).write_bytes(data)


if __name__ == "__main__":
    main()
