# SPDX-License-Identifier: Apache-2.0
"""Rules over the CPUs: that they run what is compiled for the architecture."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware
from gen.architecture import facts_of
from gen.claim import Plan
from gen.isa import cpus, has, lacks
from gen.problem import Problem
from gen.rules import foundation, rule


@foundation
def a_cpu_is_enabled(plan: Plan) -> Iterator[Problem]:
    found = [node for node in plan.tree.nodes.values() if hardware.is_cpu(node)]
    if found and not cpus(plan.tree):
        yield Problem(found[0].at("status"), found[0].path, "no CPU is enabled",
                      "the image runs on one", 'nearest: status = "okay"')


@rule
def cpu_has_the_instructions(plan: Plan) -> Iterator[Problem]:
    isa = facts_of(plan.tree).get("isa")
    for cpu in cpus(plan.tree) if isa else []:
        missing = lacks(cpu, isa)
        whole = next((name for name in ("riscv,isa", "riscv,isa-base") if cpu.get(name)), "")
        machine = plan.tree.nodes["/machine"].cite("architecture")
        if whole and not has(cpu)[0]:
            yield Problem(cpu.at(whole), cpu.path, f"{whole} names no instruction set",
                          f"code for {machine} is compiled to what it says", f'{whole} = "{isa}"')
        elif missing:
            of_base = whole == "riscv,isa" or missing[0].startswith("rv")
            yield Problem(cpu.at(whole if of_base else "riscv,isa-extensions"), cpu.path,
                          f"the CPU does not have {', '.join(missing)}",
                          f"code for {machine} is compiled to {isa}", "a CPU that has all of it")
