# SPDX-License-Identifier: Apache-2.0
"""C++ names as people write them, for reports."""

from __future__ import annotations

import re
import subprocess


def demangle(names: list[str]) -> list[str]:
    """Short names: no parameters, no template arguments, no `osier::` in front."""
    if not names:
        return []
    done = subprocess.run(["llvm-cxxfilt-19", "--no-params"], input="\n".join(names) + "\n",
                          capture_output=True, text=True, check=True)
    return [shorten(name) for name in done.stdout.splitlines()]


def shorten(name: str) -> str:
    name = re.sub(r" \(\.(\w+)[^)]*\)", r".\1", name)
    name = name.replace("(anonymous namespace)::", "")
    name = without_brackets(name)
    return name.removeprefix("osier::")


def without_brackets(name: str) -> str:
    """The name without what stands in <>; an operator keeps its own signs."""
    name = re.sub(r"operator(<=>|<<=|>>=|<<|>>|<=|>=|->\*|->|<|>)",
                  lambda m: "operator" + m[1].replace("<", "\x01").replace(">", "\x02"), name)
    kept, depth = [], 0
    for char in name:
        depth += char == "<"
        if depth == 0:
            kept.append(char)
        depth -= char == ">" and depth > 0
    return "".join(kept).replace("\x01", "<").replace("\x02", ">")
