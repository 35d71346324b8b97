# SPDX-License-Identifier: Apache-2.0
"""A controller that interrupts through another: order, tables, and its context."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen.emit import emit  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402

APP = ROOT / "apps/udp-echo"
PLIC = "soc_plic_c000000"


def generated(folder: Path, overlay: str = "") -> tuple[str, str]:
    """machine.hpp and machine.cpp of virt-rv64 with an overlay."""
    machine = folder / "board.dts"
    machine.write_text(f'#include "virt-rv64.dts"\n{overlay}\n')
    emit(compile_image(machine, APP), folder)
    return tuple((folder / "generated" / name).read_text()  # type: ignore[return-value]
                 for name in ("machine.hpp", "machine.cpp"))


def test_each_controller_has_a_table_and_dispatches_into_it(tmp_path: Path) -> None:
    _, source = generated(tmp_path)
    outer = source.index(f"{PLIC}_handlers = []")
    root = source.index("> handlers = []")
    assert outer < root, "a table is declared before the one that refers to it"
    assert f"irq::dispatch<{PLIC}_controller>({PLIC}_handlers, {PLIC}::path, context);" in source[root:]
    assert "table[soc_serial_10000000::irq.number]" in source[outer:root]
    assert "table[timer::irq.number]" in source[root:]


def test_the_root_starts_first_and_lines_are_unmasked_where_they_belong(tmp_path: Path) -> None:
    _, source = generated(tmp_path)
    root = source.index("  interrupt_controller::start();")
    assert root < source.index(f"  {PLIC}_controller::start();")
    assert f"<{PLIC}::irq>{{entry}}.bind<handlers>().enable<interrupt_controller>();" in source
    assert (f"<soc_serial_10000000::irq>{{entry}}.bind<{PLIC}_handlers>()"
            f".enable<{PLIC}_controller>();") in source


def test_the_context_is_the_entry_of_the_mode(tmp_path: Path) -> None:
    """-1 stands for a mode that the hart lacks."""
    header, _ = generated(tmp_path, "&{/soc/plic@c000000} { interrupts-extended = "
                          "<2 11 2 0xffffffff 2 9>; };")
    assert "static constexpr u32 context = 2;" in header


def test_the_clock_of_another_node(tmp_path: Path) -> None:
    header, _ = generated(tmp_path, "&{/cpus} { timebase-frequency = <32768>; };")
    assert "hertz clock = 32'768_Hz;" in header


def test_numbers_that_a_decompiler_takes_for_text(tmp_path: Path) -> None:
    """3686400 is 00 38 40 00, which dtc shows as two strings."""
    assert r'clock-frequency = "\08@"' in (ROOT / "dts/qemu/virt-rv64.dts").read_text()
    header, _ = generated(tmp_path)
    assert "hertz clock = 3'686'400_Hz;" in header
