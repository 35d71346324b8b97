# SPDX-License-Identifier: Apache-2.0
"""The memory map of an image: bars to scale with the rights of each part, each bar the enlarged part
of the one above; registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gen.model import Image
from gen.report_picture import WIDTH, Box, Path, Picture, Step, Words, box, number, size, steps
from gen.report_rights import ABSENT, Range, parts
from gen.report_sizes import Section

BAR, GAP, TOP = 52, 62, 24


@dataclass(frozen=True)
class Span:
    """A part of a bar; `rights` where all of it has the same."""

    base: int
    size: int
    kind: str
    name: str
    rights: str = ""

    @property
    def end(self) -> int:
        return self.base + self.size


@dataclass(frozen=True)
class Bar:
    """Neighbouring spans without gaps; `zoomed` is what the next bar enlarges."""

    title: str
    spans: tuple[Span, ...]
    zoomed: tuple[int, int] | None = None

    @property
    def base(self) -> int:
        return self.spans[0].base

    @property
    def size(self) -> int:
        return self.spans[-1].end - self.base


def bars(image: Image, sections: list[Section], rights: list[Range]) -> list[Bar]:
    """All of the RAM, the image in it, and the buffers in that."""
    start, end = sections[0].base, -(-sections[-1].end // 4096) * 4096
    taken = [Span(area.base, area.size, "reserved", f"reserved: {area.path}")
             for area in image.reserved] + [Span(start, end - start, "image", "the image")]
    found = [Bar(f"RAM: {area.path}",
                 filled(area.base, area.end, [s for s in taken if area.base <= s.base < area.end],
                        "free", "free"),
                 (start, end) if area.base <= start < area.end else None) for area in image.ram]
    # The bar that the next one enlarges stands above it.
    found.sort(key=lambda bar: bar.zoomed is not None)
    buffers = next((s for s in sections if s.name == ".noinit" and s.size), None)
    found.append(Bar("the image", filled(
        start, end, [Span(s.base, s.size, s.word, s.name) for s in sections], "gap", "alignment"),
        (buffers.base, buffers.end) if buffers else None))
    if buffers:
        found.append(Bar("buffers (.noinit), never cleared", tuple(
            Span(item.base, item.size, "gap" if item.rest else "buffers", item.name)
            for item in buffers.items)))
    return [replace(bar, spans=tuple(part for span in bar.spans for part in by_rights(span, rights)))
            for bar in found]


def by_rights(span: Span, rights: list[Range]) -> Iterator[Span]:
    """A span cut where its rights change; the next bar shows those of the image."""
    if span.kind == "image":
        yield span
        return
    for part in parts(rights, span.base, span.end):
        absent = part.rights == ABSENT and span.kind == "gap"
        yield Span(part.base, part.end - part.base, "guard" if absent else span.kind,
                   part.what if absent and part.what else span.name, part.rights)


def filled(base: int, end: int, spans: list[Span], kind: str, name: str) -> tuple[Span, ...]:
    """The spans by address, with what is between them."""
    found: list[Span] = []
    for span in [*sorted(spans, key=lambda s: s.base), Span(end, 0, "", "")]:
        if span.base > base:
            found.append(Span(base, span.base - base, kind, name))
        if span.size:
            found.append(span)
        base = max(base, span.end)
    return tuple(found)


def picture(image: Image, sections: list[Section], rights: list[Range]) -> Picture:
    boxes: list[Box] = []
    paths: list[Path] = []
    words: list[Words] = []
    y, found = float(TOP), bars(image, sections, rights)
    for bar in found:
        scale = WIDTH / bar.size
        words.append(Words(0, y - 8, f"{bar.title} · {bar.base:#x} … {bar.base + bar.size:#x} · "
                                     f"{size(bar.size)}", "head"))
        boxes += [box((span.base - bar.base) * scale, y, span.size * scale, BAR, span.kind,
                      span.name, ", ".join([f"{span.name}: {span.base:#x} … {span.end:#x}",
                                            size(span.size), *([span.rights] if span.rights else [])]),
                      span.size, (span.name, size(span.size), span.rights)) for span in bar.spans]
        if bar.zoomed:
            left, right = ((edge - bar.base) * scale for edge in bar.zoomed)
            paths.append(Path(f"M{number(left)} {number(y + BAR)}L0 {number(y + BAR + GAP)}H{WIDTH}"
                              f"L{number(right)} {number(y + BAR)}Z", "zoom", "enlarged"))
        y += BAR + GAP
    return Picture("memory", "Memory, to scale", WIDTH, y - GAP + 2, tuple(boxes), tuple(paths),
                   tuple(words))


def registers(image: Image) -> Picture | None:
    """A bar for each register block, by address."""
    blocks = sorted(((register.space, register.base, register.size, device) for device in
                     image.devices for register in device.registers), key=lambda b: b[:3])
    rows = []
    for space, base, bytes, device in blocks:
        prefix = "port " if space == "pio" else ""
        rows.append(Step(f"{prefix}{base:#x} … {base + bytes:#x}", bytes, "device", device.path,
                         f"{size(bytes)} · {device.path} · {device.driver}",
                         f"{device.path}: {prefix}{base:#x}, {size(bytes)}"))
    return steps("registers", "Device registers, by address",
                 "size, doubling with each step, and owner", rows) if rows else None
