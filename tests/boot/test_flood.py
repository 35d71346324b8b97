# SPDX-License-Identifier: Apache-2.0
"""More than a guest can take: it drops and counts, and every buffer comes back."""

from __future__ import annotations

import random
import time

import frames
import pytest
from images import one_per_architecture
from wired import COUNTERS, Starter, Wired, changes
from frames import CLIENT, GUEST_IP, REQUEST, Peer

FLOOD = 30_000


def flood(wired: Wired, kinds: list[bytes], count: int) -> None:
    """Puts frames on the wire without waiting for any answer, and lets the guest come to rest."""
    chance = random.Random(2)
    for _ in range(count // 1000):
        wired.wire.send(*chance.choices(kinds, k=1000))
    while wired.wire.silence(0.2):
        pass


def window(wired: Wired, size: int) -> None:
    """So many datagrams at once; all of them come back."""
    sent = {Peer(port=20_000 + i): i.to_bytes(2, "big") * 32 for i in range(size)}
    wired.wire.send(*(frames.datagram(payload, peer) for peer, payload in sent.items()))
    for peer, payload in sent.items():
        wired.expect_echo(payload, peer)


KINDS = {
    "small": [frames.datagram(b"x" * 18)],
    "large": [frames.datagram(b"x" * 1472)],
    "mixed": [frames.datagram(b""), frames.datagram(b"x" * 1472), frames.ping(b"y" * 700),
              frames.arp(REQUEST, CLIENT, GUEST_IP), frames.datagram(b"no socket", CLIENT, 99),
              b"\xff" * 20, frames.datagram(b"z", CLIENT, COUNTERS)],
}


@pytest.mark.parametrize("kind", KINDS)
def test_survives_a_flood(wired: Wired, kind: str) -> None:
    before = wired.counters()
    flood(wired, KINDS[kind], FLOOD)
    counted = changes(before, wired.counters())
    # QEMU holds frames back where the guest has no buffer: none is lost before it is counted.
    assert counted["received"] == FLOOD + 1
    for _ in range(4):
        window(wired, 128)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cpu", one_per_architecture())
def test_survives_a_flood_with_few_buffers(start: Starter, cpu: str, kind: str) -> None:
    wired = start(cpu, "few-buffers")
    before = wired.counters()
    flood(wired, KINDS[kind], FLOOD // 3)
    assert changes(before, wired.counters())["received"] == FLOOD // 3 + 1
    for size in range(200):
        wired.echo(b"s" * size)
    window(wired, 2)  # what its queue holds


def test_every_buffer_is_back(wired: Wired) -> None:
    """A window as deep as the ring, over and over: a buffer that leaks is missed soon."""
    for _ in range(20):
        window(wired, 128)
    flood(wired, KINDS["mixed"], 5_000)
    sent = [frames.ping(b"", 7, sequence) for sequence in range(256)]
    wired.wire.send(*sent)
    answers = [frames.read_ping_reply(wired.wire.expect(frames.is_ping_reply)) for _ in sent]
    assert [sequence for _, _, sequence, _ in answers] == list(range(256))


def test_no_loss_at_window_256(wired: Wired) -> None:
    before = wired.counters()
    window(wired, 256)
    window(wired, 256)
    assert changes(before, wired.counters()) == {"received": 513}


HELD = 9  # every buffer of tests/boot/apps/holder: eight to receive, one to send


def test_recovers_when_the_app_holds_every_buffer(start: Starter, cpu: str) -> None:
    wired = start(cpu, "holder")
    for turn in range(3):
        sent = [Peer(port=30_000 + turn * HELD + i) for i in range(HELD)]
        wired.wire.send(*(frames.datagram(peer.port.to_bytes(2, "big"), peer) for peer in sent))
        time.sleep(0.05)
        # Now nothing is left to receive into; what comes waits, and is answered afterwards.
        wired.wire.send(frames.ping(b"wait", 5, turn), frames.arp(REQUEST, CLIENT, GUEST_IP))
        answered = set()
        pinged = resolved = False
        until = time.monotonic() + 10
        while not (pinged and resolved and len(answered) == HELD):
            frame = wired.wire.receive(max(0.0, until - time.monotonic()))
            assert frame is not None, f"stalled: ping {pinged}, ARP {resolved}, echoes {len(answered)} of {HELD}"
            if frames.is_udp(frame):
                echo = frames.read_udp(frame)
                assert echo.payload == echo.to.port.to_bytes(2, "big")
                answered.add(echo.to)
            elif frames.is_arp(frame):
                resolved = True
            else:
                assert frames.read_ping_reply(frame) == (CLIENT.ip, 5, turn, b"wait")
                pinged = True
        assert answered == set(sent)
