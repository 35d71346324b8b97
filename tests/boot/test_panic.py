# SPDX-License-Identifier: Apache-2.0
"""What an image says when it cannot go on, and the status that it ends with."""

from __future__ import annotations

import json
import re
import time

import frames
import pytest
from wired import Starter
from guest import ROOT, Guest, boot, qemu_command
from images import machines, suits, text_of

PANIC = 70


def slot(machine: str) -> str | None:
    """The path of the virtio-mmio slot that the machine's network sits in, where it is one."""
    tree = text_of(machine)
    found = re.search(r'net0 = "(/\S*virtio_mmio@[0-9a-f]+)/net"', tree)
    return found[1] if found else None


SLOTTED = [name for name in machines() if slot(name)]
slotted = pytest.mark.parametrize("machine", SLOTTED)


def replaced(command: list[str], option: str, value: str) -> list[str]:
    """A command in which an option has another value."""
    at = command.index(option) + 1
    return [*command[:at], value, *command[at + 1:]]


def refusal(command: list[str]) -> str:
    """What a guest says that must refuse its machine, at once and with the status of a panic."""
    with Guest(command) as guest:
        assert guest.end(timeout=10) == PANIC, guest.output
        said = "".join(line for line in guest.output.splitlines(keepends=True)
                       if not re.match(r"qemu-system-\w+: warning:", line))
    assert said.startswith("panic: ") and said.count("panic:") == 1, said
    return said


def device_at(command: list[str]) -> int:
    """Where the command says what sits in the network's slot."""
    return next(at for at, word in enumerate(command) if word.startswith("virtio-net-device,"))


def device(command: list[str]) -> str:
    return command[device_at(command)]


def plugged(command: list[str], other: str | None) -> list[str]:
    """A command with another device in the network's place, or with none."""
    at = device_at(command)
    return command[:at - 1] + (["-device", other] if other else []) + command[at + 1:]


def bus(command: list[str]) -> int:
    """The number of the slot's bus that the device is plugged into."""
    return int(re.search(r"virtio-mmio-bus\.(\d+)", device(command))[1])


@slotted
def test_another_device_in_the_slot(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    other = f"virtio-rng-device,bus=virtio-mmio-bus.{bus(command)}"
    said = refusal(plugged(command, other))
    assert said == f"panic: {slot(machine)}: expected device id 1 (network), found 4 (entropy)\n"


def test_another_device_beside_does_no_harm(image) -> None:
    with boot(image("virt-arm64", "udp-echo"), "--", "-device", "virtio-rng-device") as guest:
        # Slots fill from the highest free one down; the network keeps its own.
        guest.wait_for("listening")


@slotted
def test_nothing_in_the_slot(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    assert f"panic: {slot(machine)}: expected device id 1 (network), found 0 (nothing plugged in)\n" == \
        refusal(plugged(command, None))


@slotted
def test_the_network_in_another_slot(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    moved = device(command).replace(f"bus.{bus(command)}", f"bus.{bus(command) ^ 1}")
    assert "found 0 (nothing plugged in)" in refusal(plugged(command, moved))


@slotted
def test_legacy_transport(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"), "--", "-global", "virtio-mmio.force-legacy=true")
    assert refusal(command) == f"panic: {slot(machine)}: expected virtio-mmio version 2, found version 1\n"


@slotted
def test_another_mac(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    other = device(command).replace("mac=52:54:00:12:34:56", "mac=52:54:00:12:34:57")
    assert other != device(command)
    assert refusal(plugged(command, other)) == \
        f"panic: {slot(machine)}/net: expected address 52:54:00:12:34:56, found 52:54:00:12:34:57\n"


@slotted
def test_a_device_without_a_feature(image, machine: str) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    said = refusal(plugged(command, device(command) + ",event_idx=off"))
    assert re.fullmatch(rf"panic: {slot(machine)}: expected features 0x120000020, found 0x[0-9a-f]+\n", said), said


@slotted
def test_features_that_the_device_refuses(image, machine: str) -> None:
    """A device behind an IOMMU wants its driver to know."""
    command = qemu_command(image(machine, "udp-echo"))
    said = refusal(plugged(command, device(command) + ",iommu_platform=on"))
    assert re.fullmatch(rf"panic: {slot(machine)}: expected features 0x120000020 to be accepted, found them refused; "
                        r"offered 0x[0-9a-f]+\n", said), said


@pytest.mark.parametrize("machine", machines())
def test_less_ram_than_stated(image, machine: str) -> None:
    folder = image(machine, "hello")
    command = qemu_command(folder)
    said = refusal(replaced(command, "-m", "64M"))
    ram = json.loads((folder / "generated/image.json").read_text())["memory"]["path"]
    assert re.match(rf"panic: {ram}: (expected RAM up to 0x[0-9a-f]+, found none that keeps what is written there|"
                    r"(synchronous exception: )?data access, nothing answers at this address)\n", said), said


@pytest.mark.parametrize("machine", [name for name in machines() if "arm" in name])
def test_a_timer_at_another_rate(image, machine: str) -> None:
    command = qemu_command(image(machine, "ticks"))
    cpu = command[command.index("-cpu") + 1]
    assert refusal(replaced(command, "-cpu", f"{cpu},cntfrq=50000000")) == \
        "panic: /timer: expected a timer at 62500000 Hz, found one at 50000000 Hz\n"


@pytest.mark.parametrize("machine, other", [("virt-arm64", 2), ("virt-arm64-gicv2", 3)])
def test_another_interrupt_controller(image, machine: str, other: int) -> None:
    command = qemu_command(image(machine, "udp-echo"))
    said = refusal(replaced(command, "-machine", f"virt-7.2,gic-version={other}"))
    assert "/intc@8000000" in said, said


def report(start: Starter, machine: str, request: str, app: str = "faults") -> str:
    """What the app says after a request that must end it as a panic does."""
    wired = start(machine, app)
    wired.wire.send(frames.datagram(request.encode()))
    assert wired.guest.end() == PANIC, wired.guest.output
    return wired.guest.output


# Inside the registers of a claimed node, where QEMU answers nothing.
HOLES = {"virt-arm64": ("81a0000", "/intc@8000000"), "virt-arm64-gicv2": ("8018000", "/intc@8000000"),
         "virt-arm32": ("8018000", "/intc@8000000"), "virt-rv64": ("10000020", "/soc/serial@10000000"),
         "virt-rv32": ("10000020", "/soc/serial@10000000")}
NOWHERE = "f0000000"
INTERRUPTS = r"(  interrupt \d+ of /\S+, \d+ us before\n)+"
SYNCHRONOUS = "panic: (synchronous exception: )?"


@pytest.mark.parametrize("access, word", [("r", "address"), ("w", "written")])
def test_report_of_an_access_to_nothing(start: Starter, cpu: str, access: str, word: str) -> None:
    said = report(start, cpu, access + NOWHERE)
    function = {"r": "read_address", "w": "write_address"}[access]
    assert re.match(SYNCHRONOUS + "data access, (translation fault|nothing answers at this address)\n", said), said
    assert re.search(rf"\n  {word} 0x0*{NOWHERE} in no node of this image\n", said), said
    assert re.search(rf"\n  at +0x[0-9a-f]+ {function} \+ 0x[0-9a-f]+\n", said), said
    assert re.search(r"\n  called +0x[0-9a-f]+ \S*(commit|app_main)\S* \+ 0x", said), said


@pytest.mark.parametrize("machine", HOLES)
def test_report_names_the_node(start: Starter, machine: str) -> None:
    address, node = HOLES[machine]
    said = report(start, machine, "r" + address)
    assert re.search(rf" address 0x0*{address} in {node}, offset 0x", said), said


def test_report_of_an_undefined_instruction(start: Starter, cpu: str) -> None:
    said = report(start, cpu, "u")
    assert re.match(SYNCHRONOUS + "(undefined|breakpoint) instruction\n", said), said
    assert re.search(r"\n  at +0x[0-9a-f]+ execute_nonsense \+ 0x", said), said


def test_report_of_a_breakpoint_that_was_left(start: Starter, cpu: str) -> None:
    said = report(start, cpu, "k")
    assert re.match(SYNCHRONOUS + "(instruction fetch, )?breakpoint instruction", said), said
    assert re.search(r"\n  at +0x[0-9a-f]+ leave_a_breakpoint \+ 0x", said), said


@pytest.mark.parametrize("request_, why", [("s", "restarted too often"), ("m", "raised with interrupts masked")])
def test_report_of_a_service_trap(start: Starter, cpu: str, request_: str, why: str) -> None:
    said = report(start, cpu, request_)
    assert re.match(SYNCHRONOUS + f"service trap 1, {why}\n", said), said
    assert re.search(r"\n  at +0x[0-9a-f]+ raise_service_trap \+ 0x", said), said


GICV2 = [(0x104, 4), (0x204, 4)]
GICV3 = [(0x084, 6), *GICV2]  # of group 1, as the console's beside it
# Register and value: what unmasks the line of the clock, and has it interrupt.
CLOCK_INTERRUPTS = {
    "virt-arm64": ("/pl031@9010000", 34, 0x8000000, GICV3), "virt-arm32": ("/pl031@9010000", 34, 0x8000000, GICV2),
    **dict.fromkeys(("virt-rv64", "virt-rv32"), ("/soc/rtc@101000", 11, 0xc000000, [
        (0x2c, 1), (0x2080, 0xdfe), (0x101010 - 0xc000000, 1), (0x10100c - 0xc000000, 0), (0x101008 - 0xc000000, 1)])),
    "microvm-x64": ("/isa/rtc@1,70, /virtio_mmio@feb00600", 8, 0xfee00000, [(0x300, 1 << 18 | 40)]),
}


def test_report_of_an_interrupt_that_nobody_claims(start: Starter, cpu: str) -> None:
    node, line, base, writes = CLOCK_INTERRUPTS[cpu]
    wired = start(cpu, "faults")
    for register, value in writes:
        wired.wire.send(frames.datagram(f"v{value:x}".encode()), frames.datagram(f"w{base + register:x}".encode()))
    assert wired.guest.end() == PANIC, wired.guest.output
    said = wired.guest.output
    assert f"panic: {node}: interrupt {line} has no owner in this image; the controller should mask it\n" in said, said


def test_report_of_a_jump_to_nothing(start: Starter, cpu: str) -> None:
    said = report(start, cpu, "j" + NOWHERE)
    assert re.match(SYNCHRONOUS + "instruction fetch, ", said), said
    assert re.search(r"\n  called +0x[0-9a-f]+ \S*(jump_to|commit|app_main)", said), said


def test_report_of_a_misaligned_jump(start: Starter) -> None:
    said = report(start, "virt-arm64", "j40200001")
    assert said.startswith("panic: synchronous exception: misaligned program counter"), said


def test_report_of_an_index_out_of_bounds(start: Starter, cpu: str) -> None:
    said = report(start, cpu, "i3")
    assert re.match(r"panic: span<T>::operator\[\]\(index\): index out of range\n", said), said


def test_panic_of_the_app(start: Starter, cpu: str) -> None:
    said = report(start, cpu, "pbeef")
    assert re.fullmatch(r"panic: asked to, with 0xbeef\n" + INTERRUPTS, said), said


def test_panic_tells_the_last_interrupts(start: Starter, cpu: str) -> None:
    """Those of the network brought the request; the oldest comes first, and they are few."""
    said = report(start, cpu, "p1")
    found = re.findall(r"\n  interrupt (\d+) of (\S+), (\d+) us before", said)
    assert 0 < len(found) <= 8, said
    assert found[-1][1] == slot(cpu), said
    ages = [int(age) for _, _, age in found]
    assert ages == sorted(ages, reverse=True) and ages[0] < 60_000_000, said


def test_panic_tells_the_last_log_lines(start: Starter, cpu: str) -> None:
    """As many whole lines as 512 bytes hold, of the levels that are compiled in."""
    wired = start(cpu, "faults")
    for number in range(0x100, 0x140):
        wired.wire.send(frames.datagram(f"l{number:x}".encode()))
        wired.guest.wait_for(f"survived l{number:x}\n")
    wired.wire.send(frames.datagram(b"d"), frames.datagram(b"p1"))
    assert wired.guest.end() == PANIC, wired.guest.output
    kept = 512 // len("warning: asked to log 0x100\n")
    block = wired.guest.output.partition("panic: ")[2].splitlines()
    assert block[-kept:] == [f"    warning: asked to log {number:#x}" for number in range(0x140 - kept, 0x140)]
    assert block[-kept - 1].startswith("  interrupt "), block


@pytest.mark.parametrize("status", [0, 2, 3, 63])
def test_status_of_the_app(start: Starter, cpu: str, status: int) -> None:
    wired = start(cpu, "faults")
    wired.wire.send(frames.datagram(f"e{status:x}".encode()))
    assert (wired.guest.end(), wired.guest.output) == (status, "")


def test_report_is_whole_behind_a_full_console_queue(start: Starter) -> None:
    """What was printed before the panic leaves first, in order, and nothing is cut off."""
    wired = start("virt-arm64", "faults")
    many = [f"?{number:04}".encode() for number in range(200)]
    wired.wire.send(*(frames.datagram(text) for text in many[:100]))
    wired.guest.wait_for("survived ?0000\n")
    wired.wire.send(frames.datagram(b"p1"))
    assert wired.guest.end() == PANIC
    lines = wired.guest.output.splitlines()
    last = lines.index("panic: asked to, with 0x1")
    assert re.fullmatch(INTERRUPTS, "".join(f"{line}\n" for line in lines[last + 1:]))
    assert lines[:last] == sorted(lines[:last])


@pytest.mark.parametrize("machine", [name for name in machines() if suits(name, "sleeper")])
def test_returning_ends_with_0_after_sleeping(image, machine: str) -> None:
    begin = time.monotonic()
    with boot(image(machine, "sleeper")) as guest:
        assert (guest.end(), guest.output) == (0, "slept\n")
    assert time.monotonic() - begin >= 0.2
