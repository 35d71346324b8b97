# SPDX-License-Identifier: Apache-2.0
"""What each drivers/*/driver.yaml says: the compatible strings, the C++ type, what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gen.problem import ROOT, Place, Problem, Refused, shown_path, suggest


@dataclass(frozen=True)
class Driver:
    """One driver, as the generator needs to know it."""

    file: str
    compatible: tuple[str, ...]
    title: str
    role_class: str
    header: str
    type: str
    object: str = "plain"
    bus: str | None = None
    on: str | None = None
    service: bool = False
    registers: tuple[str, ...] = ()
    interrupts: dict[str, Any] = field(default_factory=dict)
    clock: dict[str, str] | None = None
    properties: tuple[dict[str, Any], ...] = ()
    interrupt_cells: dict[str, Any] | None = None
    qemu: dict[str, Any] = field(default_factory=dict)
    # Of a device that brings its own transport, because its bus is a general one: PCI.
    transport: dict[str, str] | None = None
    pci: dict[str, Any] | None = None


REQUIRED = {"compatible", "title", "class", "header", "type"}
KNOWN = REQUIRED | {"object", "bus", "on", "service", "registers", "interrupts", "clock", "properties",
                    "interrupt-cells", "qemu", "transport", "pci"}


@cache
def driver_files() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "drivers").glob("*/driver.yaml")))


@cache
def all_drivers() -> tuple[Driver, ...]:
    """Every driver of the project, in the order of the folders."""
    return tuple(driver for file in driver_files() for driver in read_file(file))


def read_file(file: Path) -> list[Driver]:
    place = Place(shown_path(file))
    try:
        entries = yaml.safe_load(file.read_text())["drivers"]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = Place(place.file, mark.line + 1 if mark else 0)
        raise Refused(Problem(line, "", "this is no YAML", getattr(error, "problem", ""))) from None
    except (KeyError, TypeError):
        raise Refused(Problem(place, "", "the list `drivers` is missing")) from None
    return [read_driver(entry, place) for entry in entries]


def read_driver(entry: dict[str, Any], place: Place) -> Driver:
    for key in sorted(REQUIRED - entry.keys()):
        raise Refused(Problem(place, "", f"`{key}` is missing", "every driver states it"))
    for key in sorted(entry.keys() - KNOWN):
        raise Refused(Problem(place, "", f"`{key}` is unknown", fix=suggest(key, KNOWN, "key")))
    return Driver(
        file=place.file, compatible=tuple(entry["compatible"]), title=entry["title"],
        role_class=entry["class"], header=entry["header"], type=entry["type"],
        object=entry.get("object", "plain"), bus=entry.get("bus"), on=entry.get("on"),
        service=entry.get("service", False), registers=tuple(entry.get("registers", ())),
        interrupts=entry.get("interrupts", {}), clock=entry.get("clock"),
        properties=tuple(entry.get("properties", ())),
        interrupt_cells=entry.get("interrupt-cells"), qemu=entry.get("qemu", {}),
        transport=entry.get("transport"), pci=entry.get("pci"))


def driver_for(compatible: list[str]) -> Driver | None:
    """The driver of the first compatible string that has one: the strings go from exact to general."""
    for name in compatible:
        for driver in all_drivers():
            if name in driver.compatible:
                return driver
    return None


def compatibles_of_class(role_class: str) -> list[str]:
    return sorted(c for d in all_drivers() if d.role_class == role_class for c in d.compatible)


@cache
def handles() -> dict[str, dict[str, str]]:
    """The handle type and header by class of role."""
    return yaml.safe_load((ROOT / "gen/roles.yaml").read_text())
