#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Prints docs/rejections.md, made of the cases beside this file: the mistake, the message, the fix."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEAD = """\
# What is refused

Each of these is a test (`tests/reject/`): the mistake gets exactly this message, and its twin, which differs in what is shown as
right, is accepted. Printed by `tests/reject/document.py`.
"""


def main() -> None:
    print(HEAD)
    print("## In a devicetree\n")
    print("The machine is `virt-arm64` and the app `udp-echo` where nothing else is said.\n")
    for case in sorted(file.parent for file in HERE.glob("*/bad.dtsi")):
        print(devicetree(case))
    print("## In C++\n")
    for case in sorted((HERE / "cpp").glob("*.cpp")):
        print(program(case))


def devicetree(case: Path) -> str:
    bad, good = ((case / name).read_text() for name in ("bad.dtsi", "good.dtsi"))
    machine = case / "machine.txt"
    on = f" On `{machine.read_text().strip()}`." if machine.is_file() else ""
    messages = (case / "expected.txt").read_text().replace(f"tests/reject/{case.name}/", "").strip()
    wrong, right = differing(body(bad), body(good))
    return section(title(bad) + on, "dts", wrong, messages, right)


def program(case: Path) -> str:
    text = case.read_text()
    expected = re.search(r"// EXPECT: (.*)", text)
    wrong, right = zip(*((one.strip("\n"), other.strip("\n")) for one, other in
                         re.findall(r"#ifndef TWIN\n(.*?)(?:#else\n(.*?))?#endif", text, re.DOTALL)))
    return section(title(text), "cpp", "\n".join(filter(None, wrong)), expected[1] if expected else "",
                   "\n".join(filter(None, right)))


def section(heading: str, language: str, wrong: str, message: str, right: str) -> str:
    text = f"**{heading}**\n\n```{language}\n{wrong}\n```\n\n```text\n{message}\n```\n"
    return text + (f"\nRight:\n\n```{language}\n{right}\n```\n" if right.strip() else
                   "\nRight: without it.\n")


def title(text: str) -> str:
    """The comment on top, after the licence."""
    lines = [line for line in text.splitlines() if not re.match(r"// (SPDX|EXPECT|STAGE)", line)]
    found = []
    for line in lines:
        if not line.startswith("//"):
            break
        found.append(line.removeprefix("//").strip())
    return " ".join(found)


def body(text: str) -> list[str]:
    """What follows the comment on top."""
    lines = text.splitlines()
    while lines and (lines[0].startswith("//") or not lines[0].strip()):
        lines.pop(0)
    return lines


def differing(bad: list[str], good: list[str]) -> tuple[str, str]:
    """Both bodies where they differ, with the node that the first difference stands in."""
    match = difflib.SequenceMatcher(None, bad, good, autojunk=False)
    changes = [change for change in match.get_opcodes() if change[0] != "equal"]
    return (around(bad, [(c[1], c[2]) for c in changes]), around(good, [(c[3], c[4]) for c in changes]))


def around(lines: list[str], ranges: list[tuple[int, int]]) -> str:
    """Lines of these ranges, each behind the openings of the blocks around it."""
    kept: set[int] = set()
    for first, last in ranges:
        kept |= set(range(first, last))
        depth = 0
        for number in range(first - 1, -1, -1):
            depth += lines[number].count("}") - lines[number].count("{")
            if depth < 0:
                kept.add(number)
                depth = 0
    return "\n".join(lines[number] for number in sorted(kept))


if __name__ == "__main__":
    main()
