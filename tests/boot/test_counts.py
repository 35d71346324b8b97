# SPDX-License-Identifier: Apache-2.0
"""What the benches' plugin counts is what QEMU's own log and trace count, and what an app is known to do."""

from __future__ import annotations

import json
import mmap
import re
import struct
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import frames
import pytest
from elftools.elf.elffile import ELFFile
from frames import Peer
from guest import ROOT, boot
from wire import Wire
from wired import Wired

PLUGIN = ROOT / "build/bench/count.so"
BLOCKS = 1 << 18
# struct counts of bench/plugin/counts.h: totals, eight marks, the number of blocks, the blocks.
HEAD = struct.Struct("=3Q16QQ")
BLOCK = struct.Struct("=3Q")
# An interrupt that the CPU takes, in QEMU's log, by QEMU's name for the architecture.
TAKEN = {"aarch64": r"^Taking exception 5 \[IRQ\]", "arm": r"^Taking exception 5 \[IRQ\]",
         "riscv64": r"^riscv_cpu_do_interrupt: .*\basync:1\b", "riscv32": r"^riscv_cpu_do_interrupt: .*\basync:1\b",
         "x86_64": r"^Servicing hardware INT="}
# An interrupt that the CPU acknowledges, in QEMU's trace of the controllers that have one for it.
ACKNOWLEDGED = {"aarch64": r"gicv3_icc_iar1_read |gic_acknowledge_irq ", "arm": r"gic_acknowledge_irq "}


@dataclass
class Counts:
    """The memory that the plugin counts in."""

    file: Path

    def __post_init__(self) -> None:
        with self.file.open("wb") as made:
            made.truncate(HEAD.size + BLOCKS * BLOCK.size)

    def arguments(self, *wishes: str) -> list[str]:
        return ["-plugin", ",".join([str(PLUGIN), f"counts={self.file}", *wishes])]

    def _head(self) -> tuple[int, ...]:
        return HEAD.unpack(self.file.read_bytes()[:HEAD.size])

    @property
    def instructions(self) -> int:
        return self._head()[0]

    @property
    def device_accesses(self) -> int:
        return self._head()[1]

    @property
    def doorbells(self) -> int:
        return self._head()[2]

    def mark(self, number: int) -> tuple[int, int]:
        """Executions, and the instructions before the first."""
        executions, first = self._head()[3 + 2 * number:5 + 2 * number]
        return executions, first

    def blocks(self) -> list[tuple[int, int, int]]:
        """Address, length, executions."""
        with self.file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, prot=mmap.PROT_READ) as memory:
            return [BLOCK.unpack_from(memory, HEAD.size + i * BLOCK.size) for i in range(self._head()[-1])]


@pytest.fixture(scope="session", autouse=True)
def plugin() -> None:
    subprocess.run(["ninja", "--quiet", "-f", "bench/bench.ninja", str(PLUGIN.relative_to(ROOT))], cwd=ROOT, check=True)


@pytest.fixture
def counts(tmp_path: Path) -> Counts:
    return Counts(tmp_path / "counts")


def address_of(image: Path, name: str) -> int:
    with (image / "image.elf").open("rb") as file:
        found = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(name)
        return found[0]["st_value"]


def doorbells_of(image: Path) -> list[str]:
    """The notify register of each slot of virtio-mmio; those of each function of virtio-pci, where QEMU has them."""
    facts = json.loads((image / "generated/image.json").read_text())
    found = []
    for block in [*facts["registers"], *facts["shared"]]:
        if "/virtio_mmio@" in block["what"]:
            found.append(block["base"] + 0x50)
        elif "/pci" in block["what"] and block["size"] == 0x4000:
            found += [block["base"] + 0x3000 + 4 * queue for queue in range(4)]
    assert found
    return [f"doorbell={address:#x}" for address in found]


def test_marked_instructions_of_a_known_loop(image: Callable[[str, str], Path], cpu: str, counts: Counts) -> None:
    folder = image(cpu, "loops")
    marks = [f"at={address_of(folder, name):#x}" for name in ("first_step", "second_step")]
    with boot(folder, "--", *counts.arguments(*marks, "blocks=on")) as guest:
        guest.wait_for("done")
        assert guest.end() == 0
    (first, first_at), (second, second_at) = counts.mark(0), counts.mark(1)
    assert (first, second) == (12_345, 2_469)
    # The loop calls the one, then the other: the call and what `if` takes lie between them.
    assert 2 <= second_at - first_at <= 20
    assert 0 < first_at < second_at < counts.instructions
    assert sum(length * executions for _, length, executions in counts.blocks()) == counts.instructions


@pytest.mark.parametrize("wrong", ["counts=/nowhere", "at=", "at=x", "blocks=yes", "nonsense=on", ""])
def test_refuses_arguments_that_it_does_not_know(image: Callable[[str, str], Path], counts: Counts, wrong: str) -> None:
    folder = image("virt-arm64", "hello")
    arguments = counts.arguments(wrong) if wrong else ["-plugin", str(PLUGIN)]
    with boot(folder, "--", *arguments) as guest:
        assert guest.end() == 125
        assert "count.so" in guest.output or "/nowhere" in guest.output
        assert "Hello World" not in guest.output


def test_exits_are_those_of_qemus_trace(image: Callable[[str, str], Path], machine: str, counts: Counts,
                                        tmp_path: Path) -> None:
    """Doorbells: stores that reach a virtqueue. Interrupts: those that the CPU was taken out of its work by, and on
    Arm and RISC-V those that it slept for, which are no exceptions."""
    folder, log = image(machine, "net-counters"), tmp_path / "log"
    marks = [f"at={address_of(folder, name):#x}" for name in ("osier_interrupt", "interrupt")]
    wishes = [*marks, "devices=on", *doorbells_of(folder)]
    traced = ["-trace", "virtio_queue_notify", "-d", "int", "-D", str(log)]
    traced += ["-trace", "gicv3_icc_iar1_read", "-trace", "gic_acknowledge_irq"] if system(folder) in ACKNOWLEDGED else []
    # Through an eventfd QEMU may see two doorbells as one, and rings each queue once itself.
    traced += ["-global", "virtio-net-pci.ioeventfd=off", "-global", "virtio-mmio.ioeventfd=off"]
    with ExitStack() as stack:
        wire = stack.enter_context(Wire())
        guest = stack.enter_context(boot(folder, "--", *counts.arguments(*wishes), *traced, net=wire.net))
        wired = Wired(guest, wire)
        wired.settle()
        for size in range(1, 601):  # one at a time, then many at once
            wired.echo(b"x" * size)
        for _ in range(10):
            wire.send(*(frames.datagram(b"y" * 64, Peer(port=20_000 + i)) for i in range(100)))
            for _ in range(100):
                wire.expect(frames.is_udp)
    said = log.read_text(errors="replace")
    taken = len(re.findall(TAKEN[system(folder)], said, re.MULTILINE))
    (interrupts, _), (exceptions, _) = counts.mark(0), counts.mark(1)
    assert counts.doorbells == len(re.findall(r"virtio_queue_notify ", said)) > 100
    assert exceptions == taken
    if system(folder) in ACKNOWLEDGED:
        assert interrupts == len(re.findall(ACKNOWLEDGED[system(folder)], said)) > 100
    assert interrupts == taken if system(folder) == "x86_64" else interrupts > taken
    assert counts.device_accesses > counts.doorbells


def system(folder: Path) -> str:
    """Which QEMU boots the image."""
    found = re.search(r'"qemu-system-(\w+)"', (folder / "run").read_text())
    assert found
    return found[1]
