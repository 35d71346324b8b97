# SPDX-License-Identifier: Apache-2.0
"""Rules over who starts the image: firmware that the machine names, or nobody."""

from __future__ import annotations

from collections.abc import Iterator

from gen.architecture import bare_entry, facts_of, firmware
from gen.claim import Plan
from gen.hardware import Span
from gen.isa import cpus, has
from gen.memory import ram, reservations
from gen.problem import Problem
from gen.rules import has_qemu, rule


@rule
def firmware_is_known(plan: Plan) -> Iterator[Problem]:
    machine, name = plan.tree.nodes.get("/machine"), firmware(plan.tree)
    known = facts_of(plan.tree).get("firmware", {})
    if name is None or name in known:
        return
    fix = " or ".join(f'firmware = "{each}"' for each in known)
    yield Problem(machine.at("firmware"), machine.path, f'the firmware "{name}" is unknown',
                  f"it decides where an image for {machine.strings('architecture')[0]} begins, and "
                  "in which mode", f"nearest: {fix}" if fix else "leave firmware out")


@rule
def firmware_has_its_memory(plan: Plan) -> Iterator[Problem]:
    """The base of RAM is the firmware's own: the image begins behind."""
    size = facts_of(plan.tree).get("firmware", {}).get(firmware(plan.tree))
    if size is None or not ram(plan.tree):
        return
    machine, base = plan.tree.nodes["/machine"], ram(plan.tree)[0].span.base
    own = Span(base, size)
    if not any(region.span.contains(own) for region in reservations(plan.tree)):
        yield Problem(machine.at("firmware"), machine.path,
                      f"nothing reserves the memory {own} of the firmware",
                      f"it lies at the base of RAM ({ram(plan.tree)[0].place}) and starts what lies behind",
                      f"a child of /reserved-memory with {own}")


@rule
def firmware_is_that_of_qemu(plan: Plan) -> Iterator[Problem]:
    """`run` starts the image as it was built to be started."""
    facts = facts_of(plan.tree)
    if not has_qemu(plan) or "without-firmware" not in facts:
        return
    node, name = plan.tree.nodes["/machine/qemu"], firmware(plan.tree)
    machine = plan.tree.nodes["/machine"]
    options = node.strings("options")
    given = options[options.index("-bios") + 1:][:1] if "-bios" in options else []
    if name is None and given != ["none"]:
        yield Problem(node.at("options"), node.path, "QEMU would start its own firmware",
                      f"no firmware is stated in {machine.cite()}, so that the image begins alone; "
                      "QEMU lets it with -bios none", 'options = "-bios", "none"')
    elif name is not None and given == ["none"]:
        yield Problem(node.at("options"), node.path, "QEMU would start no firmware",
                      f"the image waits to be started by {name} ({machine.at('firmware')})",
                      'options = "-bios", "default"')


@rule
def timer_does_without_firmware(plan: Plan) -> Iterator[Problem]:
    """Without firmware nobody can be asked for what the CPU lacks."""
    if bare_entry(plan.tree) is None or plan.by_role("timer") is None:
        return
    wanted = facts_of(plan.tree)["without-firmware"]["timer"]
    for cpu in cpus(plan.tree):
        if wanted not in has(cpu)[1]:
            yield Problem(cpu.at("riscv,isa"), cpu.path,
                          f"the CPU does not have the extension {wanted}",
                          f"{plan.by_role('timer').node.cite()} is set by it where no firmware does so",
                          f'a CPU whose riscv,isa has "_{wanted}", or firmware in /machine')
