# SPDX-License-Identifier: Apache-2.0
"""Rules over the claimed devices: registers, interrupts, clocks, and slots."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gen import hardware
from gen.architecture import address_limit
from gen.claim import Claim, Plan
from gen.drivers import driver_for
from gen.entries import Entry, entries
from gen.hardware import Span
from gen.interrupts import Line, used_lines
from gen.load import Node
from gen.memory import memory_nodes, ram, reservation_nodes
from gen.pci import bridges, claim_spans, share_a_line
from gen.problem import Problem
from gen.rules import (broken_reg, has_qemu, lines_of_qemu, nearest_power, power_of_two,
                       rule)

# Registers

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


@rule
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


# Interrupts

@rule
def interrupts_are_there(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        found = hardware.interrupts(plan.tree, claim.node)
        for entry in entries(plan.tree, claim.node, claim.driver):
            lost = any(specifier.controller is None for specifier in found)  # told elsewhere
            if found and not lost and entry.specifier is None:
                yield missing_interrupt(plan, claim, entry, len(found))


def missing_interrupt(plan: Plan, claim: Claim, entry: Entry, count: int) -> Problem:
    place = claim.node.at(hardware.interrupt_property(claim.node))
    if entry.index is not None:
        return Problem(place, claim.node.path,
                       f"there are {count} interrupts; the {entry.name} interrupt is entry "
                       f"{entry.index + 1}", f"{claim.driver.title} needs it",
                       f"nearest: {entry.index + 1} entries")
    if entry.wanted is not None:
        found = hardware.interrupts(plan.tree, claim.node)
        owners = {s.controller.path: s.controller.at("compatible") for s in found if s.controller}
        listing = ", ".join(f"{path} ({at})" for path, at in owners.items())
        return Problem(place, claim.node.path,
                       f"none of the {count} interrupts is the CPU's {entry.name} interrupt, "
                       f"{entry.wanted}", f"{claim.driver.title} raises it; they are of {listing}",
                       f"an entry <&controller {entry.wanted}>, the controller being the CPU's")
    return Problem(plan.tree.nodes["/machine"].at("architecture"), claim.node.path,
                   f"the CPU of this architecture has no {entry.name} interrupt",
                   f"{claim.driver.title} raises it",
                   "a machine of another architecture, or another device for its role")


@rule
def interrupt_parents_are_controllers(plan: Plan) -> Iterator[Problem]:
    known, told = controllers(plan), []
    for claim in plan.claims:
        found = hardware.interrupts(plan.tree, claim.node) if claim.driver.interrupts else []
        if claim.driver.pci or not found:
            continue
        name = hardware.interrupt_property(claim.node)
        parent = hardware.interrupt_parent(plan.tree, claim.node)
        pointed = [parent] if name == "interrupts" else [s.controller for s in found]
        short = next((n for n in pointed if n in known and not n.cell("#interrupt-cells", 0)), None)
        if short in told:
            continue
        if short is not None:
            told.append(short)
            yield Problem(short.at("#interrupt-cells"), short.path,
                          "#interrupt-cells does not say how long an interrupt is",
                          f"{claim.node.path} ({claim.node.at(name)}) interrupts through it",
                          f"nearest: #interrupt-cells = <{3 if name == 'interrupts' else 1}>")
        elif any(specifier.controller is None for specifier in found):
            yield lost_interrupt(plan, claim.node, parent)


def lost_interrupt(plan: Plan, node: Node, parent: Node | None) -> Problem:
    """The node's interrupts are of nobody; where one controller cannot be referred to, of that."""
    candidates = [n for n in controllers(plan) if n is not node]
    nearest = next((n for n in candidates if not n.get("phandle")), next(iter(candidates), None))
    named = f"&{{{nearest.path}}}" if nearest else "&controller"
    near = f"nearest: <{named}> ({nearest.place})" if nearest else f"<{named} …>"
    if hardware.interrupt_property(node) == "interrupts-extended":
        return Problem(node.at("interrupts-extended"), node.path,
                       "interrupts-extended points at no node",
                       "each entry begins with the phandle of an interrupt controller", near)
    holder = hardware.parent_holder(node)
    what = (f"its interrupt parent {parent.path} ({parent.at('phandle')}) is no interrupt "
            "controller" if parent else "its interrupt parent is unknown" if holder else
            f"neither it nor a node above, up to / ({plan.tree.root.place}), has interrupt-parent")
    return Problem(holder.at("interrupt-parent") if holder else node.place, node.path, what,
                   "the number of an interrupt means something to one controller only", near)


def controllers(plan: Plan) -> list[Node]:
    return [n for n in plan.tree.root.walk()
            if n.get("interrupt-controller") and driver_for(n.strings("compatible"))]


@rule
def interrupts_are_in_range(plan: Plan) -> Iterator[Problem]:
    for claim, line in used_lines(plan):
        if line.problem:
            yield Problem(claim.node.at(hardware.interrupt_property(claim.node)), claim.node.path,
                          *line.problem)


@rule
def interrupts_have_one_owner(plan: Plan) -> Iterator[Problem]:
    owners: dict[tuple[str, int], tuple[Claim, Line]] = {}
    for claim, line in used_lines(plan):
        if line.problem:
            continue
        known = owners.setdefault((line.controller.path, line.number), (claim, line))
        first = known[0]
        if first is not claim and not share_a_line(first, claim):
            owner = first.node.cite(hardware.interrupt_property(first.node))
            yield Problem(claim.node.at(hardware.interrupt_property(claim.node)), claim.node.path,
                          f"interrupt {line.shown}{routed(claim)} is also that of {owner}",
                          "an interrupt line has one owner",
                          other_line(plan, [known, (claim, line)]))


def other_line(plan: Plan, rivals: list[tuple[Claim, Line]]) -> str:
    """The line of the one that QEMU's machine has elsewhere, or one that is free."""
    lines = lines_of_qemu(plan)
    for claim, line in rivals:
        _, known = lines.get((claim.node.path, line.name), (claim, line))
        if known.number != line.number:
            return (f"nearest: {known.kind} {known.local} for {claim.node.path}, as on QEMU's "
                    "machine")
    return f"nearest free: {free_line(plan, rivals[-1][1])}"


def routed(claim: Claim) -> str:
    """Where the line of a PCI function is decided, or what a node's parent is said by."""
    if claim.driver.pci and claim.slot.get("interrupt-map"):
        return f", by interrupt-map of {claim.slot.cite('interrupt-map')},"
    return hardware.stated_parent(claim.node)


def free_line(plan: Plan, line: Line) -> str:
    """The nearest number of the same kind that no node of the tree uses."""
    taken = {number for node in plan.tree.root.walk() for kind,
             number in node_numbers(plan, node, line)
             if kind == line.kind}
    last = line.first + line.count - 1
    around = (n for step in range(1, line.count + 1)
              for n in (line.local - step, line.local + step))
    free = next((n for n in around if line.first <= n <= last and n not in taken), None)
    return "none" if free is None else f"{line.kind} {free}"


def node_numbers(plan: Plan, node: Node, line: Line) -> Iterator[tuple[str, int]]:
    for specifier in hardware.interrupts(plan.tree, node):
        if specifier.controller is line.controller and len(specifier.cells) == len(line.cells):
            yield line.split(specifier.cells)


# Clocks

@rule
def clocks_are_there(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        wanted = claim.driver.clock or {}
        if "property" in wanted:
            node = plan.tree.nodes.get(wanted.get("node", claim.node.path))
            yield from stated_clock(claim, node, wanted)
        elif "named" in wanted:
            yield from named_clock(plan, claim, wanted["named"])


def stated_clock(claim: Claim, node: Node | None, wanted: dict[str, str]) -> Iterator[Problem]:
    """The rate is a property of the claimed node, or of another that the driver names."""
    name = wanted["property"]
    if node is None:
        yield Problem(claim.node.place, claim.node.path, f"there is no node {wanted['node']}",
                      f"{claim.driver.title} takes its clock from there",
                      f"the node, with {name} = <hertz>")
    elif node.get(name) is None:
        yield Problem(node.place, node.path, f"{name} is missing",
                      f"{claim.driver.title} does not measure its clock, the tree states it",
                      f"{name} = <hertz>")
    elif node.cell(name, 0) == 0:
        yield zero_clock(node, name, claim)


def nearest_clock(plan: Plan) -> str:
    """The clock that is meant perhaps: best one that no number refers to."""
    known = [node for node in plan.tree.root.walk() if node.get("#clock-cells")]
    known.sort(key=lambda node: node.get("phandle") is not None)
    return f"&{{{known[0].path}}}> ({known[0].at('phandle')})" if known else "&clock>"


def zero_clock(node: Node, name: str, claim: Claim) -> Problem:
    return Problem(node.at(name), node.path, f"{name} is 0",
                   f"{claim.node.cite()} counts time with this clock",
                   f"{name} = <hertz>, 1 or more")


def named_clock(plan: Plan, claim: Claim, name: str) -> Iterator[Problem]:
    node = claim.node
    if node.get("clocks") is None and node.get("clock-frequency") is None:
        yield Problem(node.place, node.path, f"the clock {name} is missing",
                      f"{claim.driver.title} computes its divisors from it",
                      f'clocks = <&clock>; clock-names = "{name}", or clock-frequency = <hertz>')
        return
    provider = hardware.clock_node(plan.tree, node, name)
    if provider is None:
        names = node.strings("clock-names")
        if not names or name in names:
            yield Problem(node.at("clocks"), node.path,
                          f"the clock {name} is of no node of the tree",
                          f"{claim.driver.title} computes its divisors from it",
                          f"nearest: clocks = <{nearest_clock(plan)}")
            return
        shown = ", ".join(f'"{n}"' for n in names)
        yield Problem(node.at("clock-names"), node.path,
                      f"no clock named {name}: the clocks are {shown}",
                      f"{claim.driver.title} computes its divisors from it",
                      f'nearest: clock-names = "{name}"')
    elif not hardware.enabled(provider):
        yield Problem(provider.at("status"), provider.path, "the clock is disabled",
                      f"{node.cite('clocks')} takes its clock {name} from here",
                      'nearest: status = "okay"')
    elif provider.get("clock-frequency") and len(provider.cells("clock-frequency")) != 1:
        yield Problem(provider.at("clock-frequency"), provider.path,
                      "clock-frequency is not one number",
                      f"{node.cite('clocks')} has its clock {name} by it",
                      "clock-frequency = <hertz>")
    elif provider.get("clock-frequency") is None:
        yield Problem(provider.place, provider.path, "clock-frequency is missing",
                      f"{node.cite('clocks')} takes its clock {name} from here",
                      f"clock-frequency = <hertz> here, or in {node.path} where this is no fixed "
                      "clock")
    elif provider.cell("clock-frequency", 0) == 0:
        yield zero_clock(provider, "clock-frequency", claim)


# Slots of QEMU's machine

@rule
def slots_have_one_device(plan: Plan) -> Iterator[Problem]:
    buses: dict[str, Node] = {}
    for claim in plan.claims:
        name = claim.driver.qemu.get("bus")
        for bus in claim.node.strings(name) if name else []:
            first = buses.setdefault(bus, claim.node)
            if first is not claim.node:
                yield Problem(claim.node.at(name), claim.node.path,
                              f'{name} = "{bus}" is also that of {first.cite(name)}',
                              "a bus of QEMU's machine is one slot",
                              f'nearest: "{free_bus(bus, set(plan_buses(plan, name)))}"')


def plan_buses(plan: Plan, name: str) -> Iterator[str]:
    for node in plan.tree.root.walk():
        yield from node.strings(name)


def free_bus(bus: str, taken: set[str]) -> str:
    """The nearest bus below in number that no node names; the slots are numbered from 0."""
    stem, _, number = bus.rpartition(".")
    if not number.isdigit():
        return bus
    choices = [f"{stem}.{n}" for n in range(int(number), -1, -1) if f"{stem}.{n}" not in taken]
    return choices[0] if choices else f"{stem}.{int(number) + 1}"


@rule
def slots_name_their_bus(plan: Plan) -> Iterator[Problem]:
    if not has_qemu(plan):
        return
    for claim in plan.claims:
        slot = claim.slot
        driver = driver_for(slot.strings("compatible")) if slot else None
        name = driver.qemu.get("bus") if driver else None
        if name and slot.get(name) is None and claim.driver.qemu.get("device"):
            yield Problem(slot.place, slot.path, f"{name} is missing",
                          f"`run` plugs {claim.driver.qemu['device']} into the slot by it",
                          f"{name} = {driver.qemu['bus-name']}")


@rule
def slot_options_suit_qemu(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims if has_qemu(plan) else []:
        for option in claim.driver.qemu.get("options", ()):
            low, high = option.get("minimum"), option.get("maximum")
            if low is None:
                continue
            name = option["property"]
            value = claim.node.cell(name, option.get("default", 0))
            if power_of_two(value) and not low <= value <= high:
                yield Problem(claim.node.at(name), claim.node.path,
                              f"{name} = <{value}> is not what QEMU's "
                              f"{claim.driver.qemu['device']} "
                              "can be", f"its {option['option']} is {low} to {high}",
                              f"nearest: {nearest_power(value, low, high)}")
