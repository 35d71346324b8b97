# SPDX-License-Identifier: Apache-2.0
"""The instructions of the CPUs: what the tree says they have, and what code is compiled to."""

from __future__ import annotations

import re

from gen import hardware
from gen.architecture import facts_of
from gen.load import Node, Tree

GENERAL = "imafd"  # what "g" stands for


def cpus(tree: Tree) -> list[Node]:
    """Those that are in use."""
    return [node for node in tree.nodes.values()
            if hardware.is_cpu(node) and hardware.enabled(node)]


def split(isa: str) -> tuple[str, set[str]]:
    """An ISA string to its width, such as rv64, and the names of its extensions: letters, and what
    begins with s, x or z, which have several."""
    first, *named = re.sub(r"(?<=[a-z])\d+p\d+", "", isa.lower()).split("_")  # without versions
    width, letters, name = re.fullmatch(r"(rv\d+)?([a-rt-wy]*)(.*)", first, re.DOTALL).groups()
    return width or "", {*letters.replace("g", GENERAL), name, *named} - {""}


def has(cpu: Node) -> tuple[str, set[str]]:
    """The same of a CPU, by either way that a tree has to say it; nothing where it does not."""
    width, names = split((cpu.strings("riscv,isa") or [""])[0])
    base = split((cpu.strings("riscv,isa-base") or [""])[0])[0]
    return width or base, names | set(cpu.strings("riscv,isa-extensions"))


def lacks(cpu: Node, isa: str) -> list[str]:
    """What an image compiled to a string could not do without. Control registers and fences, zicsr
    and zifencei, were part of "i" when many trees were written, and are no question."""
    width, names = split(isa)
    found, own = has(cpu)
    if not found:
        return []
    return [width] if width != found else sorted(names - own - {"zicsr", "zifencei"})


def compiled_isa(tree: Tree) -> str | None:
    """What code is compiled to, where the architecture has a choice: all that every CPU in use has
    and the compiler has use for."""
    facts = facts_of(tree)
    if "isa" not in facts:
        return None
    each = [has(cpu)[1] for cpu in cpus(tree)]
    common = set.intersection(*each) if each else set()
    return "_".join([facts["isa"], *(name for name in facts["extensions"] if name in common)])
