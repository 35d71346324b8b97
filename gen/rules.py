# SPDX-License-Identifier: Apache-2.0
"""The list of rules, and what several of them compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gen import hardware
from gen.claim import Plan
from gen.load import Node
from gen.problem import Problem

Rule = Callable[[Plan], Iterator[Problem]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


def nearest_power(value: int, low: int, high: int) -> int:
    powers = [1 << n for n in range(32) if low <= 1 << n <= high]
    return min(powers, key=lambda power: (abs(power - value), power))


def broken_reg(node: Node) -> Problem:
    """`reg` does not hold whole entries for the cells of the bus."""
    bus = node.parent
    need = hardware.address_cells(bus) + hardware.size_cells(bus)
    return Problem(node.at("reg"), node.path,
                   f"reg has {len(node.cells('reg'))} cells, which is not a multiple of {need}",
                   f"#address-cells and #size-cells of {bus.path} make {need} an entry")


def has_qemu(plan: Plan) -> bool:
    return "/machine/qemu" in plan.tree.nodes
