# SPDX-License-Identifier: Apache-2.0
"""Rules over RAM and what is reserved of it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gen import hardware
from gen.claim import Plan
from gen.hardware import Span
from gen.memory import largest_hole, memory_nodes, ram, reservation_nodes, reservations
from gen.problem import Place, Problem
from gen.rules import broken_reg, dump_of, rule

# The least room that is worth the name.
PAGE = 4096


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
                          f"#size-cells of {node.parent.path} is "
                          f"{hardware.size_cells(node.parent)}; the image could lie in what it is "
                          "to keep", "a size above 0")


@rule
def memory_is_where_qemu_has_it(plan: Plan) -> Iterator[Problem]:
    """QEMU is told one size; where its RAM begins is in the dump that the machine file includes."""
    dump = dump_of(plan)
    if dump is None:
        return
    begin = ram(dump)[0]
    expected = begin.span.base
    for region in ram(plan.tree):
        if region.span.base != expected:
            yield Problem(region.place, region.path,
                          f"the memory {region.span} is not where QEMU's machine has its RAM",
                          f"that is one range from {begin.span.base:#x} ({begin.place}) on, of the "
                          "sum of all sizes", f"nearest: {Span(expected, region.span.size)}")
        expected = region.span.end


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
    regions = ram(plan.tree)
    if regions and largest_hole(plan.tree, PAGE) is None:
        listing = ", ".join(f"{r.path} ({r.place})" for r in reservations(plan.tree))
        yield Problem(regions[0].place, regions[0].path,
                      f"nothing is left of the RAM {regions[0].span} for the image",
                      f"it is reserved by {listing}",
                      "nearest: a size above "
                      f"{reservations(plan.tree)[-1].span.end - regions[0].span.base:#x}")


@rule
def memory_nodes_do_not_overlap(plan: Plan) -> Iterator[Problem]:
    for one, other in combinations(ram(plan.tree), 2):
        if one.span.overlaps(other.span):
            yield Problem(other.place, other.path,
                          f"memory {other.span} overlaps {one.span} of {one.path} ({one.place})",
                          "it would be counted twice", f"nearest free address: {one.span.end:#x}")
