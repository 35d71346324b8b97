# SPDX-License-Identifier: Apache-2.0
"""The list of rules, and what several of them compute."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gen.claim import Plan
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
