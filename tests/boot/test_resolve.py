# SPDX-License-Identifier: Apache-2.0
"""An app that starts the traffic: its peer is asked for by ARP, more than once where it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import frames
import pytest
from wired import Wired
from frames import BROADCAST, GATEWAY_IP, GUEST_IP, REPLY, REQUEST, Peer
from guest import boot
from wire import DirectWire

PEER = Peer(mac=b"\x02peer!", ip=GATEWAY_IP, port=9000)


@pytest.fixture
def sender(image: Callable[..., object], cpu: str) -> Iterator[Wired]:
    with ExitStack() as stack:
        wire = stack.enter_context(DirectWire())
        guest = stack.enter_context(boot(image(cpu, "udp-send"), net=wire.net, keep_open=wire.theirs))
        yield Wired(guest, wire)


def asks(frame: bytes) -> bool:
    """Whether a frame asks for the peer; a gratuitous ARP asks for the guest itself."""
    return frames.is_arp(frame) and frames.read_arp(frame).target_ip == PEER.ip


def answer(wired: Wired) -> None:
    wired.wire.send(frames.arp(REPLY, PEER, GUEST_IP, frames.GUEST_MAC, frames.GUEST_MAC))


def test_resolves_at_the_second_attempt(sender: Wired) -> None:
    for _ in range(2):
        asked = frames.read_arp(sender.wire.expect(asks))
        assert (asked.to, asked.operation, asked.sender_ip) == (BROADCAST, REQUEST, GUEST_IP)
    answer(sender)
    for number in range(1, 6):
        sent = frames.read_udp(sender.wire.expect(frames.is_udp))
        assert (sent.to, sent.port, sent.payload) == (PEER, 5000, str(number).encode())
        sender.wire.send(frames.datagram(b"answer"[:number], PEER, 5000))
    assert sender.guest.end() == 0
    assert sender.guest.output == "".join(
        f"udp-send: 10.0.2.2:9000 answered {number} bytes\n" for number in range(1, 6))


def test_gives_up_after_four_attempts(sender: Wired) -> None:
    assert sender.guest.end() == 2
    assert sender.guest.output == "udp-send: 10.0.2.2:9000 does not answer\n"
    asked = [frame for frame in sender.wire.silence() if asks(frame)]
    assert len(asked) == 4


def test_reaches_another_network_by_the_gateway(image: Callable[..., object], cpu: str) -> None:
    """Asked for is the gateway; the datagrams carry its Ethernet address and the peer's own IP address."""
    far = Peer(PEER.mac, "192.0.2.9", PEER.port)
    with DirectWire() as wire, boot(image(cpu, "udp-far"), net=wire.net, keep_open=wire.theirs) as guest:
        wire.expect(asks)
        answer(Wired(guest, wire))
        for number in range(1, 6):
            sent = frames.read_udp(wire.expect(frames.is_udp))
            assert (sent.to, sent.payload) == (far, str(number).encode())
            wire.send(frames.datagram(b"x", far, 5000))
        assert guest.end() == 0, guest.output
        assert guest.output == "udp-send: 192.0.2.9:9000 answered 1 bytes\n" * 5
