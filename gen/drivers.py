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
    # Reads and writes memory by itself.
    dma: bool = False
    registers: tuple[str, ...] = ()
    interrupts: dict[str, Any] = field(default_factory=dict)
    clock: dict[str, str] | None = None
    properties: tuple[dict[str, Any], ...] = ()
    interrupt_cells: dict[str, Any] | None = None
    # Of a controller that takes messages: the lines that it raises by them.
    messages: dict[str, Any] | None = None
    qemu: dict[str, Any] = field(default_factory=dict)
    # Of a device that brings its own transport, because its bus is a general one: PCI.
    transport: dict[str, str] | None = None
    pci: dict[str, Any] | None = None


REQUIRED = {"compatible": list, "title": str, "class": str, "header": str, "type": str}
KNOWN = REQUIRED | {"object": str, "bus": str, "on": str, "service": bool, "dma": bool,
                    "registers": list, "interrupts": dict,
                    "clock": dict, "properties": list, "interrupt-cells": dict,
                    "messages": dict, "qemu": dict, "transport": dict, "pci": dict}
EXAMPLE = "drivers/pl011/driver.yaml is an example"
SHAPES = {str: "text", bool: "true or false", list: "a list", dict: "a table of names and values"}


@cache
def driver_files() -> tuple[Path, ...]:
    return tuple(sorted((ROOT / "drivers").glob("*/driver.yaml")))


@cache
def all_drivers() -> tuple[Driver, ...]:
    """Every driver of the project, in the order of the folders."""
    found = tuple(driver for file in driver_files() for driver in read_file(file))
    owners: dict[str, Driver] = {}
    for driver in found:
        for name in driver.compatible:
            first = owners.setdefault(name, driver)
            if first is not driver:
                raise Refused(Problem(Place(driver.file), "",
                                      f'"{name}" is also that of {first.file}',
                                      "a node has one driver", f"leave it out of {driver.file}"))
    return found


def read_file(file: Path) -> list[Driver]:
    place = Place(shown_path(file))
    try:
        entries = yaml.safe_load(file.read_bytes())["drivers"]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = Place(place.file, mark.line + 1 if mark else 0)
        raise Refused(Problem(line, "", "this is no YAML",
                              getattr(error, "problem", None) or str(error),
                              EXAMPLE)) from None
    except (KeyError, TypeError):
        raise Refused(Problem(place, "", "the list `drivers` is missing",
                              "each entry of it is a driver", EXAMPLE)) from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused(Problem(place, "", "`drivers` is not a list of drivers",
                              "each entry of it is a driver", EXAMPLE))
    return [read_driver(entry, place) for entry in entries]


def read_driver(entry: dict[str, Any], place: Place) -> Driver:
    if True in entry:
        raise Refused(Problem(place, "", "`on` without quotes is YAML's word for true",
                              "the key is text", 'nearest: "on":'))
    for key in sorted(REQUIRED.keys() - entry.keys()):
        raise Refused(Problem(place, "", f"`{key}` is missing", "every driver states it",
                              f"{key}: {SHAPES[KNOWN[key]]}"))
    for key in sorted(map(str, entry.keys() - KNOWN.keys())):
        raise Refused(Problem(place, "", f"`{key}` is unknown",
                              "the generator reads none of this name",
                              suggest(key, KNOWN, "key")))
    for key, value in entry.items():
        if not isinstance(value, KNOWN[key]):
            raise Refused(Problem(place, "", f"`{key}` is not {SHAPES[KNOWN[key]]}",
                                  "the generator reads it as such",
                                  f"{key}: {SHAPES[KNOWN[key]]}"))
    for item in entry.get("properties", ()):
        if not isinstance(item, dict) or not {"property", "type"} <= item.keys():
            raise Refused(Problem(place, "",
                                  "an entry of `properties` has no `property` or `type`",
                                  "each becomes a typed constant", EXAMPLE))
    return Driver(
        file=place.file, compatible=tuple(entry["compatible"]), title=entry["title"],
        role_class=entry["class"], header=entry["header"], type=entry["type"],
        object=entry.get("object", "plain"), bus=entry.get("bus"), on=entry.get("on"),
        service=entry.get("service", False), dma=entry.get("dma", False),
        registers=tuple(entry.get("registers", ())),
        interrupts=entry.get("interrupts", {}), clock=entry.get("clock"),
        properties=tuple(entry.get("properties", ())),
        interrupt_cells=entry.get("interrupt-cells"), messages=entry.get("messages"),
        qemu=entry.get("qemu", {}),
        transport=entry.get("transport"), pci=entry.get("pci"))


def driver_for(compatible: list[str]) -> Driver | None:
    """The driver of the first compatible string that has one: they go from exact to general."""
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
