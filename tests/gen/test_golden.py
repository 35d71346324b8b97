# SPDX-License-Identifier: Apache-2.0
"""The generated files of a small machine and app, compared with what is committed here."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen.emit import emit  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402

FILES = ["machine.hpp", "machine.cpp", "config.hpp", "tree.hpp", "memory_map.hpp", "link.ld"]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("image")
    emit(compile_image(HERE / "board.dts", HERE / "pair"), folder)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_matches_golden(generated: Path, name: str) -> None:
    """`UPDATE_GOLDEN=1` writes the files anew; the diff is then for review."""
    text, golden = (generated / "generated" / name).read_text(), HERE / "golden" / name
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
    assert text == golden.read_text()


def test_unchanged_files_keep_their_time(generated: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in (generated / "generated").iterdir()}
    emit(compile_image(HERE / "board.dts", HERE / "pair"), generated)
    assert before == {file: file.stat().st_mtime_ns for file in (generated / "generated").iterdir()}


def test_bus_ranges_are_applied(generated: Path) -> None:
    assert ".base = 0x0900'0000" in (generated / "generated/machine.hpp").read_text()


def test_run_is_executable(generated: Path) -> None:
    assert os.access(generated / "run", os.X_OK)
