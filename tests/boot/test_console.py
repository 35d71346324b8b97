# SPDX-License-Identifier: Apache-2.0
"""Every app prints what its expected.txt says, on every machine that has what it uses.

What differs from boot to boot stands there as a regular expression in double braces.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

import frames
import pytest
from frames import GATEWAY_IP, REPLY, REQUEST, Peer
from guest import PATIENCE, ROOT, Guest
from images import apps, machines, suits
from wire import DirectWire
from world import boot_in_known_world

EXPECTED = sorted(file.parent.name for file in (ROOT / "apps").glob("*/expected.txt"))
NEIGHBOUR = Peer(b"\x02peer!", GATEWAY_IP)


def test_every_app_says_what_it_prints() -> None:
    assert EXPECTED == apps(), "an app lacks expected.txt"


def pattern(expected: str) -> re.Pattern[str]:
    """The text as it stands, but for regular expressions in double braces."""
    parts = re.split(r"\{\{(.*?)\}\}(?!\})", expected)
    return re.compile("".join(part if i % 2 else re.escape(part) for i, part in enumerate(parts)))


def oblige(wire: DirectWire) -> None:
    """The network around: answers ARP for the gateway, and each datagram by the same text."""
    frame = wire.receive(0.05)
    if frame is None:
        return
    if frames.is_arp(frame):
        asked = frames.read_arp(frame)
        if (asked.operation, asked.target_ip) == (REQUEST, GATEWAY_IP):
            wire.send(frames.arp(REPLY, NEIGHBOUR, asked.sender_ip, asked.sender_mac, asked.sender_mac))
    elif frames.is_udp(frame):
        said = frames.read_udp(frame)
        wire.send(frames.datagram(said.payload, said.to, said.port))


def is_endless(app: Path) -> bool:
    """Whether the app serves for ever; the others end with status 0."""
    return "for (;;)" in (app / "main.cpp").read_text()


def output(guest: Guest, wire: DirectWire, wanted: re.Pattern[str], endless: bool) -> str:
    """What the guest says until it ends; one that goes on, until it has said all that is wanted, and a while after."""
    until = time.monotonic() + PATIENCE
    while guest.process.poll() is None and time.monotonic() < until:
        oblige(wire)
        if endless and wanted.fullmatch(guest.output):
            until = min(until, time.monotonic() + 0.2)
    if guest.process.poll() is not None:
        guest.end()  # all that it has said is there
    return guest.output


def status_of(app: Path) -> int:
    """What an app that ends does so with: one that shows a fault, with that of a panic."""
    return 70 if "\npanic: " in (app / "expected.txt").read_text() else 0


def has_gone_well(guest: Guest, app: Path) -> bool:
    """Whether it still runs or has ended, as it should."""
    if is_endless(app):
        return guest.process.poll() is None
    return guest.process.poll() is not None and guest.end() == status_of(app)


# An image's own disk has one user at a time.
OWN_DISK = pytest.mark.xdist_group("own disk")
PAIRS = [pytest.param(machine, app, marks=[OWN_DISK] if "disk0" in (ROOT / "apps" / app / "app.dtsi").read_text() else [])
         for machine in machines() for app in EXPECTED if suits(machine, app)]


@pytest.mark.parametrize("machine, app", PAIRS)
def test_console_is_as_expected(image, machine: str, app: str, tmp_path: Path) -> None:
    wanted = pattern((ROOT / "apps" / app / "expected.txt").read_text())
    with DirectWire() as wire:
        with boot_in_known_world(image(machine, app), tmp_path, net=wire.net, keep_open=wire.theirs) as guest:
            said = output(guest, wire, wanted, is_endless(ROOT / "apps" / app))
            assert has_gone_well(guest, ROOT / "apps" / app), said
    assert wanted.fullmatch(said), f"expected:\n{wanted.pattern}\nfound:\n{said}"
