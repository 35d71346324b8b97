# SPDX-License-Identifier: Apache-2.0
"""Rules over RAM and what is reserved of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gen import hardware
from gen.architecture import bare_entry, facts_of
from gen.claim import Plan
from gen.hardware import Span
from gen.memory import (PAGE, Region, dma_limits, free_ranges, image_room, memory_nodes,
                        part_of_image, ram, reached, reservation_nodes, reservations)
from gen.problem import Place, Problem
from gen.rules import broken_reg, dump_of, rule

# The alignment of src/mem/heap.hpp.
HEAP_UNIT = 16


@rule
def memory_is_there(plan: Plan) -> Iterator[Problem]:
    nodes = memory_nodes(plan.tree)
    if not nodes:
        yield Problem(Place(plan.tree.root.place.file, plan.tree.root.place.line), "/",
                      "there is no memory node", "the image is placed in RAM by it",
                      'memory@ADDRESS { device_type = "memory"; reg = <ADDRESS SIZE>; };')
    elif not ram(plan.tree) and all(map(hardware.reg_is_whole, nodes)):
        yield Problem(nodes[0].at("reg"), nodes[0].path, "the memory node holds no memory",
                      "the image is placed in it", "a size above 0")


@rule
def memory_is_readable(plan: Plan) -> Iterator[Problem]:
    for node in [*memory_nodes(plan.tree), *reservation_nodes(plan.tree)]:
        if node.get("reg") and not hardware.reg_is_whole(node):
            yield broken_reg(node)
    for node in reservation_nodes(plan.tree):
        # Without `reg` an operating system chooses a place for `size` bytes; nobody does so here.
        if node.get("reg") is None and node.get("size") is None:
            yield Problem(node.place, node.path, "the reservation has no reg",
                          "the image could lie in what it is to keep", "reg = <ADDRESS SIZE>")
        if any(span.size == 0 for span in hardware.local_spans(node)):
            yield Problem(node.at("reg"), node.path, "the reservation has size 0",
                          f"#size-cells of {node.parent.cite('#size-cells')} is "
                          f"{hardware.size_cells(node.parent)}; the image could lie in what it is "
                          "to keep", "a size above 0")


@rule
def memory_is_where_qemu_has_it(plan: Plan) -> Iterator[Problem]:
    """QEMU is told one size; where its RAM begins is in the dump that the machine file includes."""
    dump = dump_of(plan)
    if dump is None or not ram(dump):
        return
    begin = ram(dump)[0]
    expected = begin.span.base
    for region in ram(plan.tree):
        if region.span.base != expected:
            yield Problem(region.place, region.path,
                          f"the memory {region.span}{by_type(plan, region)} is not where QEMU's "
                          "machine has its RAM",
                          f"that is one range from {begin.span.base:#x} ({begin.place}) on, of the "
                          "sum of all sizes", f"nearest: {Span(expected, region.span.size)}")
        expected = region.span.end


def by_type(plan: Plan, region: Region) -> str:
    """Why a node is memory, where its name does not say so."""
    node = plan.tree.nodes[region.path]
    stated = node.get("device_type") and not node.name.startswith("memory")
    return f' (device_type = "memory" at {node.at("device_type")})' if stated else ""


@rule
def memory_is_whole_pages(plan: Plan) -> Iterator[Problem]:
    for region in ram(plan.tree):
        span, whole = region.span, region.span.size // PAGE * PAGE
        if span.base % PAGE or span.size % PAGE:
            yield Problem(region.place, region.path,
                          f"the memory {span} is not made of whole pages",
                          f"a page has {PAGE} bytes",
                          f"nearest: {Span(-(-span.base // PAGE) * PAGE, whole)}")


@rule
def reservations_lie_in_memory(plan: Plan) -> Iterator[Problem]:
    regions = ram(plan.tree)
    for reserved in reservations(plan.tree):
        if regions and not any(region.span.contains(reserved.span) for region in regions):
            listing = ", ".join(f"{r.span} of {r.path} ({r.place})" for r in regions)
            yield Problem(reserved.place, reserved.path,
                          f"the reserved range {reserved.span} lies outside of RAM",
                          f"RAM is {listing}", f"a range within {regions[0].span}")


@rule
def memory_has_room(plan: Plan) -> Iterator[Problem]:
    regions, reserved = ram(plan.tree), reservations(plan.tree)
    if not regions or free_ranges(plan.tree):
        return
    first = regions[0]
    bits = facts_of(plan.tree).get("image-address-bits", 64)
    if first.span.base >= 1 << bits:
        yield Problem(first.place, first.path,
                      f"the RAM {first.span} lies beyond the addresses that an image itself has",
                      f"a loader enters it in {bits}-bit mode",
                      f"nearest: RAM that begins below {1 << bits:#x}")
        return
    start = next((r for r in reserved if r.span.contains(Span(first.span.base, 1))), None)
    if bare_entry(plan.tree) and start:
        yield Problem(start.place, start.path,
                      f"the range {start.span} is reserved, and the image must lie there",
                      f"the CPU starts at the base of RAM ({first.place})",
                      f"nearest: {Span(start.span.end, start.span.size)}")
        return
    listing = ", ".join(f"{r.path} ({r.place})" for r in reserved)
    yield Problem(first.place, first.path,
                  f"nothing is left of the RAM {first.span} for the image",
                  f"it is reserved by {listing}",
                  f"nearest: a size above {reserved[-1].span.end - first.span.base:#x}")


@rule
def heap_is_whole_units(plan: Plan) -> Iterator[Problem]:
    size = plan.app.cell("heap-size", 0)
    if size % HEAP_UNIT:
        nearest = (size + HEAP_UNIT // 2) // HEAP_UNIT * HEAP_UNIT
        yield Problem(plan.app.at("heap-size"), plan.app.path,
                      f"heap-size = <{size}> is no multiple of {HEAP_UNIT}",
                      f"blocks of the heap begin at multiples of {HEAP_UNIT} bytes",
                      f"nearest: <{nearest}>")


@rule
def heap_fits_into_memory(plan: Plan) -> Iterator[Problem]:
    """What else the image needs is known when it is linked, and refused then."""
    size = plan.app.cell("heap-size", 0)
    room = image_room(plan)
    if room is not None and size >= room.span.size:
        yield Problem(plan.app.at("heap-size"), plan.app.path,
                      f"heap-size = <{size:#x}> is more than the RAM that the image can have",
                      f"the heap is {part_of_image(room)}", f"nearest: a size below {room.span.size:#x}")


@rule
def memory_is_within_reach_of_dma(plan: Plan) -> Iterator[Problem]:
    holes = free_ranges(plan.tree)
    for claim, bus in dma_limits(plan):
        left = reached(plan.tree, holes, bus)
        if holes and not left:
            wanted = max(holes, key=lambda hole: hole.span.size)
            seen = ", ".join(str(window) for window in hardware.dma_windows(bus)) or "nothing"
            yield Problem(bus.at("dma-ranges"), bus.path,
                          f"{claim.node.cite()} does not reach the RAM of the image",
                          f"{wanted.span} ({wanted.place}) is free; dma-ranges passes on {seen} "
                          "at the CPU's addresses",
                          f"dma-ranges with {wanted.span} at the same address on both sides")
        holes = left


@rule
def reservations_do_not_overlap(plan: Plan) -> Iterator[Problem]:
    """Nodes only: a /memreserve/ often says again what a node does."""
    found = [region for region in reservations(plan.tree) if region.path != "/memreserve/"]
    for one, other in combinations(found, 2):
        if one.span.overlaps(other.span):
            yield Problem(other.place, other.path,
                          f"the reserved range {other.span} overlaps {one.span} of {one.path} "
                          f"({one.place})", "each is kept for another owner",
                          f"nearest free address: {one.span.end:#x}")


@rule
def memory_nodes_do_not_overlap(plan: Plan) -> Iterator[Problem]:
    for one, other in combinations(ram(plan.tree), 2):
        if one.span.overlaps(other.span):
            yield Problem(other.place, other.path,
                          f"memory {other.span} overlaps {one.span} of {one.path} ({one.place})",
                          "it would be counted twice", f"nearest free address: {one.span.end:#x}")
