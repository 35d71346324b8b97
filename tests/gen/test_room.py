# SPDX-License-Identifier: Apache-2.0
"""Where the image lies: in the largest range that nothing has, and never at address zero."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen.model import Range  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402


def room(folder: Path, overlay: str) -> Range:
    machine = folder / "board.dts"
    machine.write_text(f'#include "microvm-x64.dts"\n{overlay}\n')
    return compile_image(machine, ROOT / "apps/hello").room


def test_it_begins_behind_what_is_reserved_at_the_beginning(tmp_path: Path) -> None:
    assert room(tmp_path, "").base == 0x100000


def test_it_leaves_the_page_at_zero(tmp_path: Path) -> None:
    found = room(tmp_path, "/delete-node/ &{/reserved-memory/firmware@0};")
    assert (found.base, found.end) == (0x1000, 0x8000000)
