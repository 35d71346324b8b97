# SPDX-License-Identifier: Apache-2.0
"""The hand-written x64 trees against QEMU: RAM, registers, slots, PCI and interrupt pins.

QEMU's CPU is stopped; its monitor tells the maps, and through its qtest socket each device is made
to interrupt, to see at which pin of the I/O APIC that arrives.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from guest import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gen import hardware, pci  # noqa: E402
from gen.load import Node, Tree, load  # noqa: E402
from gen.memory import ram  # noqa: E402

MACHINES = sorted(file.stem for file in (ROOT / "dts").glob("*-x64.dts"))
# QEMU's regions by what the devicetree calls them, and whether the node has all of it.
REGIONS = {"osier,apic": [("ioapic", True), ("apic-msi", False), ("apic-msi", False)],
           "osier,apic-timer": [("apic-msi", False), ("apic-msi", False)],
           "virtio,mmio": [("virtio-mmio", True)], "ns16550a": [("serial", True)],
           "motorola,mc146818": [("rtc", True)], "qemu,isa-debug-exit": [("isa-debug-exit", True)]}
PCI_DEVICES = range(1, 9)
REGION = re.compile(r"^  ([0-9a-f]{16})-([0-9a-f]{16}) \(prio \d+, (\S+)\): ([\w.-]+)", re.M)
SLOT = re.compile(r"mmio ([0-9a-f]{16})/[0-9a-f]{16}\s+bus: (virtio-mmio-bus\.\d+)")


@dataclass(frozen=True)
class Region:
    """A line of `info mtree -f`."""

    base: int
    size: int
    kind: str
    name: str


class Qemu:
    """A machine whose CPU is stopped: its monitor and its qtest socket. Use it with `with`."""

    def __init__(self, command: list[str]) -> None:
        self._monitor, monitor = socket.socketpair()
        self._test, test = socket.socketpair()
        self._process = subprocess.Popen(
            [*command, "-accel", "tcg", "-S", "-display", "none", "-nodefaults", "-serial", "null",
             "-chardev", f"socket,id=monitor,fd={monitor.fileno()}", "-mon", "monitor,mode=control",
             "-chardev", f"socket,id=test,fd={test.fileno()}", "-object", "qtest,id=test,chardev=test,log=/dev/null"],
            pass_fds=[monitor.fileno(), test.fileno()], stdin=subprocess.DEVNULL)
        monitor.close()
        test.close()
        self._answers = self._monitor.makefile("r")
        self._results = self._test.makefile("r")
        self._raised: list[int] = []

    def __enter__(self) -> Qemu:
        for end in (self._monitor, self._test):
            end.settimeout(20)
        self._answers.readline()
        self.ask("qmp_capabilities")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._answers, self._results, self._monitor, self._test):
            end.close()

    def ask(self, command: str, **arguments: Any) -> Any:
        """The answer to a command of QEMU's machine protocol."""
        self._monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while line := self._answers.readline():
            answer = json.loads(line)
            assert "error" not in answer, answer
            if "return" in answer:
                return answer["return"]
        raise AssertionError("QEMU has ended")

    def info(self, what: str) -> str:
        return str(self.ask("human-monitor-command", **{"command-line": f"info {what}"})).replace("\r", "")

    def test(self, command: str) -> None:
        """Has qtest do something; remembers which pins go up meanwhile."""
        self._test.sendall(command.encode() + b"\n")
        while line := self._results.readline().strip():
            if line.startswith("IRQ raise"):
                self._raised.append(int(line.split()[2]))
            if line.startswith("OK"):
                return
        raise AssertionError(f"QEMU does not do {command}")

    def raised(self) -> list[int]:
        """The pins that have gone up since this was asked last."""
        self.test("readb 0x0")  # what comes before its answer has happened before
        found, self._raised = self._raised, []
        return found

    def find(self, kind: str, path: str = "/machine") -> str:
        """The path of the object of a type."""
        for child in self.ask("qom-list", path=path):
            if child["type"] == f"child<{kind}>":
                return f"{path}/{child['name']}"
            if child["type"].startswith("child<") and (found := self.find(kind, f"{path}/{child['name']}")):
                return found
        return ""


def tree_of(machine: str) -> Tree:
    return load(ROOT / f"dts/{machine}.dts", None)


def command(tree: Tree) -> list[str]:
    """QEMU with the machine of the tree, its exit device, and a network card in each slot."""
    node = tree.nodes["/machine/qemu"]
    memory = sum(region.span.size for region in ram(tree))
    found = [node.strings("system")[0], "-machine", node.strings("machine")[0], "-cpu",
             node.strings("cpu")[0], "-m", f"{memory >> 20}M", *node.strings("options")]
    for exit_node in compatible(tree, "qemu,isa-debug-exit"):
        span = hardware.spans(exit_node)[0]
        found += ["-device", f"isa-debug-exit,iobase={span.base:#x},iosize={span.size:#x}"]
    for slot in compatible(tree, "virtio,mmio"):
        bus = slot.strings("qemu,bus")[0]
        card = bus.rpartition(".")[2]
        found += ["-netdev", f"user,restrict=on,id=net{card}",
                  "-device", f"virtio-net-device,bus={bus},netdev=net{card},id=card{card}"]
    for bridge in compatible(tree, "pci-host-ecam-generic"):
        for device in PCI_DEVICES:
            found += ["-netdev", f"user,restrict=on,id=net{device}", "-device",
                      f"virtio-net-pci,bus={bridge.strings('qemu,bus')[0]},addr={device:#x},netdev=net{device},"
                      f"id=card{device},disable-legacy=on,romfile="]
    return found


def compatible(tree: Tree, name: str) -> list[Node]:
    return [node for node in tree.nodes.values() if name in node.strings("compatible")]


def regions(qemu: Qemu) -> dict[str, list[Region]]:
    """What QEMU has, by space: "memory" and "io"."""
    spaces = {}
    for view in qemu.info("mtree -f").split("FlatView #")[1:]:
        found = [Region(int(low, 16), int(high, 16) - int(low, 16) + 1, kind, name)
                 for low, high, kind, name in REGION.findall(view)]
        if 'AS "memory"' in view:
            spaces["memory"] = found
        elif 'AS "I/O"' in view:
            spaces["io"] = found
    return spaces


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> Iterator[tuple[Tree, Qemu]]:
    tree = tree_of(request.param)
    with Qemu(command(tree)) as qemu:
        yield tree, qemu


def test_registers_are_where_qemu_has_them(machine: tuple[Tree, Qemu]) -> None:
    tree, qemu = machine
    known = regions(qemu)
    for name, wanted in REGIONS.items():
        for node in compatible(tree, name):
            for span, (region_name, whole) in zip(hardware.spans(node), wanted, strict=True):
                parts = [r for r in known[span.space] if r.name.startswith(region_name)
                         and r.base < span.end and span.base < r.base + r.size]
                ends = [(r.base, r.base + r.size) for r in parts]
                low, high = min(end[0] for end in ends), max(end[1] for end in ends)
                assert low <= span.base and span.end <= high, f"{node.path}: {span} is no {region_name}"
                assert not whole or (low, high) == (span.base, span.end), node.path


def test_ram_is_where_qemu_has_it(machine: tuple[Tree, Qemu]) -> None:
    tree, qemu = machine
    reserved = max(span.end for node in tree.nodes["/reserved-memory"].children.values()
                   for span in hardware.spans(node))
    for region in ram(tree):
        free = max(region.span.base, reserved)
        inside = [r for r in regions(qemu)["memory"] if r.kind == "ram"
                  and r.base <= free and r.base + r.size == region.span.end]
        assert inside, f"{region.path}: {free:#x} to {region.span.end:#x} is not all RAM"


def test_every_slot_is_a_node_and_names_its_bus(machine: tuple[Tree, Qemu]) -> None:
    tree, qemu = machine
    slots = {bus: int(base, 16) for base, bus in SLOT.findall(qemu.info("qtree"))}
    assert slots == {node.strings("qemu,bus")[0]: hardware.spans(node)[0].base
                     for node in compatible(tree, "virtio,mmio")}


def test_the_host_bridge_is_where_the_firmware_puts_it(machine: tuple[Tree, Qemu]) -> None:
    """Its configuration; and its windows, which lie in what QEMU's bridge passes on, and in nobody's way."""
    tree, qemu = machine
    for bridge in compatible(tree, "pci-host-ecam-generic"):
        qemu.ask("cont")
        assert wait_until(lambda: any(r.name == "pcie-mmcfg-mmio" for r in regions(qemu)["memory"]))
        qemu.ask("stop")
        known = {r.name: hardware.Span(r.base, r.size) for r in regions(qemu)["memory"]}
        assert [known["pcie-mmcfg-mmio"]] == hardware.spans(bridge)
        for window in pci.windows(bridge):
            hole = "pci-hole64" if window.kind == 3 else "pci-hole"
            start, end = (qemu.ask("qom-get", path=qemu.find("q35-pcihost"), property=f"{hole}-{end}")
                          for end in ("start", "end"))
            assert window.bus == window.cpu
            assert hardware.Span(start, end - start).contains(window.cpu), f"{start:#x} to {end:#x}"
            assert not [name for name, span in known.items() if span.overlaps(window.cpu)]


def pin(tree: Tree, node: Node) -> int:
    kind, number, _ = hardware.interrupts(tree, node)[0].cells
    assert kind == 0, f"{node.path} does not interrupt by a pin"
    return number


def test_interrupts_arrive_at_the_pins_of_the_tree(machine: tuple[Tree, Qemu]) -> None:
    tree, qemu = machine
    qemu.test(f"irq_intercept_in {qemu.find('ioapic')}")
    qemu.raised()
    for node in compatible(tree, "ns16550a"):
        base = hardware.spans(node)[0].base
        qemu.test(f"outb {base + 1:#x} 0x2")  # interrupt when the transmitter is empty: it is
        assert qemu.raised() == [pin(tree, node)], node.path
    for node in compatible(tree, "virtio,mmio"):
        base, card = hardware.spans(node)[0].base, node.strings("qemu,bus")[0].rpartition(".")[2]
        for status in (0x1, 0x3, 0xb, 0xf):  # up to driver_ok
            qemu.test(f"writel {base + 0x70:#x} {status:#x}")
        qemu.ask("set_link", name=f"card{card}", up=False)  # its configuration changes
        assert qemu.raised() == [pin(tree, node)], node.path
    for bridge in compatible(tree, "pci-host-ecam-generic"):
        for device in PCI_DEVICES:
            assert pci_pins(qemu, bridge, device) == [routed(tree, bridge, device)], f"device {device}"


def pci_pins(qemu: Qemu, bridge: Node, device: int) -> list[int]:
    """The pins at which the network card arrives, which is driven through ports as firmware does."""
    bar = next(pci.windows(bridge)).bus.base
    for register, value in ((0x20, bar), (0x24, 0), (0x04, 0x6)):  # BAR 4, let onto the bus
        qemu.test(f"outl 0xcf8 {1 << 31 | device << 11 | register:#x}")
        qemu.test(f"outl 0xcfc {value:#x}")
    for status in (0x1, 0x3, 0xb, 0xf):  # up to driver_ok
        qemu.test(f"writeb {bar + 0x14:#x} {status:#x}")
    qemu.ask("set_link", name=f"card{device}", up=False)  # its configuration changes
    found = qemu.raised()
    qemu.test(f"readb {bar + 0x1000:#x}")  # its interrupt status: the pin goes down
    qemu.test("outl 0xcfc 0x0")
    return found


def routed(tree: Tree, bridge: Node, device: int) -> int:
    """The pin of the I/O APIC that the tree has for a device's INTA."""
    mask = bridge.cells("interrupt-map-mask")[0]
    return next(to.cells[1] for key, to in hardware.map_rows(tree, bridge)
                if key == [device << 11 & mask, 0, 0, 1])
