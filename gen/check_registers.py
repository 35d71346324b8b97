# SPDX-License-Identifier: Apache-2.0
"""Rules over the registers of the claimed devices."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gen import hardware
from gen.architecture import address_limit
from gen.claim import Claim, Plan
from gen.entries import entries
from gen.hardware import Span
from gen.load import Node
from gen.memory import memory_nodes, ram, reservation_nodes
from gen.pci import bridges, claim_spans, share_a_line
from gen.problem import Problem
from gen.rules import broken_reg, foundation, rule


@rule
def registers_are_there(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        node, wanted = claim.node, claim.driver.registers
        if not wanted or node.get("reg") is None or claim.driver.pci:
            continue
        if not hardware.reg_is_whole(node):
            yield broken_reg(node)
        elif len(hardware.local_spans(node)) < len(wanted):
            yield Problem(node.at("reg"), node.path,
                          f"reg has {len(hardware.local_spans(node))} entries, "
                          f"the driver needs {len(wanted)}: {', '.join(wanted)}",
                          f"{claim.driver.title} uses all of them",
                          f"nearest: reg with {len(wanted)} entries of address and size")


@foundation
def buses_state_their_cells(plan: Plan) -> Iterator[Problem]:
    nodes = [*(claim.node for claim in plan.claims), *memory_nodes(plan.tree),
             *reservation_nodes(plan.tree)]
    buses = {bus.path: bus for node in nodes if node.get("reg") for bus in hardware.ancestors(node)}
    for bus in buses.values():
        for name, low, high in (("#address-cells", 1, 3), ("#size-cells", 0, 2)):
            found = bus.get(name)
            if found and (len(found.cells()) != 1 or not low <= found.cells()[0] <= high):
                yield Problem(found.place, bus.path,
                              f"{name} is not one number from {low} to {high}",
                              "the addresses below this bus are read by it", f"{name} = <2>")


def claimed_spans(plan: Plan) -> list[tuple[Claim, str, Span]]:
    return [(claim, name, span) for claim in plan.claims
            for name, span in zip(claim.driver.registers, claim_spans(plan, claim))]


@rule
def registers_have_a_size(plan: Plan) -> Iterator[Problem]:
    for claim, name, span in claimed_spans(plan):
        if span.size == 0:
            yield Problem(claim.node.at("reg"), claim.node.path,
                          f"the register block `{name}` at {span.base:#x} has size 0",
                          f"{claim.driver.title} is driven through it",
                          "a size that covers its registers, such as 0x1000")


@rule
def registers_are_reachable(plan: Plan) -> Iterator[Problem]:
    for claim, name, span in claimed_spans(plan):
        bus = claim.node.parent
        if span.whole or bus is None:
            continue
        windows = ", ".join(str(window) for window, _ in hardware.windows(bus))
        if bus.cells("ranges") and not windows:
            yield Problem(bus.at("ranges"), bus.path, "ranges holds no whole entry",
                          f"{claim.node.cite('reg')} is reached through it",
                          "child address, parent address, size, in the cells of both buses")
            continue
        yield Problem(claim.node.at("reg"), claim.node.path,
                      f"the register block {span} lies outside the ranges of its bus",
                      f"{bus.cite('ranges')} passes on {windows or 'nothing'}",
                      f"an address within {windows}" if windows else missing_ranges(bus))


def missing_ranges(bus: Node) -> str:
    """What may be meant where a bus has none; only I/O ports are reached without."""
    ports = hardware.address_cells(bus) == 2 and not bus.get("ranges")
    isa = f'; of I/O ports compatible = "isa" ({bus.at("compatible")})' if ports else ""
    return f"ranges; in the bus node{isa}"


@rule
def registers_do_not_overlap(plan: Plan) -> Iterator[Problem]:
    for (one, _, span), (other, _, with_span) in combinations(claimed_spans(plan), 2):
        # Two functions in one place are told so, in the bus's own terms.
        in_one_place = share_a_line(one, other) and span == with_span
        if span.whole and with_span.whole and span.overlaps(with_span) and not in_one_place:
            yield Problem(other.node.at("reg"), other.node.path,
                          f"registers {with_span} overlap {span} of {one.node.cite('reg')}",
                          "a register has one owner",
                          f"nearest free address: {max(span.end, with_span.base):#x}")


@rule
def registers_are_not_memory(plan: Plan) -> Iterator[Problem]:
    for claim, _, span in claimed_spans(plan):
        for region in ram(plan.tree):
            if span.whole and span.size and span.overlaps(region.span):
                yield Problem(claim.node.at("reg"), claim.node.path,
                              f"registers {span} overlap the RAM {region.span} of {region.path} "
                              f"({region.place})", "an address is either a register or memory",
                              f"nearest free address: {region.span.end:#x}")


@rule
def addresses_are_within_reach(plan: Plan) -> Iterator[Problem]:
    limit = address_limit(plan.tree)
    places = [(claim.node.at("reg"), claim.node.path, "register block", span)
              for claim, _, span in claimed_spans(plan) if span.whole and not claim.driver.pci]
    # The configuration of a function is where its bridge has it, its BARs are placed within reach.
    places += [(bridge.at("reg"), bridge.path, "register block", span)
               for bridge in bridges(plan) for span in hardware.spans(bridge)]
    places += [(region.place, region.path, "memory", region.span) for region in ram(plan.tree)]
    for place, path, noun, span in places:
        if span.end > limit:
            yield Problem(place, path, f"the {noun} {span} lies beyond the addresses of images for "
                          "this architecture", f"they have {limit.bit_length() - 1} bits",
                          f"an end of {limit:#x} or below")
