# SPDX-License-Identifier: Apache-2.0
"""From a checked plan to QEMU's command line: its machine, what is plugged into it, how it ends."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware, pci
from gen.claim import Plan
from gen.drivers import Driver, driver_for
from gen.load import Node
from gen.memory import ram
from gen.model import ExitStatus, Plug, Qemu


def make_qemu(plan: Plan) -> Qemu | None:
    node = plan.tree.nodes.get("/machine/qemu")
    if node is None:
        return None
    cpus = [n for n in plan.tree.nodes.values() if hardware.is_cpu(n) and hardware.enabled(n)]
    options = [*node.strings("options"), *driver_options(plan)]
    return Qemu(node.place, node.strings("system")[0], node.strings("machine")[0],
                node.strings("cpu")[0], tuple(options), sum(r.span.size for r in ram(plan.tree)),
                max(1, len(cpus)), tuple(make_plugs(plan)), make_exit_status(plan))


def driver_options(plan: Plan) -> list[str]:
    """What the drivers in use want of QEMU, each once."""
    wanted = {claim.driver.title: claim.driver.qemu.get("arguments", []) for claim in plan.claims}
    return [argument for arguments in wanted.values() for argument in arguments]


def make_exit_status(plan: Plan) -> ExitStatus:
    """How QEMU's status tells the app's: the same number, unless the exit's driver says how."""
    claim = plan.by_role("exit")
    return ExitStatus(**(claim.driver.qemu.get("status", {"first": 0, "step": 1}) if claim
                         else {"first": 0, "step": 1}))


def make_plugs(plan: Plan) -> Iterator[Plug]:
    for claim in plan.claims:
        facts = claim.driver.qemu
        slot = driver_for(claim.slot.strings("compatible")) if claim.slot else None
        if "device" not in facts or (claim.driver.on and slot is None):
            continue
        bus = claim.slot.strings(slot.qemu["bus"])[0] if slot else None
        yield Plug(claim.role or "", facts["device"], bus, facts.get("backend", "none"),
                   tuple([*pci.plug_place(claim), *plug_options(claim.node, claim.driver)]))


def plug_options(node: Node, driver: Driver) -> Iterator[str]:
    spans = hardware.spans(node)
    for entry in driver.qemu.get("options", ()):
        if "value" in entry:
            yield f"{entry['option']}={entry['value']}"
            continue
        if entry["form"] in ("register-base", "register-size"):
            span = spans[entry.get("register", 0)]
            value = span.base if entry["form"] == "register-base" else span.size
            yield f"{entry['option']}={value:#x}"
            continue
        item = node.get(entry["property"])
        if item is None:
            continue
        if entry["form"] == "mac":
            yield f"{entry['option']}={item.data.hex(':')}"
        elif item.cells()[0] != entry.get("default"):
            yield f"{entry['option']}={item.cells()[0]}"
