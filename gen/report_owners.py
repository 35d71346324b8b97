# SPDX-License-Identifier: Apache-2.0
"""Who owns what, as a graph: the app, its handles, drivers, devices, and what these stand on."""

from __future__ import annotations

from dataclasses import dataclass, field

from gen.cpp_names import identifier
from gen.model import Device, Image
from gen.report_picture import Box, Path, Picture, Words, box, curve
from gen.report_tree import device_kind

COLUMNS = (("owner", 130), ("handle", 190), ("driver", 230), ("device", 230), ("stands on", 230),
           ("and that on", 230))
GAP, PITCH, HEIGHT, TOP = 46, 52, 38, 28


@dataclass(frozen=True)
class Thing:
    """A box of the graph; one without a kind only carries an edge over a column."""

    column: int
    kind: str
    name: str
    note: str = ""


@dataclass
class Graph:
    """Things by a key, and who owns whom."""

    things: dict[str, Thing] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)

    def own(self, owner: str, key: str, thing: Thing) -> None:
        """A thing, which several may own, and an edge; over a column by way of one in it."""
        self.things.setdefault(key, thing)
        for column in range(self.things[owner].column + 1, thing.column):
            between = f"{owner} > {key} {column}"
            self.things[between] = Thing(column, "", thing.name)
            self.edges.append((owner, between))
            owner = between
        self.edges.append((owner, key))


def graph(image: Image) -> Graph:
    found = Graph({"app": Thing(0, "app", image.app, "app_main"),
                   "osier": Thing(0, "plain", "osier", "the unikernel")})
    for device in image.devices:
        if device.is_transport:
            continue
        driver = Thing(2, "driver", device.alias, device.driver)
        for owner in owners(found, image, device):
            found.own(owner, f"driver {device.path}", driver)
        found.own(f"driver {device.path}", device.path, node(image, device))
        surroundings(found, image, device)
    return found


def owners(found: Graph, image: Image, device: Device) -> list[str]:
    """The handles that lead to a device: those of the app, or the unikernel's own use of it."""
    keys = []
    if image.network and image.network.device is device:
        for socket in image.network.sockets:
            keys.append(f"socket {socket.path}")
            found.own("app", keys[-1], Thing(1, "handle", socket.identifier,
                                             f"{socket.protocol}/{socket.port}"))
    for parameter in image.parameters:
        if device.role and parameter.name == identifier(device.role):
            keys.append(f"handle {parameter.name}")
            found.own("app", keys[-1], Thing(1, "handle", parameter.name,
                                             parameter.type.partition("<")[0]))
    if not keys:
        keys.append(f"use {device.path}")
        found.own("osier", keys[-1], Thing(1, "plain", device.role or device.role_class,
                                           "the unikernel's"))
    return keys


def column(image: Image, device: Device) -> int:
    """Controllers stand right of what interrupts through them."""
    if not device.is_controller:
        return 4 if device_kind(device) == "controller" else 3
    return 5 if any(d.is_controller and d.interrupt_parent == device.path
                    for d in image.devices) else 4


def node(image: Image, device: Device) -> Thing:
    line = "" if device.shown_interrupt is None else f"line {device.shown_interrupt}"
    return Thing(column(image, device), device_kind(device), device.path, line or device.driver)


def surroundings(found: Graph, image: Image, device: Device) -> None:
    """What a device cannot do without: its slot, its controller, its clock."""
    by_path = {d.path: d for d in image.devices}
    if device.slot:
        slot = by_path[device.slot]
        found.own(device.path, slot.path, Thing(4, "bus", slot.path, slot.driver))
    for controller in filter(None, (device.messages_to, device.interrupt_parent)):
        found.own(device.path, controller, node(image, by_path[controller]))
    if device.clock_node and device.clock_node not in by_path:
        rate = next(c.value for c in device.constants if c.name == "clock")
        found.own(device.path, device.clock_node,
                  Thing(found.things[device.path].column + 1, "clock", device.clock_node,
                        rate.replace("'", " ").replace("_", " ")))


def picture(image: Image) -> Picture:
    found = graph(image)
    columns = ordered(found)
    height = TOP + PITCH * max(map(len, columns))
    places: dict[str, tuple[float, float, float]] = {}
    boxes: list[Box] = []
    words: list[Words] = []
    x = 0.0
    for (title, width), keys in zip(COLUMNS, columns):
        words.append(Words(x, 12, title, "head"))
        step = (height - TOP) / len(keys)
        for index, key in enumerate(keys):
            thing, y = found.things[key], TOP + step * (index + 0.5) - HEIGHT / 2
            places[key] = (x, x + width, y + HEIGHT / 2)
            if thing.kind:
                boxes.append(box(x, y, width, HEIGHT, thing.kind, thing.name,
                                 f"{thing.name}: {thing.note}", lines=(thing.name, thing.note)))
        x += width + GAP
    return Picture("owners", "Who owns what", x - GAP, height, tuple(boxes),
                   tuple(links(found, places)), tuple(words))


def links(found: Graph, places: dict[str, tuple[float, float, float]]) -> list[Path]:
    paths = []
    for owner, key in found.edges:
        (_, end, y), (to_x, to_end, to_y) = places[owner], places[key]
        title = f"{found.things[owner].name} → {found.things[key].name}"
        paths.append(curve(end, y, to_x, to_y, title))
        if not found.things[key].kind:
            paths.append(curve(to_x, to_y, to_end, to_y, title))
    return paths


def ordered(found: Graph) -> list[list[str]]:
    """The keys of each column, each near the middle of those that own it, so that few edges
    cross."""
    columns: list[list[str]] = []
    for number in range(1 + max(thing.column for thing in found.things.values())):
        keys = [key for key, thing in found.things.items() if thing.column == number]
        above = {key: (index + 0.5) / len(columns[-1])
                 for index, key in enumerate(columns[-1])} if columns else {}
        weights = {key: [above[o] for o, to in found.edges if to == key] for key in keys}
        columns.append(sorted(keys, key=lambda key: sum(weights[key]) / max(1, len(weights[key]))))
    return columns
