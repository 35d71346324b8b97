# SPDX-License-Identifier: Apache-2.0
"""After the link: the symbol table of the image, its memory line, and the proofs that it fits.

    seal.py symbols FIRST.elf OUT.S        function names for reports, from the first link
    seal.py check FIRST.elf LINKED.elf FACTS.json IMAGE.elf
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.pycache_prefix = str(Path(__file__).resolve().parent.parent / "build/.pycache")

from elftools.elf.elffile import ELFFile  # noqa: E402

from gen import stack  # noqa: E402
from gen.demangle import demangle  # noqa: E402
from gen.problem import Place, Problem, Refused, report  # noqa: E402

# Section of the image, word in the memory line.
PARTS = [(".text", "text"), (".rodata", "rodata"), (".data", "data"), (".bss", "bss"),
         (".noinit", "buffers"), (".stack", "stack"), (".symbols", "symbols")]


class Elf:
    """The sections of a linked image that are memory: address and size; and its symbols."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            self.sections = {s.name: (s["sh_addr"], s["sh_size"]) for s in elf.iter_sections()
                             if s["sh_flags"] & 2}
            table = elf.get_section_by_name(".symtab")
            symbols = list(table.iter_symbols()) if table else []
            # By address, with sizes; labels of assembly have none. Without the mapping symbols.
            self.symbols = sorted({(s["st_value"], s["st_size"], s.name) for s in symbols
                                   if s.name[:1] not in ("", ".", "$")
                                   and s["st_info"]["type"] != "STT_FILE"})
            self.values = {s.name: s["st_value"] for s in symbols}
            self.functions = sorted({(s["st_value"], s.name) for s in symbols
                                     if s["st_info"]["type"] == "STT_FUNC"
                                     and s["st_shndx"] != "SHN_UNDEF"})

    def end(self) -> int:
        return self.values["__image_end"]

    def start(self) -> int:
        return self.values["__image_start"]


def write_symbols(first: Path, out: Path) -> None:
    """The symbol table as an assembly file, sorted by address; one name per address."""
    elf = Elf(first)
    by_address: dict[int, str] = {}
    for address, name in elf.functions:
        by_address.setdefault(address, name)
    names = demangle(list(by_address.values()))
    offsets: dict[str, int] = {}
    at = 0
    for name in names:
        if name not in offsets:
            offsets[name] = at
            at += len(name.encode()) + 1
    rows = [f"  .long {address - elf.start():#x}, {offsets[name]}"
            for address, name in zip(by_address, names)]
    start, size = elf.sections[".text"]
    rows.append(f"  .long {start + size - elf.start():#x}, 0")  # where the code ends
    texts = [f"  .asciz {json.dumps(name)}" for name in offsets]
    out.write_text("\n".join(["// Generated from the first link: the functions of the image, by "
                              "address.",
                              '  .section .symbols, "a"', f"  .long {len(rows)}", *rows, *texts,
                              ""]))


def check(first: Path, linked: Path, facts: dict[str, Any], image: Path) -> str:
    """Prove that the image fits and that the second link moved nothing; return the memory line."""
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
    shutil.copyfile(linked, image)
    image.chmod(0o755)
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
    stated = memory["place"]
    place = Place(*stated.rsplit(":", 1)) if ":" in stated else Place(stated)
    needed = -(-(facts["ram"] + excess) // (1 << 20))
    fix = f"nearest: {needed} MiB of RAM ({needed << 20:#x})"
    fewer = fewer_buffers(elf, facts, excess)
    if fewer:
        fix += f", or packet-buffers = <{fewer}> at {facts['packet_buffers']['place']}"
    return Problem(place, memory["path"],
                   f"the image needs {kib(elf.end() - room['base'])} KiB of RAM from "
                   f"{room['base']:#x} on, there are {kib(room['size'])} KiB", line, fix)


def fewer_buffers(elf: Elf, facts: dict[str, Any], excess: int) -> int | None:
    """The largest power of two of packet buffers with which the image would fit."""
    buffers = facts["packet_buffers"]
    if buffers is None:
        return None
    pool = elf.sections.get(".noinit", (0, 0))[1] - facts["frame_bytes"] - facts["storage_bytes"]
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
            case ["symbols", first, out]:
                write_symbols(Path(first), Path(out))
            case ["check", first, linked, facts, image]:
                print(check(Path(first), Path(linked), json.loads(Path(facts).read_text()),
                            Path(image)))
            case _:
                print(__doc__, file=sys.stderr)
                return 1
    except Refused as refused:
        report(refused.problems)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
