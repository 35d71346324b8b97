# SPDX-License-Identifier: Apache-2.0
"""The devicetree's own rules: addresses through bus ranges, interrupts, clocks."""

from __future__ import annotations

from dataclasses import dataclass

from gen.load import Node, Tree


@dataclass(frozen=True)
class Span:
    """An address range; `whole` is false where a bus on the way does not reach it.

    `space` is "io" where the CPU reaches it by port instructions, not as memory.
    """

    base: int
    size: int
    whole: bool = True
    space: str = "memory"

    @property
    def end(self) -> int:
        return self.base + self.size

    def overlaps(self, other: Span) -> bool:
        return self.space == other.space and self.base < other.end and other.base < self.end

    def contains(self, other: Span) -> bool:
        return self.space == other.space and self.base <= other.base and other.end <= self.end

    def __str__(self) -> str:
        prefix = "I/O " if self.space == "io" else ""
        return f"{prefix}{self.base:#x}..{self.end:#x}"


def number(cells: list[int]) -> int:
    value = 0
    for cell in cells:
        value = value << 32 | cell
    return value


def address_cells(bus: Node) -> int:
    return bus.cell("#address-cells", 2)


def size_cells(bus: Node) -> int:
    return bus.cell("#size-cells", 1)


def entry_cells(bus: Node) -> int:
    """Cells of an entry of `reg` on this bus."""
    return address_cells(bus) + size_cells(bus)


def entry_reason(bus: Node) -> str:
    """Why an entry of `reg` is as long as it is, for a message."""
    return (f"{bus.path} has #address-cells = <{address_cells(bus)}> ({bus.at('#address-cells')}) "
            f"and #size-cells = <{size_cells(bus)}> ({bus.at('#size-cells')})")


def reg_is_whole(node: Node) -> bool:
    """Whether `reg` holds whole (address, size) entries for the cells of its bus."""
    found, bus = node.get("reg"), node.parent
    if found is None or bus is None:
        return True
    entry = 4 * entry_cells(bus)
    size = len(found.data) if found.form == "cells" else 0
    return entry > 0 and size > 0 and size % entry == 0


def local_spans(node: Node) -> list[Span]:
    """The entries of `reg`, in the addresses of the parent bus."""
    bus = node.parent
    if bus is None or node.get("reg") is None or not reg_is_whole(node):
        return []
    width, total = address_cells(bus), entry_cells(bus)
    cells = node.cells("reg")
    return [Span(number(address), number(cells[i + width:i + total]), space=space)
            for i in range(0, len(cells), total)
            for space, address in [split_space(bus, cells[i:i + width])]]


def split_space(bus: Node, address: list[int]) -> tuple[str, list[int]]:
    """The space of an address on this bus, and its number in there.

    On an ISA bus the first of two cells has bit 0 set in I/O space (IEEE 1275, ISA bus binding).
    """
    if "isa" in bus.strings("compatible") and len(address) == 2:
        return ("io" if address[0] & 1 else "memory"), address[1:]
    if bus.strings("device_type") == ["pci"] and len(address) == 3:
        return "memory", address[1:]  # the first cell says the kind of space
    return "memory", address


def spans(node: Node) -> list[Span]:
    """The entries of `reg` as the CPU sees them, translated through every bus above."""
    return [translate(span, node.parent) for span in local_spans(node)]


def translate(span: Span, bus: Node | None) -> Span:
    while bus is not None and bus.parent is not None:
        window = find_window(span, bus)
        if window is None and span.space == "io":
            return span  # no window maps it to memory, so it stays what it is
        if window is None:
            return Span(span.base, span.size, whole=False)
        span = window
        bus = bus.parent
    return span


def find_window(span: Span, bus: Node) -> Span | None:
    """The span in the addresses of the bus above, or None where no window of `ranges` holds it."""
    if bus.get("ranges") is None:
        return None
    if not bus.cells("ranges"):
        return None if span.space == "io" else span
    for window, upper in windows(bus):
        if window.contains(span):
            return Span(upper + span.base - window.base, span.size)
    return None


def windows(bus: Node, name: str = "ranges") -> list[tuple[Span, int]]:
    """The windows of a bus: (range in its own addresses, base in those of the bus above)."""
    own, size = address_cells(bus), size_cells(bus)
    upper = address_cells(bus.parent) if bus.parent else 0
    cells, total = bus.cells(name), own + upper + size
    rows = [cells[i:i + total] for i in range(0, len(cells) - total + 1, total)] if total else []
    return [(Span(number(address), number(row[own + upper:]), space=space),
             number(row[own:own + upper]))
            for row in rows for space, address in [split_space(bus, row[:own])]]


def dma_windows(bus: Node) -> list[Span]:
    """The memory that devices on this bus reach at the addresses that the CPU has for it."""
    return [window for window, upper in windows(bus, "dma-ranges") if window.base == upper]


@dataclass(frozen=True)
class Specifier:
    """One entry of `interrupts`: its cells, and the controller (None where nothing resolves)."""

    controller: Node | None
    cells: tuple[int, ...]


def parent_holder(node: Node) -> Node | None:
    """The node itself or the nearest above it that states an interrupt parent."""
    return next((at for at in [node, *ancestors(node)] if at.get("interrupt-parent")), None)


def interrupt_parent(tree: Tree, node: Node) -> Node | None:
    holder = parent_holder(node)
    return tree.phandles.get(holder.cell("interrupt-parent", 0)) if holder else None


def stated_parent(node: Node) -> str:
    """Where the node itself says what it interrupts through, for a message about its lines."""
    return f" (interrupt-parent: {node.at('interrupt-parent')})" \
        if node.get("interrupt-parent") else ""


def interrupts(tree: Tree, node: Node) -> list[Specifier]:
    """Each interrupt of the node; `interrupts-extended` goes before `interrupts`."""
    extended = node.cells("interrupts-extended")
    if extended:
        return extended_interrupts(tree, extended)
    nexus = interrupt_nexus(node)
    if nexus is not None:
        return mapped_interrupts(tree, nexus, node)
    controller = interrupt_parent(tree, node)
    width = controller.cell("#interrupt-cells", 0) if controller else 0
    cells = node.cells("interrupts")
    if width == 0:
        return [Specifier(None, tuple(cells))] if cells else []
    return [Specifier(controller, tuple(cells[i:i + width])) for i in range(0, len(cells), width)]


def interrupt_nexus(node: Node) -> Node | None:
    """The bus whose `interrupt-map` says where the node's interrupts go, if any."""
    at = node
    while at.get("interrupt-parent") is None and at.parent is not None:
        at = at.parent
        if at.get("interrupt-map") is not None:
            return at
    return None


def mapped_interrupts(tree: Tree, nexus: Node, node: Node) -> list[Specifier]:
    """Each interrupt of the node as the map routes it; without controller where no row does."""
    places, width = address_cells(nexus), nexus.cell("#interrupt-cells", 1)
    mask = nexus.cells("interrupt-map-mask") or [0xffffffff] * (places + width)
    unit, cells, rows = node.cells("reg")[:places], node.cells("interrupts"), map_rows(tree, nexus)
    if width == 0:
        return [Specifier(None, tuple(cells))] if cells else []
    found = []
    for i in range(0, len(cells), width):
        wanted = [cell & bits for cell, bits in zip(unit + cells[i:i + width], mask)]
        found.append(next((to for key, to in rows if key == wanted),
                          Specifier(None, tuple(cells[i:i + width]))))
    return found


def map_rows(tree: Tree, nexus: Node) -> list[tuple[list[int], Specifier]]:
    """The rows of `interrupt-map`: unit address and interrupt of a child, what they become."""
    cells, rows, i = nexus.cells("interrupt-map"), [], 0
    own = address_cells(nexus) + nexus.cell("#interrupt-cells", 1)
    while i + own < len(cells):
        controller = tree.phandles.get(cells[i + own])
        if controller is None:
            break
        first = i + own + 1 + controller.cell("#address-cells", 0)
        after = first + controller.cell("#interrupt-cells", 0)
        rows.append((cells[i:i + own], Specifier(controller, tuple(cells[first:after]))))
        i = after
    return rows


def extended_interrupts(tree: Tree, cells: list[int]) -> list[Specifier]:
    found, i = [], 0
    while i < len(cells):
        controller = tree.phandles.get(cells[i])
        width = controller.cell("#interrupt-cells", 0) if controller else len(cells)
        found.append(Specifier(controller, tuple(cells[i + 1:i + 1 + width])))
        i += 1 + width
    return found


def ancestors(node: Node) -> list[Node]:
    """The buses above a node, the nearest first."""
    return [node.parent, *ancestors(node.parent)] if node.parent else []


def is_cpu(node: Node) -> bool:
    """A CPU by its name and place: a misspelt device_type makes it no other thing."""
    return node.path.startswith("/cpus/cpu@") and node.parent is not None and node.parent.path == "/cpus"


def interrupt_property(node: Node) -> str:
    return "interrupts-extended" if node.get("interrupts-extended") else "interrupts"


def clock_node(tree: Tree, node: Node, name: str) -> Node | None:
    """Who states the rate of a named clock: the node itself, or else the clock's provider."""
    return node if node.get("clock-frequency") else clock_provider(tree, node, name)


def clock_provider(tree: Tree, node: Node, name: str) -> Node | None:
    """The provider of the clock with this name; the first clock where the node names none."""
    names = node.strings("clock-names")
    wanted = names.index(name) if name in names else (None if names else 0)
    cells, i, index = node.cells("clocks"), 0, 0
    while wanted is not None and i < len(cells):
        provider = tree.phandles.get(cells[i])
        if index == wanted:
            return provider
        i += 1 + (provider.cell("#clock-cells", 0) if provider else 0)
        index += 1
    return None


def enabled(node: Node) -> bool:
    return node.strings("status") in ([], ["okay"], ["ok"])
