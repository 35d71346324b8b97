# SPDX-License-Identifier: Apache-2.0
"""What the MMU lets an image touch beside its own sections: RAM that it is given, pages of registers."""

from __future__ import annotations

from gen import hardware
from gen.architecture import facts_of
from gen.claim import Plan
from gen.load import Tree
from gen.memory import PAGE, holes_of, image_room, ram, reservations
from gen.model import Device, Paging, Range
from gen.page_tables import FLAT


def make_paging(plan: Plan, devices: tuple[Device, ...]) -> Paging | None:
    """None where the app turns the MMU off; flat where the CPU needs it even so."""
    form = facts_of(plan.tree).get("paging", {})
    if not form or plan.app.strings("mmu") == ["off"]:
        return Paging(all_ram(plan.tree), (), asked(plan, "mmu"), flat=True) \
            if FLAT in form else None
    given = [end_of_ram(plan)] + (free_memory(plan.tree) if plan.app.get("free-memory") else [])
    return Paging(tuple(given), tuple(shared(plan, devices)), asked(plan, "free-memory"))


def asked(plan: Plan, name: str) -> str:
    return f"{name} ({plan.app.at(name)})" if plan.app.get(name) else ""


def all_ram(tree: Tree) -> tuple[Range, ...]:
    return tuple(Range(r.path, r.place, r.span.base, r.span.size) for r in ram(tree))


def end_of_ram(plan: Plan) -> Range:
    """Tried at boot: see mem/ram.hpp."""
    room = image_room(plan)
    last = (room.span.end - 1) // PAGE * PAGE
    return Range(f"the end of {room.path}", room.place, last, room.span.end - last)


def free_memory(tree: Tree) -> list[Range]:
    """The whole pages of RAM that nothing reserves."""
    holes = [hole for region in ram(tree) for hole in holes_of(region, reservations(tree), PAGE)]
    return [Range(hole.path, hole.place, hole.span.base, hole.span.size // PAGE * PAGE)
            for hole in holes if hole.span.size >= PAGE]


def shared(plan: Plan, devices: tuple[Device, ...]) -> list[Range]:
    """Registers of nodes that nobody claims, on a page with some that are claimed."""
    claimed = {device.path for device in devices} | {device.slot for device in devices}
    pages = {page for device in devices for block in device.registers if block.space == "mmio"
             for page in range(block.base // PAGE, (block.base + block.size - 1) // PAGE + 1)}
    return [Range(node.path, node.at("reg"), span.base, span.size)
            for node in plan.tree.root.walk() if node.path not in claimed and node.get("reg")
            for span in hardware.spans(node) if span.whole and span.size and node.path != "/memory"
            and any(page in pages for page in
                    {span.base // PAGE, (span.base + span.size - 1) // PAGE})]
