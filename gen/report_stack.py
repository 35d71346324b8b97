# SPDX-License-Identifier: Apache-2.0
"""The deepest that the stack of an image can be: frame by frame, level on level."""

from __future__ import annotations

from dataclasses import dataclass

from gen.report_picture import CHARACTER, Box, Picture, Words, box, fit, size
from gen.stack import Depth

WIDTH, BAR, ROW, TOP, GAP = 1100, 46, 17, 24, 26
LEVELS = ("boot and tasks", "an interrupt comes")
KINDS = ("buffers", "text")
STAIRS = 110  # the width that the bars of a level take; their names stand right of them


@dataclass(frozen=True)
class Level:
    """One of the things that can be on top of each other."""

    name: str
    kind: str
    depth: Depth


def levels(depths: list[Depth]) -> list[Level]:
    return [Level(*found) for found in zip(LEVELS, KINDS, depths, strict=True)]


def fault_level(depth: Depth) -> Level:
    return Level("a fault, on its own stack", "stack", depth)


def coroutine_rows(depths: dict[str, Depth]) -> list[tuple[str, Depth]]:
    """The coroutines as they are resumed, the deepest first."""
    running = {name.removesuffix(".resume"): depth for name, depth in depths.items()
               if name.endswith(".resume")}
    return sorted(running.items(), key=lambda row: (-row[1].bytes, row[0]))


def picture(found: list[Level], fault: Level, room: int) -> Picture:
    """All of the stack as a bar; below it each level, frame by frame, as stairs, and the report of
    a fault."""
    used = sum(level.depth.bytes for level in found)
    boxes: list[Box] = []
    words = [Words(0, 14, f"the stack · {size(room)}", "head")]
    parts = [(level.name, level.kind, level.depth.bytes) for level in found]
    x, y = 0.0, 0.0
    for name, kind, count in [*parts, ("never used", "free", room - used)]:
        width = count * WIDTH / room
        boxes.append(box(x, TOP, width, BAR, kind, name, f"{name}: {count} B", count,
                         (name, size(count))))
        x += width
    drawn = [*found, fault]
    column = (WIDTH - GAP * (len(drawn) - 1)) / len(drawn)
    scale = STAIRS / max(level.depth.bytes for level in drawn)
    for index, level in enumerate(drawn):
        left = index * (column + GAP)
        words.append(Words(left, TOP + BAR + 34, f"{level.name} · {size(level.depth.bytes)}", "head"))
        y = max(y, stairs(level, left, TOP + BAR + 44, column, scale, boxes, words))
    return Picture("stack", "The worst stack, frame on frame", WIDTH, y, tuple(boxes), (),
                   tuple(words))


def stairs(level: Level, left: float, y: float, column: float, scale: float, boxes: list[Box],
           words: list[Words]) -> float:
    """A row a frame, from where the one before ends; returns where they end."""
    x = left
    for frame in level.depth.path:
        if frame.bytes == 0:
            continue
        width = frame.bytes * scale
        boxes.append(box(x, y, width, ROW - 3, level.kind, frame.name,
                         f"{frame.name}: {frame.bytes} B", frame.bytes))
        x += width
        text = f"{frame.bytes} "
        words.append(Words(x + 6, y + 11, text + fit(
            frame.name, left + column - x - 6 - len(text) * CHARACTER)))
        y += ROW
    return y
