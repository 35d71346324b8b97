# SPDX-License-Identifier: Apache-2.0
"""Rules over the clocks of the claimed devices."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware
from gen.claim import Claim, Plan
from gen.load import Node
from gen.problem import Problem
from gen.rules import rule


@rule
def clocks_are_there(plan: Plan) -> Iterator[Problem]:
    for claim in plan.claims:
        wanted = claim.driver.clock or {}
        if "property" in wanted:
            node = plan.tree.nodes.get(wanted.get("node", claim.node.path))
            yield from stated_clock(claim, node, wanted)
        elif "named" in wanted:
            yield from named_clock(plan, claim, wanted["named"])


def stated_clock(claim: Claim, node: Node | None, wanted: dict[str, str]) -> Iterator[Problem]:
    """The rate is a property of the claimed node, or of another that the driver names."""
    name = wanted["property"]
    if node is None:
        yield Problem(claim.node.place, claim.node.path, f"there is no node {wanted['node']}",
                      f"{claim.driver.title} takes its clock from there",
                      f"the node, with {name} = <hertz>")
    elif node.get(name) is None:
        yield Problem(node.place, node.path, f"{name} is missing",
                      f"{claim.driver.title} does not measure its clock, the tree states it",
                      f"{name} = <hertz>")
    elif node.cell(name, 0) == 0:
        yield zero_clock(node, name, claim)


def nearest_clock(plan: Plan) -> str:
    """The clock that is meant perhaps: best one that no number refers to."""
    known = [node for node in plan.tree.root.walk() if node.get("#clock-cells")]
    known.sort(key=lambda node: node.get("phandle") is not None)
    return f"&{{{known[0].path}}}> ({known[0].at('phandle')})" if known else "&clock>"


def zero_clock(node: Node, name: str, claim: Claim) -> Problem:
    return Problem(node.at(name), node.path, f"{name} is 0",
                   f"{claim.node.cite()} counts time with this clock",
                   f"{name} = <hertz>, 1 or more")


def named_clock(plan: Plan, claim: Claim, name: str) -> Iterator[Problem]:
    node = claim.node
    if node.get("clocks") is None and node.get("clock-frequency") is None:
        yield Problem(node.place, node.path, f"the clock {name} is missing",
                      f"{claim.driver.title} computes its divisors from it",
                      f'clocks = <&clock>; clock-names = "{name}", or clock-frequency = <hertz>')
        return
    provider = hardware.clock_node(plan.tree, node, name)
    if provider is None:
        names = node.strings("clock-names")
        if not names or name in names:
            yield Problem(node.at("clocks"), node.path,
                          f"the clock {name} is of no node of the tree",
                          f"{claim.driver.title} computes its divisors from it",
                          f"nearest: clocks = <{nearest_clock(plan)}")
            return
        shown = ", ".join(f'"{n}"' for n in names)
        yield Problem(node.at("clock-names"), node.path,
                      f"no clock named {name}: the clocks are {shown}",
                      f"{claim.driver.title} computes its divisors from it",
                      f'nearest: clock-names = "{name}"')
    elif not hardware.enabled(provider):
        yield Problem(provider.at("status"), provider.path, "the clock is disabled",
                      f"{node.cite('clocks')} takes its clock {name} from here",
                      'nearest: status = "okay"')
    elif provider.get("clock-frequency") and len(provider.cells("clock-frequency")) != 1:
        yield Problem(provider.at("clock-frequency"), provider.path,
                      "clock-frequency is not one number",
                      f"{node.cite('clocks')} has its clock {name} by it",
                      "clock-frequency = <hertz>")
    elif provider.get("clock-frequency") is None:
        yield Problem(provider.place, provider.path, "clock-frequency is missing",
                      f"{node.cite('clocks')} takes its clock {name} from here",
                      f"clock-frequency = <hertz> here, or in {node.path} where this is no fixed "
                      "clock")
    elif provider.cell("clock-frequency", 0) == 0:
        yield zero_clock(provider, "clock-frequency", claim)
