# SPDX-License-Identifier: Apache-2.0
"""Reads a machine and an app into one tree in which every node and property knows its line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gen.dtc import read_annotations, run_dtc
from gen.preprocess import placed_rows, preprocess, refuse_unwatched
from gen.problem import Place, Problem, Refused, shown_path

TOOLS = {"clang-19": "clang-19", "dtc": "device-tree-compiler"}
DEEPEST = 64  # levels of nodes


@dataclass(frozen=True)
class Property:
    """Bytes of a property, how the source wrote them (flag, cells, string, bytes), and where."""

    name: str
    data: bytes
    form: str
    place: Place

    def cells(self) -> list[int]:
        """The numbers; none where the source wrote text."""
        if self.form in ("string", "mixed"):
            return []
        whole = len(self.data) - len(self.data) % 4
        return [int.from_bytes(self.data[i:i + 4], "big") for i in range(0, whole, 4)]

    def strings(self) -> list[str]:
        """The texts; none where the source wrote numbers."""
        if self.form in ("cells", "bytes"):
            return []
        return self.data.decode("utf-8", "replace").rstrip("\0").split("\0") if self.data else []


@dataclass(frozen=True)
class Node:
    """A node with its properties and children, in the order of the compiled tree."""

    name: str
    path: str
    place: Place
    parent: Node | None = field(repr=False, compare=False)
    properties: dict[str, Property] = field(default_factory=dict, compare=False)
    children: dict[str, Node] = field(default_factory=dict, compare=False)

    def get(self, name: str) -> Property | None:
        return self.properties.get(name)

    def cells(self, name: str) -> list[int]:
        found = self.get(name)
        return found.cells() if found else []

    def strings(self, name: str) -> list[str]:
        found = self.get(name)
        return found.strings() if found else []

    def cell(self, name: str, default: int) -> int:
        values = self.cells(name)
        return values[0] if values else default

    def number(self, name: str, default: int) -> int:
        """All cells of a property as one number."""
        value = 0
        for cell in self.cells(name):
            value = value << 32 | cell
        return value if self.get(name) else default

    def at(self, name: str) -> Place:
        """The line of a property, or of the node where the property is absent."""
        found = self.get(name)
        return found.place if found else self.place

    def cite(self, name: str = "") -> str:
        """How a message names the node as the other side: its path, and the line of a property."""
        return f"{self.path} ({self.at(name)})"

    def walk(self) -> list[Node]:
        return [self, *(n for child in self.children.values() for n in child.walk())]


@dataclass(frozen=True)
class Tree:
    """The merged tree, its nodes by path and phandle, and the files it was made of."""

    root: Node
    nodes: dict[str, Node]
    phandles: dict[int, Node]
    reservations: list[tuple[int, int, Place]]
    sources: list[str]


def load(machine: Path, app: Path | None) -> Tree:
    """Compile the machine file, with the app merged onto it where there is one."""
    for tool, package in TOOLS.items():
        require_tool(tool, package)
    text, sources = preprocess([machine, *([app] if app else [])])
    refuse_unwatched(text)
    blob = run_dtc(text, "dtb")
    annotated = run_dtc(text, "dts").decode("utf-8", "replace")
    forms, places = read_annotations(annotated)
    return read_blob(blob, forms, places, reserve_places(text), Place(shown_path(machine), 1),
                     sources)


def require_tool(tool: str, package: str) -> None:
    if shutil.which(tool) is None:
        raise Refused(Problem(None, tool, "the program is not installed",
                              f"it is in the Debian package {package}",
                              f"apt-get install {package}"))


def reserve_places(text: str) -> list[Place]:
    """The lines of the /memreserve/ statements, in order."""
    return [place for place, row in placed_rows(text) if "/memreserve/" in row]


def reserve_map(blob: bytes) -> Iterator[tuple[int, int]]:
    """The address and size of each /memreserve/ (Devicetree Specification 5.3).

    libfdt's binding for Python loses an address of 0.
    """
    at = int.from_bytes(blob[16:20], "big")
    while any(blob[at:at + 16]):
        yield int.from_bytes(blob[at:at + 8], "big"), int.from_bytes(blob[at + 8:at + 16], "big")
        at += 16


def broken(how: str, place: Place) -> Problem:
    return Problem(place, "", f"the compiled tree is broken: {how}",
                   "every offset, length and name in it is followed", "look at what was changed last")


def refuse_broken(blob: bytes, place: Place) -> None:
    """libfdt trusts what it reads: a tree that leads out of its bytes would crash it."""
    import libfdt

    status = libfdt.fdt_check_full(bytearray(blob), len(blob))
    if status < 0:
        raise Refused(broken(libfdt.fdt_strerror(status), place))


def read_blob(blob: bytes, forms: dict[tuple[str, str], str], places: dict[tuple[str, str], Place],
              reserved: list[Place], fallback: Place, sources: list[str]) -> Tree:
    import libfdt  # Debian's python3-libfdt; configure.py names the package where it is missing

    refuse_broken(blob, fallback)
    fdt = libfdt.Fdt(blob)
    nodes: dict[str, Node] = {}

    def read(offset: int, parent: Node | None) -> Node:
        name = fdt.get_name(offset)
        path = "/" if parent is None else f"{parent.path.rstrip('/')}/{name}"
        if path.count("/") > DEEPEST:
            raise Refused(Problem(places.get((path, ""), fallback), path,
                                  f"the node is nested more than {DEEPEST} deep",
                                  "no machine is", "fewer levels"))
        node = Node(name, path, places.get((path, ""), fallback), parent)
        nodes[path] = node
        at = fdt.first_property_offset(offset, [libfdt.NOTFOUND])
        while at >= 0:
            # libfdt's own check lets a length pass that is negative to it.
            length = blob[fdt.off_dt_struct() + at + 4:fdt.off_dt_struct() + at + 8]
            if int.from_bytes(length, "big") > len(blob):
                raise Refused(broken("a property is longer than the tree", fallback))
            found = fdt.get_property_by_offset(at)
            key = (path, found.name)
            node.properties[found.name] = Property(
                found.name, bytes(found), forms.get(key, "cells"), places.get(key, node.place))
            at = fdt.next_property_offset(at, [libfdt.NOTFOUND])
        at = fdt.first_subnode(offset, [libfdt.NOTFOUND])
        while at >= 0:
            child = read(at, node)
            node.children[child.name] = child
            at = fdt.next_subnode(at, [libfdt.NOTFOUND])
        return node

    try:
        root = read(0, None)
    except (UnicodeDecodeError, SystemError):  # the binding's own way to say the same
        raise Refused(broken("a name is not UTF-8 text", fallback)) from None
    rows = list(reserve_map(blob))
    phandles = {n.cells("phandle")[0]: n for n in nodes.values() if n.cells("phandle")}
    lines = reserved + [fallback] * len(rows)
    return Tree(root, nodes, phandles, [(b, s, p) for (b, s), p in zip(rows, lines)], sources)
