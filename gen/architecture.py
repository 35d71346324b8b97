# SPDX-License-Identifier: Apache-2.0
"""What src/arch/<isa>/arch.yaml says: flags, alignment, the width of an address."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml

from gen.load import Tree
from gen.problem import ROOT


@cache
def architecture_facts(architecture: str) -> dict[str, Any]:
    return yaml.safe_load((ROOT / "src/arch" / architecture / "arch.yaml").read_text())


def address_limit(tree: Tree) -> int:
    """The first address that the CPU of the tree's machine cannot form."""
    machine = tree.nodes.get("/machine")
    name = (machine.strings("architecture") or [""])[0] if machine else ""
    known = (ROOT / "src/arch" / name / "arch.yaml").is_file()
    return 1 << (architecture_facts(name).get("address-bits", 64) if name and known else 64)
