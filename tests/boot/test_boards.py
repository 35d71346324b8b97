# SPDX-License-Identifier: Apache-2.0
"""Boards that nobody wrote for: a devicetree given by --dts boots and echoes, the sources as they are."""

from __future__ import annotations

import subprocess
from pathlib import Path

import frames
import pytest
from guest import ROOT, boot
from wire import Wire
from wired import Wired

BOARDS = sorted((ROOT / "tests/boot/boards").glob("*.dts"))


def build(board: Path, *apps: str) -> Path:
    """Builds the apps for a board; returns the folder of their images."""
    folder = ROOT / "build/test" / board.stem
    options = [part for app in apps for part in ("--app", str(app))]
    for command in (["./configure.py", "--dts", str(board), *options, "--build", str(folder)],
                    ["ninja", "-f", str(folder / "build.ninja")]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / board.stem


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_echoes(board: Path) -> None:
    """Bursts, so that lost interrupts would show; and the end by the board's own exit."""
    images = build(board, "hello", "ticks", "udp-echo")
    with Wire() as wire, boot(images / "udp-echo", net=wire.net) as guest:
        wire.connected()
        wired = Wired(guest, wire)
        wired.settle()
        for size in (0, 1, 64, 1472):
            wired.echo(b"e" * size)
        for _ in range(20):
            wire.send(*(frames.datagram(b"x%d" % number) for number in range(32)))
            answers = {frames.read_udp(wire.expect(frames.is_udp)).payload for _ in range(32)}
            assert answers == {b"x%d" % number for number in range(32)}
    for app in ("hello", "ticks"):
        with boot(images / app) as guest:
            assert guest.end() == 0, guest.output
            assert "panic" not in guest.output
