# SPDX-License-Identifier: Apache-2.0
"""Writes the generated files of one image, each only when its content changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jinja2

from gen import seams
from gen.architecture import architecture_facts
from gen.drivers import driver_files
from gen.model import Device, Image, Plug
from gen.problem import ROOT, shown_path
from gen.validate import binding_files

BASE_HEADERS = {"config.hpp", "core/units.hpp", "async/task.hpp", "irq/line.hpp", "mem/mmio.hpp"}
NET_HEADERS = {"net/ethernet.hpp", "net/ipv4.hpp"}
FAULT_STACK = 0x1000  # bytes: exceptions have it to themselves
TEMPLATES = ("machine.hpp", "machine.cpp", "config.hpp", "tree.hpp", "memory_map.hpp",
             "link.ld")


def environment() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOT / "gen/templates"), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    found.filters.update(octets=octets, endpoint=endpoint, quoted=json.dumps,
                         device=device_argument, claim=claim_value)
    return found


def octets(address: str) -> str:
    return "{" + address.replace(".", ", ") + "}"


def endpoint(remote: tuple[str, int]) -> str:
    return f"{{{octets(remote[0])}, {remote[1]}}}"


def device_argument(plug: Plug) -> str:
    bus = [f"bus={plug.bus}"] if plug.bus else []
    return ",".join([plug.device, *bus, *plug.options])


def claim_value(device: Device) -> str:
    """What drives a node, from the constants that its driver is given."""
    names = [f"{device.identifier}::reg{i or ''}" for i, _ in enumerate(device.registers)]
    blocks = ", ".join(f"{{{name}.base, {name}.size{', true' if r.space == 'pio' else ''}}}"
                       for name, r in zip(names, device.registers))
    line = "std::nullopt" if device.shown_interrupt is None else \
        f"{device.interrupt_node}::irq.number"
    return (f'{{.driver = "{device.driver}", .role = "{device.role}",\n'
            f"               .interrupt = {line}, .by_message = {str(device.by_message).lower()},\n"
            f"               .registers = {{{blocks}}}}}")


def emit(image: Image, folder: Path) -> None:
    """Write generated/, `run` and `debug` into the build folder of the image."""
    templates, context = environment(), view(image, folder)
    outputs = {f"generated/{name}": templates.get_template(f"{name}.j2").render(context)
               for name in TEMPLATES}
    scripts = ["run", "debug"] if image.qemu is not None else []
    for name in scripts:
        outputs[name] = templates.get_template(f"{name}.j2").render(context)
    outputs["generated/image.json"] = json.dumps(seal_facts(image), indent=2) + "\n"
    for name, text in outputs.items():
        write_if_changed(folder / name, text)
    for name in scripts:
        (folder / name).chmod(0o755)


def write_if_changed(file: Path, text: str) -> None:
    if file.is_file() and file.read_text() == text:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_name(file.name + ".new")
    scratch.write_text(text)
    scratch.replace(file)


def view(image: Image, folder: Path) -> dict[str, Any]:
    """The model, and the texts that are laid out in columns."""
    headers = BASE_HEADERS | {p.header for p in image.parameters}
    if image.network:
        headers |= NET_HEADERS
    headers |= {f"mem/{r.space}.hpp" for d in image.devices for r in d.registers}
    parameters = [f"machine::{p.alias} {p.name}" for p in image.parameters]
    services = f", and one for each service: {', '.join(image.sizes.services)}" \
        if image.sizes.services else ""
    return {
        "image": image, "index": index(image), "headers": sorted(headers),
        "parameters": joined("task<> app_main(", parameters),
        "run_parameters": joined("task<> run_app(", parameters),
        "services": services, "memory_map": memory_map(image),
        **seams.view(image), "interface": seams.interface(image),
        "kept_sections": architecture_facts(image.architecture).get("kept-sections", []),
        "stacks": [("stack", image.sizes.stack), ("fault_stack", FAULT_STACK)],
        "root": os.path.relpath(ROOT, folder), "memory": memory_argument(image),
    }


def joined(head: str, parameters: list[str]) -> str:
    """The parameters of a function; one a line where they do not fit on one."""
    line = ", ".join(parameters)
    return line if len(line) <= 80 else (",\n" + " " * len(head)).join(parameters)


def columns(rows: list[list[str]]) -> list[str]:
    """Rows of text in aligned columns; the first column to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join([row[0].rjust(widths[0]), *(cell.ljust(w) for cell, w in
                                                 zip(row[1:], widths[1:]))]).rstrip()
            for row in rows]


def index(image: Image) -> list[str]:
    """The table on top of machine.hpp: one row per driven device."""
    rows = [["irq", "node", "driver", "role"]]
    for device in image.devices:
        if not device.is_transport:
            number = "-" if device.shown_interrupt is None else str(device.shown_interrupt)
            rows.append([number, device.path, device.driver, device.role])
    return columns(rows)


def memory_map(image: Image) -> list[str]:
    rows = [[str(r.place), kind, r.path, f"{r.base:#x} .. {r.end:#x}"]
            for kind, found in (("RAM", image.ram), ("reserved", image.reserved)) for r in found]
    return columns(rows)


def memory_argument(image: Image) -> str:
    memory = image.qemu.memory if image.qemu else 0
    return f"{memory >> 20}M" if memory % (1 << 20) == 0 else f"{memory >> 10}K"


def seal_facts(image: Image) -> dict[str, Any]:
    """What seal.py must know after the link."""
    link, storage = image.link, image.storage
    ram = sum(r.size for r in image.ram)
    return {
        "machine": image.machine, "app": image.app, "ram": ram,
        "memory": {"path": image.room.path, "place": str(image.room.place)},
        "room": {"base": image.room.base, "size": image.room.size},
        "frame_bytes": image.sizes.frame * (image.sizes.frames + len(image.sizes.services)),
        "storage_bytes": storage.buffers * storage.buffer_size if storage else 0,
        **paging_facts(image),
        "heap": {"place": str(image.sizes.heap_place), "size": image.sizes.heap},
        "packet_buffers": {"place": str(link.place), "count": link.packet_buffers,
                           "transmit": link.transmit_buffers} if link else None,
        "unclaimed": [{"controller": t.controller.path, "number": number, "node": node}
                      for t in image.tables for number, node in t.unclaimed],
        "stack": {"app": image.app_folder,
                  "place": str(image.sizes.stack_place), "size": image.sizes.stack, "fault_size": FAULT_STACK,
                  "frames": image.sizes.frames + len(image.sizes.services),
                  "controllers": len(image.tables),
                  **architecture_facts(image.architecture)["stack"]},
    }


def paging_facts(image: Image) -> dict[str, Any]:
    """What the page tables are made of, and in which form; none where the MMU is off."""
    if image.paging is None:
        return {"paging": None}
    return {
        "paging": architecture_facts(image.architecture)["paging"], "flat": image.paging.flat,
        "registers": [{"what": device.path, "base": block.base, "size": block.size}
                      for device in image.devices for block in device.registers
                      if block.space == "mmio"],
        "given": [{"what": r.path, "place": str(r.place), "base": r.base, "size": r.size}
                  for r in image.paging.given],
        "asked": image.paging.asked,
        "shared": [{"what": f"{r.path} ({r.place})", "base": r.base, "size": r.size}
                   for r in image.paging.shared],
    }


def input_files(image: Image) -> list[str]:
    """Every file that what is generated depends on."""
    own = [*(ROOT / "gen").glob("*.py"), *(ROOT / "gen/templates").iterdir(),
           ROOT / "gen/roles.yaml", ROOT / "src/arch" / image.architecture / "arch.yaml",
           *binding_files(), *driver_files()]
    return sorted({*image.sources, *(shown_path(file) for file in own)})


def write_depfile(names: list[str], depfile: Path, target: str) -> None:
    """What a target depends on, for Ninja."""
    depfile.parent.mkdir(parents=True, exist_ok=True)
    escaped = [name.replace(" ", "\\ ") for name in (target, *names)]
    depfile.write_text(f"{escaped[0]}: {' '.join(escaped[1:])}\n")
