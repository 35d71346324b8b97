# SPDX-License-Identifier: Apache-2.0
"""RAM, what is reserved of it, and where that leaves room for the image."""

from __future__ import annotations

from dataclasses import dataclass

from gen.architecture import facts_of
from gen.hardware import Span, enabled, spans
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


def image_room(tree: Tree) -> Region | None:
    """The largest range of RAM that nothing reserves and that an image may begin in."""
    facts, regions = facts_of(tree), ram(tree)
    holes = [hole for region in regions
             for hole in holes_of(region, reservations(tree), facts.get("image-alignment", PAGE))]
    if facts.get("starts-at-ram"):
        holes = [hole for hole in holes if hole.span.base == regions[0].span.base]
    return max(holes, key=lambda hole: (hole.span.size, -hole.span.base), default=None)


def holes_of(region: Region, reserved: list[Region], alignment: int) -> list[Region]:
    holes, at = [], region.span.base
    limits = [r.span for r in reserved if r.span.overlaps(region.span)]
    for limit in [*limits, Span(region.span.end, 0)]:
        base = -(-at // alignment) * alignment
        if base < limit.base:
            holes.append(Region(region.path, region.place, Span(base, limit.base - base)))
        at = max(at, limit.end)
    return holes
