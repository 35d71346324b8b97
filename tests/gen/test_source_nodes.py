# SPDX-License-Identifier: Apache-2.0
"""`--show` writes the tree as source that compiles to the same tree, whatever its values hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen.emit import emit  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.show import show  # noqa: E402

ODD = r"""
/ {
  odd {
    flag;
    text = "a \"quoted\" back\\slash", "", "a? ??/ (b)";
    latin = "caf\xe9";
    cells = <0x0 0xffffffff 010>;
    bytes = [00 ff 7f];
    three-bytes = [01 02 03];
    mixed = "text", <1 2>, [03];
    quads = /bits/ 64 <0x123456789abcdef0>;
    halves = /bits/ 16 <1 2 3>;
    inner { deep { }; };
  };
};
/ {
  last = "a property behind a node";
};
"""


def blob(source: str) -> bytes:
    return subprocess.run(["dtc", "-q", "-s", "-I", "dts", "-O", "dtb", "-"], input=source.encode(),
                          capture_output=True, check=True).stdout


def test_shown_tree_is_the_tree(tmp_path: Path) -> None:
    board = tmp_path / "odd.dts"
    board.write_text((HERE / "board.dts").read_text() + ODD)
    image = compile_image(board, HERE / "pair")
    whole = board.read_text() + (HERE / "pair/app.dtsi").read_text()
    assert blob(show(image)) == blob(whole)
    emit(image, tmp_path)
    table = (tmp_path / "generated/tree.hpp").read_text()
    assert r'{"cells", "<0x0 0xffffffff 0x8>"},' in table
    assert r'{"flag", ""},' in table and r'{"mixed", "[74 65 78 74 00 00 00 00 01' in table
