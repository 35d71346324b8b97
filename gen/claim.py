# SPDX-License-Identifier: Apache-2.0
"""Resolves the roles that the app uses to nodes and drivers: what this image claims."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gen.drivers import Driver, all_drivers, compatibles_of_class, driver_for, handles
from gen.entries import entries
from gen.hardware import ancestors, enabled, interrupt_property
from gen.load import Node, Tree, load
from gen.messages import MESSAGE_CONTROLLER, receiver
from gen.problem import ROOT, Place, Problem, Refused, a_letter_off, nearest, suggest

CONTROLLER = "interrupt-controller"


@dataclass(frozen=True)
class Claim:
    """A node that the image drives; `slot` is the transport node that it sits in, if any."""

    node: Node
    driver: Driver
    role: str | None = None
    slot: Node | None = None


@dataclass(frozen=True)
class Plan:
    """The tree, and what of it this image claims."""

    tree: Tree
    app: Node
    net: Node | None
    claims: list[Claim] = field(default_factory=list)

    def by_role(self, role: str) -> Claim | None:
        return next((c for c in self.claims if c.role == role), None)


@dataclass(frozen=True)
class Wish:
    """A role that something in the tree asks for, and where it does."""

    role: str
    node: Node
    place: Place


def role_class(role: str) -> str:
    """`net0` is of class net."""
    return role.rstrip("0123456789")


def make_plan(tree: Tree, app: Node) -> tuple[Plan, list[Problem]]:
    """Claim everything that can be; a role that cannot be resolved is a problem and is left out."""
    net = app.children.get("net")
    plan, problems = Plan(tree, app, net), []
    for wish in wishes(tree, app, net):
        found = resolve(tree, wish)
        if isinstance(found, Problem):
            problems.append(found)
        elif all(claim.node is not found.node for claim in plan.claims):
            refused = claim_slot(plan, found)
            problems += refused
            if not refused:
                plan.claims.append(found)
    problems += claim_controllers(plan)
    return plan, problems


def wishes(tree: Tree, app: Node, net: Node | None) -> list[Wish]:
    """The roles to claim, the timer first and the exit last, as they are started and ended."""
    found = [Wish(role, app, app.at("uses")) for role in dict.fromkeys(app.strings("uses"))]
    named = {wish.role for wish in found}
    if net is not None and "timer" not in named:
        found.append(Wish("timer", net, net.place))
    if "exit" in aliases(tree) and "exit" not in named:
        found.append(Wish("exit", tree.nodes["/aliases"], tree.nodes["/aliases"].at("exit")))
    order = {"timer": 0, "exit": 2}
    return sorted(found, key=lambda wish: order.get(wish.role, 1))


def aliases(tree: Tree) -> dict[str, str]:
    node = tree.nodes.get("/aliases")
    return {name: (p.strings() or [""])[0] for name, p in node.properties.items()} if node else {}


def resolve(tree: Tree, wish: Wish) -> Claim | Problem:
    """The node and driver of a role, or the first reason why there is none."""
    known = aliases(tree)
    if wish.role not in known:
        return no_such_role(tree, wish, known)
    alias_node = tree.nodes["/aliases"]
    node = tree.nodes.get(known[wish.role])
    if not known[wish.role]:
        return Problem(alias_node.at(wish.role), "/aliases", f"the alias {wish.role} is no path",
                       "an alias names the node that has the role", f'{wish.role} = "/PATH"')
    if node is None:
        paths = [path for path in tree.nodes if path != "/"]
        close = nearest(known[wish.role], paths)
        return Problem(alias_node.at(wish.role), "/aliases",
                       f'the alias {wish.role} points at "{known[wish.role]}", which does not '
                       'exist',
                       f"{wish.node.path} ({wish.place}) uses this role",
                       f'nearest: "{close}"' if close else f'{wish.role} = "/PATH" of a node')
    return claim_node(tree, wish, node)


def no_such_role(tree: Tree, wish: Wish, known: dict[str, str]) -> Problem:
    what = f'no alias of the machine resolves the role "{wish.role}"'
    place = f" ({tree.nodes['/aliases'].place})" if known else ""
    why = f"a role is an alias in the machine file{place}"
    if wish.node.name == "net" and wish.role == "timer":
        why = f"the network stack needs a timer, by an alias in the machine file{place}"
    # An alias that is no role of the app, and almost this one's name.
    wished = tree.nodes["/app"].strings("uses")
    close = next((name for name in known if a_letter_off(name, wish.role) and name not in wished),
                 None)
    if close:
        return Problem(wish.place, wish.node.path, what, why,
                       f"nearest: {close} ({tree.nodes['/aliases'].at(close)})")
    elsewhere = machines_with(wish.role)
    if elsewhere:
        return Problem(wish.place, wish.node.path, what, why,
                       f"machines that have it: {', '.join(elsewhere)}")
    return Problem(wish.place, wish.node.path, what, why, suggest(wish.role, known, "role"))


def machines_with(role: str) -> list[str]:
    """The project's machines that have an alias for a role."""
    found = []
    for file in sorted((ROOT / "dts").glob("*.dts")):
        try:
            tree = load(file, None)
        except Refused:  # a mistake in another machine is none of this one
            continue
        if role in aliases(tree):
            found.append(file.stem)
    return found


def claim_node(tree: Tree, wish: Wish, node: Node) -> Claim | Problem:
    if not enabled(node):
        status = node.strings("status")[0]
        return Problem(node.at("status"), node.path, f'the node is disabled (status = "{status}")',
                       f"the role {wish.role} at {wish.place} resolves to it",
                       'nearest: status = "okay"')
    compatible = node.strings("compatible")
    wanted = role_class(wish.role)
    candidates = compatibles_of_class(wanted)
    driver = driver_for(compatible)
    shown = ", ".join(f'"{name}"' for name in compatible) or "nothing"
    if driver is None:
        return Problem(node.at("compatible"), node.path,
                       f"no driver for the role {wish.role} here: compatible with {shown}",
                       f"the app uses it at {wish.place}", compatible_fix(compatible, candidates))
    if driver.role_class != wanted:
        alias = tree.nodes["/aliases"].at(wish.role)
        return Problem(node.at("compatible"), node.path,
                       f"{shown} is of class {driver.role_class}, "
                       f"the role {wish.role} ({alias}) wants class {wanted}",
                       f"the app uses it at {wish.place}", compatible_fix(compatible, candidates))
    slot = node.parent if driver.on else None
    for bus in ancestors(slot or node):
        if not enabled(bus):
            return Problem(bus.at("status"), bus.path, "the bus is disabled",
                           f"{node.cite()}, the role {wish.role}, lies below it",
                           'nearest: status = "okay"')
    return Claim(node, driver, wish.role, slot)


def compatible_fix(compatible: list[str], candidates: list[str]) -> str:
    if not candidates:
        classes = sorted({d.role_class for d in all_drivers()} - {CONTROLLER, MESSAGE_CONTROLLER,
                                                             "transport"})
        return f"there are drivers for the classes {', '.join(classes)}"
    close = nearest(compatible[0], candidates) if compatible else None
    rest = f" (drivers: {', '.join(candidates)})" if len(candidates) > 1 and not close else ""
    return f'nearest: compatible = "{close or candidates[0]}"{rest}'


def claim_slot(plan: Plan, claim: Claim) -> list[Problem]:
    """A device in a slot needs the slot's transport, which is claimed along with it."""
    node, driver = claim.node, claim.driver
    if driver.on is None:
        return []
    slot_driver = driver_for(claim.slot.strings("compatible")) if claim.slot else None
    if slot_driver is None or slot_driver.bus != driver.on:
        offers = sorted(c for d in all_drivers() if d.bus == driver.on for c in d.compatible)
        return [Problem(node.place, node.path,
                        f"{driver.compatible[0]} does not sit in a slot of a {driver.on} bus",
                        f"its parent is {claim.slot.cite('compatible')}" if claim.slot else
                        "it is the root of the tree",
                        f'it belongs below a node compatible with "{offers[0]}"')]
    if not enabled(claim.slot):
        return [Problem(claim.slot.at("status"), claim.slot.path, "the slot is disabled",
                        f"{node.cite()} sits in it", 'nearest: status = "okay"')]
    if all(c.node is not claim.slot for c in plan.claims):
        plan.claims.append(Claim(claim.slot, slot_driver))
    return []


def claim_controllers(plan: Plan) -> list[Problem]:
    """Claim, ahead of all else, each controller that a used interrupt points at."""
    problems: list[Problem] = []
    controllers: list[Claim] = []
    for claim in list(plan.claims):
        problems += claim_controllers_of(plan, claim, controllers)
    plan.claims[:0] = controllers
    # One that several interrupt through is told once.
    return list({(p.place, p.path, p.what): p for p in reversed(problems)}.values())


def claim_controllers_of(plan: Plan, claim: Claim, controllers: list[Claim]) -> list[Problem]:
    """The controllers that the claim interrupts through, each behind its own."""
    problems: list[Problem] = []
    for controller in controllers_of(plan, claim):
        known = [*plan.claims, *controllers, claim]
        if any(c.node is controller for c in known):
            continue
        problem = controller_problem(controller, claim)
        if problem:
            problems.append(problem)
            continue
        found = Claim(controller, driver_for(controller.strings("compatible")))
        problems += claim_controllers_of(plan, found, controllers)
        if all(c.node is not controller for c in controllers):
            controllers.append(found)
    return problems


def controllers_of(plan: Plan, claim: Claim) -> list[Node]:
    """Those whose lines the claim has, and the one that takes its messages."""
    to = receiver(plan.tree, claim.node, claim.driver)
    if to:
        return [to.lines_of, to.node]
    found = entries(plan.tree, claim.node, claim.driver)
    return [entry.specifier.controller for entry in found
            if entry.specifier and entry.specifier.controller]


def controller_problem(controller: Node, claim: Claim) -> Problem | None:
    compatible = controller.strings("compatible")
    driver = driver_for(compatible)
    through = claim.node.cite(interrupt_property(claim.node))
    if driver is None or driver.role_class not in (CONTROLLER, MESSAGE_CONTROLLER):
        shown = ", ".join(f'"{name}"' for name in compatible) or "nothing"
        return Problem(controller.at("compatible"), controller.path,
                       f"no driver for this interrupt controller: compatible with {shown}",
                       f"{through} interrupts through it",
                       compatible_fix(compatible, compatibles_of_class(CONTROLLER)))
    if not enabled(controller):
        return Problem(controller.at("status"), controller.path, "the node is disabled",
                       f"{through} interrupts through it", 'nearest: status = "okay"')
    return None


def socket_nodes(net: Node | None) -> list[Node]:
    return list(net.children.values()) if net else []


def is_identifier(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_-]*", name) is not None


def disk_buffers(app: Node) -> tuple[int, int]:
    """How many buffers the app's disks have, and the bytes of each."""
    return app.cell("disk-buffers", 8), app.cell("disk-buffer-size", 4096)


def has_handle(plan: Plan, role: str) -> bool:
    """Whether the app is given a value for this role: the network's device belongs to the stack."""
    owned = role_class(role) == "net" and plan.net is not None
    return role_class(role) in handles() and not owned
