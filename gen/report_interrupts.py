# SPDX-License-Identifier: Apache-2.0
"""The interrupt wiring of an image: from the device that raises a line to the handler that owns it."""

from __future__ import annotations

from dataclasses import dataclass

from gen.model import Device, Image, Table
from gen.report_picture import Box, Path, Picture, Words, box, curve, fit
from gen.seams import by_line

WIDTH, ROW, HEIGHT, TOP = 1100, 50, 36, 30
SOURCE, PIN, HANDLER = (0, 320), (400, 250), (720, 380)  # left edge and width


@dataclass(frozen=True)
class Wire:
    """A line of a controller: who raises it and how, and what is called."""

    controller: Device
    number: int
    sources: tuple[Device, ...]
    handler: str

    @property
    def how(self) -> str:
        first = self.sources[0]
        return "message" if first.by_message else first.trigger.replace("_", " ")


def wires(image: Image) -> list[Wire]:
    """Every line that is bound, the root's first."""
    return [Wire(table.controller, group[0].shown_interrupt, tuple(group), handler(image, group))
            for table in reversed(image.tables)
            for group in sorted(by_line(table), key=lambda group: group[0].shown_interrupt)]


def handler(image: Image, group: list[Device]) -> str:
    behind = next((t for t in image.tables if t.controller is group[0]), None)
    if behind:
        return f"dispatches {behind.controller.path}"
    return ", ".join(f"{device.object}.interrupt()" for device in group)


def picture(image: Image) -> Picture:
    boxes: list[Box] = []
    paths: list[Path] = []
    words = [Words(left, 12, text, "head") for (left, _), text in
             ((SOURCE, "raised by"), (PIN, "line of the controller"), (HANDLER, "handled by"))]
    y = TOP
    for table in ordered(image):
        found = [wire for wire in wires(image) if wire.controller is table.controller]
        names = (table.controller.path, f"{table.controller.driver}: {table.controller.alias}")
        paths.append(Path(f"M{PIN[0] - 14} {y}h{PIN[1] + 28}v{ROW * len(found) + 40}"
                          f"h{-PIN[1] - 28}z", "frame", " — ".join(names)))
        words += [Words(PIN[0], y + 18 + 15 * i, fit(text, PIN[1]), "note" if i else "label")
                  for i, text in enumerate(names)]
        y += 44
        for wire in found:
            draw(wire, y, boxes, paths)
            y += ROW
        y += 24
    return Picture("interrupts", "Interrupts, from the device to its handler", WIDTH, y - 20,
                   tuple(boxes), tuple(paths), tuple(words))


def ordered(image: Image) -> list[Table]:
    """The root first; without those that only take messages for it."""
    return [table for table in reversed(image.tables) if table.devices]


def draw(wire: Wire, y: float, boxes: list[Box], paths: list[Path]) -> None:
    middle, shown = y + HEIGHT / 2, f"line {wire.number}"
    sources = ", ".join(device.path for device in wire.sources)
    behind = wire.sources[0].is_controller
    kind = "controller" if behind else "device"
    boxes.append(box(*SOURCE[:1], y, SOURCE[1], HEIGHT, kind, sources,
                     f"{sources} raises {shown}", lines=(
                         sources, " + ".join(d.driver for d in wire.sources))))
    boxes.append(box(PIN[0], y, PIN[1], HEIGHT, "line", f"{wire.controller.path} {wire.number}",
                     f"{shown} of {wire.controller.path}, {wire.how}", wire.number,
                     (shown, wire.how)))
    boxes.append(box(HANDLER[0], y, HANDLER[1], HEIGHT, "controller" if behind else "driver",
                     wire.handler, f"{shown} calls {wire.handler}",
                     lines=(wire.handler, f"owner: {', '.join(d.role or d.driver for d in wire.sources)}")))
    paths += [curve(SOURCE[1], middle, PIN[0], middle, f"{sources} to {shown}", "wire"),
              curve(PIN[0] + PIN[1], middle, HANDLER[0], middle, f"{shown} to {wire.handler}",
                    "wire")]
