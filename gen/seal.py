# SPDX-License-Identifier: Apache-2.0
"""After the link: the symbol table of the image, its page tables, its memory line, and the proofs
that it fits.

    seal.py symbols FIRST.elf FACTS.json OUT.S    function names for reports, from the first link, and
                                                  room for page tables
    seal.py check FIRST.elf LINKED.elf FACTS.json IMAGE.elf PAGES.txt
"""

from __future__ import annotations

import json
import shutil
import sys
from bisect import bisect_left
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.pycache_prefix = str(Path(__file__).resolve().parent.parent / "build/.pycache")

from elftools.elf.elffile import ELFFile  # noqa: E402

from gen import page_tables, stack  # noqa: E402
from gen.demangle import demangle  # noqa: E402
from gen.page_tables import DATA, FLAT, PAGE, REGISTERS, RODATA, TEXT, Mapping, pages  # noqa: E402
from gen.problem import Place, Problem, Refused, report  # noqa: E402

# Section of the image, word in the memory line.
PARTS = [(".text", "text"), (".rodata", "rodata"), (".data", "data"), (".bss", "bss"),
         (".noinit", "buffers"), (".stack", "stack"), (".fault_stack", "faults"),
         (".symbols", "symbols"),
         (".page_tables", "tables")]
GIB = 1 << 30
# What else is not rodata. Between the sections lie pages that nothing maps, below each stack one.
KINDS = {".text": TEXT, ".data": DATA, ".bss": DATA, ".noinit": DATA, ".stack": DATA,
         ".fault_stack": DATA}


class Elf:
    """The sections of a linked image that are memory: address and size; and its symbols."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            self.sections = {s.name: (s["sh_addr"], s["sh_size"]) for s in elf.iter_sections()
                             if s["sh_flags"] & 2}
            self.offsets = {s.name: s["sh_offset"] for s in elf.iter_sections()}
            table = elf.get_section_by_name(".symtab")
            symbols = list(table.iter_symbols()) if table else []
            # By address, with sizes; labels of assembly have none. Without the mapping symbols.
            self.symbols = sorted({(s["st_value"], s["st_size"], s.name) for s in symbols
                                   if s.name[:1] not in ("", ".", "$")
                                   and s["st_info"]["type"] != "STT_FILE"})
            self.values = {s.name: s["st_value"] for s in symbols}
            self.functions = sorted({(s["st_value"], s.name) for s in symbols
                                     if s["st_info"]["type"] == "STT_FUNC"
                                     and not s.name.startswith(stack.CALL_TYPE)
                                     and s["st_shndx"] != "SHN_UNDEF"})

    def end(self) -> int:
        return self.values["__image_end"]

    def start(self) -> int:
        return self.values["__image_start"]


def write_symbols(elf: Elf, facts: dict[str, Any], out: Path) -> None:
    """The names for reports as an assembly file: functions sorted by address, one name each, and
    the nodes of interrupts that nobody claims. Behind it as many
    pages as the page tables will have."""
    by_address: dict[int, str] = {}
    for address, name in elf.functions:
        by_address.setdefault(address, name)
    names = demangle(list(by_address.values()))
    lines = facts["unclaimed"]
    offsets: dict[str, int] = {}
    at = 0
    for name in [*names, *(line[end] for line in lines for end in ("controller", "node"))]:
        if name not in offsets:
            offsets[name] = at
            at += len(name.encode()) + 1
    rows = [f"  .long {address - elf.start():#x}, {offsets[name]}"
            for address, name in zip(by_address, names)]
    start, size = elf.sections[".text"]
    rows.append(f"  .long {start + size - elf.start():#x}, 0")  # where the code ends
    owners = [f"  .long {line['number']}, {offsets[line['controller']]}, {offsets[line['node']]}"
              for line in lines]
    texts = [f"  .asciz {json.dumps(name)}" for name in offsets]
    room = table_room(elf, facts, 8 + 8 * len(rows) + 12 * len(owners) + at)
    out.write_text("\n".join(["// Generated from the first link: the functions of the image, by "
                              "address.",
                              '  .section .symbols, "a"', f"  .long {len(rows)}, {len(owners)}",
                              *rows,
                              "// Interrupts that nobody claims: number, controller, node.",
                              *owners, *texts,
                              "// Written after the second link.",
                              '  .section .page_tables, "a"', f"  .skip {room:#x}", ""]))


def table_room(elf: Elf, facts: dict[str, Any], symbols: int) -> int:
    """Bytes of the page tables, which are mapped themselves, behind so many bytes of symbols."""
    if facts["paging"] is None:
        return 0
    try:
        return tables_size(elf, facts, symbols)
    except page_tables.TooMany:
        raise Refused(too_many_tables(elf, facts, symbols)) from None


def tables_size(elf: Elf, facts: dict[str, Any], symbols: int) -> int:
    start, _ = elf.sections[".symbols"]
    room = 0
    while True:
        at = -(-(start + symbols) // PAGE) * PAGE
        found = mappings({**elf.sections, ".symbols": (start, symbols), ".page_tables": (at, room)},
                         facts)
        needed = len(page_tables.build(facts["paging"], at, found))
        if needed <= room:
            return room
        room = needed


def too_many_tables(elf: Elf, facts: dict[str, Any], symbols: int) -> Problem:
    """RAM is what is many, where the app asks for all of it; else the registers are far apart."""
    def too_many_below(end: int) -> bool:
        cut = [{**area, "size": min(area["size"], end - area["base"])}
               for area in facts["given"] if area["base"] < end]
        try:
            tables_size(elf, {**facts, "given": cut}, symbols)
        except page_tables.TooMany:
            return True
        return False

    asked, last = facts["asked"], max(facts["given"], key=lambda area: area["base"])
    ends = range(0, last["base"] + last["size"], GIB)
    first = bisect_left(ends, True, key=too_many_below)
    end = ends[first - 1] if asked and first else 0
    largest = 1 << max(facts["paging"]["blocks"])
    what = f"the page tables of the image have more than {kib(page_tables.LIMIT)} KiB"
    if end:
        return Problem(parsed(last["place"]), last["what"], what,
                       f"all RAM is mapped, by {asked}, and a page has {kib(largest)} KiB at most",
                       f"nearest: RAM that ends at {end:#x}")
    return Problem(parsed(facts["memory"]["place"]), facts["memory"]["path"], what,
                   "registers that are far apart have tables of their own", "fewer devices in use")


def form_of(elf: Elf, facts: dict[str, Any]) -> dict[str, Any]:
    """The form of the tables; code that marks its branch targets has them guarded."""
    form = facts["paging"]
    marked = "osier_marked_branch_targets" in elf.values
    return {**form, TEXT: form[TEXT] | form["guarded"]} if marked else form


def mappings(sections: dict[str, tuple[int, int]], facts: dict[str, Any]) -> list[Mapping]:
    """What the image may touch: its sections, the registers that it claims, RAM that it is given."""
    found = [pages(block["base"], block["size"], REGISTERS, block["what"])
             for block in facts["registers"]]
    if facts["flat"]:
        return found + [pages(area["base"], area["size"], FLAT, area["what"])
                        for area in facts["given"]]
    found += [pages(base, size, KINDS.get(name, RODATA), name)
              for name, (base, size) in sections.items() if size]
    taken = [each for each in found if each.kind != REGISTERS]
    for area in facts["given"]:
        found += around(pages(area["base"], area["size"], DATA, area["what"]), taken)
    return found


def write_hash(elf: Elf, image: Path) -> None:
    """What core/integrity.cpp compares: of all that lies before the data, as it is in RAM."""
    _, wanted = elf.sections.get(".image_hash", (0, 0))
    if not wanted:
        return
    start, end = elf.start(), elf.values["__rodata_end"]
    memory = bytearray(end - start)
    with image.open("r+b") as stream:
        for name, (base, size) in elf.sections.items():
            if start <= base < end:
                stream.seek(elf.offsets[name])
                memory[base - start:base - start + size] = stream.read(size)
        value = 0xcbf29ce484222325
        for at in range(0, len(memory), 8):
            value ^= int.from_bytes(memory[at:at + 8], "little")
            value = value * 0x100000001b3 & (1 << 64) - 1
        stream.seek(elf.offsets[".image_hash"])
        stream.write(value.to_bytes(8, "little"))


def absent(elf: Elf, facts: dict[str, Any]) -> dict[str, int]:
    """Pages that must not be there, by what an access to them means."""
    if facts["flat"]:
        return {}
    return {"address zero": 0, "the guard page below the stack": elf.values["__stack_guard"],
            "the guard page below the fault stack": elf.values["__fault_stack_guard"]}


def around(area: Mapping, taken: list[Mapping]) -> list[Mapping]:
    """An area without what is the image's, guard pages among it."""
    inside = [each for each in taken if each.base < area.end and area.base < each.end]
    if not inside:
        return [area]
    low, high = min(each.base for each in inside), max(each.end for each in inside)
    parts = [(area.base, low), (high, area.end)]
    return [Mapping(base, end - base, area.kind, area.what) for base, end in parts if base < end]


def map_pages(elf: Elf, facts: dict[str, Any], image: Path, listing: Path) -> None:
    """Writes the page tables into the image, and proves them."""
    if facts["paging"] is None:
        listing.write_text("The MMU is off: everything can be read, written and executed.\n")
        return
    form, found = form_of(elf, facts), mappings(elf.sections, facts)
    at, size = elf.sections[".page_tables"]
    with image.open("r+b") as stream:
        stream.seek(elf.offsets[".page_tables"])
        stream.write(page_tables.build(form, at, found).ljust(size, b"\0"))
        stream.seek(elf.offsets[".page_tables"])
        page_tables.prove(form, at, stream.read(size), found, absent(elf, facts))
    head = "The MMU is as good as off: this CPU needs tables, and has all of RAM by these.\n" \
        if facts["flat"] else ""
    listing.write_text(head + page_tables.listing(found, facts["shared"]))


def check(first: Path, linked: Path, facts: dict[str, Any], image: Path, listing: Path) -> str:
    """Prove that the image fits and that the second link moved nothing; return the memory line."""
    image.unlink(missing_ok=True)  # what is not proved is not there
    before, after = Elf(first), Elf(linked)
    if before.functions != after.functions:
        raise Refused(Problem(Place(str(linked)), "", "the second link moved a function",
                              "the symbol table would name the wrong ones",
                              "link.ld keeps .symbols last"))
    line = memory_line(after, facts)
    excess = after.end() - facts["room"]["base"] - facts["room"]["size"]
    if excess > 0:
        raise Refused(too_large(after, facts, excess, line))
    stack.prove(linked, facts["stack"])
    scratch = image.with_name(image.name + ".new")
    shutil.copyfile(linked, scratch)
    scratch.chmod(0o755)
    map_pages(after, facts, scratch, listing)
    write_hash(after, scratch)
    scratch.replace(image)
    return line


def kib(size: int) -> int:
    return -(-size // 1024)


def memory_line(elf: Elf, facts: dict[str, Any]) -> str:
    parts = ", ".join(f"{word} {kib(elf.sections.get(section, (0, 0))[1])}" 
                      for section, word in PARTS)
    ram = facts["ram"]
    shown = f"{ram >> 20} MiB" if ram % (1 << 20) == 0 else f"{kib(ram)} KiB"
    return (f"{facts['app']} on {facts['machine']}: needs {kib(elf.end() - elf.start())} KiB "
            f"of {shown}: {parts}")


def too_large(elf: Elf, facts: dict[str, Any], excess: int, line: str) -> Problem:
    memory, room = facts["memory"], facts["room"]
    place = parsed(memory["place"])
    needed = -(-(facts["ram"] + excess) // (1 << 20))
    fix = f"nearest: {needed} MiB of RAM ({needed << 20:#x})"
    fewer = fewer_buffers(elf, facts, excess)
    if fewer:
        fix += f", or packet-buffers = <{fewer}> at {facts['packet_buffers']['place']}"
    heap = facts["heap"]
    smaller = (heap["size"] - excess) // 0x1000 * 0x1000
    if smaller > 0:
        fix += f", or heap-size = <{smaller:#x}> at {heap['place']}"
    return Problem(place, memory["path"],
                   f"the image needs {kib(elf.end() - room['base'])} KiB of RAM from "
                   f"{room['base']:#x} on, there are {kib(room['size'])} KiB", line, fix)


def parsed(place: str) -> Place:
    return Place(*place.rsplit(":", 1)) if ":" in place else Place(place)


def fewer_buffers(elf: Elf, facts: dict[str, Any], excess: int) -> int | None:
    """The largest power of two of packet buffers with which the image would fit."""
    buffers = facts["packet_buffers"]
    if buffers is None:
        return None
    pool = elf.sections.get(".noinit", (0, 0))[1] - facts["frame_bytes"] - \
        facts["storage_bytes"] - facts["heap"]["size"]
    each = pool // (buffers["count"] + buffers["transmit"])
    count = buffers["count"] // 2
    while count >= 4:
        if (buffers["count"] - count) * each >= excess:
            return count
        count //= 2
    return None


def main(arguments: list[str]) -> int:
    try:
        match arguments:
            case ["symbols", first, facts, out]:
                write_symbols(Elf(Path(first)), json.loads(Path(facts).read_text()), Path(out))
            case ["check", first, linked, facts, image, listing]:
                print(check(Path(first), Path(linked), json.loads(Path(facts).read_text()),
                            Path(image), Path(listing)))
            case _:
                print(__doc__, file=sys.stderr)
                return 1
    except Refused as refused:
        report(refused.problems)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
