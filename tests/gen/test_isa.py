# SPDX-License-Identifier: Apache-2.0
"""What code is compiled to: what every CPU in use has, by either way that a tree says it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.ninja import Target, image_flags, library_object  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402

BASE = "rv64imac_zicsr_zifencei"
TWO_CPUS = """
&{/cpus} {
  cpu@1 { device_type = "cpu"; reg = <1>; compatible = "riscv"; riscv,isa = "%s"; status = "%s"; };
};
"""


def target(folder: Path, overlay: str, machine: str = "virt-rv64") -> Target:
    board = folder / "board.dts"
    board.write_text(f'#include "{ROOT}/dts/{machine}.dts"\n{overlay}')
    return Target(compile_image(board, ROOT / "apps/hello"), board, ROOT / "apps/hello")


def said(isa: str) -> str:
    return f'&{{/cpus/cpu@0}} {{ riscv,isa = "{isa}"; }};\n'


@pytest.mark.parametrize(("overlay", "isa"), [
    ("", f"{BASE}_zba_zbb_zbs"),
    (said("rv64imafdc_zbb_sstc"), f"{BASE}_zbb"),
    (said("rv64gc_sstc"), BASE),
    (said("RV64IMAC_Zbb_Sstc"), f"{BASE}_zbb"),
    (said("rv64i2p1m2p0a2p1c2p0_zbb1p0_sstc"), f"{BASE}_zbb"),
    (said("rv64imaczbb_zba_sstc"), f"{BASE}_zba_zbb"),
    (TWO_CPUS % ("rv64imac_zba", "okay"), f"{BASE}_zba"),
    (TWO_CPUS % ("rv64imac", "disabled"), f"{BASE}_zba_zbb_zbs"),
    ('&{/cpus/cpu@0} { /delete-property/ riscv,isa; riscv,isa-base = "rv64i"; riscv,isa-extensions = "i", "m", "a", '
     '"c", "zicsr", "zifencei", "zba", "sstc"; };', f"{BASE}_zba"),
])
def test_is_what_all_cpus_have(tmp_path: Path, overlay: str, isa: str) -> None:
    found = target(tmp_path, overlay)
    assert found.image.isa == isa
    assert f"-march={isa}" in image_flags(found).split()
    assert f"/lib/standard/{isa}/" in library_object(found, "src/net/checksum.cpp")


@pytest.mark.parametrize(("isa", "missing"), [("rv64imac_sstc", ""), ("rv32imac_sstc", "rv64"), ("rv64ia_sstc", "c, m"),
                                              ("rv64_sstc", "a, c, i, m"), ("rv64imac\\n_sstc", ""), ("rv64imaxcpu_sstc", "c")])
def test_refuses_a_cpu_that_could_not_run_the_image(tmp_path: Path, isa: str, missing: str) -> None:
    try:
        target(tmp_path, said(isa))
        assert not missing
    except Refused as refused:
        assert missing and f"the CPU does not have {missing};" in str(refused)


@pytest.mark.parametrize("isa", ['"hello_sstc"', '""', "<1 2>", "[72 76 36 34]", '"\\0rv64imac"'])
def test_refuses_what_names_no_instruction_set(tmp_path: Path, isa: str) -> None:
    with pytest.raises(Refused) as refused:
        target(tmp_path, f"&{{/cpus/cpu@0}} {{ riscv,isa = {isa}; }};\n")
    assert f"{tmp_path}/board.dts:2: /cpus/cpu@0: riscv,isa names no instruction set;" in str(refused.value)


def test_other_architectures_have_no_choice(tmp_path: Path) -> None:
    found = target(tmp_path, "", "virt-arm64")
    assert found.image.isa is None
    assert "-march" not in image_flags(found)


def test_the_image_has_instructions_of_the_extensions(tmp_path: Path) -> None:
    """And none where the tree does not say so."""
    for overlay, wanted in (("", True), (said("rv64imac_sstc"), False)):
        board = tmp_path / "board.dts"
        board.write_text(f'#include "{ROOT}/dts/virt-rv64.dts"\n{overlay}')
        build = tmp_path / str(wanted)
        subprocess.run(["./configure.py", "--dts", board, "--app", "hello", "--build", build], cwd=ROOT, check=True,
                       capture_output=True)
        subprocess.run(["ninja", "--quiet", "-f", build / "build.ninja"], cwd=ROOT, check=True, capture_output=True)
        listing = subprocess.run(["llvm-objdump-19", "-d", build / "board/hello/image.elf"], check=True, text=True,
                                 capture_output=True).stdout
        assert ("rev8" in listing or "sh3add" in listing) == wanted
