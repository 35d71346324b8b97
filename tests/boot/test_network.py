# SPDX-License-Identifier: Apache-2.0
"""ARP, ping and UDP echo, by a test that is the wire: what is right must be answered exactly."""

from __future__ import annotations

import os
import random

import frames
import pytest
from wired import ECHO, Starter, Wired, changes
from frames import BROADCAST, CLIENT, GATEWAY_IP, GUEST_IP, GUEST_MAC, REPLY, REQUEST, Peer
from guest import boot
from test_flood import window
from wire import DirectWire

LARGEST = 1472  # the payload of a datagram in an unfragmented Ethernet frame


def test_announces_itself(image, machine: str) -> None:
    """The first frame is a gratuitous ARP; on a wire that is there before the guest is."""
    with DirectWire() as wire:
        with boot(image(machine, "udp-echo"), net=wire.net, keep_open=wire.theirs):
            first = wire.receive(20)
    assert first is not None
    said = frames.read_arp(first)
    assert said == frames.ArpMessage(BROADCAST, REQUEST, GUEST_MAC, GUEST_IP, bytes(6), GUEST_IP)


@pytest.mark.parametrize("to", [BROADCAST, GUEST_MAC], ids=["broadcast", "unicast"])
def test_answers_arp(wired: Wired, to: bytes) -> None:
    wired.wire.send(frames.arp(REQUEST, CLIENT, GUEST_IP, to=to))
    told = frames.read_arp(wired.wire.expect(lambda f: frames.is_arp(f) and f[:6] == CLIENT.mac))
    assert told == frames.ArpMessage(CLIENT.mac, REPLY, GUEST_MAC, GUEST_IP, CLIENT.mac, CLIENT.ip)


def test_is_silent_where_arp_asks_for_another(wired: Wired) -> None:
    wired.wire.send(frames.arp(REQUEST, CLIENT, GATEWAY_IP), frames.arp(REPLY, CLIENT, GUEST_IP))
    assert wired.wire.silence() == []
    wired.echo(b"still up")


def test_answers_arp_probe_without_a_sender(wired: Wired) -> None:
    """Who looks whether an address is free has none yet (RFC 5227, 2.1.1)."""
    prober = Peer(ip="0.0.0.0")
    wired.wire.send(frames.arp(REQUEST, prober, GUEST_IP))
    told = frames.read_arp(wired.wire.expect(lambda f: frames.is_arp(f) and f[:6] == prober.mac))
    assert (told.operation, told.sender_ip, told.target_ip) == (REPLY, GUEST_IP, "0.0.0.0")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 17, 18, 19, 56, 57, 64, 1000, 1471, 1472])
def test_answers_ping(wired: Wired, size: int) -> None:
    payload = random.Random(size).randbytes(size)
    wired.wire.send(frames.ping(payload, 0xbeef, size))
    said = frames.read_ping_reply(wired.wire.expect(frames.is_ping_reply))
    assert said == (CLIENT.ip, 0xbeef, size, payload)


def test_ping_checksum_carries(wired: Wired) -> None:
    """The reply's checksum is the request's, changed: every carry must come out right."""
    pings = [frames.ping(b"", identifier, 0) for identifier in range(0xf7f0, 0xf810)]
    pings += [frames.ping(b"", 0xffff, sequence) for sequence in (0, 0xf7fe, 0xf7ff, 0xf800, 0xffff)]
    wired.wire.send(*pings)
    said = [frames.read_ping_reply(wired.wire.expect(frames.is_ping_reply)) for _ in pings]
    assert [(i, s) for _, i, s, _ in said] == [(n, 0) for n in range(0xf7f0, 0xf810)] + [
        (0xffff, sequence) for sequence in (0, 0xf7fe, 0xf7ff, 0xf800, 0xffff)]


def test_echoes_every_size_from_many_sources(wired: Wired) -> None:
    """Sizes 0 to 1472, each from an address of its own; 64 at a time are on their way."""
    chance = random.Random(1)
    sizes = list(range(LARGEST + 1))
    for at in range(0, len(sizes), 64):
        sent = {}
        for size in sizes[at:at + 64]:
            peer = Peer(b"\x02" + chance.randbytes(5), f"10.0.2.{chance.choice([*range(1, 15), *range(16, 255)])}",
                        size + 1024)
            sent[peer] = chance.randbytes(size)
        wired.wire.send(*(frames.datagram(payload, peer) for peer, payload in sent.items()))
        for peer, payload in sent.items():
            wired.expect_echo(payload, peer)


def test_echoes_on_every_machine(start: Starter, machine: str) -> None:
    wired = start(machine, "udp-echo")
    for size in (0, 1, 64, LARGEST):
        wired.echo(b"e" * size)
    for _ in range(20):
        window(wired, 32)


def test_echoes_to_another_network_by_the_way_it_came(wired: Wired) -> None:
    wired.echo(b"from afar", Peer(b"\x02route", "192.0.2.77", 1))


def test_checksum_of_ones(wired: Wired) -> None:
    """A sum that comes out as 0 is sent as ffff: 0 would say that there is none."""
    for filler in range(0x10000):
        payload = filler.to_bytes(2, "big")
        if frames.udp_segment(payload, CLIENT, ECHO)[6:8] == b"\xff\xff":
            break
    wired.wire.send(frames.datagram(payload))
    answer = wired.wire.expect(frames.is_udp)
    assert answer[40:42] == b"\xff\xff"
    assert frames.read_udp(answer).payload == payload


def test_accepts_no_checksum(wired: Wired) -> None:
    before = wired.counters()
    for size in (0, 1, 2, 63, 64, LARGEST):
        payload = os.urandom(size)
        wired.wire.send(frames.datagram(payload, no_checksum=True))
        answer = frames.read_udp(wired.wire.expect(frames.is_udp), checksum_wanted=False)
        assert (answer.to, answer.payload) == (CLIENT, payload)
    assert changes(before, wired.counters()) == {"received": 6 + 1}


def test_ignores_padding(wired: Wired) -> None:
    """Short frames are padded to 60 bytes by real cards; the padding is no payload."""
    for size in (0, 1, 17):
        payload = b"p" * size
        wired.wire.send(frames.datagram(payload).ljust(60, b"\xee"))
        wired.expect_echo(payload, CLIENT)
    wired.wire.send(frames.ping(b"abc").ljust(60, b"\xee"))
    assert frames.read_ping_reply(wired.wire.expect(frames.is_ping_reply))[3] == b"abc"


def test_answers_datagrams_to_its_address_in_a_broadcast_frame(wired: Wired) -> None:
    frame = frames.datagram(b"all")
    wired.wire.send(BROADCAST + frame[6:])
    wired.expect_echo(b"all", CLIENT)
