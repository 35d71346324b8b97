# SPDX-License-Identifier: Apache-2.0
"""The compiled tree as a table: node, registers, interrupt, driver, role, line."""

from __future__ import annotations

from pathlib import Path

from gen import hardware
from gen.interrupts import decode
from gen.drivers import driver_for
from gen.load import Node, Tree, load
from gen.model import Image

HEADER = ["node", "registers", "irq", "driver", "role", "defined at"]


def show(image: Image, machine_file: Path, app_folder: Path) -> str:
    """Every node, those that the image claims with their driver and role."""
    tree = load(machine_file, app_folder / "app.dtsi")
    rows = [HEADER, *(row(tree, node, image) for node in tree.root.walk() if node.parent)]
    widths = [max(len(r[i]) for r in rows) for i in range(len(HEADER))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(r, widths)).rstrip() for r in rows]
    return "\n".join([f"{image.app} on {image.machine}", *lines])


def row(tree: Tree, node: Node, image: Image) -> list[str]:
    device = next((d for d in image.devices if d.path == node.path), None)
    spans = hardware.spans(node) if node.parent and hardware.size_cells(node.parent) else []
    registers = ", ".join(f"{'I/O ' if s.space == 'io' else ''}{s.base:#x}+{s.size:#x}"
                          for s in spans if s.whole)
    role = device.role if device else ""
    sockets = image.network.sockets if image.network else ()
    socket = next((s for s in sockets if s.path == node.path), None)
    if socket:
        role = f"{socket.protocol} port {socket.port}"
    shown = "  " * (node.path.count("/") - 1) + "/" + node.name
    lines = f"message {device.interrupt_number}" if device and device.by_message else \
        numbers(tree, node)
    return [shown, registers or "-", lines or "-", device.driver if device else "-",
            role or "-", str(node.place)]


def numbers(tree: Tree, node: Node) -> str:
    found = []
    for specifier in hardware.interrupts(tree, node):
        controller = specifier.controller
        driver = driver_for(controller.strings("compatible")) if controller else None
        if driver and driver.interrupt_cells:
            line = decode(specifier.controller, specifier.cells, driver.interrupt_cells, "")
            found.append("?" if line.problem else str(line.number))
    return ",".join(found)
