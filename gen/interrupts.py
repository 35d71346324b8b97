# SPDX-License-Identifier: Apache-2.0
"""From the cells of an interrupt to the controller's line, by what the controller's driver says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gen import hardware
from gen.claim import Claim, Plan
from gen.drivers import driver_for
from gen.load import Node


@dataclass(frozen=True)
class Line:
    """One used interrupt; `problem` is (what, why, fix) where its cells mean nothing."""

    controller: Node
    cells: tuple[int, ...]
    layout: dict[str, Any]
    name: str
    kind: str = ""
    local: int = 0
    number: int = 0
    count: int = 0
    trigger: str = ""
    problem: tuple[str, str, str] | None = None

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.local} (id {self.number})"

    def split(self, cells: tuple[int, ...]) -> tuple[str, int]:
        """Kind and number of other cells of the same controller."""
        kind = self.layout["kinds"].get(cells[self.layout["kind"]], {})
        return kind.get("name", ""), cells[self.layout["number"]]


def used_lines(plan: Plan) -> Iterator[tuple[Claim, Line]]:
    """The interrupts that the drivers of the claimed nodes use, each with its claim."""
    for claim in plan.claims:
        found = hardware.interrupts(plan.tree, claim.node)
        for name, index in claim.driver.interrupts.items():
            controller = found[index].controller if index < len(found) else None
            driver = driver_for(controller.strings("compatible")) if controller else None
            if driver and driver.interrupt_cells:
                yield claim, decode(controller, found[index].cells, driver.interrupt_cells, name)


def decode(controller: Node, cells: tuple[int, ...], layout: dict[str, Any], name: str) -> Line:
    line = Line(controller, cells, layout, name)
    shown = "<" + " ".join(f"{cell:#x}" if cell > 999 else str(cell) for cell in cells) + ">"
    if len(cells) <= max(layout["kind"], layout["number"], layout["trigger"]):
        return refused(line, f"the interrupt {shown} has {len(cells)} cells",
                       f"{controller.path} wants kind, number and trigger", "three cells")
    kinds, kind = layout["kinds"], cells[layout["kind"]]
    if kind not in kinds:
        listing = ", ".join(f"{n} ({k['name']})" for n, k in sorted(kinds.items()))
        return refused(line, f"the interrupt {shown} is of the unknown kind {kind}",
                       f"{controller.path} knows {listing}", f"nearest: {min(kinds, key=lambda k: abs(k - kind))}")
    entry, number = kinds[kind], cells[layout["number"]]
    if number >= entry["count"]:
        return refused(line, f"{entry['name']} {number} is outside the controller's range",
                       f"{controller.path} has {entry['name']} 0 to {entry['count'] - 1}",
                       f"nearest: {entry['count'] - 1}")
    raw = cells[layout["trigger"]]
    trigger = layout["triggers"].get(raw & layout["trigger-mask"])
    if trigger is None or raw & ~(layout["trigger-mask"] | layout["ignored-mask"]):
        listing = ", ".join(f"{n} ({t})" for n, t in sorted(layout["triggers"].items()))
        return refused(line, f"the trigger {raw:#x} of the interrupt {shown} is none",
                       f"{controller.path} knows {listing}", f"nearest: {nearest_trigger(layout, raw)}")
    return Line(controller, cells, layout, name, entry["name"], number, entry["base"] + number,
                entry["count"], trigger)


def nearest_trigger(layout: dict[str, Any], raw: int) -> int:
    low = raw & layout["trigger-mask"]
    return min(layout["triggers"], key=lambda known: (abs(known - low), known))


def refused(line: Line, what: str, why: str, fix: str) -> Line:
    return Line(line.controller, line.cells, line.layout, line.name, problem=(what, why, fix))
