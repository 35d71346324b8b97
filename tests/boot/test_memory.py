# SPDX-License-Identifier: Apache-2.0
"""apps/memory on boards with other RAM and other holes: as many pages are free as the board leaves."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from guest import ROOT, boot
from images import architecture, one_per_architecture

PAGE = 4096
Ranges = Iterable[tuple[int, int]]


@dataclass(frozen=True)
class Board:
    """Sizes of memory nodes, one behind the other, and what is reserved: offset and size."""

    sizes: tuple[int, ...]
    holes: tuple[tuple[int, int], ...] = ()


BOARDS = {
    "small": Board((0x800000,)),
    "large": Board((0x10000000,)),
    "two": Board((0x1000000, 0x3000000)),
    # Within a page, over the border of two, next to each other, over that of two nodes, at the end.
    "holes": Board((0x1800000, 0x800000), ((0x610123, 0x10), (0x620ff8, 0x10), (0x700000, 0x3000), (0x703000, 0x1000),
                                           (0x17f0000, 0x10000), (0x1800000, 0x1), (0x1fff000, 0x1000))),
}


def write_board(file: Path, machine: str, board: Board) -> Ranges:
    """A machine with other memory; returns all that is reserved there."""
    text = (ROOT / "dts" / f"{machine}.dts").read_text()
    dump = ROOT / "dts/qemu" / f"{machine}.dts"
    whole = (dump.read_text() if dump.is_file() else "") + text
    base = int(re.search(r"^\s*memory@([0-9a-f]+) \{", whole, re.MULTILINE)[1], 16)
    loader = [(name, int(at, 16), int(size, 16)) for name, at, size in re.findall(
        r"(loader|firmware)@[0-9a-f]+ \{\s*reg = <0x0 (0x[0-9a-f]+) 0x0 (0x[0-9a-f]+)>", text)]
    # RISC-V's loader leaves its tree at the end of RAM, wherever that is.
    behind = [(name, at, size) for name, at, size in loader if at > base + 0x1000000]
    moved = [(base + sum(board.sizes) - size, size) for _, _, size in behind]
    holes = [(base + at - (behind[0][2] if behind and at > 0x1f00000 else 0), size) for at, size in board.holes]
    nodes, at = [], base
    for size in board.sizes:
        name = f"memory@{at:x}" if at != base else f"memory@{base:x}"
        nodes.append(f'  {name} {{ device_type = "memory"; reg = <0x0 {at:#x} 0x0 {size:#x}>; }};')
        at += size
    reserved = [f"    hole@{at:x} {{ reg = <0x0 {at:#x} 0x0 {size:#x}>; }};" for at, size in [*holes, *moved]]
    gone = [f"    /delete-node/ {name}@{at:x};" for name, at, _ in behind]
    file.write_text("\n".join([f'#include "{machine}.dts"', "/ {", *nodes, "  reserved-memory {", *gone, *reserved,
                               "  };", "};", ""]))
    return [*holes, *moved, *((at, size) for _, at, size in loader if (_, at, size) not in behind)]


def image_range(elf_file: Path) -> tuple[int, int]:
    with elf_file.open("rb") as stream:
        symbols = ELFFile(stream).get_section_by_name(".symtab")
        start, end = (symbols.get_symbol_by_name(name)[0]["st_value"] for name in ("__image_start", "__image_end"))
    return start, end - start


def pages_of(ranges: Ranges) -> set[int]:
    return {page for base, size in ranges for page in range(base // PAGE, -(-(base + size) // PAGE))}


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize("machine", one_per_architecture("console"))
def test_free_pages_are_what_the_board_leaves(machine: str, name: str) -> None:
    board, build = BOARDS[name], ROOT / "build/test/boards" / f"{architecture(machine)}-{name}"
    build.mkdir(parents=True, exist_ok=True)
    file = build / "board.dts"
    reserved = write_board(file, machine, board)
    for command in (["./configure.py", "--dts", str(file), "--app", "memory", "--build", str(build)],
                    ["ninja", "-f", str((build / "build.ninja").relative_to(ROOT))]):
        done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
    folder = build / "board/memory"
    with boot(folder) as guest:
        assert guest.end() == 0, guest.output
    total = sum(board.sizes) // PAGE
    free = total - len(pages_of([*reserved, image_range(folder / "image.elf")]))
    assert f"memory: {free} of {total} pages are free\n" in guest.output
    assert f"memory: {free} pages taken and given back, {free} are free\n" in guest.output
    assert guest.output.endswith(f"says, {free} are free\nmemory: 4 of 4 wrong ones refused\n")
