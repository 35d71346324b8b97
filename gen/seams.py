# SPDX-License-Identifier: Apache-2.0
"""The statements of machine.cpp, one list per place: what the templates loop over."""

from __future__ import annotations

from typing import Any

from gen.model import Device, Image, Table

WIDTH = 100
# Started before interrupt lines are unmasked, in this order: what goes wrong later is seen, and no
# interrupt of a device that starts after them is missed.
FOUNDATION = ["console", "interrupt-controller"]


def view(image: Image) -> dict[str, Any]:
    """Everything that machine.cpp is made of, in order."""
    driven = [device for device in image.devices if not device.is_transport]
    return {
        "driver_headers": headers(image), "aliases": [alias(image, d) for d in driven],
        "driven": driven, "storage": storage(image, driven),
        "objects": [*(instance(d) for d in driven if d.object_kind != "none"),
                    *(["constinit mem::heap heap;"] if image.sizes.heap else [])],
        "sockets": sockets(image), "tables": [table(image, found) for found in image.tables],
        "root_controller": next(t.controller.identifier for t in image.tables
                                if not t.controller.interrupt_node),
        "enables": enables(image),
        "claimed": claimed(image), "room": room(image),
        "arguments": ", ".join(f"std::move({p.name})" for p in image.parameters),
        "seams": seams(image),
        "foundation": [start(image, d) for d in started(driven) if d.role_class in FOUNDATION],
        "starts": [*pools(image),
                   *(start(image, d) for d in started(driven) if d.role_class not in FOUNDATION)],
        "tasks": tasks(image),
    }


def by_class(image: Image, role_class: str) -> Device | None:
    return next((d for d in image.devices if d.role_class == role_class and d.role), None)


def headers(image: Image) -> list[str]:
    found = {d.header for d in image.devices}
    found |= {d.transport_header for d in image.devices if d.transport_header}
    found |= {"async/executor.hpp", "async/frames.hpp", "boot/phase.hpp", "core/integrity.hpp",
              "core/panic.hpp", "core/platform.hpp", "core/stack_guard.hpp", "irq/dispatch.hpp",
              "irq/history.hpp", "mem/ram.hpp"}
    if image.sizes.heap:
        found |= {"console/console.hpp", "mem/heap.hpp"}
    if image.network:
        found.add("net/interface.hpp")
    elif image.raw:
        found.add("net/raw_device.hpp")
    if image.storage:
        found.add("storage/buffer.hpp")
    if by_class(image, "exit") is None:
        found.add("arch.hpp")
    return sorted(found)


def qualified(image: Image, name: str) -> str:
    """A name of namespace osier, qualified where a node's or socket's struct hides its namespace."""
    sockets = image.network.sockets if image.network else ()
    hidden = {d.identifier for d in image.devices} | {p.alias for p in image.parameters} \
        | {s.identifier for s in sockets}
    return f"osier::{name}" if name.split("::")[0] in hidden else name


def alias(image: Image, device: Device) -> str:
    head = f"using {device.alias} = {qualified(image, device.type)}<"
    return f"{head}{wrapped(arguments(device.arguments), len(head), 2)}>;"


def arguments(text: str) -> list[str]:
    """The template arguments of a list, those within another list left together."""
    found, depth = [""], 0
    for character in text:
        depth += {"<": 1, ">": -1}.get(character, 0)
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return [part.strip() for part in found]


def wrapped(parts: list[str], column: int, after: int) -> str:
    """The arguments from a column on, one a line where they do not fit on one; `after` more
    characters follow the last."""
    line = ", ".join(parts)
    if column + len(line) + after <= WIDTH or len(parts) == 1 and "<" not in line:
        return line
    laid = []
    for part in parts:
        name, bracket, inner = part.partition("<")
        if bracket and column + len(part) + after > WIDTH:
            inside = wrapped(arguments(inner[:-1]), column + len(name) + 1, after + 1)
            part = f"{name}<{inside}>"
        laid.append(part)
    return f",\n{' ' * column}".join(laid)


def memory_of(device: Device) -> str:
    return device.object.removesuffix("_device") + "_memory"


def instance(device: Device) -> str:
    argument = f"{{{memory_of(device)}}}" if device.object_kind == "storage" else ""
    return f"constinit {device.alias} {device.object}{argument};"


def storage(image: Image, driven: list[Device]) -> list[str]:
    found = ['[[gnu::section(".noinit")]] alignas(16) std::byte\n'
             "    frames[config::frame_count * config::frame_size];"]
    found += [f'[[gnu::section(".noinit")]] {d.alias}::storage {memory_of(d)};'
              for d in driven if d.object_kind == "storage"]
    if image.link:
        found.append('[[gnu::section(".noinit")]] net::packet_buffer\n'
                     "    packet_buffers[net_config::packet_buffers + "
                     "net_config::transmit_buffers];")
    if image.storage:
        found += ['[[gnu::section(".noinit")]] osier::storage::block '
                  'disk_buffers[disk_config::buffers];',
                  '[[gnu::section(".noinit")]] alignas(64) std::byte\n'
                  "    disk_buffer_data[disk_config::buffers * disk_config::buffer_size];"]
    if image.sizes.heap:
        found += ['[[gnu::section(".noinit")]] alignas(mem::heap::alignment) std::byte\n'
                  "    heap_memory[config::heap_size];"]
    return found


def table(image: Image, made: Table) -> dict[str, Any]:
    """Declaration of one controller's handlers."""
    what = "Interrupt handlers by line; nullptr: masked at the controller."
    through = f"What interrupts through {made.controller.path}, by its line."
    return {"comment": through if made.controller.interrupt_node else what,
            "name": made.name, "count": made.count,
            "rows": [f"table[{group[0].interrupt_node}::irq.number] = {handler(image, group)};"
                     for group in by_line(made)]}


def by_line(made: Table) -> list[list[Device]]:
    """The devices of each line, in the order of the first: PCI functions may share one."""
    lines: dict[int | None, list[Device]] = {}
    for device in made.devices:
        lines.setdefault(device.shown_interrupt, []).append(device)
    return list(lines.values())


def handler(image: Image, devices: list[Device]) -> str:
    """What a line calls: its device, each that shares it, or what is behind a controller."""
    device = devices[0]
    if not device.is_controller:
        calls = " ".join(f"{each.object}.interrupt(context);" for each in devices)
        return (f"[](irq::context context) {{ irq::note<{device.interrupt_node}>(); "
                f"{calls} }}")
    name = next(t.name for t in image.tables if t.controller is device)
    return (f"[](irq::context context) {{ irq::dispatch<{device.alias}>({name}, "
            f"{device.identifier}::path, context); }}")


def enables(image: Image) -> list[str]:
    """The statements that unmask the lines in use, in the order of the devices."""
    found = {d.path: f"irq::masked_line<{d.interrupt_node}::irq>{{entry}}.bind<{t.name}>()"
                     f".enable<{t.controller.alias}>();" for t in image.tables
                     for d, *_ in by_line(t)}
    return [found[d.path] for d in image.devices if d.path in found]


def sockets(image: Image) -> list[str]:
    """Declaration of the socket table, a line each."""
    if image.network is None:
        return []
    rows = [f"    net::bound_socket{{.port = {s.identifier}::port, "
            f".queue = &net::queue_of<{s.identifier}>}},"
            for s in image.network.sockets]
    if not rows:
        return ["constexpr std::array<net::bound_socket, 0> sockets = {};"]
    return ["constexpr std::array sockets = {", *rows, "};"]


def claimed(image: Image) -> list[str]:
    """Rows of the register table."""
    return [f"{{{d.identifier}::reg{i or ''}.base, {d.identifier}::reg{i or ''}.size, "
            f"{d.identifier}::path}},"
            for d in image.devices for i, register in enumerate(d.registers)
            if register.space == "mmio"]


def room(image: Image) -> str:
    """The RAM that the image may use."""
    return f'{{{image.room.base:#x}, {image.room.size:#x}, "{image.room.path}"}}'


def started(driven: list[Device]) -> list[Device]:
    """The foundation first, then as claimed. An exit is not started."""
    last = len(FOUNDATION)
    order = {role_class: index for index, role_class in enumerate(FOUNDATION)}
    return sorted((d for d in driven if d.role_class != "exit"),
                  key=lambda d: order.get(d.role_class, last))


def pools(image: Image) -> list[str]:
    """What must have its memory before a driver starts."""
    calls = ["osier::storage::buffers.start(disk_buffers, disk_buffer_data);"] \
        if image.storage else []
    return [*calls, *(["heap.lend(heap_memory);"] if image.sizes.heap else [])]


def start(image: Image, device: Device) -> str:
    if device.object_kind == "none":
        return f"{device.alias}::start();"
    argument = "packet_buffers" if image.link and image.link.device is device else ""
    return f"{device.object}.start({argument});"


def tasks(image: Image) -> list[str]:
    """The coroutines that run from the start; the app comes last."""
    found = []
    if image.link:
        device = image.link.device
        found.append(f"{interface(image)}::serve({device.object}, net_config::packet_buffers / 2)")
    found += [f"{d.object}.serve()" for d in image.devices if d.is_service]
    handles = [f"machine::{p.alias}{{entry}}" for p in image.parameters]
    column = len("  start_task(run_app(")
    return [*found, f"run_app({wrapped(handles, column, len('));'))})"]


def interface(image: Image) -> str:
    device = image.link.device if image.link else None
    return device.object.removesuffix("_device") + "_interface" if device else ""


def seams(image: Image) -> list[str]:
    """The functions of osier::platform, onto the drivers of this image or onto nothing."""
    return [*console_seams(by_class(image, "console")), *exit_seam(by_class(image, "exit")),
            end_seam(image), *heap_seam(image),
            *timer_seams(by_class(image, "timer")), *clock_seam(by_class(image, "rtc")),
            "std::span<const claimed_block> registers() { return machine::claimed; }",
            "claimed_block ram() { return machine::room; }"]


def console_seams(console: Device | None) -> list[str]:
    if console is None:
        return ["void console_write(std::string_view) {}",
                "void console_flush(std::string_view) {}"]
    return [f"void console_write(std::string_view text) "
            f"{{ machine::{console.object}.write(text); }}",
            "void console_flush(std::string_view text) "
            f"{{ machine::{console.object}.flush(text); }}"]


def exit_seam(device: Device | None) -> list[str]:
    end = f"machine::{device.alias}::power_off(status);" if device else "arch::halt();"
    name = "status" if device else ""
    return [f"void power_off(int {name}) {{ {end} }}".replace("int )", "int)")]


def end_seam(image: Image) -> str:
    """What was sent leaves, and what was written arrives, before the machine ends."""
    working = ([image.link.device] if image.link else []) + \
        (list(image.storage.disks) if image.storage else [])
    finish = "".join(f"  machine::{device.object}.finish();\n" for device in working)
    if image.sizes.heap:
        finish = f"  machine::heap.print_leaks(console::output());\n{finish}"
    return f"void end(int status) {{\n{finish}  console_flush({{}});\n  power_off(status);\n}}"


def heap_seam(image: Image) -> list[str]:
    """Defined only where the app asks for a heap."""
    return ["mem::heap& heap() { return machine::heap; }"] if image.sizes.heap else []


def timer_seams(timer: Device | None) -> list[str]:
    if timer is None:
        # No set_alarm(): an app that waits for a moment without the role does not link.
        return ["time::instant now() { return {}; }", "u64 stamp() { return 0; }",
                "u64 ticks_since(u64) { return 0; }", "hertz timer_rate() { return 1_Hz; }"]
    return [f"time::instant now() {{ return machine::{timer.object}.now(); }}",
            f"u64 stamp() {{ return machine::{timer.object}.stamp(); }}",
            f"u64 ticks_since(u64 stamp) {{ return machine::{timer.object}.ticks_since(stamp); }}",
            f"hertz timer_rate() {{ return machine::{timer.identifier}::clock; }}",
            f"void set_alarm(time::instant when) {{ machine::{timer.object}.set_alarm(when); }}"]


def clock_seam(rtc: Device | None) -> list[str]:
    """Defined only where there is a clock: nothing else can ask for it."""
    if rtc is None:
        return []
    return [f"std::chrono::sys_seconds wall_clock() {{ return machine::{rtc.alias}::now(); }}"]
