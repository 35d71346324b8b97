# SPDX-License-Identifier: Apache-2.0
"""Interrupts to lines of their controllers: by their cells, or as messages the first free line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gen import hardware
from gen.claim import Claim, Plan
from gen.drivers import driver_for
from gen.entries import entries
from gen.load import Node, Tree
from gen.messages import Receiver, receiver


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
    first: int = 0
    count: int = 0
    trigger: str = ""
    problem: tuple[str, str, str] | None = None

    @property
    def shown(self) -> str:
        return f"{self.kind} {self.local} (id {self.number})"

    def split(self, cells: tuple[int, ...]) -> tuple[str, int]:
        """Kind and number of other cells of the same controller."""
        kind = self.layout["kinds"].get(cell(cells, self.layout, "kind"), {})
        return kind.get("name", ""), cells[self.layout["number"]]


def used_lines(plan: Plan) -> Iterator[tuple[Claim, Line]]:
    """The interrupts that the drivers of the claimed nodes use, each with its claim."""
    taken: set[tuple[str, int]] = set()
    for claim in plan.claims:
        found = receiver(plan.tree, claim.node, claim.driver)
        if found:
            taken = taken or set(wired(plan.tree))
            line = message_line(claim, found, taken)
            taken.add((line.controller.path, line.number))
            yield claim, line
            continue
        for entry in entries(plan.tree, claim.node, claim.driver):
            controller = entry.specifier.controller if entry.specifier else None
            driver = driver_for(controller.strings("compatible")) if controller else None
            if driver and driver.interrupt_cells:
                yield claim, decode(controller, entry.specifier.cells, driver.interrupt_cells,
                                    entry.name)


def wired(tree: Tree) -> dict[tuple[str, int], list[str]]:
    """By controller and number every line that nodes of the tree have, claimed or not: their paths.
    A bus has the lines that its map leads to."""
    found: dict[tuple[str, int], list[str]] = {}
    for node in tree.root.walk():
        mapped = hardware.map_rows(tree, node) if node.get("interrupt-map") else []
        for specifier in [*hardware.interrupts(tree, node), *(to for _, to in mapped)]:
            controller = specifier.controller
            driver = driver_for(controller.strings("compatible")) if controller else None
            if driver and driver.interrupt_cells:
                line = decode(controller, specifier.cells, driver.interrupt_cells, "")
                paths = found.setdefault((controller.path, line.number), [])
                if line.problem is None and node.path not in paths:
                    paths.append(node.path)
    return found


def message_line(claim: Claim, to: Receiver, taken: set[tuple[str, int]]) -> Line:
    """The lowest line that the controller can raise and nobody has."""
    facts, path = to.driver.messages, to.lines_of.path
    first, count = (value(facts[name], to.node) for name in ("first", "count"))
    number = next((n for n in range(first, first + count) if (path, n) not in taken), None)
    line = Line(to.lines_of, (), {}, "message", facts["name"], number or 0, number or 0, first,
                count, "edge_rising")
    if number is not None:
        return line
    named = "msi-map" if claim.slot.get("msi-map") else "msi-parent"
    return refused(line, f"there is no {facts['name']} left for its messages",
                   f"{to.node.cite()} has the ids {first} to {first + count - 1}, and each has "
                   "an owner", f"its pin: /delete-property/ {named}; in {claim.slot.cite(named)}")


def cell(cells: tuple[int, ...], layout: dict[str, Any], meaning: str) -> int:
    """The cell that says this; 0 where the controller's interrupts have none for it."""
    return cells[layout[meaning]] if meaning in layout else 0


def value(entry: int | dict[str, str], controller: Node) -> int:
    """A number of the layout: as it stands there, or a property of the controller."""
    return controller.cell(entry["property"], 0) if isinstance(entry, dict) else entry


def decode(controller: Node, cells: tuple[int, ...], layout: dict[str, Any], name: str) -> Line:
    line = Line(controller, cells, layout, name)
    shown = "<" + " ".join(f"{cell:#x}" if cell > 999 else str(cell) for cell in cells) + ">"
    meanings = sorted({"kind", "number", "trigger"} & layout.keys(), key=layout.__getitem__)
    wide = len(cells) > layout[meanings[-1]] + 1  # then their number may be what is wrong
    stated = controller.cite("#interrupt-cells" if wide else "")
    if len(cells) <= layout[meanings[-1]]:
        return refused(line, f"the interrupt {shown} has {len(cells)} cells",
                       f"{controller.cite()} wants {' and '.join(meanings)}",
                       f"nearest: {layout[meanings[-1]] + 1} cells")
    kinds, kind = layout["kinds"], cell(cells, layout, "kind")
    if kind not in kinds:
        listing = ", ".join(f"{n} ({k['name']})" for n, k in sorted(kinds.items()))
        return refused(line, f"the interrupt {shown} is of the unknown kind {kind}",
                       f"{stated} knows {listing}",
                       f"nearest: {min(kinds, key=lambda k: abs(k - kind))}")
    entry, number = kinds[kind], cells[layout["number"]]
    first, count = entry.get("first", 0), value(entry["count"], controller)
    if not first <= number < first + count:
        return refused(line, f"{entry['name']} {number} is outside the controller's range",
                       f"{stated} has {entry['name']} {first} to {first + count - 1}",
                       f"nearest: {first if number < first else first + count - 1}")
    raw = cell(cells, layout, "trigger")
    mask = layout.get("trigger-mask", 0)
    triggers = layout["triggers"] | entry.get("triggers", {})
    trigger = triggers.get(raw & mask)
    if trigger is None or raw & ~(mask | layout.get("ignored-mask", 0)):
        listing = ", ".join(f"{n} ({t})" for n, t in sorted(triggers.items()))
        return refused(line, f"the trigger {raw:#x} of the interrupt {shown} is none",
                       f"{stated} knows {listing}",
                       f"nearest: {min(triggers, key=lambda n: (abs(n - (raw & mask)), n))}")
    return Line(controller, cells, layout, name, entry["name"], number, entry["base"] + number,
                first, count, trigger)


def refused(line: Line, what: str, why: str, fix: str) -> Line:
    return Line(line.controller, line.cells, line.layout, line.name, problem=(what, why, fix))
