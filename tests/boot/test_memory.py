# SPDX-License-Identifier: Apache-2.0
"""apps/memory on boards with other RAM and other holes: as many pages are free as the board leaves."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from gen.load import load
from gen.memory import ram, reservations
from guest import ROOT, boot
from images import one_per_architecture

PAGE = 4096
Ranges = Iterable[tuple[int, int]]
# Sizes of memory nodes, one behind the other.
SIZES = {"small": [0x800000], "large": [0x10000000], "holes": [0x1800000, 0x800000]}
# Offset and size of reservations of the last board: within a page, over the border of two, side by side, to the end of
# one node and at the start of the other.
HOLES = [(0x610123, 0x10), (0x620ff8, 0x10), (0x700000, 0x3000), (0x703000, 0x1000), (0x17f0000, 0x10000),
         (0x1800000, 0x1)]


def write_board(file: Path, machine: str) -> Ranges:
    """The machine with other memory; returns all that is reserved there."""
    tree, sizes = load(ROOT / "dts" / f"{machine}.dts", None), SIZES[file.stem]
    own, base = ram(tree)[0].span, ram(tree)[0].span.base
    reserved = [(base + at, size) for at, size in HOLES] if file.stem == "holes" else []
    for region in reservations(tree):
        # What the loader leaves at the end of RAM is there whatever the size.
        moved = sum(sizes) - own.size if region.span.base > own.base + own.size // 2 else 0
        reserved.append((region.span.base + moved, region.span.size))
    nodes = [f'  memory@{base + sum(sizes[:i]):x} {{ device_type = "memory"; '
             f"reg = <0x0 {base + sum(sizes[:i]):#x} 0x0 {size:#x}>; }};" for i, size in enumerate(sizes)]
    gone = [f"    /delete-node/ {region.path.rpartition('/')[2]};" for region in reservations(tree)]
    holes = [f"    hole@{at:x} {{ reg = <0x0 {at:#x} 0x0 {size:#x}>; }};" for at, size in reserved]
    file.write_text("\n".join([f'#include "{machine}.dts"', "/ {", *nodes, "  reserved-memory {", *gone, "  };", "};",
                               "/ {", "  reserved-memory {", *holes, "  };", "};", ""]))
    return reserved


def image_range(elf_file: Path) -> tuple[int, int]:
    with elf_file.open("rb") as stream:
        symbols = ELFFile(stream).get_section_by_name(".symtab")
        start, end = (symbols.get_symbol_by_name(name)[0]["st_value"] for name in ("__image_start", "__image_end"))
    return start, end - start


def pages_of(ranges: Ranges) -> set[int]:
    return {page for base, size in ranges for page in range(base // PAGE, -(-(base + size) // PAGE))}


@pytest.mark.parametrize("machine", one_per_architecture("console"))
def test_free_pages_are_what_the_board_leaves(machine: str) -> None:
    build = ROOT / "build/test/memory" / machine
    build.mkdir(parents=True, exist_ok=True)
    reserved = {name: write_board(build / f"{name}.dts", machine) for name in SIZES}
    boards = [part for name in SIZES for part in ("--dts", str(build / f"{name}.dts"))]
    for command in (["./configure.py", *boards, "--app", "memory", "--build", str(build)],
                    ["ninja", "-f", str((build / "build.ninja").relative_to(ROOT))]):
        done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
    for name, sizes in SIZES.items():
        folder = build / name / "memory"
        with boot(folder) as guest:
            assert guest.end() == 0, guest.output
        total = sum(sizes) // PAGE
        free = total - len(pages_of([*reserved[name], image_range(folder / "image.elf")]))
        assert f"memory: {free} of {total} pages are free\n" in guest.output
        assert f"memory: {free} pages taken and given back, {free} are free\n" in guest.output
        assert guest.output.endswith(f"says, {free} are free\nmemory: 5 of 5 wrong ones refused\n")
