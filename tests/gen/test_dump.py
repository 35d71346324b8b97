# SPDX-License-Identifier: Apache-2.0
"""The QEMU that PATH finds dumps trees that compile to what ours do, whatever its version.

A later QEMU says more of its machines, in another order; what images are made of has to be the same.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(HERE.parent))

from gen.dump import dump, included  # noqa: E402
from gen.emit import emit  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402
from images import machines, roles_of  # noqa: E402

WRITTEN = [name for name in machines() if name.endswith("-x64")]  # by hand
DUMPED = [name for name in machines() if name not in WRITTEN
          and '#include "qemu/' in (ROOT / "dts" / f"{name}.dts").read_text()]
# The machine file, and where something was defined: the only thing that may differ.
LINE = re.compile(r"[\w./-]+\.dts(:\d+)?")
# QEMU 7.2 counts the PLIC's line 0, which stands for none, among its lines; QEMU 10.0 does not.
LINES_OF_10, LINES_OF_7 = "riscv_ndev = 95;", "riscv_ndev = 96;"


def generated(machine: Path, app: Path, folder: Path) -> dict[str, str]:
    """The generated files by name, without the lines of the devicetree that they quote."""
    emit(compile_image(machine, app), folder)
    return {str(file.relative_to(folder)): LINE.sub("LINE", file.read_text()).replace(LINES_OF_10, LINES_OF_7)
            for file in folder.rglob("*") if file.is_file() and file.name != "run"}


@pytest.mark.parametrize("machine", DUMPED)
def test_a_fresh_dump_compiles_to_the_same_image(tmp_path: Path, machine: str) -> None:
    app = tmp_path / "app"
    app.mkdir()
    roles = ", ".join(f'"{role}"' for role in sorted(roles_of(machine) - {"exit"}))
    (app / "app.dtsi").write_text('/ { app { compatible = "osier,app"; disk-size = <512>; '
                                  f'uses = {roles}; }}; }};\n')
    source = ROOT / "dts" / f"{machine}.dts"
    fresh = Path(shutil.copy(source, tmp_path))
    assert dump(fresh) == tmp_path / included(source, "")
    assert generated(fresh, app, tmp_path / "fresh") == generated(source, app, tmp_path / "ours")


def test_a_machine_that_qemu_does_not_dump_is_refused(tmp_path: Path) -> None:
    machine = Path(shutil.copy(ROOT / "dts" / f"{WRITTEN[0]}.dts", tmp_path))
    with pytest.raises(Refused, match="has no dump of the machine microvm"):
        dump(machine)
