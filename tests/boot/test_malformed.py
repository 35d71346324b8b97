# SPDX-License-Identifier: Apache-2.0
"""Frames with one mistake each: dropped, counted under the right name, and nothing else happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import frames
import pytest
from wired import ECHO, Wired, changes
from frames import CLIENT, GUEST_MAC, UDP, Peer


def segment(**mistakes: int) -> bytes:
    return frames.udp_segment(b"mistake!", CLIENT, ECHO, **mistakes)


def packet(**mistakes) -> bytes:
    """A frame with a good datagram in a packet with a mistake."""
    return frames.ethernet(frames.ipv4(segment(), UDP, CLIENT.ip, **mistakes))


def carrying(payload: bytes, protocol: int = UDP) -> bytes:
    return frames.ethernet(frames.ipv4(payload, protocol, CLIENT.ip))


GOOD = frames.datagram(b"mistake!")
ARP = frames.arp(frames.REQUEST, CLIENT, frames.GUEST_IP)


def spoiled(frame: bytes, at: int, value: int) -> bytes:
    return frame[:at] + bytes([value]) + frame[at + 1:]


@dataclass(frozen=True)
class Case:
    name: str
    reason: str
    frame: bytes


CASES = [
    # A header that is not whole.
    *(Case(f"Ethernet, {n} bytes", "too short", GOOD[:n]) for n in (1, 5, 6, 12, 13)),
    *(Case(f"IPv4, {n} bytes", "too short", GOOD[:14 + n]) for n in (0, 1, 19)),
    *(Case(f"ARP, {n} bytes", "too short", ARP[:14 + n]) for n in (0, 1, 27)),
    *(Case(f"UDP, {n} bytes", "too short", carrying(segment()[:n])) for n in (0, 1, 7)),
    *(Case(f"ICMP, {n} bytes", "too short", carrying(b"\x08\0\0\0\0\0\0"[:n], frames.ICMP)) for n in (0, 1, 7)),
    Case("UDP, padded", "too short", carrying(segment()[:7]).ljust(60, b"\0")),
    # Formats that nobody here speaks.
    Case("IP version 6", "bad header", packet(version=6)),
    Case("IP version 0", "bad header", packet(version=0)),
    Case("IP version 5", "bad header", packet(version=5)),
    *(Case(f"IP header of {n} words", "bad header", packet(words=n)) for n in range(5)),
    Case("ARP of another hardware", "bad header", spoiled(ARP, 15, 6)),
    Case("ARP of another protocol", "bad header", spoiled(ARP, 17, 1)),
    Case("ARP with long MACs", "bad header", spoiled(ARP, 18, 8)),
    Case("ARP with long IPs", "bad header", spoiled(ARP, 19, 16)),
    # Lengths that the frame belies.
    Case("IP length 1 too long", "bad length", packet(total=37)),
    Case("IP length 65535", "bad length", packet(total=65535)),
    Case("IP length below its header", "bad length", packet(total=19)),
    Case("IP length 0", "bad length", packet(total=0)),
    Case("IP length cuts the datagram", "bad length", packet(total=35)),
    Case("IP length cuts the UDP header", "too short", packet(total=27)),
    Case("UDP length 1 too long", "bad length", carrying(segment(length=17))),
    Case("UDP length 65535", "bad length", carrying(segment(length=65535))),
    Case("UDP length below its header", "bad length", carrying(segment(length=7))),
    Case("UDP length 0", "bad length", carrying(segment(length=0))),
    Case("UDP length into the padding", "bad length", carrying(segment(length=17)).ljust(80, b"\0")),
    # Checksums.
    Case("IP checksum", "bad checksum", packet(flip=0x0100)),
    Case("IP checksum, one bit", "bad checksum", packet(flip=1)),
    Case("UDP checksum", "bad checksum", carrying(segment(flip=0x8000))),
    Case("UDP checksum, one bit", "bad checksum", carrying(segment(flip=1))),
    Case("UDP length 1 too short", "bad checksum", carrying(segment(length=15))),
    Case("ICMP checksum", "bad checksum", frames.ping(b"abc", flip=4)),
    Case("UDP payload", "bad checksum", spoiled(GOOD, len(GOOD) - 1, 0)),
    # What is not put together here.
    Case("first fragment", "fragment", packet(fragment=0x2000)),
    Case("middle fragment", "fragment", packet(fragment=0x2001)),
    Case("last fragment", "fragment", packet(fragment=0x0001)),
    Case("fragment at the end", "fragment", packet(fragment=0x1fff)),
    Case("reserved bit", "fragment", packet(fragment=0x8000)),
    Case("one option", "IP options", packet(options=b"\x01\x01\x01\x00")),
    Case("ten options", "IP options", packet(options=b"\x01" * 40)),
    Case("options beyond the frame", "IP options", packet(words=15)),
    # From nobody who can be answered.
    *(Case(f"from {ip}", "bad source", frames.ethernet(frames.ipv4(segment(), UDP, ip)))
      for ip in ("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "224.0.0.1",
                 "239.255.255.255", "240.0.0.1", "255.255.255.255", "10.0.2.0", "10.0.2.255",
                 frames.GUEST_IP)),
    *(Case(f"from MAC {mac}", "bad source", GOOD[:6] + bytes.fromhex(mac) + GOOD[12:])
      for mac in ("000000000000", "ffffffffffff", "01005e000001")),
    *(Case(f"ARP from {ip}", "bad source",
           frames.arp(frames.REQUEST, Peer(CLIENT.mac, ip, 0), frames.GUEST_IP))
      for ip in ("127.0.0.1", "224.0.0.1", "255.255.255.255", "10.0.2.0", "10.0.2.255")),
    *(Case(f"ARP of MAC {mac}", "bad source", ARP[:22] + bytes.fromhex(mac) + ARP[28:])
      for mac in ("000000000000", "ffffffffffff", "01005e000001")),
    # Not for us.
    Case("another MAC", "other host", b"\x02\0\0\0\0\x09" + GOOD[6:]),
    Case("a multicast MAC", "other host", b"\x01\x00\x5e\0\0\x01" + GOOD[6:]),
    Case("another IP", "other host", packet(to="10.0.2.16")),
    Case("the broadcast IP", "other host", packet(to="10.0.2.255")),
    Case("another port", "no socket", frames.datagram(b"?", CLIENT, 8)),
    Case("port 0", "no socket", frames.datagram(b"?", CLIENT, 0)),
    Case("EtherType of IPv6", "other protocol", frames.ethernet(b"\x60" + bytes(60), 0x86dd)),
    Case("VLAN tag", "other protocol", GOOD[:12] + b"\x81\0\0\x01" + GOOD[12:]),
    Case("a length in place of the EtherType", "other protocol", frames.ethernet(bytes(46), 46)),
    Case("TCP", "other protocol", carrying(bytes(20), 6)),
    Case("protocol 0", "other protocol", carrying(bytes(20), 0)),
    Case("ping reply", "other protocol", frames.ping(b"abc", kind=0)),
    Case("ICMP unreachable", "other protocol", frames.ping(bytes(28), kind=3)),
    Case("ping with a code", "other protocol", frames.ping(b"abc", code=1)),
]


def test_each_mistake_is_counted_by_its_reason(wired: Wired) -> None:
    """One image takes them all, so each also meets what the one before left behind."""
    wrong = []
    for case in CASES:
        before = wired.counters()
        wired.wire.send(case.frame)
        found = changes(before, wired.counters())
        if found != {"received": 2, case.reason: 1}:
            wrong.append(f"{case.name}: expected {case.reason}, counted {found}")
        wired.echo(case.name.encode())
    assert not wrong, "\n".join(wrong)


def test_no_mistake_is_answered(wired: Wired) -> None:
    before = wired.counters()
    wired.wire.send(*(case.frame for case in CASES))
    assert wired.wire.silence(0.5) == []
    expected = Counter(case.reason for case in CASES)
    assert changes(before, wired.counters()) == {"received": len(CASES) + 1, **expected}
    wired.echo(b"still up")


@pytest.mark.parametrize("fill", [0x00, 0xff, 0x45], ids=hex)
def test_runts(wired: Wired, fill: int) -> None:
    """Every size below the shortest legal frame. A frame of 0 bytes stops QEMU's backend for good."""
    before = wired.counters()
    wired.wire.send(*(bytes([fill]) * size for size in range(1, 60)))
    expected = Counter({"received": 60, "too short": 13})
    expected["bad source" if fill == 0xff else "other host"] = 59 - 13
    assert changes(before, wired.counters()) == expected
    wired.echo(b"still up")


def test_runts_of_a_good_frame(wired: Wired) -> None:
    """A datagram cut at each of its bytes is dropped each time."""
    before = wired.counters()
    wired.wire.send(*(GOOD[:size] for size in range(1, len(GOOD))))
    found = changes(before, wired.counters())
    assert found.pop("received") == len(GOOD)
    assert found == {"too short": 33, "bad length": len(GOOD) - 1 - 33}
    wired.echo(b"still up")


def test_oversize(wired: Wired) -> None:
    """Longer than any buffer: QEMU drops what no buffer can hold; the guest sees nothing of it."""
    before = wired.counters()
    for size in (1515, 1516, 1600, 2048, 4096, 65000):
        wired.wire.send(GOOD.ljust(size, b"\xee"), b"\xff" * size)
    wired.wire.send(*(frames.datagram(b"x" * size) for size in (1473, 1474, 2000, 9000)))
    assert changes(before, wired.counters()) == {"received": 1}
    wired.echo(b"x" * 1472)


def test_longest_frame_with_padding(wired: Wired) -> None:
    wired.wire.send(GOOD.ljust(1514, b"\xee"))
    wired.expect_echo(b"mistake!", CLIENT)


def test_odd_but_right(wired: Wired) -> None:
    """What looks wrong and is not: an ARP probe is answered, a datagram on its last hop taken."""
    probe = Peer(CLIENT.mac, "0.0.0.0", 0)
    wired.wire.send(frames.arp(frames.REQUEST, probe, frames.GUEST_IP))
    answer = frames.read_arp(wired.wire.expect(frames.is_arp))
    assert (answer.operation, answer.sender_ip) == (frames.REPLY, frames.GUEST_IP)
    wired.wire.send(packet(ttl=0))
    wired.expect_echo(b"mistake!", CLIENT)


def test_a_flood_of_neighbours(wired: Wired) -> None:
    """Thousands of stations ask, more than any table holds: each is answered or missed, none stalls."""
    asking = [Peer(bytes([2, 0, 0, 0, n >> 8, n & 255]), f"10.0.{2 if n % 2 else 3}.{n % 250 + 3}", 0)
              for n in range(4000)]
    wired.wire.send(*(frames.arp(frames.REQUEST, peer, frames.GUEST_IP) for peer in asking))
    wired.wire.silence(0.5)
    wired.echo(b"still up")
