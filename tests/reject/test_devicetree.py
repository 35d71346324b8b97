# SPDX-License-Identifier: Apache-2.0
"""Each folder with a bad.dtsi: it is refused with exactly expected.txt, its twin is accepted.

The machine is virt-arm64, or what machine.txt names.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from gen import seal  # noqa: E402
from gen.architecture import architecture_facts, compiler_flags  # noqa: E402
from gen.emit import emit  # noqa: E402
from gen.model import Image  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402

CASES = sorted(file.parent for file in HERE.glob("*/bad.dtsi"))


def refusal(overlay: Path, folder: Path) -> list[str]:
    """The messages for the machine with udp-echo and the overlay merged onto both."""
    named = overlay.parent / "machine.txt"
    machine = named.read_text().strip() if named.is_file() else "virt-arm64"
    app = folder / "udp-echo"
    app.mkdir(exist_ok=True)
    (app / "app.dtsi").write_text(
        f'#include "{ROOT}/apps/udp-echo/app.dtsi"\n#include "{overlay}"\n')
    try:
        image = compile_image(ROOT / "dts" / f"{machine}.dts", app)
        if (overlay.parent / "image.S").is_file():
            link_and_seal(image, overlay.parent / "image.S", folder)
    except Refused as refused:
        return sorted({str(problem) for problem in refused.problems})
    return []


def link_and_seal(image: Image, source: Path, folder: Path) -> None:
    """Real links with the generated script, of a stand-in for the image."""
    emit(image, folder)
    facts = architecture_facts(image.architecture)
    first, symbols, linked = (folder / name for name in ("first.elf", "symbols.S", "linked.elf"))
    seal_facts = json.loads((folder / "generated/image.json").read_text())

    def link(out: Path, *sources: Path) -> None:
        subprocess.run(["clang-19", *compiler_flags(image.architecture, image.isa, "standard").split(), f"-I{ROOT}/src", "-c", sources[-1],
                        "-o", sources[-1].name + ".o"], cwd=folder, check=True)
        subprocess.run(["ld.lld-19", *facts["link-flags"].split(), "-T", "generated/link.ld",
                        *(each.name + ".o" for each in sources), "-o", out], cwd=folder, check=True)

    link(first, source)
    seal.write_symbols(seal.Elf(first), seal_facts, symbols)
    link(linked, source, symbols)
    seal.check(first, linked, seal_facts, folder / "image.elf", folder / "pages.txt")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_is_refused(case: Path, tmp_path: Path) -> None:
    expected = (case / "expected.txt").read_text().splitlines()
    assert refusal(case / "bad.dtsi", tmp_path) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_good_is_accepted(case: Path, tmp_path: Path) -> None:
    assert refusal(case / "good.dtsi", tmp_path) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_twins_differ_in_one_line(case: Path) -> None:
    bad, good = ((case / name).read_text().splitlines() for name in ("bad.dtsi", "good.dtsi"))
    changed = [line for line in difflib.ndiff(bad, good) if line[:2] in ("- ", "+ ")]
    assert len([line for line in changed if line[0] == "-"]) <= 1
    assert len([line for line in changed if line[0] == "+"]) <= 1
    assert changed
