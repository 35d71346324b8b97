# SPDX-License-Identifier: Apache-2.0
"""The compiled tree written as devicetree source: each node, its properties, and what claims it."""

from __future__ import annotations

from collections.abc import Iterator

from gen.load import Node, Property, Tree
from gen.model import Device, SourceNode


def source_nodes(tree: Tree, devices: tuple[Device, ...]) -> Iterator[SourceNode]:
    """Every node, a parent ahead of its children."""
    claimed = {device.path: device for device in devices}
    for node in tree.root.walk():
        properties = tuple((item.name, value(item)) for item in node.properties.values())
        yield SourceNode(depth(node), node.name or "/", node.path, node.place, properties,
                         claimed.get(node.path))


def depth(node: Node) -> int:
    return 1 + depth(node.parent) if node.parent else 0


def value(item: Property) -> str:
    """Nothing for a flag; what mixes text and numbers is written as bytes."""
    if not item.data:
        return ""
    if item.form == "string" and is_text(item.data):
        return ", ".join(quoted(text) for text in item.strings())
    if item.form == "cells" and len(item.data) % 4 == 0:
        return f"<{' '.join(f'{cell:#x}' for cell in item.cells())}>"
    return f"[{item.data.hex(' ')}]"


def is_text(data: bytes) -> bool:
    """Whether it ends as text does, and printable ASCII is all that it holds."""
    return data.endswith(b"\0") and all(byte == 0 or 0x20 <= byte < 0x7f for byte in data)


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
