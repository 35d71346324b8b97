# SPDX-License-Identifier: Apache-2.0
"""The list of rules, and what several of them compute."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from gen import hardware
from gen.claim import Claim, Plan
from gen.interrupts import Line, used_lines
from gen.load import Node, Tree, load
from gen.problem import ROOT, Problem

Rule = Callable[[Plan], Iterator[Problem]]
RULES: list[Rule] = []
FOUNDATIONS: list[Rule] = []  # what these find is what others would stumble over


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def foundation(function: Rule) -> Rule:
    FOUNDATIONS.append(function)
    return function


def power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def decimal(text: str) -> int | None:
    """A number of ASCII digits, and of no more than mean something here."""
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def nearest_power(value: int, low: int, high: int) -> int:
    powers = [1 << n for n in range(32) if low <= 1 << n <= high]
    return min(powers, key=lambda power: (abs(power - value), power))


def broken_reg(node: Node) -> Problem:
    """`reg` does not hold whole entries for the cells of the bus."""
    bus = node.parent
    address, size = hardware.address_cells(bus), hardware.size_cells(bus)
    return Problem(node.at("reg"), node.path,
                   f"reg has {len(node.cells('reg'))} cells, which is not a multiple of "
                   f"{hardware.entry_cells(bus)}", hardware.entry_reason(bus),
                   f"nearest: {address} cells of address and {size} of size an entry")


def has_qemu(plan: Plan) -> bool:
    return "/machine/qemu" in plan.tree.nodes


def dump_of(plan: Plan) -> Tree | None:
    """What QEMU says of its own machine: the dump that the machine file includes, if it does."""
    found = next((name for name in plan.tree.sources[1:] if Path(name).parent.name == "qemu"
                  and name.endswith(".dts")), None)
    return dump(found) if found and has_qemu(plan) else None


@cache
def dump(name: str) -> Tree:
    """Several rules compare with it."""
    return load(ROOT / name, None)


def same_nodes(plan: Plan, found: Tree) -> Iterator[tuple[Claim, Node]]:
    """The claims that QEMU's machine has, each with its node there."""
    for claim in plan.claims:
        if claim.node.path in found.nodes:
            yield claim, found.nodes[claim.node.path]


def lines_of_qemu(plan: Plan) -> dict[tuple[str, str], tuple[Claim, Line]]:
    """By node and name, the lines of claimed devices on QEMU's machine."""
    found = dump_of(plan)
    if found is None:
        return {}
    same = [Claim(node, claim.driver) for claim, node in same_nodes(plan, found)]
    return {(claim.node.path, line.name): (claim, line)
            for claim, line in used_lines(Plan(found, plan.app, None, same))}
