# SPDX-License-Identifier: Apache-2.0
"""What the sources may say: which folder includes which, no fact of a machine, no unexplained cast."""

from __future__ import annotations

import re
from pathlib import Path

from tree import ROOT, code, files, includes, shown, without_comments

MACROS_OF_ARCHITECTURES = re.compile(
    r"__(aarch64|arm|ARM_\w+|riscv\w*|x86_64|i386|amd64)(__)?\b|_M_(X64|ARM64)\b")
SYSTEM_REGISTERS = re.compile(
    r"\b(\w+_el[0-3]|daif\w*|m(status|cause|tvec|epc|ie|ip)|s(status|cause|tvec|epc)|cpsr|spsr|rdmsr|wrmsr)\b")

BUSES = {"virtio", "pci"}  # what several drivers stand on


def folders(under: str) -> set[str]:
    return {path.name for path in (ROOT / under).iterdir() if path.is_dir()}


def test_src_never_includes_drivers() -> None:
    drivers = folders("drivers") - folders("src")
    wrong = [f"{shown(path)}: {name}" for path in code("src", tests=True) for name in includes(path)
             if name.split("/")[0] in drivers or "drivers/" in name]
    assert not wrong


def test_drivers_include_src_and_their_bus_only() -> None:
    allowed = folders("src") | BUSES
    wrong = []
    for path in code("drivers"):
        own = path.relative_to(ROOT / "drivers").parts[0]
        for name in includes(path):
            first, slash, _ = name.partition("/")
            if slash and first not in allowed | {own}:
                wrong.append(f"{shown(path)}: {name}")
    assert not wrong


def test_apps_include_the_machine_and_src_only() -> None:
    generated = {"machine.hpp", "tree.hpp", "memory_map.hpp"}
    public = folders("src") - {"arch", "boot", "irq", "libc"}
    wrong = [f"{shown(path)}: {name}" for path in code("apps") for name in includes(path)
             if name not in generated and name.split("/")[0] not in public and not (path.parent / name).is_file()]
    assert not wrong


def test_no_include_leaves_its_folder_upwards() -> None:
    wrong = [f"{shown(path)}: {name}" for path in code("src", "drivers", "apps") for name in includes(path)
             if name.startswith("../")]
    assert not wrong


def addresses() -> dict[int, str]:
    """Where the devices of all machines are; round numbers, which may mean anything, left out."""
    found: dict[int, str] = {}
    for file in [*(ROOT / "dts").glob("*.dts"), *(ROOT / "dts/qemu").glob("*.dts")]:
        for node, unit in re.findall(r"([\w,-]+)@([0-9a-f]{5,16})\b", file.read_text()):
            value = int(unit, 16)
            if value.bit_count() > 1 and value >= 0x10000:
                found[value] = f"/{node}@{unit} of {file.name}"
    return found


def test_no_address_of_a_machine_in_src_or_drivers() -> None:
    known, wrong = addresses(), []
    assert len(known) > 20
    for path in code("src", "drivers"):
        for literal in re.findall(r"\b0x([0-9a-fA-F']+)", without_comments(path.read_text())):
            value = int(literal.replace("'", ""), 16)
            if value in known:
                wrong.append(f"{shown(path)}: 0x{literal} is {known[value]}")
    assert not wrong


def test_no_name_of_a_machine_in_src_or_drivers() -> None:
    names = re.compile("|".join(re.escape(f.stem) for f in (ROOT / "dts").glob("*.dts")))
    wrong = [shown(path) for path in code("src", "drivers") if names.search(without_comments(path.read_text()))]
    assert not wrong


def test_no_device_name_in_src() -> None:
    """A device is known to its driver alone."""
    devices = re.compile(r"\b(virtio\w*|pl011|ns16550\w*|pl031|goldfish|plic|ioapic)\b")
    wrong = [f"{shown(path)}: {found[0]}" for path in code("src") if not shown(path).startswith("src/arch/")
             for found in [devices.search(without_comments(path.read_text()))] if found]
    assert not wrong


def test_no_architecture_ifdef() -> None:
    wrong = [shown(path) for path in code("src", "drivers", "apps")
             if MACROS_OF_ARCHITECTURES.search(without_comments(path.read_text()))]
    assert not wrong, "the build chooses a folder of src/arch instead"


def test_architectures_facts_are_in_their_folder() -> None:
    wrong = []
    for path in code("src", "drivers", "apps"):
        if shown(path).startswith("src/arch/"):
            continue
        text = without_comments(path.read_text())
        if path.suffix == ".S" or re.search(r"\basm\b|__asm", text) or SYSTEM_REGISTERS.search(text):
            wrong.append(shown(path))
    assert not wrong


UNSAFE = re.compile(r"\basm\b|\breinterpret_cast\b|\bconst_cast\b|\bvolatile\b")


def unexplained(path: Path) -> list[str]:
    """Lines that need a reason and have none in the lines above, up to where the block begins."""
    text = path.read_text()
    lines, bare = text.splitlines(), without_comments(text).splitlines()
    found = []
    for number, line in enumerate(bare):
        if re.search(r"\bregister\b", line):
            continue  # names a register for the asm statement that follows, which says why
        if UNSAFE.search(line) and not any(re.search(r"SAFETY: \S", above) for above in lines[max(0, number - 8):number + 1]):
            found.append(f"{shown(path)}:{number + 1}: {lines[number].strip()}")
    return found


def test_every_unsafe_line_says_why_it_is_safe() -> None:
    sources = [*code("src", "drivers", "apps", "tests/boot/apps"),
               *(path for path in files(ROOT / "gen/templates") if ".hpp" in path.name or ".cpp" in path.name)]
    wrong = [line for path in sources for line in unexplained(path)]
    assert not wrong, "\n".join(["no SAFETY: in the eight lines above:", *wrong])


def test_bytes_become_headers_in_one_place() -> None:
    """A header is reached by a check of its length (net/header.hpp), not by a cast or by counting along a pointer."""
    known = {"header.hpp", "packet.hpp", "checksum.cpp"}
    counting = re.compile(r"\breinterpret_cast\b|\bframe\s*\+|\bdata\(\)\s*\+")
    wrong = [f"{shown(path)}:{number}" for path in code("src/net") if path.name not in known
             for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1) if counting.search(line)]
    assert not wrong


def has_heap(path: Path) -> bool:
    """The file that defines the heap's functions, and those of apps that ask for a heap."""
    app = path.parent / "app.dtsi"
    return shown(path) == "src/libc/new.cpp" or app.is_file() and "heap-size" in app.read_text()


def test_no_heap_and_no_exception_in_the_sources() -> None:
    words = re.compile(r"\b(malloc|free|calloc|realloc)\s*\(|\bnew\s+\w|\bdelete\s+\w|\bthrow\b|\bdynamic_cast\b|\btypeid\b")
    wrong = [f"{shown(path)}:{number}" for path in code("src", "drivers", "apps")
             if "libc/include" not in shown(path) and not has_heap(path)
             for number, line in enumerate(without_comments(path.read_text()).splitlines(), 1) if words.search(line)]
    assert not wrong
