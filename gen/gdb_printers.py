# SPDX-License-Identifier: Apache-2.0
"""Runs inside gdb: how tasks, virtqueues and packets are printed, and commands that list them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

import gdb
import gdb.printing

HIDDEN = re.compile(r"\bosier::|\(anonymous namespace\)::")


def shorten(name: str) -> str:
    """A function's name without `osier::`, parameters and template arguments."""
    kept, depth = [], 0
    for char in HIDDEN.sub("", name):
        depth += char in "<("
        if depth == 0:
            kept.append(char)
        depth -= char in ">)"
    return "".join(kept)


def text_of(value: gdb.Value) -> str:
    """An enumerator's own name."""
    return str(value).rpartition("::")[2]


# What the image is made of.

def variable(name: str) -> gdb.Value | None:
    """A variable of namespace osier; `name` has it all, where it is in an anonymous one too."""
    found = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    return found.value() if found else None


def machine_variables() -> Iterator[tuple[str, gdb.Value]]:
    """The drivers, queues and buffers, which the generated machine.cpp defines."""
    for symbol in gdb.lookup_global_symbol("osier_boot").symtab.static_block():
        if symbol.is_variable and symbol.type.strip_typedefs().sizeof > 0:
            yield HIDDEN.sub("", symbol.name), symbol.value()


def parts(name: str, value: gdb.Value) -> Iterator[tuple[str, gdb.Value]]:
    """A variable and its members, to the bottom."""
    yield name, value
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_STRUCT:
        for field in kind.fields():
            if hasattr(field, "bitpos"):
                yield from parts(name if field.is_base_class else f"{name}.{field.name}",
                                 value[field])


def is_queue(value: gdb.Value) -> bool:
    return str(value.type.strip_typedefs()).startswith("osier::virtio::queue<")


def queues() -> list[tuple[str, gdb.Value]]:
    return [(name, part) for found, value in machine_variables() if found.endswith("_memory")
            for name, part in parts(found, value) if is_queue(part)]


def pointers(address: int, size: int) -> Iterator[tuple[int, int]]:
    """The words of memory, with their addresses."""
    word = gdb.lookup_type("void").pointer().sizeof
    memory = bytes(gdb.selected_inferior().read_memory(address, size // word * word))
    for offset, (value,) in enumerate(struct.iter_unpack("<Q" if word == 8 else "<I", memory)):
        yield address + offset * word, value


def data_sections() -> list[tuple[int, int]]:
    """Start and size of what holds the variables that are not buffers."""
    found = re.findall(r"(0x\w+) - (0x\w+) is \.(?:data|bss)$",
                       gdb.execute("info files", to_string=True), re.MULTILINE)
    return [(int(start, 16), int(end, 16) - int(start, 16)) for start, end in found]


# Tasks: the coroutine frames that are in use (async/frames.hpp).

class Frame:
    """A suspended or running coroutine: resume and destroy functions, then the promise."""

    def __init__(self, address: int) -> None:
        void = gdb.lookup_type("void").pointer()
        functions = gdb.Value(address).cast(void.pointer())
        promise = gdb.lookup_type("osier::async::detail::promise_base").pointer()
        self.address = address
        self.promise = gdb.Value(address + 2 * void.sizeof).cast(promise).dereference()
        self.ended = int(functions[0]) == 0
        self.function = gdb.block_for_pc(int(functions[self.ended]))

    def name(self) -> str:
        while self.function and not self.function.function:
            self.function = self.function.superblock
        return shorten(self.function.function.name) if self.function else "?"

    def place(self) -> str:
        """Where it waited last: the line of the co_await."""
        line = int(self.promise["line_"])
        if self.ended:
            return "ended"
        self.name()
        file = Path(self.function.function.symtab.filename).name if self.function else "?"
        return f"{file}:{line}" if line else "its start"

    def awaited_by(self) -> int:
        """The frame of the task that waits for this one to end, or what is in there; 0: nobody."""
        return int(self.promise["continuation_"]["__handle_"])


class Tasks:
    """All coroutines of the image at this moment."""

    def __init__(self) -> None:
        self.frames: dict[int, Frame] = {}
        slots = variable("osier::async::(anonymous namespace)::slots")
        self.slot = int(slots["size_"]) if slots is not None else 0
        storage = variable("osier::machine::(anonymous namespace)::frames")
        if self.slot == 0 or storage is None:
            self.start = self.end = 0
            return
        self.start = int(storage.address)
        self.end = self.start + storage.type.sizeof - int(slots["untouched_"]["__size_"])
        self.count = storage.type.sizeof // self.slot
        free = set()
        slot = slots["given_"]
        while int(slot):
            free.add(int(slot))
            slot = slot["next"]
        self.frames = {address: Frame(address) for address in range(self.start, self.end, self.slot)
                       if address not in free}

    def holding(self, address: int) -> int | None:
        """The frame that an address lies in."""
        if not self.start <= address < self.end:
            return None
        return address - (address - self.start) % self.slot

    def waits(self) -> dict[int, list[str]]:
        """What each frame waits for: whatever points into it."""
        found: dict[int, list[str]] = {address: [] for address in self.frames}

        def note(pointer: int, what: str) -> None:
            frame = self.holding(pointer)
            if frame in found and what not in found[frame]:
                found[frame].append(what)

        for address, frame in self.frames.items():
            note(frame.awaited_by(), f"{frame.name()} at {address:#x}")
        for start, size in data_sections():
            for address, value in pointers(start, size):
                if self.holding(value) is not None:
                    for pointer, what in waiting_at(address, value):
                        note(pointer, what)
        for name, queue in queues():
            raw = queue["in_flight_"]
            for _, value in pointers(int(raw.address), raw.type.sizeof):
                note(value, f"the device behind {name}")
        return found


def waiting_at(address: int, value: int) -> Iterator[tuple[int, str]]:
    """Who waits in what a static pointer belongs to, and its name."""
    name, owner, member = described(address)
    if member.endswith("head_.next_"):
        what = "ready" if name == "async::ready" else name
        node = gdb.lookup_type("osier::list_node").pointer()
        while value != owner:
            yield value, what
            value = int(gdb.Value(value).cast(node)["next_"])
    elif name == "time::queue":
        yield from waiting_for_moments(gdb.Value(value).cast(
            gdb.lookup_type("osier::time::timer").pointer()))
    elif not member.endswith("head_.previous_"):
        yield value, name


def waiting_for_moments(timer: gdb.Value) -> Iterator[tuple[int, str]]:
    """The heap of armed timers."""
    if int(timer):
        yield int(timer), f"tick {int(timer['when_']['ticks'])}"
        yield from waiting_for_moments(timer["left_"])
        yield from waiting_for_moments(timer["right_"])


def described(address: int) -> tuple[str, int, str]:
    """The variable or member that an address lies in: name and address of the event, list or queue,
    and the rest of the way down."""
    said = gdb.execute(f"info symbol {address:#x}", to_string=True).partition(" in section ")[0]
    symbol, _, offset = said.rpartition(" + ") if re.search(r" \+ \d+$", said) else (said, "", "0")
    value, path = variable(symbol), HIDDEN.sub("", symbol)
    if value is None:
        return path, address, ""
    members, at = [], int(offset)
    base, owner = int(value.address), path
    start = base
    kind = value.type.strip_typedefs()
    while kind.code == gdb.TYPE_CODE_STRUCT:
        field = next((f for f in kind.fields() if hasattr(f, "bitpos")
                      and 0 <= at - f.bitpos // 8 < f.type.sizeof), None)
        if field is None:
            break
        at -= field.bitpos // 8
        start += field.bitpos // 8
        kind = field.type.strip_typedefs()
        if field.is_base_class:
            continue
        members.append(field.name)
        if not re.match(r"osier::(list_node|async::waiter)|.*\*$", str(kind)):
            owner, base = f"{path}.{'.'.join(members)}", start
    return owner, base, ".".join(members)


# Virtqueues (drivers/virtio/queue.hpp).

def queue_text(queue: gdb.Value) -> str:
    """Posted, in flight, completed; and the indices, which count up and wrap at 65536."""
    field = {name: int(queue[name]) for name in ("next_", "published_", "taken_")}
    capacity = queue["in_flight_"].type.sizeof // gdb.lookup_type("void").pointer().sizeof
    used = int(queue["used_"]["index"])
    return (f"virtqueue of {capacity}: {(field['next_'] - field['taken_']) % 65536} in flight, "
            f"{(field['next_'] - field['published_']) % 65536} posted and not yet shown, "
            f"{(used - field['taken_']) % 65536} completed and not yet taken; "
            f"indices: posted {field['next_']}, shown {int(queue['available_']['index'])}, "
            f"used {used}, taken {field['taken_']}; "
            f"events: used {int(queue['available_']['used_event'])}, "
            f"available {int(queue['used_']['avail_event'])}")


# Packets (net/packet.hpp).

def colons(octets: bytes) -> str:
    return ":".join(f"{octet:02x}" for octet in octets)


def dots(octets: bytes) -> str:
    return ".".join(str(octet) for octet in octets)


def headers(frame: bytes) -> str:
    """The headers of an Ethernet frame, as far as we speak the protocol."""
    if len(frame) < 14:
        return "shorter than an Ethernet header"
    kind = int.from_bytes(frame[12:14], "big")
    text = f"{colons(frame[6:12])} > {colons(frame[:6])}"
    if kind == 0x0806 and len(frame) >= 42:
        what = {1: "request", 2: "reply"}.get(int.from_bytes(frame[20:22], "big"), "?")
        return f"{text}, ARP {what}: {dots(frame[28:32])} asks {dots(frame[38:42])}"
    if kind != 0x0800 or len(frame) < 34:
        return f"{text}, type {kind:#06x}"
    text += f", IPv4 {dots(frame[26:30])} > {dots(frame[30:34])}"
    body = frame[14 + 4 * (frame[14] & 15):]
    if frame[23] == 17 and len(body) >= 8:
        source, to, length = struct.unpack(">HHH", body[:6])
        return f"{text}, UDP {source} > {to}, {length - 8} bytes of payload"
    if frame[23] == 1 and len(body) >= 8:
        return f"{text}, ICMP type {body[0]}, {len(body)} bytes"
    return f"{text}, protocol {frame[23]}"


def buffer_text(buffer: gdb.Value) -> str:
    length = int(buffer["length"])
    frame = gdb.selected_inferior().read_memory(int(buffer["frame"].address), length)
    return f"{length} bytes at {int(buffer.address):#x}: {headers(bytes(frame))}"


def packet_text(packet: gdb.Value) -> str:
    kind = packet.type.strip_typedefs()
    state = text_of(kind.template_argument(0))
    buffer = packet["buffer_"]
    if not int(buffer):
        return f"{state}: moved away"
    if state == "receiving":
        return f"{state}: the device's, at {int(buffer):#x}"
    return f"{state}: {buffer_text(buffer.dereference())}"


def task_text(task: gdb.Value) -> str:
    address = int(task["coroutine_"]["__handle_"])
    if not address:
        return "no coroutine"
    frame = Frame(address)
    return f"{frame.name()} at {address:#x}, {frame.place()}"


class Printer:
    """One line for a value."""

    def __init__(self, value: gdb.Value, function) -> None:
        self.value, self.function = value, function

    def to_string(self) -> str:
        return self.function(self.value)


def collection() -> gdb.printing.RegexpCollectionPrettyPrinter:
    made = gdb.printing.RegexpCollectionPrettyPrinter("osier")
    for name, pattern, function in [
            ("task", r"^osier::async::task<.*>$", task_text),
            ("queue", r"^osier::virtio::queue<.*>$", queue_text),
            ("packet", r"^osier::net::(packet|datagram)<.*>$", packet_text),
            ("buffer", r"^osier::net::packet_buffer$", buffer_text)]:
        made.add_printer(name, pattern, lambda value, function=function: Printer(value, function))
    return made


class Command(gdb.Command):
    """A command without arguments that prints lines."""

    def __init__(self, name: str, function) -> None:
        self.__doc__ = function.__doc__
        super().__init__(name, gdb.COMMAND_DATA)
        self.function = function

    def invoke(self, _argument: str, _from_tty: bool) -> None:
        for line in self.function():
            print(line)


def list_tasks() -> Iterator[str]:
    """Every coroutine: its frame, the line where it waited last, and what it waits for.

    A coroutine whose frame the compiler has put into that of its caller shows as the caller."""
    tasks = Tasks()
    if not tasks.frames:
        yield "no task has started yet"
        return
    waits = tasks.waits()
    rows = [(f"{address:#x}", frame.name(), frame.place(),
             " or ".join(waits[address]) or ("nothing" if frame.ended else "nothing: it runs"))
            for address, frame in tasks.frames.items()]
    rows.insert(0, ("frame", "coroutine", "at", "waits for"))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[3]])
    yield f"{len(tasks.frames)} of {tasks.count} frames are in use"


def list_queues() -> Iterator[str]:
    """Every virtqueue: what is in flight, what is completed, and the indices."""
    found = queues()
    for name, queue in found:
        yield f"{name}: {queue_text(queue)}"
    if not found:
        yield "this image has no virtqueue"


def list_packets() -> Iterator[str]:
    """Every packet buffer: how many are free or the device's, and what is in the others."""
    storage = dict(machine_variables()).get("machine::packet_buffers")
    if storage is None:
        yield "this image has no packet buffers"
        return
    size = storage.type.target().sizeof
    first = int(storage.address)
    held = set(range(first, first + storage.type.sizeof, size))
    count = len(held)
    free = variable("osier::net::packets")["free_"]["first_"]
    while int(free):
        held.discard(int(free))
        free = free["next"]
    said = [f"{count} buffers", f"{count - len(held)} free"]
    for name, queue in queues():
        raw = queue["in_flight_"]
        flying = {value for _, value in pointers(int(raw.address), raw.type.sizeof)} & held
        said.append(f"{len(flying)} in flight in {name}")
        held -= flying
    yield ", ".join([*said, f"{len(held)} held by tasks"])
    kind = gdb.lookup_type("osier::net::packet_buffer").pointer()
    for address in sorted(held):
        yield buffer_text(gdb.Value(address).cast(kind).dereference())


def reach_entry() -> None:
    """Runs the loader and the firmware up to the image: they may overwrite a breakpoint in it."""
    if gdb.parse_and_eval("(unsigned long)$pc") != gdb.parse_and_eval("(unsigned long)&_start"):
        gdb.execute("thbreak *&_start")
        gdb.execute("continue")


gdb.printing.register_pretty_printer(None, collection(), replace=True)
for command, made_by in [("tasks", list_tasks), ("queues", list_queues), ("packets", list_packets)]:
    Command(command, made_by)
