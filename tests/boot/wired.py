# SPDX-License-Identifier: Apache-2.0
"""A guest on a wire: what every test asks of it again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import frames
from frames import CLIENT, Peer
from guest import Guest
from wire import Wire

ECHO, COUNTERS = 7, 9


@dataclass(frozen=True)
class Wired:
    """A booted image and its wire."""

    guest: Guest
    wire: Wire

    def settle(self) -> None:
        """Waits until the guest is up and has answered all that it was asked.

        QEMU forgets frames that come before the driver has reset its device, so the question is
        repeated; a ping at the end is answered after all before it.
        """
        for _ in range(1000):
            self.wire.send(frames.arp(frames.REQUEST, CLIENT, frames.GUEST_IP))
            frame = self.wire.receive(0.02)
            while frame and not (frames.is_arp(frame) and frame[:6] == CLIENT.mac):
                frame = self.wire.receive(0.02)
            if frame:
                break
        else:
            raise AssertionError(f"the guest does not answer ARP; it said:\n{self.guest.output}")
        self.wire.send(frames.ping(b"", 0xffff, 0xffff))
        self.wire.expect(frames.is_ping_reply)

    def echo(self, payload: bytes, peer: Peer = CLIENT, timeout: float = 10.0) -> None:
        """Sends one datagram and demands its echo, byte for byte."""
        self.wire.send(frames.datagram(payload, peer, ECHO))
        self.expect_echo(payload, peer, timeout)

    def expect_echo(self, payload: bytes, peer: Peer, timeout: float = 10.0) -> None:
        answer = frames.read_udp(self.wire.expect(frames.is_udp, timeout))
        assert (answer.to, answer.port) == (peer, ECHO)
        assert answer.payload == payload

    def counters(self) -> dict[str, int]:
        """What became of the frames so far, the question for it included."""
        asker = Peer(port=50009)

        def told(frame: bytes) -> bool:
            return frames.is_udp(frame) and frames.read_udp(frame).port == COUNTERS

        self.wire.send(frames.datagram(b"", asker, COUNTERS))
        lines = frames.read_udp(self.wire.expect(told)).payload.decode().splitlines()
        return {name: int(count) for name, _, count in (line.rpartition(" ") for line in lines)}


def changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


Starter = Callable[..., Wired]
