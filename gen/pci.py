# SPDX-License-Identifier: Apache-2.0
"""PCI functions: where their configuration lies, and which bus addresses their BARs are given.

Nobody enumerates at run time: a function is a node, and its BAR's place is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gen import hardware
from gen.architecture import address_limit
from gen.claim import Claim, Plan
from gen.hardware import Span, number
from gen.load import Node
from gen.messages import receiver

CONFIG_SIZE = 0x1000  # of one function, in ECAM
FOUR_GIB = 1 << 32
WORDS = {0: "configuration", 1: "I/O", 2: "32-bit memory", 3: "64-bit memory"}


@dataclass(frozen=True)
class Address:
    """The place of a function on its bus."""

    bus: int
    device: int
    function: int

    @property
    def offset(self) -> int:
        """Of its configuration in ECAM (PCI Express Base, 7.2.2)."""
        return self.bus << 20 | self.device << 15 | self.function << 12

    def __str__(self) -> str:
        return f"{self.device:x},{self.function:x}"


@dataclass(frozen=True)
class Window:
    """A row of the host bridge's `ranges`: what the CPU reaches of the bus's addresses."""

    kind: int
    bus: Span
    cpu: Span

    def __str__(self) -> str:
        return f"{self.bus} ({WORDS[self.kind]})"


@dataclass(frozen=True)
class Bar:
    """A BAR's place, as the bus sees it and as the CPU does; None where no window had room."""

    bus_address: int
    cpu: Span


def address_of(node: Node) -> Address | None:
    """The function's place, or None where `reg` is not that of a function's configuration."""
    cells = node.cells("reg")
    if len(cells) != 5 or any(cells[1:]) or cells[0] & ~0x00ffff00:
        return None
    return Address(cells[0] >> 16 & 0xff, cells[0] >> 11 & 0x1f, cells[0] >> 8 & 7)


def functions(plan: Plan) -> list[Claim]:
    return [claim for claim in plan.claims if claim.driver.pci]


def bridges(plan: Plan) -> list[Node]:
    """The host bridges of the claimed functions, each once."""
    return list({claim.slot.path: claim.slot for claim in functions(plan) if claim.slot}.values())


def share_a_line(one: Claim, other: Claim) -> bool:
    """Pins of one host bridge may fold onto a line: each function's register says who it was."""
    return bool(one.driver.pci and other.driver.pci) and one.slot is other.slot


def windows(bridge: Node) -> Iterator[Window]:
    upper = hardware.address_cells(bridge.parent) if bridge.parent else 2
    cells, total = bridge.cells("ranges"), 3 + upper + 2
    for i in range(0, len(cells) - total + 1, total):
        row = cells[i:i + total]
        size = number(row[3 + upper:])
        cpu = hardware.translate(Span(number(row[3:3 + upper]), size), bridge.parent)
        yield Window(row[0] >> 24 & 3, Span(number(row[1:3]), size), cpu)


def usable_windows(plan: Plan, bridge: Node, bits: int) -> list[Window]:
    """The memory windows that a BAR can lie in, those below 4 GiB first: all CPUs reach them."""
    reachable = FOUR_GIB if narrow(plan) else 1 << 64
    found = [w for w in windows(bridge) if w.kind in (2, 3) and w.cpu.whole
             and w.cpu.base < reachable]
    limit = FOUR_GIB if bits == 32 else 1 << 64
    found = [w for w in found if w.bus.base < limit]
    return sorted(found, key=lambda w: w.cpu.end > FOUR_GIB)


def narrow(plan: Plan) -> bool:
    """Whether an image has 32-bit addresses."""
    return address_limit(plan.tree) <= FOUR_GIB


def bars(plan: Plan, claim: Claim) -> list[dict[str, int]]:
    """The BARs of a function that the image uses, as its driver.yaml describes them."""
    facts = claim.driver.pci
    table = [facts["message-bar"]] if receiver(plan.tree, claim.node, claim.driver) else []
    return [facts["bar"], *table]


def assigned(plan: Plan) -> dict[tuple[str, int], Bar | None]:
    """The BARs of each claimed function by path and index, the largest first, each at the first
    aligned place."""
    taken: list[Span] = []
    found: dict[tuple[str, int], Bar | None] = {}
    wanted = [(claim, bar) for claim in functions(plan) for bar in bars(plan, claim)]
    for claim, bar in sorted(wanted, key=lambda pair: -pair[1]["size"]):
        made = place(usable_windows(plan, claim.slot, bar["bits"]), bar["size"], taken)
        found[claim.node.path, bar["index"]] = made
        if made:
            taken.append(made.cpu)
    return found


def place(choices: list[Window], size: int, taken: list[Span]) -> Bar | None:
    for window in choices:
        # A BAR at 0 reads as one that nobody has assigned.
        at = max(window.bus.base, 1)
        while (base := -(-at // size) * size) + size <= window.bus.end:
            cpu = Span(window.cpu.base + base - window.bus.base, size)
            clash = next((span for span in taken if span.overlaps(cpu)), None)
            if clash is None:
                return Bar(base, cpu)
            at = base + clash.end - cpu.base
    return None


def claim_spans(plan: Plan, claim: Claim) -> list[Span]:
    """The register blocks of a claim: its `reg`; of a function its configuration and its BARs."""
    if not claim.driver.pci:
        return hardware.spans(claim.node)
    places, address = assigned(plan), address_of(claim.node)
    own = [places[claim.node.path, bar["index"]] for bar in bars(plan, claim)]
    ecam = hardware.spans(claim.slot) if claim.slot else []
    if address is None or None in own or not ecam:
        return []
    return [Span(ecam[0].base + address.offset, CONFIG_SIZE), *(bar.cpu for bar in own)]


def plug_place(claim: Claim) -> list[str]:
    """Where `run` plugs the device in, on the bus of the host bridge."""
    address: Any = address_of(claim.node) if claim.driver.pci else None
    return [f"addr={address.device:02x}.{address.function:x}"] if address else []
