# SPDX-License-Identifier: Apache-2.0
"""The C preprocessor over devicetree source: text in which every row knows its file and line."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from gen.problem import ROOT, Place, Problem, Refused, nearest, shown_path

PATIENCE = 30  # seconds; a tree takes hundredths of one


def preprocess(files: list[Path]) -> tuple[str, list[str]]:
    """Run the C preprocessor over a wrapper that includes the files; also list every source."""
    for file in files:
        if not file.is_file():
            raise Refused(Problem(Place(shown_path(file)), "", "the file does not exist",
                                  "the image is compiled from it", "the path of a file"))
    wrapper = "".join(f'#include "{shown_path(file)}"\n' for file in files)
    command = ["clang-19", "-E", "-nostdinc", "-undef", "-D__DTS__", "-x", "assembler-with-cpp",
               "-fno-color-diagnostics", "-I", "dts", "-"]
    try:
        done = subprocess.run(command, input=wrapper.encode(), cwd=ROOT, capture_output=True,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Refused(Problem(None, "clang-19", f"the preprocessor has not ended in {PATIENCE} s",
                              "an included file may have no end, as a pipe",
                              "look at what was changed last")) from None
    if done.returncode:
        raise Refused(preprocessor_problem(done.stderr.decode("utf-8", "replace")))
    text = done.stdout.decode("utf-8", "replace")
    names = dict.fromkeys(re.findall(r'^# \d+ "([^"<]+)"', text, re.M))
    text = clean_markers(text)
    for place, row in placed_rows(text):
        if "\ufffd" in row:
            raise Refused(Problem(place, "", "this line is not UTF-8 text",
                                  "names and messages are",
                                  "save the file as UTF-8"))
    return text, [tidy(name) for name in names]


def placed_rows(text: str) -> Iterator[tuple[Place, str]]:
    """Each row of preprocessed text with the line that it comes from."""
    file, line = "", 0
    for row in text.split("\n"):
        marker = re.match(r'# (\d+) "([^"]*)"', row)
        if marker:
            file, line = marker[2], int(marker[1])
            continue
        yield Place(file, line), row
        line += 1


UNWATCHED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(/include/|/incbin/)")


def refuse_unwatched(text: str) -> None:
    """dtc's own ways to read a file are looked up elsewhere, and Ninja would not see an edit."""
    for place, row in placed_rows(text):
        for found in UNWATCHED.finditer(row):
            if found[1]:
                raise Refused(Problem(place, "", f"{found[1]} is not supported",
                                      "a change of the file that it names would go unseen",
                                      "#include" if found[1] == "/include/" else "the bytes in []"))


def tidy(name: str) -> str:
    """A file name as messages show it: `dts/../apps/x` is `apps/x`."""
    return shown_path(ROOT / name)


def clean_markers(text: str) -> str:
    """Write the tidy file names into the line markers, from where dtc takes its own."""
    return re.sub(r'^(# \d+ ")([^"<]+)(")', lambda m: m[1] + tidy(m[2]) + m[3], text, flags=re.M)


def preprocessor_problem(stderr: str) -> Problem:
    found = re.search(r"^(.+?):(\d+):\d+: (?:fatal )?error: (.*)$", stderr, re.M)
    if not found:
        return Problem(None, "clang-19", "the preprocessor failed",
                       stderr.strip() or "it says nothing", "look at what was changed last")
    place, what = Place(tidy(found[1]), int(found[2])), found[3]
    encoding = re.match(r"(.+?)(?: \(\w+\))? byte order mark detected in '(.*)'", what)
    if encoding:
        return Problem(Place(tidy(encoding[2]), 1), "", f"this file is {encoding[1]} text",
                       "names and messages are UTF-8", "save the file as UTF-8")
    if what == "#include nested too deeply":
        return recursion(stderr)
    missing = re.match(r"'(.*)' file not found", what)
    if not missing:
        return Problem(place, "", what, "the C preprocessor reads the file first",
                       "look at this line")
    here = Path(ROOT / found[1]).parent
    known = {f.name for folder in (here, ROOT / "dts") for f in folder.glob("*.dts*")}
    known |= {f"qemu/{f.name}" for f in (ROOT / "dts/qemu").glob("*.dts*")}
    close = nearest(missing[1], known)
    return Problem(place, "", f'the included file "{missing[1]}" does not exist',
                   "it is looked for beside this file and in dts/",
                   f'nearest: "{close}"' if close else "the name of a file in one of them")


def recursion(stderr: str) -> Problem:
    """The line that stands in the chain of includes again and again."""
    chain = re.findall(r"^In file included from (.+?):(\d+):", stderr, re.M)
    file, line = max(chain, key=chain.count)
    return Problem(Place(tidy(file), int(line)), "", "this #include leads back to this file",
                   "it would never end", "leave it out")
