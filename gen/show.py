# SPDX-License-Identifier: Apache-2.0
"""The compiled tree as devicetree source; what the image claims, and where, stands in comments."""

from __future__ import annotations

from gen.model import Device, Image, Register, SourceNode


def show(image: Image) -> str:
    """What apps/devices prints when it is booted."""
    lines, open_nodes = [f"// {image.app} on {image.machine}", "/dts-v1/;"], 0
    lines += [f"/memreserve/ {found.base:#x} {found.size:#x};" for found in image.statements]
    for node in image.nodes:
        lines += ["  " * level + "};" for level in reversed(range(node.depth, open_nodes))]
        open_nodes = node.depth + 1
        lines.append("  " * node.depth + f"{node.name} {{  // {remark(node)}")
        lines += ["  " * open_nodes + (f"{name} = {value};" if value else f"{name};")
                  for name, value in node.properties]
    return "\n".join([*lines, *("  " * level + "};" for level in reversed(range(open_nodes)))])


def remark(node: SourceNode) -> str:
    return f"{node.place}; {claim(node.device)}" if node.device else str(node.place)


def claim(device: Device) -> str:
    """The driver, and what it is given."""
    role = f" as {device.role}" if device.role else ""
    kind = "message" if device.by_message else "interrupt"
    interrupt = "" if device.shown_interrupt is None else f", {kind} {device.shown_interrupt}"
    return "".join([device.driver, role, interrupt, *map(block, device.registers)])


def block(register: Register) -> str:
    space = "ports" if register.space == "pio" else "registers"
    return f", {space} {register.base:#x}+{register.size:#x}"
