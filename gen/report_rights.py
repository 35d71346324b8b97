# SPDX-License-Identifier: Apache-2.0
"""What may be done where, by the listing of the sealed page tables; and the picture of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from gen.page_tables import PAGE, REGISTERS
from gen.report_picture import Picture, Step, size, steps

ABSENT = "absent"
# The colour of each.
KINDS = {"r-x": "execute", "r--": "read", "rw-": "write", "device rw-": "device",
         "rwx": "everything", ABSENT: "absent"}
ROW = re.compile(r"^(0x\w+)\.\.(0x\w+) (\S+) (\w+) +(.*)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Range:
    """Pages with the same rights, and what is there; of absent ones what an access to them is."""

    base: int
    end: int
    rights: str
    what: str


def read(listing: Path, absent: dict[str, int]) -> list[Range]:
    """What pages.txt lists, and the pages that must not be there, by address. Where the MMU is off
    it lists nothing, and everything can be done."""
    found = [Range(int(base, 16), int(end, 16),
                   f"device {rights}" if kind == REGISTERS else rights, what)
             for base, end, rights, kind, what in ROW.findall(listing.read_text())]
    if not found:
        return [Range(0, 1 << 64, "rwx", "the MMU is off")]
    return sorted(found + [Range(base, base + PAGE, ABSENT, what) for what, base in absent.items()])


def parts(ranges: list[Range], base: int, end: int) -> list[Range]:
    """A piece of the addresses by rights, and by what an access is where it faults."""
    found, at = [], base
    for each in ranges:
        if base < each.end and each.base < end:
            found += [Range(at, each.base, ABSENT, "")] if at < each.base else []
            at = min(each.end, end)
            found.append(Range(max(base, each.base), at, each.rights,
                               each.what if each.rights == ABSENT else ""))
    found += [Range(at, end, ABSENT, "")] if at < end else []
    runs = [list(run) for _, run in groupby(found, lambda part: (part.rights, part.what))]
    return [Range(run[0].base, run[-1].end, run[0].rights, run[0].what) for run in runs]


def of(ranges: list[Range], base: int, end: int) -> str:
    return ", ".join(dict.fromkeys(part.rights for part in parts(ranges, base, end)))


def key(ranges: list[Range]) -> list[tuple[str, str]]:
    used = {each.rights for each in ranges}
    return [(kind, rights) for rights, kind in KINDS.items() if rights in used]


def picture(ranges: list[Range]) -> Picture:
    rows = []
    for each in ranges:
        what = each.what.partition(";")[0]  # behind it stands who else is on the pages
        where, bytes = f"{each.base:#x} … {each.end:#x}", each.end - each.base
        rows.append(Step(where, bytes, KINDS[each.rights], what,
                         f"{each.rights} · {size(bytes)} · {what}",
                         f"{each.what}: {where}, {each.rights}"))
    return steps("rights", "Rights, by address",
                 "rights, size, doubling with each step, and what is there", rows)
