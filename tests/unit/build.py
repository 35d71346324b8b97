#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the host tests: one program for each *_test.cpp. Prints errors only."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = "build/test/unit"
HEAD = """\
# Written by tests/unit/build.py.
builddir = {build}
flags = -stdlib=libstdc++ -std=c++2c -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all $
  -fno-strict-aliasing -Wall -Wextra -Wconsumed -Werror -Wno-c23-extensions $
  -Itests/unit/host -Itests/unit -Isrc -Idrivers
rule compile
  command = clang++-19 $flags -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
  description = compile $in
rule archive
  command = rm -f $out && llvm-ar-19 rcs $out $in
rule link
  command = clang++-19 $flags $in -lgtest -lgtest_main -o $out
"""


def found(*patterns: str) -> list[str]:
    return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern))


def compiled(source: str) -> tuple[str, str]:
    """The object of a source, and the statement that makes it."""
    made = f"{BUILD}/obj/{source.removesuffix('.cpp')}.o"
    return made, f"build {made}: compile {source}\n"


def ninja_file() -> str:
    """The build statements; src/ is a library, of which a program links what it needs."""
    text = HEAD.format(build=BUILD)
    # An architecture's code is for that architecture; the C library's tests include its source.
    parts = [compiled(source) for source in found("src/*/*.cpp", "tests/unit/host/*.cpp")
             if not source.startswith("src/libc/")]
    library = f"{BUILD}/libosier.a"
    text += "".join(statement for _, statement in parts)
    text += f"build {library}: archive {' '.join(made for made, _ in parts)}\n"
    for source in found("tests/unit/*_test.cpp", "drivers/*/*_test.cpp"):
        made, statement = compiled(source)
        text += f"{statement}build {BUILD}/bin/{Path(source).stem}: link {made} {library}\n"
    return text


def main() -> int:
    folder = ROOT / BUILD
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "build.ninja"
    text = ninja_file()
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    wanted = {Path(line.split(":")[0]).name for line in text.splitlines()
              if line.startswith(f"build {BUILD}/bin/")}
    for program in (folder / "bin").glob("*"):
        if program.name not in wanted:  # its test is gone
            program.unlink()
    done = subprocess.run(["ninja", "--quiet", "-k0", "-f", str(file), f"-j{os.cpu_count() or 1}"], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
