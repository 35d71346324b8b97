# SPDX-License-Identifier: Apache-2.0
"""Rules that compare what the image claims with QEMU's own machine, where its dump is included."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware
from gen.claim import Plan
from gen.drivers import driver_for
from gen.hardware import Span, Specifier
from gen.interrupts import used_lines
from gen.messages import receiver, rows
from gen.pci import bridges, claim_spans, functions, windows
from gen.problem import Problem
from gen.rules import decimal, dump_of, lines_of_qemu, rule, same_nodes


@rule
def interrupts_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """A device of QEMU's machine interrupts where the dump says; by another line it is deaf."""
    known = lines_of_qemu(plan)
    lines = list(used_lines(plan))
    owners = [(line.controller.path, line.number) for _, line in lines]
    for claim, line in lines:
        origin, wanted = known.get((claim.node.path, line.name), (claim, line))
        here = (line.controller.path, line.number)
        # Where it is another's, that says it all.
        if not line.problem and here != (wanted.controller.path, wanted.number) \
                and owners.count(here) == 1:
            place = origin.node.at(hardware.interrupt_property(origin.node))
            same = line.controller.path == wanted.controller.path
            of = "" if same else f" of {wanted.controller.path}"
            yield Problem(claim.node.at(hardware.interrupt_property(claim.node)), claim.node.path,
                          f"QEMU's machine has the {line.name} interrupt at {wanted.shown}{of} "
                          f"({place}), not at {line.shown}{hardware.stated_parent(claim.node)}",
                          "the image would never hear of it",
                          f"nearest: {wanted.kind} {wanted.local}")


@rule
def registers_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """A block may be shorter than QEMU's; it begins where that does."""
    dump = dump_of(plan)
    # The configuration of functions lies in their bridge's registers.
    taken = [span for claim in plan.claims if not claim.driver.pci
             for span in claim_spans(plan, claim)]
    for claim, origin in same_nodes(plan, dump) if dump else ():
        for span, wanted in zip(hardware.spans(claim.node), hardware.spans(origin)):
            same = span.base == wanted.base and wanted.contains(span)
            # Where it is another's too, that says it all.
            if span.whole and not same and sum(map(span.overlaps, taken)) <= 1:
                yield Problem(claim.node.at("reg"), claim.node.path,
                              f"QEMU's machine has these registers at {wanted} "
                              f"({origin.at('reg')}), not at {span}",
                              "something else answers there, or nothing", f"nearest: {wanted}")


@rule
def windows_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """What a PCI host bridge passes on is a part of what QEMU's does, and at the same offset."""
    dump = dump_of(plan)
    for bridge in bridges(plan) if dump else ():
        origin = dump.nodes.get(bridge.path)
        for window in windows(bridge) if origin else ():
            if not any(window.kind == known.kind and known.bus.contains(window.bus)
                       and window.cpu == Span(known.cpu.base + window.bus.base - known.bus.base,
                                              window.cpu.size) for known in windows(origin)):
                listing = ", ".join(map(str, windows(origin)))
                yield Problem(bridge.at("ranges"), bridge.path,
                              f"QEMU's machine does not pass on {window} to {window.cpu}",
                              f"it passes on {listing} ({origin.at('ranges')})",
                              "the ranges of the dump, or a part of them")


@rule
def pins_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """A function's pin goes where the bridge of QEMU's machine routes it."""
    dump = dump_of(plan)
    for claim in functions(plan) if dump else ():
        origin = dump.nodes.get(claim.slot.path)
        if origin is None or receiver(plan.tree, claim.node, claim.driver):
            continue
        found = hardware.interrupts(plan.tree, claim.node)
        wanted = hardware.mapped_interrupts(dump, origin, claim.node)
        for here, there in zip(found, wanted):
            if here.controller and there.controller and shown(here) != shown(there):
                mask = claim.slot.at("interrupt-map-mask")
                yield Problem(claim.slot.at("interrupt-map"), claim.slot.path,
                              f"pin {claim.node.cells('interrupts')[0]} of {claim.node.path} "
                              f"({claim.node.at('interrupts')}) is routed to {shown(here)}",
                              f"interrupt-map-mask is at {mask}; QEMU's machine routes it to "
                              f"{shown(there)} ({origin.at('interrupt-map')})",
                              "the interrupt-map of the dump")


@rule
def messages_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """Where the controller tells functions apart by their source, it has to be QEMU's."""
    dump = dump_of(plan)
    for claim in functions(plan) if dump else ():
        bridge, origin = claim.slot, dump.nodes.get(claim.slot.path)
        to = receiver(plan.tree, claim.node, claim.driver)
        if to is None or origin is None or not to.driver.messages.get("by-source"):
            continue
        requester = claim.node.cell("reg", 0) >> 8 & 0xffff
        known = [row.source_of(requester) for row in rows(dump, origin)]
        if known and to.source not in known:
            name = "msi-map" if bridge.get("msi-map") else "msi-parent"
            mask = f" (msi-map-mask at {bridge.at('msi-map-mask')})" \
                if bridge.get("msi-map-mask") else ""
            yield Problem(bridge.at(name), bridge.path,
                          f"the messages of {claim.node.path} ({claim.node.at('reg')}) have the "
                          f"source {to.source:#x}{mask}",
                          f"QEMU's machine gives them {known[0] or 0:#x} ({origin.at(name)})",
                          f"the {name} of the dump")


def shown(specifier: Specifier) -> str:
    cells = " ".join(map(str, specifier.cells))
    return f"<{cells}> of {specifier.controller.path}" if specifier.controller else "nobody"


@rule
def slots_are_those_of_qemu(plan: Plan) -> Iterator[Problem]:
    """QEMU counts its slots from the lowest address; in another the device would not be found."""
    dump = dump_of(plan)
    for claim, origin in same_nodes(plan, dump) if dump else ():
        name = claim.driver.qemu.get("bus")
        bus = (claim.node.strings(name) or [""])[0] if name else ""
        stem, _, number = bus.rpartition(".")
        if claim.driver.pci or decimal(number) is None or claim.driver.bus != "virtio":
            continue
        slots = sorted(hardware.spans(node)[0].base for node in dump.nodes.values()
                       if driver_for(node.strings("compatible")) is claim.driver)
        here = hardware.spans(origin)[0].base if hardware.spans(origin) else None
        if here not in slots:
            yield Problem(claim.node.at("compatible"), claim.node.path,
                          "QEMU's machine has no slot here", f"it has {origin.cite('compatible')}",
                          f"nearest: one of the {len(slots)} slots of the dump")
            continue
        index = slots.index(here)
        if number != str(index):
            yield Problem(claim.node.at(name), claim.node.path, f'{name} = "{bus}" is another slot',
                          f"this one is number {index} of QEMU's {len(slots)}, counted from 0 at "
                          "the lowest address", f'nearest: "{stem}.{index}"')
