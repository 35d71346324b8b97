# SPDX-License-Identifier: Apache-2.0
"""Addresses in I/O space: read off an ISA bus, kept apart from memory, owned once."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.hardware import Span, spans  # noqa: E402
from gen.load import load  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402

MACHINE = ROOT / "dts/microvm-x64.dts"


def test_first_cell_is_the_space() -> None:
    tree = load(MACHINE, None)
    assert spans(tree.nodes["/isa/serial@1,3f8"]) == [Span(0x3f8, 8, space="io")]
    assert spans(tree.nodes["/virtio_mmio@feb00000"]) == [Span(0xfeb00000, 0x200)]


def test_spaces_do_not_overlap() -> None:
    ports, memory = Span(0x3f8, 8, space="io"), Span(0x3f8, 8)
    assert ports.overlaps(ports) and not ports.overlaps(memory) and not memory.contains(ports)


def test_a_port_has_one_owner(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (app / "app.dtsi").write_text(
        '/ { app { compatible = "osier,app"; uses = "console"; }; };\n'
        '&{/isa/exit@1,f4} { reg = <0x1 0x3fe 0x4>; };\n')
    try:
        compile_image(MACHINE, app)
    except Refused as refused:
        assert [problem.what.split(" (")[0] for problem in refused.problems] == [
            "registers I/O 0x3fe..0x402 overlap I/O 0x3f8..0x400 of /isa/serial@1,3f8"]
        return
    raise AssertionError("an overlap of ports was accepted")
