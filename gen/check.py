# SPDX-License-Identifier: Apache-2.0
"""The rules that need more than one node. One function a rule; all of them run, all report."""

from __future__ import annotations

# Each adds its rules to RULES.
from gen import (check_hardware, check_memory, check_network, check_pci,  # noqa: F401
                 check_storage)
from gen.claim import Plan
from gen.problem import Problem
from gen.rules import RULES


def check(plan: Plan) -> list[Problem]:
    """Every problem that any rule finds."""
    return [problem for function in RULES for problem in function(plan)]
