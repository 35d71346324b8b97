# SPDX-License-Identifier: Apache-2.0
"""What a picture of the report is made of: boxes, lines and words, in units of a pixel."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

WIDTH = 1100
CHARACTER = 7.3  # the width of one, in the pictures' monospaced letters
SHORTEST = 6  # characters of a name that is cut
LINE = 15  # the height of a line of them
PADDING = 6


@dataclass(frozen=True)
class Words:
    """A line of text; `y` is its baseline. A head stands out, a note stays back."""

    x: float
    y: float
    text: str
    kind: str = "label"


@dataclass(frozen=True)
class Box:
    """A thing: its colour, its whole name, what its length or area stands for, and what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    name: str
    title: str
    value: int | None = None
    words: tuple[Words, ...] = ()


@dataclass(frozen=True)
class Path:
    """A line, or an area behind the boxes, as SVG writes it; what it joins."""

    d: str
    kind: str
    title: str


@dataclass(frozen=True)
class Picture:
    """Paths lie below, then boxes, then words."""

    name: str
    title: str
    width: float
    height: float
    boxes: tuple[Box, ...]
    paths: tuple[Path, ...] = ()
    words: tuple[Words, ...] = ()


def fit(text: str, width: float) -> str:
    """The text; where the width does not hold it without its qualifiers, or cut in its middle; and
    nothing where too little would be left."""
    room = int(width / CHARACTER)
    if len(text) <= room:
        return text
    text = text.rpartition("::")[2]
    if len(text) <= room:
        return text
    if room < SHORTEST:
        return ""
    return text[:room - room // 2 - 1] + "…" + text[len(text) - room // 2:]


def box(x: float, y: float, width: float, height: float, kind: str, name: str, title: str,
        value: int | None = None, lines: tuple[str, ...] = ()) -> Box:
    """A box with its lines of text in the middle of its height, as far as they fit: the first may
    be cut."""
    room = width - 2 * PADDING
    head = fit(lines[0], room) if lines else ""
    shown = [head, *(line for line in lines[1:] if len(line) * CHARACTER <= room)] if head else []
    shown = shown[:int(height / LINE)]
    first = y + (height - LINE * len(shown)) / 2 + 11
    words = tuple(Words(x + PADDING, first + LINE * i, line, "note" if i else "label")
                  for i, line in enumerate(shown))
    return Box(x, y, width, height, kind, name, title, value, words)


def curve(x: float, y: float, to_x: float, to_y: float, title: str, kind: str = "link") -> Path:
    """From left to right, level at both ends."""
    middle = (x + to_x) / 2
    return Path(f"M{number(x)} {number(y)}C{number(middle)} {number(y)} {number(middle)} "
                f"{number(to_y)} {number(to_x)} {number(to_y)}", kind, title)


@dataclass(frozen=True)
class Step:
    """A row of `steps`: where, how many bytes, and as a box."""

    where: str
    bytes: int
    kind: str
    name: str
    said: str
    title: str


def steps(name: str, title: str, head: str, rows: list[Step]) -> Picture:
    """A bar for each row. Sizes differ by orders of magnitude, so an equal step stands for a
    doubling."""
    top, height, left = 24, 24, 330
    step = (WIDTH - left) / max(log2(max(row.bytes, 2)) for row in rows)
    boxes, words = [], [Words(0, 12, "address", "head"), Words(left, 12, head, "head")]
    for index, row in enumerate(rows):
        y = top + index * height
        words += [Words(0, y + 15, row.where),
                  Words(left + 6, y + 15, fit(row.said, WIDTH - left - 2 * PADDING))]
        boxes.append(box(left, y, log2(max(row.bytes, 2)) * step, height - 4, row.kind, row.name,
                         row.title, row.bytes))
    return Picture(name, title, WIDTH, top + len(rows) * height, tuple(boxes), (), tuple(words))


def number(value: float) -> str:
    """A coordinate, to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def size(count: int) -> str:
    """Bytes as people read them; whole as long as they are few."""
    if count < 10_000:
        return f"{count:,} B"
    for unit, power in (("KiB", 10), ("MiB", 20), ("GiB", 30)):
        if count < 10_000 << power:
            whole = count % (1 << power) == 0 or count >> power >= 100
            return f"{count / (1 << power):,.{0 if whole else 1}f} {unit}"
    return f"{count:#x} B"
