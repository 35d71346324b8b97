# SPDX-License-Identifier: Apache-2.0
"""Rules over the interrupts of the claimed devices."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware
from gen.architecture import facts_of
from gen.claim import Claim, Plan
from gen.drivers import driver_for
from gen.entries import Entry, entries
from gen.interrupts import Line, used_lines
from gen.load import Node
from gen.pci import share_a_line
from gen.problem import Problem
from gen.rules import lines_of_qemu, rule


@rule
def something_interrupts(plan: Plan) -> Iterator[Problem]:
    lost = any(plan.by_role(role) is None for role in plan.app.strings("uses"))  # told elsewhere
    waits = any(entries(plan.tree, claim.node, claim.driver) for claim in plan.claims)
    if lost or waits or any(used_lines(plan)):
        return
    uses = ", ".join(f'"{role}"' for role in [*plan.app.strings("uses"), "console"])
    yield Problem(plan.app.at("uses"), plan.app.path, "nothing that the app uses interrupts",
                  "its tasks would have nothing to wait for", f"nearest: uses = {uses}")


@rule
def interrupts_are_there(plan: Plan) -> Iterator[Problem]:
    if not facts_of(plan.tree):
        return  # of which architecture the CPU is, is told elsewhere
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
            layout = driver_for(short.strings("compatible")).interrupt_cells
            cells = layout.get("trigger", layout["number"]) + 1 if layout else 1
            yield Problem(short.at("#interrupt-cells"), short.path,
                          "#interrupt-cells does not say how long an interrupt is",
                          f"{claim.node.path} ({claim.node.at(name)}) interrupts through it",
                          f"nearest: #interrupt-cells = <{cells}>")
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
