# SPDX-License-Identifier: Apache-2.0
"""Rules over the slots of QEMU's machine."""

from __future__ import annotations

from collections.abc import Iterator

from gen.claim import Plan
from gen.drivers import driver_for
from gen.load import Node
from gen.problem import Problem
from gen.rules import has_qemu, nearest_power, power_of_two, rule


@rule
def slots_have_one_device(plan: Plan) -> Iterator[Problem]:
    buses: dict[str, Node] = {}
    for claim in plan.claims:
        name = claim.driver.qemu.get("bus")
        for bus in claim.node.strings(name) if name else []:
            first = buses.setdefault(bus, claim.node)
            if first is not claim.node:
                yield Problem(claim.node.at(name), claim.node.path,
                              f'{name} = "{bus}" is also that of {first.cite(name)}',
                              "a bus of QEMU's machine is one slot",
                              f'nearest: "{free_bus(bus, set(plan_buses(plan, name)))}"')


def plan_buses(plan: Plan, name: str) -> Iterator[str]:
    for node in plan.tree.root.walk():
        yield from node.strings(name)


def free_bus(bus: str, taken: set[str]) -> str:
    """The nearest bus below in number that no node names; the slots are numbered from 0."""
    stem, _, number = bus.rpartition(".")
    if not number.isdigit():
        return bus
    choices = [f"{stem}.{n}" for n in range(int(number), -1, -1) if f"{stem}.{n}" not in taken]
    return choices[0] if choices else f"{stem}.{int(number) + 1}"


@rule
def slots_name_their_bus(plan: Plan) -> Iterator[Problem]:
    if not has_qemu(plan):
        return
    for claim in plan.claims:
        slot = claim.slot
        driver = driver_for(slot.strings("compatible")) if slot else None
        name = driver.qemu.get("bus") if driver else None
        if name and slot.get(name) is None and claim.driver.qemu.get("device"):
            yield Problem(slot.place, slot.path, f"{name} is missing",
                          f"`run` plugs {claim.driver.qemu['device']} into the slot by it",
                          f"{name} = {driver.qemu['bus-name']}")


@rule
def slot_options_suit_qemu(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims if has_qemu(plan) else []:
        for option in claim.driver.qemu.get("options", ()):
            low, high = option.get("minimum"), option.get("maximum")
            if low is None:
                continue
            name = option["property"]
            value = claim.node.cell(name, option.get("default", 0))
            if power_of_two(value) and not low <= value <= high:
                yield Problem(claim.node.at(name), claim.node.path,
                              f"{name} = <{value}> is not what QEMU's "
                              f"{claim.driver.qemu['device']} "
                              "can be", f"its {option['option']} is {low} to {high}",
                              f"nearest: {nearest_power(value, low, high)}")
