# SPDX-License-Identifier: Apache-2.0
"""Builds programs that run src/ and drivers on the host: unit tests and fuzzers."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """\
# Written by tests/hosted.py.
builddir = {folder}
flags = -stdlib=libstdc++ -std=c++2c -g -fno-sanitize-recover=all $
  -fno-strict-aliasing -Wall -Wextra -Wconsumed -Werror -Wno-c23-extensions $
  {flags} -Itests/unit/host -Itests/unit -Isrc -Idrivers
rule compile
  command = clang++-19 $flags -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
  description = compile $in
rule archive
  command = rm -f $out && llvm-ar-19 rcs $out $in
rule link
  command = clang++-19 $flags $in {link} -o $out
"""


@dataclass(frozen=True)
class Programs:
    """One program a source, in `folder`/bin; all of them see src/, the fakes and `library`."""

    folder: str
    flags: str
    link: str
    sources: list[str]
    library: list[str]


def found(*patterns: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern))


def ninja_file(programs: Programs) -> str:
    """The build statements; src/ is a library, of which a program links what it needs."""
    folder = programs.folder
    text = HEAD.format(folder=folder, flags=programs.flags, link=programs.link)

    def compiled(source: str) -> str:
        nonlocal text
        made = f"{folder}/obj/{source.removesuffix('.cpp')}.o"
        text += f"build {made}: compile {source}\n"
        return made

    # An architecture's code is for that architecture; the C library's tests include its source.
    parts = [compiled(source) for source in
             [*programs.library, *found("src/*/*.cpp", "tests/unit/host/*.cpp")]
             if not source.startswith("src/libc/")]
    text += f"build {folder}/libosier.a: archive {' '.join(parts)}\n"
    for source in programs.sources:
        made = compiled(source)
        text += f"build {folder}/bin/{Path(source).stem}: link {made} {folder}/libosier.a\n"
    return text


def build(programs: Programs) -> int:
    """Ninja's status; what it says goes to standard error where it fails."""
    folder = ROOT / programs.folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "build.ninja"
    text = ninja_file(programs)
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    wanted = {Path(source).stem for source in programs.sources}
    for program in (folder / "bin").glob("*"):
        if program.stem not in wanted:  # its source is gone
            program.unlink()
    done = subprocess.run(["ninja", "--quiet", "-k0", "-f", str(file), f"-j{os.cpu_count() or 1}"],
                          cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
    return done.returncode
