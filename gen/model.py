# SPDX-License-Identifier: Apache-2.0
"""What the templates loop over: one image, every name and number decided."""

from __future__ import annotations

from dataclasses import dataclass

from gen.problem import Place


@dataclass(frozen=True)
class Constant:
    """One member of a generated struct, in C++."""

    type: str
    name: str
    value: str


@dataclass(frozen=True)
class Register:
    """One register block: the namespace of its region and bus types, its place, its C++."""

    space: str
    base: int
    size: int
    region: str


@dataclass(frozen=True)
class Device:
    """A claimed node: its generated struct, and what `--show` and the index table print."""

    path: str
    identifier: str
    place: Place
    driver: str
    header: str
    transport_header: str
    type: str
    role: str
    role_class: str
    object: str
    alias: str
    arguments: str
    registers: tuple[Register, ...]
    interrupt: str
    interrupt_number: int | None
    # How the handled interrupt is raised: level_high, edge_rising, ….
    trigger: str
    # Whether it interrupts by a message, not by a wire.
    by_message: bool
    # The node of the controller that the handled interrupt is a line of.
    interrupt_parent: str
    constants: tuple[Constant, ...]
    # The struct whose interrupt this device's object handles: its own, or that of its slot.
    interrupt_node: str
    shown_interrupt: int | None
    # The node that takes its messages, where it has any.
    messages_to: str
    # The transport's node that it sits in, and the node that says its clock where that is another.
    slot: str
    clock_node: str
    is_transport: bool
    # Whether it is an object, one with storage, or static functions only.
    object_kind: str
    # Whether its serve() is a task of the image.
    is_service: bool
    is_controller: bool


@dataclass(frozen=True)
class SourceNode:
    """A node of the tree as devicetree source, and the device that claims it."""

    depth: int
    name: str
    path: str
    place: Place
    # Name and value; a flag has none.
    properties: tuple[tuple[str, str], ...]
    device: Device | None


@dataclass(frozen=True)
class Table:
    """The handlers of one controller's lines: up to the highest that is in use."""

    name: str
    controller: Device
    count: int
    devices: tuple[Device, ...]
    unclaimed: tuple[tuple[int, str], ...]  # lines of other nodes, and whose


@dataclass(frozen=True)
class Socket:
    """One UDP endpoint of the app."""

    path: str
    identifier: str
    place: Place
    protocol: str
    port: int
    remote: tuple[str, int] | None = None


@dataclass(frozen=True)
class Link:
    """A network device and the packet buffers behind it; alone, the app takes its frames."""

    path: str
    place: Place
    packet_buffers: int
    transmit_buffers: int
    device: Device


@dataclass(frozen=True)
class Network(Link):
    """The app's IPv4 network over its device."""

    address: str
    prefix_length: int
    gateway: str
    sockets: tuple[Socket, ...]


@dataclass(frozen=True)
class Storage:
    """The app's disks, and the block buffers that they share."""

    place: Place
    disk_size: int
    buffers: int
    buffer_size: int
    disks: tuple[Device, ...]


@dataclass(frozen=True)
class Parameter:
    """One by-value parameter of app_main, and the alias that it is declared with."""

    alias: str
    type: str
    header: str
    name: str


@dataclass(frozen=True)
class Range:
    """A range of memory: RAM, or what is reserved of it."""

    path: str
    place: Place
    base: int
    size: int

    @property
    def end(self) -> int:
        return self.base + self.size


@dataclass(frozen=True)
class Paging:
    """What the MMU lets the image touch beside its sections and the registers that it claims."""

    # RAM.
    given: tuple[Range, ...]
    # Registers that nobody claims, on pages with some that are.
    shared: tuple[Range, ...]
    # The property of the app by which all RAM is given, and its line; "" where not all is.
    asked: str = ""
    # The app turns the MMU off, and the CPU does not: all RAM is given, with all rights.
    flat: bool = False


@dataclass(frozen=True)
class Sizes:
    """The static sizes that the app asks for."""

    place: Place
    stack_place: Place
    stack: int
    heap_place: Place
    # 0: the image has no heap.
    heap: int
    frame: int
    frames: int
    services: tuple[str, ...]
    log_level: int


@dataclass(frozen=True)
class Plug:
    """A device that `run` adds to QEMU's machine; `bus` where it has one."""

    role: str
    device: str
    bus: str | None
    backend: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class ExitStatus:
    """QEMU's exit status for the app's status 0, and what each one more adds to it."""

    first: int
    step: int


@dataclass(frozen=True)
class Qemu:
    """The virtual machine, in QEMU's words, and where these stand."""

    place: Place
    system: str
    machine: str
    cpu: str
    options: tuple[str, ...]
    memory: int
    cpus: int
    plugs: tuple[Plug, ...]
    exit: ExitStatus


@dataclass(frozen=True)
class Image:
    """Everything about one machine and one app."""

    machine: str
    app: str
    machine_file: str
    app_file: str
    app_folder: str
    architecture: str
    # What code is compiled to; None: as the architecture's flags have it.
    isa: str | None
    devices: tuple[Device, ...]
    network: Network | None
    raw: Link | None
    storage: Storage | None
    parameters: tuple[Parameter, ...]
    sizes: Sizes
    ram: tuple[Range, ...]
    reserved: tuple[Range, ...]
    room: Range
    # The function that the image begins with.
    entry: str
    # None: the MMU is off.
    paging: Paging | None
    qemu: Qemu | None
    # A controller that interrupts through another stands before that.
    tables: tuple[Table, ...]
    nodes: tuple[SourceNode, ...]
    sources: tuple[str, ...]

    @property
    def link(self) -> Link | None:
        """What the packet buffers are for."""
        return self.network or self.raw

    @property
    def statements(self) -> tuple[Range, ...]:
        """What /memreserve/ reserves: it is no node."""
        return tuple(found for found in self.reserved if found.path == "/memreserve/")

    @property
    def origin(self) -> str:
        return f"{self.machine_file} and {self.app_file}"
