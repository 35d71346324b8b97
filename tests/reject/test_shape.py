# SPDX-License-Identifier: Apache-2.0
"""Of every message: a place, what, why and a fix, both sides; six lines of a terminal at most."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
MESSAGES = sorted((file.parent.name, line) for file in HERE.glob("*/expected.txt")
                  for line in file.read_text().splitlines())
COLUMNS, LINES = 100, 6

# `file:line: `, and but for what is about the text of a file, `/node/path: `.
HEAD = re.compile(r"^(?P<place>[\w./-]+:\d+): (?:(?P<path>/[^\s:]*): )?")
# A node that a sentence names, and a line. /dts-v1/ and the like are no nodes.
NAMED = re.compile(r"(?<!\S)(?P<path>/(?![\w-]+/ )[\w,.@+/-]*)")
LINE = re.compile(r" \([\w./-]+:\d+\)")


def ids(values: list[tuple[str, str]]) -> list[str]:
    return [f"{name}-{number}" for number, (name, _) in enumerate(values)]


@pytest.mark.parametrize(("name", "message"), MESSAGES, ids=ids(MESSAGES))
def test_place_what_why_fix(name: str, message: str) -> None:
    head = HEAD.match(message)
    assert head, "no file:line"
    parts = message[head.end():].split("; ")
    assert len(parts) >= 3 and all(parts), "not: what; why; fix"


@pytest.mark.parametrize(("name", "message"), MESSAGES, ids=ids(MESSAGES))
def test_other_side_has_its_line(name: str, message: str) -> None:
    head = HEAD.match(message)
    assert head
    told = message[head.end():].split("; ")[:-1]  # the fix is advice
    named = {found["path"].rstrip(",") for part in told for found in NAMED.finditer(part)}
    # The line follows the node, or a property of it that is named behind it.
    shown = {found["path"].rstrip(",") for part in told for found in NAMED.finditer(part)
             if LINE.search(part, found.end("path"))}
    assert named - shown <= {head["path"]}


@pytest.mark.parametrize(("name", "message"), MESSAGES, ids=ids(MESSAGES))
def test_fits_a_terminal(name: str, message: str) -> None:
    assert -(-len(message) // COLUMNS) <= LINES


MISTAKES = """\
#include "virt-arm64.dts"

&{/memory@40000000} {
  reg = <0x0 0x40000000 0x0 0x7ffffff>;
};

&{/pl011@9000000} {
  interrupts = <0 1 8>;
  current-sped = <9600>;
};

&{/apb-pclk} {
  clock-frequency = <0>;
};

/ {
  aliases {
    net0 = "/virtio_mmio@a003e00/nte";
  };
};
"""


def configure(board: Path, **streams: int) -> subprocess.CompletedProcess[bytes]:
    command = ["./configure.py", "--dts", board, "--app", "udp-echo"]
    return subprocess.run(command, cwd=ROOT, **streams)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    file = tmp_path / "board.dts"
    file.write_text(MISTAKES)
    return file


def test_mistakes_of_all_passes_are_told_at_once(board: Path) -> None:
    """A role that resolves to nothing, the bindings, and rules over several nodes."""
    done = configure(board, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert len(said) == 5, said
    for line, words in ((4, "not made of whole pages"), (8, "trigger"),
                        (9, "current-sped is unknown"), (13, "clock-frequency is 0"),
                        (18, "does not exist")):
        assert any(text.startswith(f"{board}:{line}: ") and words in text for text in said), said
    assert not any("Traceback" in text for text in said)


def test_coloured_on_a_terminal_and_plain_in_a_pipe(board: Path) -> None:
    reader, terminal = pty.openpty()
    assert configure(board, stdout=subprocess.PIPE, stderr=terminal).returncode == 1
    os.close(terminal)
    coloured = b""
    try:
        while piece := os.read(reader, 4096):
            coloured += piece
    except OSError:  # the other end is closed, and all is read
        pass
    os.close(reader)
    plain = configure(board, stdout=subprocess.PIPE, stderr=subprocess.PIPE).stderr
    assert b"\x1b" not in plain
    assert b"\x1b[1m" in coloured and b"\x1b[32mnearest: current-speed\x1b[0m" in coloured
    assert re.sub(rb"\x1b\[\d+m", b"", coloured).replace(b"\r\n", b"\n") == plain
