# SPDX-License-Identifier: Apache-2.0
"""The devicetree of an image, and of each node who owns it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from gen.model import Device, Image, SourceNode
from gen.show import claim

UNUSED = "unused"


@dataclass(frozen=True)
class Row:
    """A node: the kind of its owner, what the owner is, and the nodes below in groups; those that
    are unused with all below them are told in one."""

    node: SourceNode
    kind: str
    owner: str
    groups: tuple[Group, ...]

    @property
    def idle(self) -> bool:
        return self.kind == UNUSED and all(group.idle for group in self.groups)


@dataclass(frozen=True)
class Group:
    """Neighbours that are all idle, or none of which is."""

    idle: bool
    rows: tuple[Row, ...]


def rows(image: Image) -> Row:
    """The root, and below it everything."""
    below: dict[str, list[SourceNode]] = {}
    for node in image.nodes[1:]:
        below.setdefault(node.path.rpartition("/")[0] or "/", []).append(node)
    return row(image.nodes[0], below, owners(image))


def row(node: SourceNode, below: dict[str, list[SourceNode]],
        known: dict[str, tuple[str, str]]) -> Row:
    children = [row(child, below, known) for child in below.get(node.path, ())]
    groups = tuple(Group(idle, tuple(found))
                   for idle, found in groupby(children, key=lambda child: child.idle))
    return Row(node, *known.get(node.path, (UNUSED, "unused")), groups)


def owners(image: Image) -> dict[str, tuple[str, str]]:
    """By path, the kind of the owner and its words; a later one is nearer to the truth."""
    found: dict[str, tuple[str, str]] = {}
    for device in image.devices:
        above = device.path
        while above := above.rpartition("/")[0]:
            found.setdefault(above, ("plain", "on the way to what is claimed"))
    found["/"] = ("plain", "the machine")
    for node in image.nodes:
        first = "/" + node.path.strip("/").partition("/")[0]
        if ("device_type", '"cpu"') in node.properties:
            found[node.path] = ("plain", "a CPU")
            found.setdefault(node.path.rpartition("/")[0], ("plain", "the CPUs"))
        elif first == "/app":
            found[node.path] = ("app", "the app")
        elif first in ("/machine", "/aliases", "/reserved-memory"):
            found[node.path] = ("plain", {"/machine": "read by the generator", "/aliases": "roles",
                                          "/reserved-memory": "reserved"}[first])
    for device in image.devices:
        if device.clock_node:
            found[device.clock_node] = ("clock", f"clock of {device.path}")
    found |= {area.path: ("ram", "RAM") for area in image.ram}
    found |= {s.path: ("app", f"socket {s.protocol}/{s.port}")
              for s in (image.network.sockets if image.network else ())}
    found |= {device.path: (device_kind(device), claim(device)) for device in image.devices}
    return found


def device_kind(device: Device) -> str:
    if device.is_transport:
        return "bus"
    return "controller" if device.role_class.endswith("controller") else "device"
