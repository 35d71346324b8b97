# SPDX-License-Identifier: Apache-2.0
"""Makes the verbatim devicetree dump that a machine file includes, by the QEMU that PATH finds."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from gen.problem import Place, Problem, Refused, shown_path

SEEDS = re.compile(r"^\s*(?:rng-seed|kaslr-seed) = .*\n", re.M)


def dump(source: Path) -> Path:
    """Write the file that a machine file includes as QEMU's own `dumpdtb` gives it.

    Its random seeds are left out.
    """
    system, board, cpu = (setting(source, name) for name in ("system", "machine", "cpu"))
    if shutil.which(system) is None:
        raise Refused(Problem(Place(shown_path(source)), "/machine/qemu",
                              f"{system} is not installed", "the dump is QEMU's own",
                              f"apt-get install {package_of(system)}"))
    target = source.parent / included(source, f"qemu/{source.name}")
    text = header(system, board, cpu) + dumped(system, board, cpu, source)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def setting(source: Path, name: str) -> str:
    """A string of /machine/qemu, read from the text: the tree needs the dump to compile."""
    found = re.search(rf'^\s*{name} = "([^"]+)";', source.read_text(), re.M)
    if found:
        return found[1]
    raise Refused(Problem(Place(shown_path(source)), "/machine/qemu",
                          f"{name} is missing", "the dump is made with it", f'{name} = "...";'))


def options(source: Path) -> list[str]:
    """The further arguments, without which a board may not start: it may want firmware."""
    found = re.search(r'^\s*options = ("[^;]*");', source.read_text(), re.M)
    return re.findall(r'"([^"]*)"', found[1]) if found else []


def included(source: Path, default: str) -> str:
    """The dump that a machine includes: machines that differ in what is plugged in share one."""
    found = re.search(r'^#include "(qemu/[^"]+)"', source.read_text(), re.M)
    return found[1] if found else default


def package_of(system: str) -> str:
    isa = system.removeprefix("qemu-system-")
    families = {"aarch64": "arm", "arm": "arm", "x86_64": "x86", "i386": "x86"}
    return f"qemu-system-{families.get(isa, 'misc')}"


def header(system: str, board: str, cpu: str) -> str:
    return ("// SPDX-License-Identifier: Apache-2.0\n"
            f"// {system} -M {board} -cpu {cpu}, as QEMU dumps it, without its random seeds.\n"
            "// Not edited by hand: ./configure.py --dump writes it anew.\n")


def dumped(system: str, board: str, cpu: str, source: Path) -> str:
    with tempfile.TemporaryDirectory() as folder:
        blob = Path(folder) / "machine.dtb"
        try:
            done = subprocess.run([system, "-M", f"{board},dumpdtb={blob}", "-cpu", cpu,
                                   "-display", "none", *options(source)],
                                  capture_output=True, text=True, timeout=5)
        except subprocess.TimeoutExpired:
            raise Refused(Problem(Place(shown_path(source)), "/machine/qemu",
                                  f"{system} has no dump of the machine {board}",
                                  "it has started it instead", "a tree written by hand")) from None
        if done.returncode or not blob.is_file():
            raise Refused(Problem(Place(shown_path(source)), "/machine/qemu",
                                  f"{system} does not dump the machine {board}",
                                  done.stderr.strip() or "it wrote no file",
                                  f"a machine that `{system} -M help` lists"))
        text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", str(blob)],
                              capture_output=True, text=True, check=True).stdout
    return SEEDS.sub("", text)
