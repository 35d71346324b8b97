# SPDX-License-Identifier: Apache-2.0
"""Rules over the CPUs: that they run what is compiled for the architecture."""

from __future__ import annotations

from collections.abc import Iterator

from gen.architecture import facts_of
from gen.claim import Plan
from gen.isa import cpus, lacks
from gen.problem import Problem
from gen.rules import rule


@rule
def cpu_has_the_instructions(plan: Plan) -> Iterator[Problem]:
    isa = facts_of(plan.tree).get("isa")
    for cpu in cpus(plan.tree) if isa else []:
        name = "riscv,isa" if cpu.get("riscv,isa") else "riscv,isa-extensions"
        if missing := lacks(cpu, isa):
            machine = plan.tree.nodes["/machine"].cite("architecture")
            yield Problem(cpu.at(name), cpu.path, f"the CPU does not have {', '.join(missing)}",
                          f"code for {machine} is compiled with it", f"a CPU with {isa}")
