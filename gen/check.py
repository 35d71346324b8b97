# SPDX-License-Identifier: Apache-2.0
"""The rules that need more than one node. One function a rule. Where a foundation holds, all run,
and all report."""

from __future__ import annotations

# Each adds its rules to FOUNDATIONS or RULES, which run in this order.
from gen import (check_cpu, check_firmware, check_registers, check_interrupts, check_clocks,  # noqa: F401
                 check_slots, check_memory, check_network, check_pci, check_qemu, check_storage)
from gen.claim import Plan
from gen.problem import Problem
from gen.rules import FOUNDATIONS, RULES


def check(plan: Plan) -> list[Problem]:
    """What the foundations find, else every problem that any rule finds; of a line that one rule
    tells about, no other does."""
    problems = [found for function in FOUNDATIONS for found in function(plan)]
    if problems:
        return problems
    for function in RULES:
        told = {(problem.place, problem.path) for problem in problems}
        problems += [found for found in function(plan) if (found.place, found.path) not in told]
    return problems
