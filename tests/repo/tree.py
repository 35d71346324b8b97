# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and its C++ without comments, for the tests of its layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Neither the project's own nor to be read: what is built, what tools leave behind.
IGNORED = {"build", "build.ninja", "compile_commands.json", "__pycache__"}
CODE = {".cpp", ".hpp", ".h", ".c", ".S"}


def entries(folder: Path) -> list[Path]:
    """What a folder holds, without hidden files and what .gitignore names."""
    return sorted(path for path in folder.iterdir() if path.name not in IGNORED and not path.name.startswith("."))


def files(folder: Path = ROOT) -> Iterator[Path]:
    for path in entries(folder):
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def code(*folders: str, tests: bool = False) -> list[Path]:
    """C, C++ and assembly in these folders of the root."""
    return [path for folder in folders for path in files(ROOT / folder)
            if path.suffix in CODE and (tests or not path.stem.endswith("_test"))]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_comments(text: str) -> str:
    """The same lines without comments and without what stands in strings."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)
    return pattern.sub(lambda m: "\n" * m[0].count("\n") if m[0][0] == "/" else '""', text)


def includes(path: Path) -> list[str]:
    """What a file includes in quotes."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE)
