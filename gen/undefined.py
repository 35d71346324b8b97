#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says what an image lacks where the linker finds a function undefined, in the words of the tree.

Called by ld.lld (--error-handling-script) with the kind of its error and the name; who refers to it
stands in the linker's own message.
"""

from __future__ import annotations

import re
import sys

HEAP = ("this app has no heap", "add heap-size = <0x10000>; to the app node of its app.dtsi")
# A whole name as the linker has it, and what its user has to be told.
LACKING = [
    (r"_Zn[wa][jm].*|malloc|calloc|realloc|aligned_alloc", *HEAP),
    (r"_Zd[la]Pv.*|free|_ZN5osier8platform4heapEv|_ZSt7nothrow", *HEAP),
    (r"_ZN5osier8platform9set_alarmE.*", "this app has no timer",
     'add "timer" to uses in the app node of its app.dtsi'),
]


def advice(name: str) -> str:
    """What to do about an undefined name, or nothing where nothing is known."""
    for pattern, why, fix in LACKING:
        if re.fullmatch(pattern, name):
            return f"/app: {called(name)} is used, and {why}; nearest: {fix}"
    return ""


def called(name: str) -> str:
    """A function as people write it."""
    if re.match("_Zn[wa]|_ZSt7nothrow", name):
        return "new"
    if re.match("_Zd[la]", name):
        return "delete"
    found = re.fullmatch(r"_ZN5osier8platform\d+([a-z_]+)E.*", name)
    return f"platform::{found[1]}" if found else name


def main(arguments: list[str]) -> int:
    match arguments:
        case ["undefined-symbol", name]:
            said = advice(name)
            if said:
                print(said, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
