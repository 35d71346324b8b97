# SPDX-License-Identifier: Apache-2.0
"""The deepest that the stack of an image can be: frame by frame, level on level."""

from __future__ import annotations

from dataclasses import dataclass

from gen.report_picture import Box, Picture, Words, box, fit, size
from gen.stack import Depth, Frame

WIDTH, ROW, LEFT, TOP = 1100, 18, 360, 26
LEVELS = ("boot and tasks", "an interrupt comes", "its handler fails", "the report of that fails")
KINDS = ("buffers", "text", "stack", "bss")


@dataclass(frozen=True)
class Level:
    """One of the things that can be on top of each other."""

    name: str
    kind: str
    depth: Depth


def levels(depths: list[Depth]) -> list[Level]:
    return [Level(*found) for found in zip(LEVELS, KINDS, depths, strict=True)]


def coroutine_rows(depths: dict[str, Depth]) -> list[tuple[str, Depth]]:
    """The coroutines as they are resumed, the deepest first."""
    running = {name: depth for name, depth in depths.items() if name.endswith(".resume")}
    return sorted(running.items(), key=lambda row: (-row[1].bytes, row[0]))


def picture(found: list[Level], room: int) -> Picture:
    """A row a frame, from where the one before ends; the right edge is the end of the stack."""
    scale = (WIDTH - LEFT) / room
    boxes: list[Box] = []
    words: list[Words] = []
    y, at = 0.0, 0
    for level in found:
        words.append(Words(0, y + 16, f"{level.name} · {size(level.depth.bytes)}", "head"))
        y += TOP
        for frame in merged(level.depth.path):
            x, width = LEFT + at * scale, frame.bytes * scale
            boxes.append(box(x, y, width, ROW - 2, level.kind, frame.name,
                             f"{frame.name}: {frame.bytes} B", frame.bytes))
            words += [Words(0, y + 12, fit(frame.name, LEFT - 12)),
                      Words(x + width + 5, y + 12, str(frame.bytes), "note")]
            y, at = y + ROW, at + frame.bytes
        y += 8
    words.append(Words(0, y + 16, f"left · {size(room - at)}", "head"))
    boxes.append(box(LEFT + at * scale, y, (room - at) * scale, ROW - 2, "free", "left",
                     f"left: {room - at} B", room - at))
    return Picture("stack", "The worst stack, frame on frame", WIDTH, y + ROW + 2, tuple(boxes),
                   (), tuple(words))


def merged(path: tuple[Frame, ...]) -> list[Frame]:
    """What keeps nothing on the stack is not drawn."""
    return [frame for frame in path if frame.bytes]
