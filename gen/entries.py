# SPDX-License-Identifier: Apache-2.0
"""Which entries of a node's interrupts its driver uses: by position or by purpose."""

from __future__ import annotations

from dataclasses import dataclass

from gen import hardware
from gen.architecture import cpu_interrupt
from gen.drivers import Driver, driver_for
from gen.hardware import Specifier
from gen.load import Node, Tree


@dataclass(frozen=True)
class Entry:
    """One interrupt that a driver uses; without a specifier where the node has no such entry."""

    name: str
    # From 0; None where the driver wants an interrupt of the CPU that no entry raises.
    index: int | None
    specifier: Specifier | None
    # The CPU's interrupt that was looked for, and the constant that takes the index.
    wanted: int | None = None
    constant: str | None = None


def entries(tree: Tree, node: Node, driver: Driver) -> list[Entry]:
    """The interrupts in driver.yaml's order. There, `name: N` is the entry at a position, and
    `name: {interrupt: purpose, index: constant}` the first that raises that interrupt of an
    enabled CPU."""
    found = hardware.interrupts(tree, node)
    return [at_position(found, name, wanted) if isinstance(wanted, int)
            else of_purpose(tree, found, name, wanted)
            for name, wanted in driver.interrupts.items()]


def at_position(found: list[Specifier], name: str, index: int) -> Entry:
    return Entry(name, index, found[index] if index < len(found) else None)


def of_purpose(tree: Tree, found: list[Specifier], name: str, wanted: dict[str, str]) -> Entry:
    number = cpu_interrupt(tree, wanted["interrupt"])
    for index, specifier in enumerate(found):
        if number is not None and raised(specifier) == number and is_of_cpu(specifier):
            return Entry(name, index, specifier, number, wanted.get("index"))
    return Entry(name, None, None, number, wanted.get("index"))


def is_of_cpu(specifier: Specifier) -> bool:
    """Whether the entry's controller is the own one of a CPU in use: it lies in the node of that."""
    holder = specifier.controller.parent if specifier.controller else None
    return holder is not None and hardware.is_cpu(holder) and hardware.enabled(holder)


def raised(specifier: Specifier) -> int | None:
    """The number that the entry's cells name, where a driver says which cell that is."""
    controller = specifier.controller
    driver = driver_for(controller.strings("compatible")) if controller else None
    layout = driver.interrupt_cells if driver else None
    if layout is None or layout["number"] >= len(specifier.cells):
        return None
    return specifier.cells[layout["number"]]
