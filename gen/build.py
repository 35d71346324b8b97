# SPDX-License-Identifier: Apache-2.0
"""From a checked plan to the model of the image: every name, number and order decided here."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gen import hardware, pci
from gen.architecture import bare_entry
from gen.build_qemu import make_qemu
from gen.claim import CONTROLLER, Claim, Plan, disk_buffers, has_handle, role_class
from gen.cpp_names import Names, digits, hexadecimal, identifier, size_literal
from gen.drivers import driver_for, handles
from gen.entries import entries
from gen.interrupts import Line, used_lines, wired
from gen.isa import compiled_isa
from gen.load import Node
from gen.memory import image_room, ram, reservations
from gen.messages import receiver
from gen.model import (Constant, Device, Image, Link, Network, Parameter, Range, Register, Sizes,
                       Socket, Storage, Table)
from gen.paging import make_paging
from gen.problem import shown_path
from gen.source import source_nodes

LEVELS = ["none", "error", "warning", "info", "debug"]


def build(plan: Plan, machine_file: Path, app_folder: Path) -> Image:
    """The image that a plan without problems describes."""
    names = Names()
    reserve_names(plan, names)
    sockets = tuple(make_sockets(plan, names))
    devices = tuple(make_devices(plan, names))
    machine = plan.tree.nodes["/machine"]
    architecture = machine.strings("architecture")[0]
    network = make_network(plan, devices, sockets)
    raw = None if network else make_raw_link(plan, devices)
    return Image(
        machine=machine_file.stem, app=app_folder.name,
        machine_file=shown_path(machine_file), app_file=shown_path(app_folder / "app.dtsi"),
        app_folder=shown_path(app_folder), architecture=architecture,
        isa=compiled_isa(plan.tree), devices=devices, network=network, raw=raw, storage=make_storage(plan, devices),
        parameters=tuple(make_parameters(plan, devices, sockets)),
        sizes=make_sizes(plan, network or raw, devices), ram=ranges(ram(plan.tree)),
        reserved=ranges(reservations(plan.tree)), room=ranges([image_room(plan)])[0],
        entry=bare_entry(plan.tree) or "_start", paging=make_paging(plan, devices),
        qemu=make_qemu(plan), tables=tuple(make_tables(plan, devices)),
        nodes=tuple(source_nodes(plan.tree, devices)),
        sources=tuple(plan.tree.sources))


def ranges(regions: list[Any]) -> tuple[Range, ...]:
    return tuple(Range(r.path, r.place, r.span.base, r.span.size) for r in regions)


def reserve_names(plan: Plan, names: Names) -> None:
    """Names that an app writes go before those of nodes."""
    names.taken |= {"net_config", "own_frames", "loop_interface", "disk_config",
                    "interrupt_controller"}
    names.taken |= {identifier(role) for role in plan.app.strings("uses") if has_handle(plan, role)}


def make_sockets(plan: Plan, names: Names) -> Iterator[Socket]:
    for node in plan.net.children.values() if plan.net else ():
        name = names.fresh(identifier(node.name), "socket")
        names.taken.add(socket_type(name))
        yield Socket(node.path, name, node.place, node.strings("protocol")[0],
                     node.cell("port", 0), endpoint(node))


def endpoint(node: Node) -> tuple[str, int] | None:
    """Address and port of `remote`, whose form a rule has checked."""
    text = (node.strings("remote") or [""])[0]
    address, _, port = text.rpartition(":")
    return (address, int(port)) if text else None


def socket_type(name: str) -> str:
    return f"{name.rstrip('_')}_socket"


def make_devices(plan: Plan, names: Names) -> Iterator[Device]:
    identifiers = {c.node.path: names.fresh(identifier(c.node.path), "node") for c in plan.claims}
    for claim in plan.claims:
        yield make_device(plan, claim, identifiers)


def make_device(plan: Plan, claim: Claim, identifiers: dict[str, str]) -> Device:
    node, driver = claim.node, claim.driver
    lines = [line for owner, line in used_lines(plan) if owner is claim]
    line = lines[0] if lines else None
    own = identifiers[node.path]
    handled, handled_line = handled_interrupt(plan, claim, identifiers)
    role = claim.role or ("interrupt controller" if driver.role_class == CONTROLLER else "")
    alias, to = alias_of(plan, claim, own), receiver(plan.tree, node, driver)
    return Device(
        path=node.path, identifier=own, place=node.place, driver=device_title(claim),
        header=driver.header, transport_header=(driver.transport or {}).get("header", ""),
        type=driver.type, role=role, role_class=driver.role_class,
        object=f"{alias.removesuffix('_driver')}_device", alias=alias,
        arguments=template_arguments(plan, claim, identifiers),
        registers=tuple(make_register(span)
                        for _, span in zip(driver.registers, pci.claim_spans(plan, claim))),
        interrupt=f"{{.number = {line.number}, .trigger = irq::{line.trigger}}}" if line else "",
        interrupt_number=line.number if line else None,
        trigger=handled_line.trigger if handled_line else "",
        by_message=to is not None, messages_to=to.node.path if to else "",
        interrupt_parent=handled_line.controller.path if handled_line else "",
        constants=tuple(constants(plan, claim)), interrupt_node=handled,
        shown_interrupt=handled_line.number if handled_line else None,
        slot=claim.slot.path if claim.slot else "", clock_node=clock_node(plan, claim),
        is_transport=driver.bus is not None,
        object_kind=driver.object, is_service=driver.service,
        is_controller=driver.role_class == CONTROLLER)


def alias_of(plan: Plan, claim: Claim, own: str) -> str:
    """The name of a claim's driver: by its role, or by what it is; the CPU's controller is one."""
    if claim.role:
        return f"{identifier(claim.role)}_driver"
    behind = any(owner is claim for owner, _ in used_lines(plan))
    is_root = claim.driver.role_class == CONTROLLER and not behind
    return "interrupt_controller" if is_root else f"{own}_controller"


def make_register(span: hardware.Span) -> Register:
    size = size_literal(span.size)
    if span.space == "io":
        return Register("pio", span.base, span.size,
                        f"{{.base = {hexadecimal(span.base, 4)}, .size = {size}}}")
    return Register("mmio", span.base, span.size,
                    f"{{.base = {hexadecimal(span.base)}, .size = {size}}}")


def handled_interrupt(plan: Plan, claim: Claim,
                      identifiers: dict[str, str]) -> tuple[str, Line | None]:
    """Struct and line that the device handles; a transport leaves its to the device."""
    node = claim.node if claim.driver.interrupts else claim.slot or claim.node
    line = next((line for owner, line in used_lines(plan) if owner.node is node), None)
    if line is None or claim.driver.bus is not None:
        return "", None
    return identifiers[node.path], line


def device_title(claim: Claim) -> str:
    slot = driver_for(claim.slot.strings("compatible")) if claim.slot else None
    return f"{claim.driver.title} over {slot.title}" if slot else claim.driver.title


def template_arguments(plan: Plan, claim: Claim, identifiers: dict[str, str]) -> str:
    """What the driver's template is given: its node, its transport, the network's sizes.

    And the register buses, where they are others than the memory that a driver takes by itself.
    """
    found = [identifiers[claim.node.path]]
    slot = driver_for(claim.slot.strings("compatible")) if claim.slot else None
    if slot and claim.driver.transport:
        found.append(f"{claim.driver.transport['type']}<{found[0]}, {slot.type}<{found[0]}>, "
                     f"{interrupt_way(plan, claim, identifiers)}>")
    elif slot:
        found.append(f"{slot.type}<{identifiers[claim.slot.path]}>")
    if (claim.driver.messages or {}).get("needs-controller"):
        found.append("interrupt_controller")
    if claim.driver.role_class == "net":
        found.append("net_config")
    if claim.driver.role_class == "disk":
        found.append("disk_config")
    blocks = list(zip(claim.driver.registers, hardware.spans(claim.node)))
    if any(span.space == "io" for _, span in blocks):
        found += [f"{make_register(span).space}::registers<{found[0]}::reg{index or ''}>"
                  for index, (_, span) in enumerate(blocks)]
    return ", ".join(found)


def interrupt_way(plan: Plan, claim: Claim, identifiers: dict[str, str]) -> str:
    """How a PCI function interrupts, in C++."""
    to = receiver(plan.tree, claim.node, claim.driver)
    if to is None:
        return "pci::pin"
    taker = next(c for c in plan.claims if c.node is to.node)
    return f"pci::message<{alias_of(plan, taker, identifiers[to.node.path])}>"


def constants(plan: Plan, claim: Claim) -> Iterator[Constant]:
    rate = clock_rate(plan, claim)
    if rate is not None:
        yield Constant("hertz", "clock", f"{digits(rate)}_Hz")
    for entry in entries(plan.tree, claim.node, claim.driver):
        if entry.constant:
            yield Constant("u32", entry.constant, digits(entry.index or 0))
    if claim.driver.pci:
        yield from function_constants(plan, claim)
    for entry in claim.driver.properties:
        yield Constant(entry["type"], entry.get("name") or identifier(entry["property"]),
                       property_value(holder(plan, claim.node, entry), entry))


def function_constants(plan: Plan, claim: Claim) -> Iterator[Constant]:
    """What is verified of a PCI function, how it interrupts, and the places of its BARs in the
    addresses of the bus."""
    facts, to = claim.driver.pci, receiver(plan.tree, claim.node, claim.driver)
    yield Constant("u16", "vendor", hexadecimal(facts["vendor"], 4))
    yield Constant("u16", "device", hexadecimal(facts["device"], 4))
    if to:
        yield Constant("u32", "message_source", hexadecimal(to.source, 4))
    else:
        yield Constant("u8", "interrupt_pin", str(claim.node.cell("interrupts", 0)))
    for name, bar in zip(("bar", "message_bar"), pci.bars(plan, claim)):
        place = pci.assigned(plan)[claim.node.path, bar["index"]]
        yield Constant("u32", name, str(bar["index"]))
        yield Constant("u64", f"{name}_address", hexadecimal(place.bus_address))


def holder(plan: Plan, node: Node, entry: dict[str, Any]) -> Node:
    """The node that has the property: `of` names another than the driver's, or its parent."""
    of = entry.get("of")
    return node if of is None else node.parent if of == "parent" else plan.tree.nodes[of]


def property_value(node: Node, entry: dict[str, Any]) -> str:
    item = node.get(entry["property"])
    if entry["type"] == "bool":
        return str(item is not None).lower()
    if item is not None and item.form == "bytes":
        return "{{" + ", ".join(f"0x{byte:02x}" for byte in item.data) + "}}"
    return digits(node.cell(entry["property"], entry.get("default", 0)))


def clock_rate(plan: Plan, claim: Claim) -> int | None:
    wanted = claim.driver.clock or {}
    if "property" in wanted:
        return plan.tree.nodes[wanted.get("node", claim.node.path)].cell(wanted["property"], 0)
    if "named" in wanted:
        provider = hardware.clock_node(plan.tree, claim.node, wanted["named"])
        return provider.cell("clock-frequency", 0) if provider else None
    return None


def clock_node(plan: Plan, claim: Claim) -> str:
    """The other node that says the rate of the claim's clock, if any."""
    wanted = claim.driver.clock or {}
    if "named" in wanted:
        provider = hardware.clock_provider(plan.tree, claim.node, wanted["named"])
        return provider.path if provider else ""
    return wanted.get("node", "")


def make_tables(plan: Plan, devices: tuple[Device, ...]) -> Iterator[Table]:
    """A table for each controller. Claims go from the root outwards, tables the other way."""
    lines = sorted((at, ", ".join(paths)) for at, paths in wired(plan.tree).items() if paths)
    for controller in reversed([d for d in devices if d.is_controller]):
        served = tuple(d for d in devices
                       if d.interrupt_node and d.interrupt_parent == controller.path)
        name = f"{controller.identifier}_handlers" if controller.interrupt_node else "handlers"
        count = 1 + max((d.shown_interrupt or 0 for d in served), default=0)
        taken = {d.shown_interrupt for d in served}
        yield Table(name, controller, count, served, tuple(
            (number, paths) for (path, number), paths in lines
            if path == controller.path and number not in taken))


def make_network(plan: Plan, devices: tuple[Device, ...],
                 sockets: tuple[Socket, ...]) -> Network | None:
    net = plan.net
    if net is None:
        return None
    interface = ipaddress.IPv4Interface(net.strings("ip-address")[0])
    gateway = (net.strings("gateway") or ["0.0.0.0"])[0]
    return Network(net.path, net.place, net.cell("packet-buffers", 0),
                   net.cell("transmit-buffers", 16),
                   next(d for d in devices if d.role_class == "net"), str(interface.ip),
                   interface.network.prefixlen, gateway, sockets)


def make_raw_link(plan: Plan, devices: tuple[Device, ...]) -> Link | None:
    """The network device of an app that has no network."""
    device = next((d for d in devices if d.role_class == "net"), None)
    return Link(plan.app.path, plan.app.place, plan.app.cell("packet-buffers", 64),
                plan.app.cell("transmit-buffers", 16), device) if device else None


def make_storage(plan: Plan, devices: tuple[Device, ...]) -> Storage | None:
    disks = tuple(d for d in devices if d.role_class == "disk")
    app = plan.app
    return Storage(app.at("disk-size"), app.number("disk-size", 0), *disk_buffers(app),
                   disks) if disks else None


def make_parameters(plan: Plan, devices: tuple[Device, ...],
                    sockets: tuple[Socket, ...]) -> Iterator[Parameter]:
    """One parameter per used role that has a handle, then one per socket, in the tree's order."""
    for role in dict.fromkeys(plan.app.strings("uses")):
        if not has_handle(plan, role):
            continue
        handle = handles()[role_class(role)]
        device = next(d for d in devices if d.role == role)
        name = identifier(role)
        of_node = f"<{device.identifier}>" if handle.get("of-node") else ""
        yield Parameter(name, handle["handle"] + of_node, handle["header"], name)
    for socket in sockets:
        yield Parameter(socket_type(socket.identifier),
                        f"net::udp_socket<net_config, {socket.identifier}>", "net/udp_socket.hpp",
                        socket.identifier)


def make_sizes(plan: Plan, link: Link | None, devices: tuple[Device, ...]) -> Sizes:
    app = plan.app
    level = (app.strings("log-level") or ["info"])[0]
    place = app.at("frame-count") if app.get("frame-count") else app.place
    services = [link.device.role] if link else []
    services += [device.role for device in devices if device.is_service]
    stack_place = app.at("stack-size") if app.get("stack-size") else app.place
    return Sizes(place, stack_place, app.cell("stack-size", 0x4000),
                 app.at("heap-size") if app.get("heap-size") else app.place,
                 app.cell("heap-size", 0),
                 -(-app.cell("frame-size", 512) // 16) * 16, app.cell("frame-count", 8),
                 tuple(services), LEVELS.index(level))
