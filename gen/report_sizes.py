# SPDX-License-Identifier: Apache-2.0
"""Sections and symbols of an image by size, and the treemap of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gen.demangle import demangle
from gen.report_picture import Box, Picture, box, size
from gen.seal import PARTS, Elf

WIDTH, HEIGHT = 1100, 520
# Of link.ld.
LIMIT = re.compile(r"__(image|bss|stack|fault_stack|symbols|checked_calls)_(start|end|bottom|top|guard)"
                   r"|__(text|rodata)_end|__page_tables")
CODE = ("text", "rodata", "data", "other")


@dataclass(frozen=True)
class Item:
    """A function or object; `rest` is what no symbol names: texts, alignment."""

    base: int
    size: int
    name: str
    rest: bool = False


@dataclass(frozen=True)
class Section:
    """A section in memory, its word in the memory line, and its items without gaps."""

    name: str
    word: str
    base: int
    size: int
    items: tuple[Item, ...]

    @property
    def end(self) -> int:
        return self.base + self.size


def sections(elf: Elf) -> list[Section]:
    """By address; nothing that is empty."""
    words = dict(PARTS)
    return [Section(name, words.get(name, "other"), base, count,
                    tuple(items(elf, name, base, base + count)))
            for name, (base, count) in sorted(elf.sections.items(), key=lambda s: s[1]) if count]


def items(elf: Elf, section: str, base: int, end: int) -> list[Item]:
    """What symbols say of a section. One without a size reaches to the next."""
    starts: dict[int, tuple[int, str]] = {}
    for address, count, name in elf.symbols:
        if base <= address < end and not LIMIT.fullmatch(name):
            starts[address] = max(starts.get(address, (0, name)), (count, name))
    names = demangle([name for _, name in starts.values()])
    limits = [*list(starts)[1:], end]
    found, at = [], base
    for (address, (count, _)), name, limit in zip(starts.items(), names, limits):
        if address > at:
            found.append(rest(section, at, address))
        at = min(address + count, limit) if count else limit
        found.append(Item(address, at - address, name))
    if not found:
        return [Item(base, end - base, section)]
    return [*found, rest(section, at, end)] if at < end else found


def rest(section: str, base: int, end: int) -> Item:
    return Item(base, end - base, f"{section}, unnamed", True)


def treemaps(found: list[Section]) -> list[Picture]:
    """All of the image, and without the buffers what is too small to see beside them."""
    small = [section for section in found if section.word in CODE]
    return [treemap("all", "Everything in memory, by size", found),
            treemap("code", "Code, constants and initialised data alone, by size", small)]


def treemap(name: str, title: str, found: list[Section]) -> Picture:
    """A section is an area of one colour, its items are areas in that."""
    largest = sorted(found, key=lambda s: (-s.size, s.name))
    boxes: list[Box] = []
    for section, area in zip(largest, squarified([s.size for s in largest], 0, 0, WIDTH, HEIGHT)):
        rows = sorted(merged(section), key=lambda i: (-i.size, i.name))
        for item, place in zip(rows, squarified([i.size for i in rows], *area)):
            kind = f"{section.word} rest" if item.rest else section.word
            boxes.append(box(*place, kind, item.name,
                             f"{item.name}: {size(item.size)} of {section.name}", item.size,
                             (item.name, size(item.size))))
    return Picture(name, title, WIDTH, HEIGHT, tuple(boxes))


def merged(section: Section) -> list[Item]:
    """What has no name is one area, however many places it is in."""
    named = [item for item in section.items if not item.rest]
    unnamed = sum(item.size for item in section.items if item.rest)
    return [*named, rest(section.name, 0, unnamed)] if unnamed else named


Area = tuple[float, float, float, float]


def squarified(sizes: list[int], x: float, y: float, width: float, height: float) -> list[Area]:
    """Areas in proportion to the sizes, which fall; each row is filled along the shorter side as
    long as that makes its areas more square (Bruls, Huizing and van Wijk, 2000)."""
    found: list[Area] = []
    left = sum(sizes)
    while left:
        short, scale = min(width, height), width * height / left
        row = sizes[len(found):len(found) + 1]
        while len(found) + len(row) < len(sizes):
            longer = sizes[len(found):len(found) + len(row) + 1]
            if worst(longer, short, scale) > worst(row, short, scale):
                break
            row = longer
        depth, at = sum(row) * scale / short, 0.0
        for count in row:
            length = count * scale / depth
            found.append((x, y + at, depth, length) if width >= height else
                         (x + at, y, length, depth))
            at += length
        if width >= height:
            x, width = x + depth, width - depth
        else:
            y, height = y + depth, height - depth
        left -= sum(row)
    return found


def worst(row: list[int], short: float, scale: float) -> float:
    """The largest ratio of sides in a row."""
    depth = sum(row) * scale / short
    sides = [count * scale / depth for count in row]
    return max(max(depth / side, side / depth) for side in sides)
