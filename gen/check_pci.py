# SPDX-License-Identifier: Apache-2.0
"""Rules over PCI functions: their place on the bus, interrupt pin, and room for their BARs."""

from __future__ import annotations

from collections.abc import Iterator

from gen import hardware
from gen.claim import Claim, Plan
from gen.load import Node
from gen.messages import receiver, rows
from gen.pci import (CONFIG_SIZE, Address, address_of, assigned, bars, bridges, functions,
                     usable_windows,
                     windows)
from gen.problem import Problem
from gen.rules import rule


@rule
def functions_have_a_place(plan: Plan) -> Iterator[Problem]:
    for claim in functions(plan):
        node, bridge = claim.node, claim.slot
        if node.get("reg") is None:
            yield Problem(node.place, node.path, "reg is missing",
                          "it says which device and function of the bus this is",
                          "reg = <0x800 0 0 0 0>; for device 1, function 0")
            continue
        address = address_of(node)
        if address is None:
            yield Problem(node.at("reg"), node.path, "reg is not that of a PCI function",
                          "it is one row of five cells: bus << 16 | device << 11 | function << 8, "
                          "and zeros",
                          f"nearest: reg = <{(node.cells('reg') or [0x800])[0] & 0xffff00:#x} 0 0 "
                          "0 0>")
        else:
            yield from outside(node, bridge, address)


def outside(node: Node, bridge: Node, address: Address) -> Iterator[Problem]:
    first = (bridge.cells("bus-range") or [0])[0]
    ecam = hardware.spans(bridge)
    if address.bus != first:
        yield Problem(node.at("reg"), node.path, f"the function is on bus {address.bus}",
                      f"a child of {bridge.path} is on its first bus ({bridge.at('bus-range')}), "
                      "and bridges are not driven",
                      f"nearest: bus {first}")
    elif ecam and address.offset + CONFIG_SIZE > ecam[0].size:
        yield Problem(bridge.at("reg"), bridge.path,
                      f"the configuration of {node.cite('reg')} lies at offset "
                      f"{address.offset:#x}, behind the {ecam[0].size:#x} bytes of reg",
                      "ECAM has 0x1000 bytes a function",
                      f"nearest: a size of {address.offset + CONFIG_SIZE:#x}")


@rule
def functions_have_their_own_places(plan: Plan) -> Iterator[Problem]:
    owners: dict[tuple[str, Address], Claim] = {}
    for claim in functions(plan):
        address = address_of(claim.node)
        if address is None:
            continue
        first = owners.setdefault((claim.slot.path, address), claim)
        if first is not claim:
            taken = {address_of(child) for child in claim.slot.children.values()}
            free = next((d for d in range(1, 32) if Address(address.bus, d, 0) not in taken), None)
            yield Problem(claim.node.at("reg"), claim.node.path,
                          f"device {address} is also {first.node.cite('reg')}",
                          "a place on the bus has one function",
                          f"nearest free: reg = <{free << 11:#x} 0 0 0 0>" if free else
                          "one function fewer: all 32 devices of the bus are taken")


@rule
def functions_have_an_interrupt(plan: Plan) -> Iterator[Problem]:
    for claim in functions(plan):
        node, bridge = claim.node, claim.slot
        if receiver(plan.tree, node, claim.driver):
            continue
        pins = node.cells("interrupts")
        if not pins:
            yield Problem(node.place, node.path, "interrupts is missing",
                          "it names the pin, INTA is 1",
                          "interrupts = <1>;")
        elif not 1 <= pins[0] <= 4:
            yield Problem(node.at("interrupts"), node.path, f"interrupts = <{pins[0]}> is no pin",
                          "the pins INTA to INTD are 1 to 4", f"nearest: {1 if pins[0] < 1 else 4}")
        elif any(specifier.controller is None
                 for specifier in hardware.interrupts(plan.tree, node)):
            if not bridge.get("interrupt-map"):
                yield Problem(bridge.place, bridge.path, "interrupt-map is missing",
                              "it routes the pins of the functions on the bus",
                              "the rows of the machine's manual or of QEMU's dump")
                continue
            yield Problem(bridge.at("interrupt-map"), bridge.path,
                          f"interrupt-map does not route pin {pins[0]} of {node.cite('reg')}",
                          f"no row matches its reg and pin ({node.at('interrupts')}) under "
                          f"interrupt-map-mask ({bridge.at('interrupt-map-mask')})",
                          "a device or pin that it routes")


@rule
def messages_have_a_receiver(plan: Plan) -> Iterator[Problem]:
    for bridge in bridges(plan):
        name = "msi-map" if bridge.get("msi-map") else "msi-parent"
        if name == "msi-map" and len(bridge.cells(name)) % 4:
            yield Problem(bridge.at(name), bridge.path,
                          f"msi-map has {len(bridge.cells(name))} cells",
                          "a row is four: requester, controller, first source, how many",
                          "msi-map = <0 &controller 0 0x10000>")
        elif any(row.controller is None for row in rows(plan.tree, bridge)):
            lost = [f" &{{{n.path}}} ({n.place})" for n in plan.tree.root.walk()
                    if n.get("msi-controller") and not n.get("phandle")]
            yield Problem(bridge.at(name), bridge.path, f"{name} points at no node",
                          "it says which controller takes the messages of PCI functions",
                          f"{name} with{''.join(lost[:1]) or ' &controller'}, or none for "
                          "interrupts by pins")


@rule
def bars_have_room(plan: Plan) -> Iterator[Problem]:
    found = assigned(plan)
    for claim in functions(plan):
        lacking = [bar for bar in bars(plan, claim) if not found[claim.node.path, bar["index"]]]
        for bar in lacking[:1]:
            bridge = claim.slot
            usable = usable_windows(plan, bridge, bar["bits"])
            listing = ", ".join(map(str, usable or windows(bridge))) or "nothing"
            why = f"{claim.driver.title} needs them naturally aligned, where the CPU can reach them"
            yield Problem(bridge.at("ranges"), bridge.path,
                          f"there is no room for the {bar['size']:#x} bytes of BAR {bar['index']} "
                          f"of {claim.node.cite()}",
                          f"{why}; ranges passes on {listing}",
                          f"a memory window of at least {needed(plan, bridge):#x} bytes")


def needed(plan: Plan, bridge: Node) -> int:
    """Bytes that hold all BARs behind a bridge, wherever the window begins."""
    sizes = [bar["size"] for c in functions(plan) if c.slot is bridge for bar in bars(plan, c)]
    return sum(sizes) + max(sizes)
