# SPDX-License-Identifier: Apache-2.0
"""What is in a linked image and, more, what is not: read from the ELF file itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from gen.architecture import architecture_facts
from gen.page_tables import LIMIT as LIMIT_OF_TABLES, walk
from images import architecture, machines, one_per_architecture
from tree import ROOT

LIMIT = 64 * 1024  # text and data, without buffers
HELLO_LIMIT = 14 * 1024  # text and constants
PAGE = 4096
HEAP = re.compile(r"^(malloc|calloc|realloc|free|aligned_alloc|_Zn[wa][jm].*|_Zd[la]Pv.*|sbrk|_sbrk)$")
INITIALISERS = re.compile(r"^(_GLOBAL__sub_I_.*|__cxx_global_var_init.*|__cxa_atexit|atexit|__cxa_guard_.*)$")
LOADED = (".text", ".rodata", ".data", ".symbols")


@dataclass(frozen=True)
class Elf:
    sections: dict[str, int]
    symbols: frozenset[str]
    undefined: frozenset[str]
    loaded: bytes


def read(path: Path) -> Elf:
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        table = elf.get_section_by_name(".symtab")
        symbols = list(table.iter_symbols())
        loaded = b"".join(s.data() for s in elf.iter_segments() if s["p_type"] == "PT_LOAD")
        return Elf({s.name: s["sh_size"] for s in elf.iter_sections()},
                   frozenset(s.name for s in symbols if s["st_shndx"] != "SHN_UNDEF"),
                   frozenset(s.name for s in symbols if s["st_shndx"] == "SHN_UNDEF" and s.name), loaded)


@pytest.fixture(params=one_per_architecture())
def folder(request: pytest.FixtureRequest, image) -> Path:
    """The build folder of udp-echo on each architecture."""
    built: Path = image(request.param, "udp-echo")
    return built


@pytest.fixture
def elf(folder: Path) -> Elf:
    return read(folder / "image.elf")


def test_is_small(elf: Elf) -> None:
    sizes = {name: elf.sections.get(name, 0) for name in LOADED}
    assert sum(sizes.values()) < LIMIT, sizes


@pytest.mark.parametrize("machine", machines())
def test_the_smallest_app_is_very_small(image, machine: str) -> None:
    sections = read(image(machine, "hello") / "image.elf").sections
    assert sections[".text"] + sections[".rodata"] < HELLO_LIMIT


def listed(folder: Path) -> list[tuple[int, int, str, str]]:
    """The rows of pages.txt: from and to which address, the rights, and what is there."""
    rows = re.findall(r"^(0x\w+)\.\.(0x\w+) (\S+) +(.*)$", (folder / "pages.txt").read_text(), re.MULTILINE)
    return [(int(base, 16), int(end, 16), rights, what) for base, end, rights, what in rows]


@pytest.mark.parametrize("machine", [name for name in machines() if "paging" in architecture_facts(architecture(name))])
def test_what_is_mapped(image, machine: str) -> None:
    """By the listing, which the tables in the image are proved against."""
    folder = image(machine, "hello")
    rows, facts = listed(folder), json.loads((folder / "generated/image.json").read_text())
    assert not [row for row in rows if {"w", "x"} <= set(row[2])]
    claimed = {page for block in facts["registers"]
               for page in range(block["base"] // PAGE, (block["base"] + block["size"] - 1) // PAGE + 1)}
    assert claimed == {page for base, end, _, what in rows if what.startswith("registers ")
                       for page in range(base // PAGE, end // PAGE)}
    with (folder / "image.elf").open("rb") as stream:
        elf = ELFFile(stream)
        table = elf.get_section_by_name(".symtab")
        symbols = {s.name: s["st_value"] for s in table.iter_symbols()}
        tables = elf.get_section_by_name(".page_tables")
        at, data = tables["sh_addr"], tables.data()
    assert symbols["__page_tables"] == at and 0 < len(data) <= LIMIT_OF_TABLES
    leaves = list(walk(facts["paging"], at, data))
    assert sum(leaf.size for leaf in leaves) == sum(end - base for base, end, _, _ in rows)
    for page in (0, symbols["__stack_guard"], symbols["__fault_stack_guard"]):
        assert not [row for row in rows if row[0] <= page < row[1]]
        assert not [leaf for leaf in leaves if leaf.virtual <= page < leaf.virtual + leaf.size]


def test_nothing_runs_before_main(elf: Elf) -> None:
    assert elf.sections.get(".init_array", 0) == 0
    assert not {name for name in elf.symbols if INITIALISERS.match(name)}


def test_every_section_is_in_the_linker_script(folder: Path, elf: Elf) -> None:
    """The linker puts others where it likes: beyond __bss_end, for one, where nothing clears them."""
    script = (folder / "generated/link.ld").read_text()
    assert not [name for name in elf.sections if name not in ("", ".symtab", ".strtab", ".shstrtab", ".stack_sizes")
                and not name.startswith(".debug_") and not name.endswith(".attributes")
                and f"  {name} " not in script]


def test_has_no_heap(elf: Elf) -> None:
    assert not {name for name in elf.symbols if HEAP.match(name)}


def test_nothing_is_undefined(elf: Elf) -> None:
    assert not elf.undefined


def test_has_no_devicetree(elf: Elf) -> None:
    assert b"\xd0\x0d\xfe\xed" not in elf.loaded
    for property_name in (b"interrupt-parent", b"#address-cells", b"compatible", b"phandle"):
        assert property_name not in elf.loaded


def namespaces(driver: str) -> list[str]:
    """The namespaces in a driver's header, as a mangled name holds them."""
    found = {name for header in (ROOT / "drivers" / driver).glob("*.hpp")
             for name in re.findall(r"^namespace osier::(\w+)", header.read_text(), re.MULTILINE)}
    return [f"5osier{len(name)}{name}" for name in sorted(found)]


def test_has_drivers_that_it_uses_and_no_other(folder: Path, elf: Elf) -> None:
    machine = (folder / "generated/machine.cpp").read_text()
    used = {name.split("/")[0] for name in re.findall(r'#include "([\w-]+/\w+\.hpp)"', machine)}
    drivers = {path.parent.name for path in (ROOT / "drivers").glob("*/driver.yaml")}
    assert used & drivers
    wanted = {name for driver in used & drivers for name in namespaces(driver)}
    assert any(name in symbol for name in wanted for symbol in elf.symbols)
    # A bus core is used through its devices: what belongs to a used driver is not foreign.
    foreign = {name for driver in drivers - used for name in namespaces(driver)} - wanted
    assert not {symbol for symbol in elf.symbols for name in foreign if name in symbol}


def test_has_no_text_of_another_app(elf: Elf) -> None:
    others = [path.name for path in (ROOT / "apps").iterdir() if path.is_dir() and path.name != "udp-echo"]
    assert not [name for name in others if f"{name}: ".encode() in elf.loaded]


def test_names_no_folder_of_the_builder(elf: Elf, folder: Path) -> None:
    whole = (folder / "image.elf").read_bytes()
    assert str(ROOT).encode() not in whole


def test_log_lines_below_the_level_are_not_compiled_in(elf: Elf) -> None:
    assert b"dropped a frame" not in elf.loaded
