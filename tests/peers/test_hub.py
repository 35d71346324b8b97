# SPDX-License-Identifier: Apache-2.0
"""The limit of a wire, through the real QEMU: a frame goes through its hub, and back reflected."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from frames import CLIENT, GUEST_IP, GUEST_MAC, REPLY, REQUEST, arp, datagram, read_arp, read_udp
from wire import Wire

ROOT = Path(__file__).resolve().parent.parent.parent
QEMU = "qemu-system-aarch64"


@pytest.fixture(scope="module")
def hub() -> Path:
    done = subprocess.run(["ninja", "-f", "bench/bench.ninja", "build/bench/hub"], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return ROOT / "build/bench/hub"


@contextmanager
def reflector(hub: Path) -> Iterator[tuple[Wire, subprocess.Popen[bytes]]]:
    with Wire() as wire, subprocess.Popen([hub, wire.net, QEMU]) as program:
        try:
            wire.connected()
            yield wire, program
        finally:
            program.kill()


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_it_says_where_it_is(hub: Path) -> None:
    with reflector(hub) as (wire, _):
        wire.send(arp(REQUEST, CLIENT, GUEST_IP))
        answer = read_arp(wire.receive())
        assert (answer.operation, answer.sender_ip, answer.sender_mac) == (REPLY, GUEST_IP, GUEST_MAC)


def test_what_is_sent_comes_back_in_order(hub: Path) -> None:
    payloads = [random.Random(number).randbytes(length)
                for number in range(100) for length in (1, 64, 1472)]
    with reflector(hub) as (wire, _):
        # What is sent before the reflector has reached the hub is lost.
        wire.send(datagram(b"anybody there?"))
        while wire.receive(0.2) is None:
            wire.send(datagram(b"anybody there?"))
        while wire.receive(0.2) is not None:
            pass
        for payload in payloads:  # one at a time: QEMU's hub drops what a port cannot take at once
            wire.send(datagram(payload))
            echo = read_udp(wire.receive())  # verifies both checksums
            assert echo.payload == payload


def test_qemu_ends_with_it(hub: Path) -> None:
    with reflector(hub) as (_, program):
        qemu, = children(program.pid)
        program.kill()
        program.wait()
        until = time.monotonic() + 30
        while running(qemu) and time.monotonic() < until:
            time.sleep(0.05)
        assert not running(qemu)


def running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_ends_with_qemu(hub: Path) -> None:
    with reflector(hub) as (_, program):
        qemu, = children(program.pid)
        os.kill(qemu, 15)
        program.wait(timeout=30)


def test_a_qemu_that_does_not_start_is_told(hub: Path) -> None:
    done = subprocess.run([hub, "stream,no-such-option=1", QEMU], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "no-such-option" in done.stderr
