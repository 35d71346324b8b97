# SPDX-License-Identifier: Apache-2.0
"""RAM, what is reserved of it, and where that leaves room for the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gen.architecture import bare_entry, facts_of
from gen.claim import Claim, Plan
from gen.hardware import Span, ancestors, dma_windows, enabled, spans
from gen.load import Node, Tree
from gen.problem import Place

# The least room that is worth the name.
PAGE = 4096


@dataclass(frozen=True)
class Region:
    """A range of memory and the line that states it."""

    path: str
    place: Place
    span: Span


def memory_nodes(tree: Tree) -> list[Node]:
    return [n for n in tree.root.children.values()
            if (n.strings("device_type") == ["memory"] or n.name.split("@")[0] == "memory")
            and enabled(n)]


def ram(tree: Tree) -> list[Region]:
    found = [Region(n.path, n.at("reg"), span) for n in memory_nodes(tree)
             for span in spans(n) if span.size]
    return sorted(found, key=lambda r: r.span.base)


def reservations(tree: Tree) -> list[Region]:
    """The /memreserve/ statements and the children of /reserved-memory, by address."""
    found = [Region("/memreserve/", place, Span(base, size))
             for base, size, place in tree.reservations]
    found += [Region(node.path, node.at("reg"), span) for node in reservation_nodes(tree)
              for span in spans(node) if span.size]
    return sorted(found, key=lambda r: r.span.base)


def reservation_nodes(tree: Tree) -> list[Node]:
    holder = tree.nodes.get("/reserved-memory")
    return [node for node in holder.children.values() if enabled(node)] if holder else []


def image_room(plan: Plan) -> Region | None:
    """The largest range of RAM that nothing reserves, that an image may begin in, and that each
    device with DMA reaches: its buffers lie in the image."""
    holes = free_ranges(plan.tree)
    for _, bus in dma_limits(plan):
        holes = reached(plan.tree, holes, bus)
    return max(holes, key=lambda hole: (hole.span.size, -hole.span.base), default=None)


def part_of_image(room: Region) -> str:
    """Where what is compiled into an image has to find its place."""
    return f"a part of the image, which lies in {room.span} of {room.path} ({room.place})"


def free_ranges(tree: Tree) -> list[Region]:
    """The ranges of RAM that nothing reserves and that an image may begin in."""
    regions = ram(tree)
    # Nothing of an image lies at address zero: an access there is a mistake.
    zero = Region("", Place(""), Span(0, PAGE))
    holes = [hole for region in regions
             for hole in holes_of(region, [zero, *reservations(tree)], alignment(tree))]
    limit = 1 << facts_of(tree).get("image-address-bits", 64)
    holes = [replace(hole, span=Span(hole.span.base, min(hole.span.end, limit) - hole.span.base))
             for hole in holes if hole.span.base < limit]
    if bare_entry(tree):
        holes = [hole for hole in holes if hole.span.base == regions[0].span.base]
    return holes


def alignment(tree: Tree) -> int:
    return facts_of(tree).get("image-alignment", PAGE)


def dma_limits(plan: Plan) -> Iterator[tuple[Claim, Node]]:
    """The buses that say what of the memory a claimed device above them reaches.

    A bus without `dma-ranges`, or with an empty one, passes every address on as it is.
    """
    for claim in plan.claims:
        if claim.driver.dma:
            yield from ((claim, bus) for bus in ancestors(claim.node) if bus.cells("dma-ranges"))


def reached(tree: Tree, holes: list[Region], bus: Node) -> list[Region]:
    """What of the ranges devices on the bus reach, still fit for an image to begin in."""
    found = []
    for hole in holes:
        for window in dma_windows(bus):
            base = max(hole.span.base, -(-window.base // alignment(tree)) * alignment(tree))
            end = min(hole.span.end, window.end)
            if base < end and (base == hole.span.base or not bare_entry(tree)):
                found.append(Region(hole.path, hole.place, Span(base, end - base)))
    return found


def holes_of(region: Region, reserved: list[Region], alignment: int) -> list[Region]:
    holes, at = [], region.span.base
    limits = [r.span for r in reserved if r.span.overlaps(region.span)]
    for limit in [*limits, Span(region.span.end, 0)]:
        base = -(-at // alignment) * alignment
        if base < limit.base:
            holes.append(Region(region.path, region.place, Span(base, limit.base - base)))
        at = max(at, limit.end)
    return holes
