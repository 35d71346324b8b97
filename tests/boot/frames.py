# SPDX-License-Identifier: Apache-2.0
"""Ethernet, ARP, IPv4, ICMP and UDP: built with any mistake that a test wants, and verified."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass

GUEST_MAC = bytes.fromhex("525400123456")
GUEST_IP = "10.0.2.15"
GATEWAY_IP = "10.0.2.2"
BROADCAST = b"\xff" * 6
CLIENT_MAC = bytes.fromhex("02aabbccdd01")
CLIENT_IP = "10.0.2.100"

IPV4, ARP = 0x0800, 0x0806
ICMP, UDP = 1, 17
REQUEST, REPLY = 1, 2


@dataclass(frozen=True)
class Peer:
    """Somebody who talks to the guest."""

    mac: bytes = CLIENT_MAC
    ip: str = CLIENT_IP
    port: int = 40000


CLIENT = Peer()


def packed(ip: str) -> bytes:
    return ipaddress.IPv4Address(ip).packed


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of bytes, their checksum field being 0."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def ethernet(payload: bytes, kind: int = IPV4, to: bytes = GUEST_MAC,
             sender: bytes = CLIENT_MAC) -> bytes:
    return to + sender + struct.pack(">H", kind) + payload


def ipv4(payload: bytes, protocol: int, source: str, to: str = GUEST_IP, *, version: int = 4,
         words: int | None = None, options: bytes = b"", total: int | None = None,
         fragment: int = 0x4000, ttl: int = 64, flip: int = 0) -> bytes:
    """An IPv4 packet; `flip` spoils its checksum, the other arguments are the fields they say."""
    first = version << 4 | (5 + len(options) // 4 if words is None else words)
    length = 20 + len(options) + len(payload) if total is None else total
    head = struct.pack(">BBHHHBBH4s4s", first, 0, length, 0x1234, fragment, ttl, protocol, 0,
                       packed(source), packed(to)) + options
    return head[:10] + struct.pack(">H", checksum(head) ^ flip) + head[12:] + payload


def udp_checksum(source: str, to: str, segment: bytes) -> int:
    pseudo = packed(source) + packed(to) + struct.pack(">BBH", 0, UDP, len(segment))
    return checksum(pseudo + segment)


def udp_segment(payload: bytes, peer: Peer, port: int, *, length: int | None = None,
                flip: int = 0, no_checksum: bool = False) -> bytes:
    fields = (peer.port, port, 8 + len(payload) if length is None else length)
    bare = struct.pack(">HHHH", *fields, 0) + payload
    value = 0 if no_checksum else (udp_checksum(peer.ip, GUEST_IP, bare) or 0xffff) ^ flip
    return struct.pack(">HHHH", *fields, value) + payload


def datagram(payload: bytes, peer: Peer = CLIENT, port: int = 7, no_checksum: bool = False) -> bytes:
    """A whole frame that holds a UDP datagram for the guest."""
    segment = udp_segment(payload, peer, port, no_checksum=no_checksum)
    return ethernet(ipv4(segment, UDP, peer.ip), sender=peer.mac)


def ping(payload: bytes, identifier: int = 1, sequence: int = 1, *, kind: int = 8, code: int = 0,
         flip: int = 0, peer: Peer = CLIENT) -> bytes:
    """A whole frame that holds an ICMP echo request for the guest."""
    bare = struct.pack(">BBHHH", kind, code, 0, identifier, sequence) + payload
    whole = bare[:2] + struct.pack(">H", checksum(bare) ^ flip) + bare[4:]
    return ethernet(ipv4(whole, ICMP, peer.ip), sender=peer.mac)


def arp(operation: int, sender: Peer, target_ip: str, target_mac: bytes = bytes(6),
        to: bytes = BROADCAST) -> bytes:
    return ethernet(struct.pack(">HHBBH", 1, IPV4, 6, 4, operation) + sender.mac + packed(sender.ip)
                    + target_mac + packed(target_ip), ARP, to, sender.mac)


@dataclass(frozen=True)
class ArpMessage:
    """An ARP frame of the guest, its Ethernet header checked against what it says."""

    to: bytes
    operation: int
    sender_mac: bytes
    sender_ip: str
    target_mac: bytes
    target_ip: str


def is_arp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x06"


def read_arp(frame: bytes) -> ArpMessage:
    assert is_arp(frame) and len(frame) >= 42, frame.hex()
    assert frame[14:20] == bytes.fromhex("000108000604"), frame.hex()
    assert frame[6:12] == frame[22:28], "the sender of the frame is not the sender of the message"
    return ArpMessage(frame[:6], struct.unpack_from(">H", frame, 20)[0], frame[22:28],
                      str(ipaddress.IPv4Address(frame[28:32])), frame[32:38],
                      str(ipaddress.IPv4Address(frame[38:42])))


def read_ipv4(frame: bytes) -> tuple[int, str, str, bytes]:
    """Protocol, source, destination and payload of an IPv4 frame from the guest, all checked."""
    assert frame[6:12] == GUEST_MAC and frame[12:14] == b"\x08\x00", frame[:14].hex()
    head = frame[14:34]
    assert head[0] == 0x45 and checksum(head) == 0, head.hex()
    total = struct.unpack_from(">H", head, 2)[0]
    assert 20 <= total <= len(frame) - 14, f"total length {total} in a frame of {len(frame)} bytes"
    assert len(frame) - 14 == max(total, min(46, len(frame) - 14)), "bytes behind the packet"
    source, to = (str(ipaddress.IPv4Address(head[at:at + 4])) for at in (12, 16))
    return head[9], source, to, frame[34:14 + total]


@dataclass(frozen=True)
class Datagram:
    """A UDP datagram from the guest, its lengths and checksums verified."""

    to: Peer
    port: int
    payload: bytes


def is_udp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23:24] == bytes([UDP])


def read_udp(frame: bytes, checksum_wanted: bool = True) -> Datagram:
    protocol, source, to, segment = read_ipv4(frame)
    assert protocol == UDP and source == GUEST_IP, (protocol, source)
    port, to_port, length, value = struct.unpack_from(">HHHH", segment)
    assert length == len(segment), f"UDP length {length} in {len(segment)} bytes"
    if value == 0:
        assert not checksum_wanted, "the guest has sent a datagram without a checksum"
    else:
        assert udp_checksum(source, to, segment) == 0, "the guest's UDP checksum is wrong"
    return Datagram(Peer(frame[:6], to, to_port), port, segment[8:])


def is_ping_reply(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[23:24] == bytes([ICMP])


def read_ping_reply(frame: bytes) -> tuple[str, int, int, bytes]:
    """Whom it is for, identifier, sequence and payload of an echo reply, all checked."""
    protocol, source, to, message = read_ipv4(frame)
    assert protocol == ICMP and source == GUEST_IP, (protocol, source)
    kind, code, _, identifier, sequence = struct.unpack_from(">BBHHH", message)
    assert (kind, code) == (0, 0) and checksum(message) == 0, message[:8].hex()
    return to, identifier, sequence, message[8:]
