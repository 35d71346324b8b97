# SPDX-License-Identifier: Apache-2.0
"""Page tables: whatever is mapped is proved, and whatever is changed in them is refused with the reason."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.architecture import architecture_facts  # noqa: E402
from gen import seal  # noqa: E402
from gen.page_tables import (DATA, FLAT, LIMIT, PAGE, REGISTERS, RIGHTS, RODATA, TEXT, Leaf, Mapping,  # noqa: E402
                             TooMany, build, merged, prove, walk)
from gen.problem import Refused  # noqa: E402

FORMS = {file.parent.name: facts["paging"] for file in sorted((ROOT / "src/arch").glob("*/arch.yaml"))
         if "paging" in (facts := architecture_facts(file.parent.name))}
SEEDS = range(6)
AT = 0x40100000  # of the tables
GUARD = 0x40000000 + 9 * PAGE
ABSENT = {"address zero": 0, "the guard page": GUARD}


@dataclass
class Built:
    """Tables that stand, and what they map."""

    form: dict[str, Any]
    mappings: list[Mapping]
    tables: bytearray

    def prove(self) -> None:
        prove(self.form, AT, bytes(self.tables), self.mappings, ABSENT)

    def entry(self, where: int) -> int:
        return int.from_bytes(self.tables[where:where + self.form["entry"]], "little")

    def put(self, where: int, value: int) -> None:
        self.tables[where:where + self.form["entry"]] = value.to_bytes(self.form["entry"], "little")


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = FORMS[request.param]
    return found


@pytest.fixture(params=SEEDS)
def built(request: pytest.FixtureRequest, form: dict[str, Any]) -> Built:
    return made(form, random.Random(request.param))


def made(form: dict[str, Any], chance: random.Random) -> Built:
    """An image with its guard page, more of RAM, and registers here and there."""
    text, rodata = 0x40000000, 0x40000000 + 4 * PAGE
    mappings = [Mapping(text, 4 * PAGE, TEXT, (".text",)), Mapping(rodata, 2 * PAGE, RODATA, (".rodata",)),
                Mapping(rodata + 2 * PAGE, 3 * PAGE, DATA, (".data",)),
                Mapping(GUARD + PAGE, 4 * PAGE, DATA, (".stack",)),
                Mapping(AT, 16 * PAGE, RODATA, (".page_tables",)),
                Mapping(0x48000000, 5 << 20, DATA, ("/memory",))]
    for number in range(chance.randrange(1, 5)):
        # Far from each other, and where a CPU of 32 bits has addresses too.
        base = 0x80000000 + number * 0x10000000 + chance.randrange(0x8000) * PAGE
        mappings.append(Mapping(base, chance.choice([1, 2, 0x200, 0x423]) * PAGE, REGISTERS, (f"/device@{base:x}",)))
    chance.shuffle(mappings)
    return Built(form, mappings, bytearray(build(form, AT, mappings)))


def descend(tables: Built, address: int) -> list[int]:
    """Where the entries lie that lead to an address, the root's first; the last maps it, or is empty."""
    form, table, found = tables.form, 0, []
    for bits in form["levels"]:
        at = table + (address >> bits) % (PAGE // form["entry"]) * form["entry"]
        found.append(at)
        entry = tables.entry(at)
        if entry & ~form["address"] != form["table"]:
            break
        table = ((entry & form["address"]) << form.get("shift", 0)) - AT
    return found


def test_what_is_mapped_is_proved(built: Built) -> None:
    built.prove()


def test_each_page_is_found_with_its_rights(built: Built) -> None:
    """By another walk than the proof's, page for page."""
    form = built.form
    for mapping in built.mappings:
        for page in range(mapping.base, mapping.end, PAGE):
            way = descend(built, page)
            entry, bits = built.entry(way[-1]), form["levels"][len(way) - 1]
            assert (entry & form["address"]) << form.get("shift", 0) == page >> bits << bits
            rights = tuple(entry & form[name]["mask"] == form[name]["value"] for name in ("writable", "executable"))
            assert rights == RIGHTS[mapping.kind], f"{page:#x} of {mapping}"


def test_nothing_else_is_mapped(built: Built) -> None:
    reached = sum(leaf.size for leaf in walk(built.form, AT, bytes(built.tables)))
    assert reached == sum(mapping.size for mapping in merged(built.mappings))


def some_leaf(tables: Built, chance: random.Random) -> Leaf:
    return chance.choice(list(walk(tables.form, AT, bytes(tables.tables))))


def drop(tables: Built, chance: random.Random) -> None:
    tables.put(descend(tables, some_leaf(tables, chance).virtual)[-1], 0)


def move(tables: Built, chance: random.Random) -> None:
    leaf = some_leaf(tables, chance)
    at = descend(tables, leaf.virtual)[-1]
    tables.put(at, tables.entry(at) ^ leaf.size >> tables.form.get("shift", 0))


def with_rights(tables: Built, at: int, *rights: str) -> None:
    entry = tables.entry(at)
    for right in rights:
        rule = tables.form[right]
        entry = entry & ~rule["mask"] | rule["value"]
    tables.put(at, entry)


def page_of(tables: Built, kind: str) -> int:
    """Where the entry of the first page of a kind lies."""
    return descend(tables, min(each.base for each in tables.mappings if each.kind == kind))[-1]


def make_text_writable(tables: Built, _: random.Random) -> None:
    with_rights(tables, page_of(tables, TEXT), "writable")


def make_rodata_writable(tables: Built, _: random.Random) -> None:
    with_rights(tables, page_of(tables, RODATA), "writable")


def make_data_executable(tables: Built, _: random.Random) -> None:
    with_rights(tables, page_of(tables, DATA), "executable")


def make_registers_executable(tables: Built, _: random.Random) -> None:
    with_rights(tables, page_of(tables, REGISTERS), "executable")


def make_rodata_both(tables: Built, _: random.Random) -> None:
    with_rights(tables, page_of(tables, RODATA), "writable", "executable")


def give_text_the_rights_of_data(tables: Built, _: random.Random) -> None:
    at = page_of(tables, TEXT)
    tables.put(at, tables.entry(at) ^ tables.form[TEXT] ^ tables.form[DATA])


def make_registers_constant(tables: Built, _: random.Random) -> None:
    at = page_of(tables, REGISTERS)
    tables.put(at, tables.entry(at) ^ tables.form[REGISTERS] ^ tables.form[RODATA])


def point_outside(tables: Built, _: random.Random) -> None:
    at, form = descend(tables, 0x40000000)[0], tables.form
    outside = AT + len(tables.tables)
    tables.put(at, outside >> form.get("shift", 0) | form["table"])


def point_at_itself(tables: Built, _: random.Random) -> None:
    at, form = descend(tables, 0x40000000)[-2], tables.form
    tables.put(at, AT >> form.get("shift", 0) | form["table"])


def map_page(tables: Built, page: int) -> None:
    """A page of data; with tables of its own where there are none yet."""
    form = tables.form
    while len(way := descend(tables, page)) < len(form["levels"]):
        below = AT + len(tables.tables)
        tables.tables += bytes(PAGE)
        tables.put(way[-1], below >> form.get("shift", 0) | form["table"])
    tables.put(way[-1], page >> form.get("shift", 0) | form["page"] | form[DATA])


def map_zero(tables: Built, _: random.Random) -> None:
    map_page(tables, 0)


def map_the_guard_page(tables: Built, _: random.Random) -> None:
    map_page(tables, GUARD)


def map_one_more(tables: Built, _: random.Random) -> None:
    map_page(tables, 0x40000000 + 100 * PAGE)


def map_one_more_at_the_end(tables: Built, _: random.Random) -> None:
    map_page(tables, 0xfffff000)


def set_a_bit(tables: Built, chance: random.Random) -> None:
    """Any that is not the address's."""
    at = descend(tables, some_leaf(tables, chance).virtual)[-1]
    bits = [bit for bit in range(8 * tables.form["entry"]) if not tables.form["address"] >> bit & 1]
    tables.put(at, tables.entry(at) ^ 1 << chance.choice(bits))


UNKNOWN = "is of no known form"
BOTH = "can be written and executed"
OTHER = "has other rights than"
EXTRA = "is mapped; nothing of the image is there"
# What is done to the tables, and what is said of it: one of these.
CHANGES: list[tuple[Callable[[Built, random.Random], None], tuple[str, ...]]] = [
    (drop, ("is not mapped; the next that is: ",)),
    (move, ("is mapped to ",)),
    (make_text_writable, (BOTH, UNKNOWN)),
    (make_rodata_writable, (OTHER, UNKNOWN)),
    (make_data_executable, (BOTH, UNKNOWN)),
    (make_registers_executable, (BOTH, UNKNOWN)),
    (make_rodata_both, (BOTH, UNKNOWN)),
    (give_text_the_rights_of_data, (OTHER,)),
    (make_registers_constant, (OTHER,)),
    (point_outside, ("a table is said to be at ",)),
    (point_at_itself, (UNKNOWN, "is mapped to ")),
    (map_zero, ("address zero, 0x0, is mapped; an access to it must fault",)),
    (map_the_guard_page, (f"the guard page, {GUARD:#x}, is mapped; an access to it must fault",)),
    (map_one_more, (f"{0x40000000 + 100 * PAGE:#x} {EXTRA}",)),
    (map_one_more_at_the_end, (f"0xfffff000 {EXTRA}",)),
    (set_a_bit, (UNKNOWN, BOTH, OTHER)),
]


@pytest.mark.parametrize("change, said", CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_change_is_refused(built: Built, change: Callable[[Built, random.Random], None],
                             said: tuple[str, ...]) -> None:
    before = bytes(built.tables)
    change(built, random.Random(before[-1]))
    assert bytes(built.tables) != before
    with pytest.raises(Refused) as refused:
        built.prove()
    text = str(refused.value.problems[0])
    assert text.startswith("page tables: ") and any(each in text for each in said), text


def test_a_page_has_the_rights_of_one(form: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        build(form, AT, [Mapping(0x40000000, PAGE, TEXT, (".text",)), Mapping(0x40000000, PAGE, DATA, (".data",))])
    assert "a page has the rights of one" in str(refused.value.problems[0])


@pytest.mark.parametrize("name", [name for name, found in FORMS.items() if FLAT in found])
def test_flat_tables_allow_everything(name: str) -> None:
    form, mappings = FORMS[name], [Mapping(0, 128 << 20, FLAT, ("/memory",)),
                                   Mapping(0xfee00000, PAGE, REGISTERS, ("/device",))]
    tables = build(form, AT, mappings)
    prove(form, AT, tables, mappings, {})
    found = list(walk(form, AT, tables))
    assert all(leaf.writable and leaf.executable and leaf.size > PAGE for leaf in found[:-1])
    assert found[-1] == Leaf(0xfee00000, 0xfee00000, PAGE, True, False, found[-1].entry)


def test_as_many_tables_as_an_image_may_have(form: dict[str, Any]) -> None:
    """A register here and there has a table of its own on each level but the root, or shares it."""
    last = len(form["levels"]) - 1
    apart = 1 << form["levels"][last - 1]  # what a table of the last level covers
    above = len(form["levels"]) - 2  # tables between the root and those, for less than 1 GiB
    many = LIMIT // PAGE - 1 - above
    registers = [Mapping(0x40000000 + number * apart, PAGE, REGISTERS, ("/device",)) for number in range(many)]
    assert len(build(form, AT, registers)) == LIMIT
    with pytest.raises(TooMany):
        build(form, AT, [*registers, Mapping(0x40000000 + many * apart, PAGE, REGISTERS, ("/device",))])


@pytest.mark.parametrize(("name", "tables"), [("arm64", 2), ("rv64", 1)])
def test_memory_is_mapped_by_the_largest_pages(name: str, tables: int) -> None:
    assert len(build(FORMS[name], AT, [Mapping(0x40000000, 255 << 30, DATA, ("/memory",))])) == tables * PAGE


class FarApart:
    """What seal.py asks of a linked image."""

    sections = {".text": (0x100000, PAGE), ".symbols": (0x102000, PAGE)}


def test_registers_that_are_far_apart_are_told_where_ram_is_not_to_blame() -> None:
    registers = [{"what": f"/device@{number}", "base": number << 30, "size": PAGE} for number in range(21, 30)]
    facts = {"paging": FORMS["x64"], "flat": False, "registers": registers, "asked": "free-memory (app.dtsi:1)",
             "given": [{"what": "/memory", "place": "board.dts:3", "base": 0x200000, "size": 20 << 30}],
             "memory": {"path": "/memory", "place": "board.dts:3"}}
    with pytest.raises(Refused) as refused:
        seal.table_room(FarApart(), facts, PAGE)  # type: ignore[arg-type]
    assert str(refused.value.problems[0]) == (
        "board.dts:3: /memory: the page tables of the image have more than 64 KiB; registers that are far apart have "
        "tables of their own; fewer devices in use")
