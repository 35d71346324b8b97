# SPDX-License-Identifier: Apache-2.0
"""Whom a PCI function sends its interrupts to as messages, by `msi-map` or `msi-parent` of its bus.

A function without such a controller, or whose controller nobody drives, interrupts by its pin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gen.drivers import Driver, driver_for
from gen.hardware import ancestors, enabled
from gen.load import Node, Tree

MESSAGE_CONTROLLER = "message-controller"


@dataclass(frozen=True)
class Row:
    """A row of `msi-map`, or what `msi-parent` says of all requesters; None: no such node."""

    first: int
    count: int
    controller: Node | None
    source: int
    # Bits of a requester that tell sources apart.
    mask: int

    def source_of(self, requester: int) -> int | None:
        offset = (requester & self.mask) - self.first
        return self.source + offset if 0 <= offset < self.count else None


@dataclass(frozen=True)
class Receiver:
    """The controller that takes a function's messages, and whose lines they become."""

    node: Node
    driver: Driver
    lines_of: Node
    # How the controller tells this function from others.
    source: int


def rows(tree: Tree, bus: Node) -> Iterator[Row]:
    """What the bus says of messages; `msi-map` goes before `msi-parent`."""
    cells = bus.cells("msi-map")
    if cells:
        mask = bus.cell("msi-map-mask", 0xffff)
        for i in range(0, len(cells) - 3, 4):
            first, phandle, source, count = cells[i:i + 4]
            yield Row(first, count, tree.phandles.get(phandle), source, mask)
        return
    parent = bus.cells("msi-parent")
    if parent:
        yield Row(0, 1, tree.phandles.get(parent[0]), parent[1] if len(parent) > 1 else 0, 0)


def receiver(tree: Tree, node: Node, driver: Driver) -> Receiver | None:
    """Who takes the messages of this node, whose driver this is."""
    if not driver.pci or "message-bar" not in driver.pci or node.parent is None:
        return None
    requester = node.cell("reg", 0) >> 8 & 0xffff
    for row in rows(tree, node.parent):
        source, found = row.source_of(requester), row.controller
        taker = driver_for(found.strings("compatible")) if found else None
        if source is None or taker is None or not taker.messages or not enabled(found) \
                or found.parent is None:
            continue
        # A part of an interrupt controller raises its lines.
        lines_of = found if taker.interrupt_cells else ancestors(found)[0]
        return Receiver(found, taker, lines_of, source)
    return None
