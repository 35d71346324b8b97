# SPDX-License-Identifier: Apache-2.0
"""Every folder says what is in it, every file what it is for, and the README how to begin."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from tree import ROOT, entries, files, shown

READMES = sorted(path for path in files() if path.name == "README.md")
# Written by others, and kept as it came.
VERBATIM = ("dts/qemu/",)
COMMENTED = {".py", ".cpp", ".hpp", ".h", ".c", ".S", ".dts", ".dtsi", ".yaml", ".j2", ".ninja", ".in", ".sh"}
QEMU_PACKAGES = {"qemu-system-aarch64": "qemu-system-arm", "qemu-system-arm": "qemu-system-arm",
                 "qemu-system-riscv64": "qemu-system-misc", "qemu-system-riscv32": "qemu-system-misc",
                 "qemu-system-x86_64": "qemu-system-x86"}


def is_named(entry: Path, text: str) -> bool:
    """Whether a README has the entry in a table: `name`, `name/`, a link, or `stem.hpp` `.cpp`."""
    rows = "\n".join(line for line in text.splitlines() if line.startswith("|"))
    name = re.escape(entry.name)
    if re.search(rf"[`(\[/]{name}/?[`)\]]", rows) or (entry.is_dir() and re.search(rf"[`(]{name}/", rows)):
        return True
    return re.search(rf"[`/]{re.escape(entry.stem)}\.\w+`,? (`\.\w+`,? )*`{re.escape(entry.suffix)}`", rows) is not None


@pytest.mark.parametrize("readme", READMES, ids=shown)
def test_readme_names_every_entry(readme: Path) -> None:
    if readme.parent == ROOT:
        wanted = [entry for entry in entries(ROOT) if entry.is_dir()]
    else:
        wanted = [entry for entry in entries(readme.parent) if entry.name != "README.md"]
    text = readme.read_text()
    if "the folders beside it" in text:  # one a case, by its name: a row each would say the name twice
        wanted = [entry for entry in wanted if not entry.is_dir()]
    missing = [entry.name for entry in wanted if not is_named(entry, text)]
    assert not missing, f"{shown(readme)} has no line for {', '.join(missing)}"


def test_readme_names_nothing_that_is_gone() -> None:
    stale = []
    for readme in READMES:
        for line in readme.read_text().splitlines():
            first = re.match(r"\| (`[^|]*`) \|", line)
            for name in re.findall(r"`([\w./+-]+)`", first[1]) if first else []:
                if not name.startswith(".") and not (readme.parent / name).exists() and not (ROOT / name).exists() \
                        and not any(path.name == name.rstrip("/") for path in readme.parent.rglob("*")):
                    stale.append(f"{shown(readme)}: {name}")
    assert not stale


def test_every_folder_of_the_root_has_a_readme() -> None:
    lacking = [entry.name for entry in entries(ROOT) if entry.is_dir() and not (entry / "README.md").is_file()]
    assert not lacking


def test_every_source_of_src_has_a_line() -> None:
    text = (ROOT / "src/README.md").read_text() + (ROOT / "src/libc/README.md").read_text()
    missing = [shown(path) for path in files(ROOT / "src") if path.name != "README.md"
               and "libc/include" not in shown(path) and not is_named(path, text)]
    # What the architectures have in common is said once.
    assert not [name for name in missing if not name.startswith("src/arch/")]


@pytest.mark.parametrize("folder", [path.name for path in entries(ROOT / "src/arch") if path.is_dir()])
def test_an_architecture_can_be_read_at_once(folder: str) -> None:
    lines = sum(len(path.read_text().splitlines()) for path in files(ROOT / "src/arch" / folder))
    assert lines < 1200


def test_every_source_has_a_licence() -> None:
    lacking = [shown(path) for path in files() if not shown(path).startswith(VERBATIM)
               and (path.suffix in COMMENTED or os.access(path, os.X_OK))
               and "SPDX-License-Identifier: Apache-2.0" not in "\n".join(path.read_text().splitlines()[:8])]
    assert not lacking


def test_no_file_is_left_over() -> None:
    """Nothing that a tool or an editor leaves behind."""
    odd = [shown(path) for path in files() if path.suffix in {".orig", ".rej", ".swp", ".pyc", ".o", ".elf", ".tmp"}
           or path.name.endswith("~")]
    assert not odd


def test_no_stub() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [f"{shown(path)}:{number}" for path in files() if path.suffix in COMMENTED and "test_layout" not in path.name
             for number, line in enumerate(path.read_text().splitlines(), 1) if marks.search(line)]
    assert not found


def two_commands() -> list[str]:
    section = (ROOT / "README.md").read_text().partition("## Two commands")[2].partition("\n## ")[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def test_readme_begins_with_two_commands() -> None:
    """They are what .ci/run runs."""
    first, second = two_commands()
    assert "./configure.py --machine virt-arm64 --app udp-echo && ninja" in first
    assert "udp-echo answered" in first
    assert second.strip() == "ninja bench-check && ninja test"
    assert '"## Two commands"' in (ROOT / ".ci/run").read_text() and os.access(ROOT / ".ci/run", os.X_OK)


def test_readme_installs_what_is_used() -> None:
    import configure

    listed = set(re.findall(r"[\w.+-]+", two_commands()[0].partition("&&\n./configure")[0]))
    systems = {found for file in (ROOT / "dts").glob("*.dts")
               for found in re.findall(r'system = "([^"]+)"', file.read_text())}
    needed = {*configure.MODULES.values(), *configure.TOOLS.values(), *(QEMU_PACKAGES[name] for name in systems),
              "python3-pytest", "python3-pytest-xdist", "clang-tools-19", "clang-tidy-19", "clang-format-19", "libclang-rt-19-dev", "libgtest-dev",
              "netcat-openbsd", "gdb-multiarch", "chromium", "chromium-driver", "python3-selenium", "fonts-dejavu-core",
              "poppler-utils", "python3-matplotlib"}
    assert needed <= listed, f"README.md does not install {', '.join(sorted(needed - listed))}"
