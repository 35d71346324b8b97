# SPDX-License-Identifier: Apache-2.0
"""The page tables of a linked image: what is mapped, the tables' bytes, and their proof.

What an architecture's tables look like is in its arch.yaml, under `paging`:

    levels       for each level the bits below its index, the root's first
    root         entries of the root, where they are fewer than a table's
    blocks       levels whose entries may map memory themselves, by their bits
    entry        bytes of an entry
    shift        how far an address is moved down in an entry, where it is
    address      mask of the address in an entry
    table, page, block    bits of an entry that points to a table, a page, or a larger block
    text, rodata, data, registers    further bits of an entry that maps each
    guarded      further bits of text whose branch targets are marked, where the CPU knows them
    flat         and of RAM where the app turns the MMU off but the CPU needs tables
    writable, executable    mask and value of the bits that allow it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gen.problem import Place, Problem, Refused

PAGE = 4096
LIMIT = 16 * PAGE  # bytes of the tables of an image
TEXT, RODATA, DATA, REGISTERS, FLAT = "text", "rodata", "data", "registers", "flat"
# Whether each can be written, and executed.
RIGHTS = {TEXT: (False, True), RODATA: (False, False), DATA: (True, False),
          REGISTERS: (True, False), FLAT: (True, True)}


@dataclass(frozen=True, order=True)
class Mapping:
    """Whole pages that are mapped where they are, for a section of the image or for nodes."""

    base: int
    size: int
    kind: str
    what: tuple[str, ...]

    @property
    def end(self) -> int:
        return self.base + self.size

    def __str__(self) -> str:
        return f"{self.kind} {self.base:#x}..{self.end:#x} ({', '.join(self.what)})"


def pages(base: int, size: int, kind: str, what: str) -> Mapping:
    """The pages that a range touches."""
    first, end = base // PAGE * PAGE, -(-(base + size) // PAGE) * PAGE
    return Mapping(first, end - first, kind, (what,))


def merged(found: list[Mapping]) -> list[Mapping]:
    """Without overlaps: pages that several nodes share are mapped once, and named for all."""
    cut = sorted({edge for each in found for edge in (each.base, each.end)})
    parts: list[Mapping] = []
    for base, end in zip(cut, cut[1:]):
        here = [each for each in found if each.base <= base and end <= each.end]
        if not here:
            continue
        kinds = {each.kind for each in here}
        if len(kinds) > 1:
            owners = " and ".join(map(str, sorted(here)))
            raise wrong(f"the page {base:#x} would be {owners}", "a page has the rights of one")
        what = tuple(dict.fromkeys(name for each in here for name in each.what))
        last = parts[-1] if parts else None
        if last and (last.end, last.kind, last.what) == (base, here[0].kind, what):
            parts[-1] = Mapping(last.base, end - last.base, last.kind, what)
        else:
            parts.append(Mapping(base, end - base, here[0].kind, what))
    return parts


class TooMany(Exception):
    """There would be more tables than an image may have."""


class Tables:
    """Tables under construction; the root first, at the address that they will have."""

    def __init__(self, form: dict[str, Any], at: int) -> None:
        self.form, self.at = form, at
        self.levels: list[int] = form["levels"]
        self.tables: list[dict[int, int]] = [{}]

    def map(self, mapping: Mapping) -> None:
        at = mapping.base
        while at < mapping.end:
            level = next(i for i, bits in enumerate(self.levels)
                         if bits in (*self.form["blocks"], self.levels[-1])
                         and at % (1 << bits) == 0 and at + (1 << bits) <= mapping.end)
            self._leaf(at, level, mapping.kind)
            at += 1 << self.levels[level]

    def _leaf(self, address: int, level: int, kind: str) -> None:
        table = self.tables[0]
        for i in range(level):
            index = address >> self.levels[i] & entries(self.form, i) - 1
            if index not in table:
                if len(self.tables) * PAGE == LIMIT:
                    raise TooMany
                below = self.at + len(self.tables) * PAGE
                table[index] = packed(self.form, below) | self.form["table"]
                self.tables.append({})
            table = self.tables[(unpacked(self.form, table[index]) - self.at) // PAGE]
        size = "page" if level == len(self.levels) - 1 else "block"
        index = address >> self.levels[level] & entries(self.form, level) - 1
        table[index] = packed(self.form, address) | self.form[size] | self.form[kind]

    def bytes(self) -> bytes:
        size = self.form["entry"]
        return b"".join(table.get(index, 0).to_bytes(size, "little")
                        for table in self.tables for index in range(PAGE // size))


def entries(form: dict[str, Any], level: int) -> int:
    """Of a table; the root may have fewer."""
    return form.get("root", PAGE // form["entry"]) if level == 0 else PAGE // form["entry"]


def packed(form: dict[str, Any], address: int) -> int:
    return address >> form.get("shift", 0) & form["address"]


def unpacked(form: dict[str, Any], entry: int) -> int:
    return (entry & form["address"]) << form.get("shift", 0)


def build(form: dict[str, Any], at: int, mappings: list[Mapping]) -> bytes:
    """The tables that map just these; raises TooMany."""
    found = Tables(form, at)
    for each in merged(mappings):
        found.map(each)
    return found.bytes()


@dataclass(frozen=True)
class Leaf:
    """What a finished table maps: virtual and physical address, bytes, rights."""

    virtual: int
    physical: int
    size: int
    writable: bool
    executable: bool
    entry: int


def walk(form: dict[str, Any], at: int, tables: bytes) -> Iterator[Leaf]:
    """Every leaf of finished tables, as the CPU finds it."""
    yield from walk_table(form, at, tables, at, 0, 0)


def walk_table(form: dict[str, Any], at: int, tables: bytes, table: int, level: int,
               virtual: int) -> Iterator[Leaf]:
    size, bits = form["entry"], form["levels"][level]
    if not (at <= table and table + PAGE <= at + len(tables)) or table % PAGE:
        raise wrong(f"a table is said to be at {table:#x}", "it lies outside the tables")
    for index in range(entries(form, level)):
        where = table - at + index * size
        entry = int.from_bytes(tables[where:where + size], "little")
        low = virtual + (index << bits)
        if entry == 0:
            continue
        leaf = leaf_bits(form, entry, level)
        if leaf is None:
            yield from walk_table(form, at, tables, unpacked(form, entry), level + 1, low)
        else:
            yield Leaf(low, unpacked(form, entry), 1 << bits, allows(form["writable"], entry),
                       allows(form["executable"], entry), entry)


def leaf_bits(form: dict[str, Any], entry: int, level: int) -> str | None:
    """What kind of leaf an entry is; None where it points to a table."""
    last = level == len(form["levels"]) - 1
    rest = entry & ~form["address"]
    size = "page" if last else "block"
    if last or form["levels"][level] in form["blocks"]:
        for kind in RIGHTS:
            if kind in form and rest == form[size] | form[kind]:
                return kind
    if not last and rest == form["table"]:
        return None
    raise wrong(f"the entry {entry:#x} of level {level} is of no known form",
                "the CPU could read it otherwise")


def allows(rule: dict[str, int], entry: int) -> bool:
    return entry & rule["mask"] == rule["value"]


def prove(form: dict[str, Any], at: int, tables: bytes, mappings: list[Mapping],
          absent: dict[str, int]) -> None:
    """Refuses tables that do not map exactly what they should, each page with its rights; the pages
    that must be absent, by their names, whatever should be mapped."""
    wanted, reached = merged(mappings), []
    flat = any(each.kind == FLAT for each in wanted)
    for leaf in walk(form, at, tables):
        if leaf.virtual != leaf.physical:
            raise wrong(f"{leaf.virtual:#x} is mapped to {leaf.physical:#x}",
                        "each address is its own")
        if leaf.writable and leaf.executable and not flat:
            raise wrong(f"{leaf.virtual:#x} can be written and executed", "a page is either")
        for name, page in absent.items():
            if leaf.virtual <= page < leaf.virtual + leaf.size:
                raise wrong(f"{name}, {page:#x}, is mapped", "an access to it must fault")
        reached.append(leaf)
    position = 0
    for each in wanted:
        at_address = each.base
        while at_address < each.end:
            leaf = reached[position] if position < len(reached) else None
            if leaf and leaf.virtual < at_address:
                raise nobodys(leaf)
            if leaf is None or leaf.virtual != at_address or leaf.virtual + leaf.size > each.end:
                found = f"{leaf.virtual:#x}..{leaf.virtual + leaf.size:#x}" if leaf else "nothing"
                raise wrong(f"{at_address:#x} of {each} is not mapped",
                            f"the next that is: {found}")
            rest = leaf.entry & ~form["address"]
            if (leaf.writable, leaf.executable) != RIGHTS[each.kind] or \
                    rest not in (form["page"] | form[each.kind], form["block"] | form[each.kind]):
                raise wrong(f"{leaf.virtual:#x} has other rights than {each}",
                            f"its entry is {leaf.entry:#x}")
            at_address += leaf.size
            position += 1
    if position < len(reached):
        raise nobodys(reached[position])


def nobodys(leaf: Leaf) -> Refused:
    return wrong(f"{leaf.virtual:#x} is mapped", "nothing of the image is there")


def listing(mappings: list[Mapping], shared: list[dict[str, Any]]) -> str:
    """One line for each range of pages, and whose registers else are on a page."""
    rows = []
    for each in merged(mappings):
        write, execute = RIGHTS[each.kind]
        rights = f"r{'w' if write else '-'}{'x' if execute else '-'}"
        others = [block["what"] for block in shared if each.kind == REGISTERS
                  and block["base"] < each.end and each.base < block["base"] + block["size"]]
        also = f"; on the same pages, unclaimed: {', '.join(others)}" if others else ""
        rows.append(f"{each.base:#014x}..{each.end:#014x} {rights} {each.kind:9} "
                    f"{', '.join(each.what)}{also}")
    return "\n".join([*rows, ""])


def wrong(what: str, why: str) -> Refused:
    return Refused(Problem(Place("page tables"), "", what, why,
                           "the tables as gen/page_tables.py builds them"))
