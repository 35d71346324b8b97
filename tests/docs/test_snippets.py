# SPDX-License-Identifier: Apache-2.0
"""Every C++ snippet of the documentation compiles, against the generated headers of an image."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from images import build_folder

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A page says which headers its snippets need, and of which app they are where that is not udp-echo.
INCLUDES = re.compile(r"^<!-- snippets (?:of (\S+) )?include ?(.*?) ?-->$", re.MULTILINE)
MACHINE = "virt-arm64"


def snippets() -> list[tuple[str, str, str]]:
    """Name, app and text of each fenced block; the line in the page comes with it for messages."""
    found = []
    for page in sorted((ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        named = INCLUDES.search(text)
        if named is None:
            continue  # a page about drivers or generated code, whose snippets are excerpts
        head = "".join(f'#include "{name}"\n' for name in ["machine.hpp", *named[2].split()])
        for block in FENCE.finditer(text):
            line = text[:block.start(1)].count("\n") + 1
            found.append((f"{page.name}:{line}", named[1] or "udp-echo",
                          f'{head}#line {line} "{page.relative_to(ROOT)}"\nnamespace {{\n{block[1]}}}\n'))
    return found


def compile_command(machine: str, app: str) -> list[str]:
    """How the app's main.cpp is compiled, without its input and output."""
    commands = json.loads((ROOT / build_folder(machine) / "compile_commands.json").read_text())
    entry = next(e for e in commands if e["file"] == f"apps/{app}/main.cpp"
                 and f"/{machine}/" in e["output"])
    words = shlex.split(entry["command"])
    return words[:words.index("-c")]


@pytest.mark.parametrize("app,text", [pytest.param(app, text, id=name) for name, app, text in snippets()])
def test_snippet_compiles(image, tmp_path: Path, app: str, text: str) -> None:
    image(MACHINE, app)
    file = tmp_path / "snippet.cpp"
    file.write_text(text)
    # A snippet shows functions that nothing calls.
    command = [*compile_command(MACHINE, app), "-Wno-unused-function", "-Wno-unused-member-function",
               "-fsyntax-only", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
