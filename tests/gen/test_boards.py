# SPDX-License-Identifier: Apache-2.0
"""Trees of real boards, with much that nobody here drives: they compile to the facts, and link."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen.emit import emit  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402

# Of the console: where the CPU sees it, its line, its clock; and where the image begins.
FACTS = {
    "bcm2711": ("0xfe20'1000", 32 + 121, "48'000'000", 0x4000_0000),
    "hikey": ("0xf711'3000", 32 + 39, "19'200'000", 0x2200_0000),
    "jh7110": ("0x1000'0000", 32, "24'000'000", 0x4020_0000),
    "juno": ("0x7ff8'0000", 32 + 83, "7'372'800", 0x8_8000_0000),
    "rk3399": ("0xff1a'0000", 32 + 100, "24'000'000", 0x940_0000),
}
BOARDS = sorted((HERE / "boards").glob("*.dts"))
APPS = ("hello", "ticks")


def test_each_board_has_its_facts() -> None:
    assert [board.stem for board in BOARDS] == sorted(FACTS)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_compiles_to_the_facts_of_the_board(board: Path, app: str, tmp_path: Path) -> None:
    image = compile_image(board, ROOT / "apps" / app)
    emit(image, tmp_path)
    header = (tmp_path / "generated/machine.hpp").read_text()
    console = next(device for device in image.devices if device.role == "console")
    base, line, clock, room = FACTS[board.stem]
    node = header[header.index(f"struct {console.identifier} {{"):].split("};\n\n")[0]
    assert f".base = {base}" in node
    assert f".number = {line}," in node and f"clock = {clock}_Hz" in node
    assert image.room.base == room


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.stem)
def test_links(board: Path) -> None:
    folder = ROOT / "build/test" / board.stem
    apps = [part for app in APPS for part in ("--app", app)]
    for command in (["./configure.py", "--dts", board, *apps, "--build", folder],
                    ["ninja", "-j2", "-f", folder / "build.ninja"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    for app in APPS:
        assert (folder / board.stem / app / "image.elf").is_file()


def test_an_oddity_is_refused_once_it_is_claimed(tmp_path: Path) -> None:
    """The second UART's line leads to a Bluetooth chip, and its clock has no rate."""
    board = tmp_path / "board.dts"
    board.write_text(f'#include "{HERE}/boards/bcm2711.dts"\n'
                     '/ { aliases { console = "/soc/serial@7e201400"; }; };\n')
    with pytest.raises(Refused) as refused:
        compile_image(board, ROOT / "apps/hello")
    said = "\n".join(map(str, refused.value.problems))
    assert "the node bluetooth is unknown" in said
    assert "/soc/cprman@7e101000: clock-frequency is missing" in said
