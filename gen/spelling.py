# SPDX-License-Identifier: Apache-2.0
"""Names of properties that are a letter off: the likely cause of another problem."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gen.hardware import ancestors
from gen.load import Node, Tree
from gen.problem import Problem, a_letter_off

# Those that the generator reads of nodes whoever drives them.
READ = ("#address-cells", "#clock-cells", "#interrupt-cells", "#size-cells", "bus-range",
        "clock-frequency", "clock-names", "clocks", "compatible", "device_type",
        "firmware", "interrupt-controller", "interrupt-map", "interrupt-map-mask", "interrupt-parent",
        "interrupts", "interrupts-extended", "msi-map", "msi-parent", "phandle", "qemu,bus",
        "ranges", "reg", "status", "timebase-frequency")


def misspelt(tree: Tree, problems: list[Problem]) -> Iterator[Problem]:
    """In the nodes that the problems are of or name, and above these; one that is read and not
    there, beside one of almost its name. Such a property alone is no mistake: nobody reads it."""
    told = {(problem.place, problem.path) for problem in problems}
    for node in nodes_of(tree, problems):
        for item in node.properties.values():
            meant = next((name for name in READ if node.get(name) is None
                          and a_letter_off(item.name, name)), None)
            if meant and item.name not in READ and (item.place, node.path) not in told:
                yield Problem(item.place, node.path, f"{item.name} is perhaps misspelt",
                              f"{meant} is not there", f"nearest: {meant}")


def nodes_of(tree: Tree, problems: list[Problem]) -> list[Node]:
    paths = [path for problem in problems
             for path in [problem.path, *re.findall(r"/[\w,.@/+-]+", str(problem))]]
    own = [tree.nodes[path] for path in paths if path in tree.nodes]
    return list({node.path: node for each in own for node in [each, *ancestors(each)]}.values())
