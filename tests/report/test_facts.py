# SPDX-License-Identifier: Apache-2.0
"""What a report says is what was generated, linked and read."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from pathlib import Path

import images
import pytest
from elftools.elf.elffile import ELFFile
from page import ROOT, Report

from gen import stack


def sections(report: Report) -> dict[str, tuple[int, int]]:
    """What the ELF says lies in memory: address and size."""
    with (report.folder / "image.elf").open("rb") as stream:
        return {s.name: (s["sh_addr"], s["sh_size"]) for s in ELFFile(stream).iter_sections()
                if s["sh_flags"] & 2 and s["sh_size"]}


def generated(report: Report, name: str) -> str:
    return (report.folder / "generated" / name).read_text()


def test_every_claimed_node_is_shown_with_its_owner(report: Report) -> None:
    shown = report.ask("""return Object.fromEntries([...document.querySelectorAll('[data-path]')].map(
        li => [li.dataset.path, [li.className, li.querySelector('.owner').textContent]]))""")
    assert sorted(shown) == sorted(node.path for node in report.image.nodes)
    index = re.findall(r"^// +(-|\d+)  (/\S*) +(\S.*?)(?:  +(\S.*))?$", generated(report, "machine.hpp"), re.MULTILINE)
    assert len(index) >= 4
    for line, path, driver, role in index:
        kind, owner = shown[path]
        assert kind != "unused" and owner.startswith(f"{driver} as {role}" if role else driver), path
        assert line == "-" or re.search(rf"(interrupt|message) {line}\b", owner), path
    claimed = {device.path for device in report.image.devices}
    assert not [path for path, (kind, _) in shown.items() if kind == "unused" and path in claimed]
    assert any(kind == "unused" for kind, _ in shown.values())


def test_the_lines_are_those_that_are_bound(report: Report) -> None:
    numbers = dict(re.findall(r"struct (\w+) \{(?:(?!\n\};).)*?irq::line irq = \{\.number = (\d+)",
                              generated(report, "machine.hpp"), re.DOTALL))
    code = generated(report, "machine.cpp")
    bound = sorted((int(numbers[node]), re.findall(r"(\w+)\.interrupt\(", body))
                   for node, body in re.findall(r"table\[(\w+)::irq\.number\] = (.*)", code))
    rows = report.ask("""return [...document.querySelectorAll('#wires tbody tr')].map(
        tr => [...tr.cells].map(td => td.textContent))""")
    assert bound and bound == sorted((int(row[0]), re.findall(r"(\w+)\.interrupt\(", row[4])) for row in rows)
    assert sorted(line["value"] for line in report.boxes("interrupts", "line")) == [line for line, _ in bound]
    assert len(re.findall(r"\.enable<", code)) == len(bound)


def test_a_wire_joins_its_boxes(report: Report) -> None:
    """A source, a line and a handler a row, and a wire between two of them."""
    rows: dict[int, list[dict[str, float]]] = {}
    for box in report.boxes("interrupts"):
        rows.setdefault(round(box["y"]), []).append(box)
    assert rows and all(len(row) == 3 for row in rows.values())
    ends = report.ask("""return [...document.querySelectorAll('#interrupts-picture .wire')].map(p => {
        const r = p.getBoundingClientRect(); return [r.left, r.right, r.top]; })""")
    for row in rows.values():
        left, pin, right = sorted(row, key=lambda box: box["x"])
        for one, other in ((left, pin), (pin, right)):
            assert any(abs(start - one["x"] - one["width"]) < 3 and abs(end - other["x"]) < 3
                       and one["y"] < y < one["y"] + one["height"] for start, end, y in ends)


def test_the_graph_has_every_claimed_node(report: Report) -> None:
    named = [box["name"] for box in report.boxes("owners")]
    assert {device.path for device in report.image.devices} <= set(named)
    assert {p.name for p in report.image.parameters} | {report.image.app} <= set(named)
    edges = report.ask("return [...document.querySelectorAll('#owners-picture .link title')].map(t => t.textContent)")
    owned = {edge.partition(" → ")[2] for edge in edges}
    assert set(named) - owned <= {report.image.app, "osier"}, "all but the two owners have an owner"
    for device in report.image.devices:
        for below in (device.slot, device.interrupt_parent, device.messages_to):
            assert not below or f"{device.path} → {below}" in edges


def test_the_memory_map_covers_what_the_elf_says(report: Report) -> None:
    elf = sections(report)
    rows = report.ask("""return [...document.querySelectorAll('[data-section]')].map(
        tr => [...tr.cells].map(td => td.textContent))""")
    assert {name: (int(start, 0), int(size.replace(",", ""))) for name, start, _, size, _ in rows} == elf
    bars: dict[int, list[dict[str, float]]] = {}
    for box in report.boxes("memory"):
        bars.setdefault(round(box["y"]), []).append(box)
    sums = [sum(box["value"] for box in bars[y]) for y in sorted(bars)]
    assert sums[:-2] == [area.size for area in report.image.ram]
    assert sums[-1] == elf[".noinit"][1]
    first, end = min(a for a, _ in elf.values()), max(a + s for a, s in elf.values())
    assert sums[-2] == -(-end // 4096) * 4096 - first
    image = {box["name"]: box["value"] for box in bars[sorted(bars)[-2]]}
    assert {name: image[name] for name in elf} == {name: size for name, (_, size) in elf.items()}
    for bar in bars.values():  # to scale, and without gaps
        whole, bytes = sum(box["width"] for box in bar), sum(box["value"] for box in bar)
        assert abs(max(b["x"] + b["width"] for b in bar) - min(b["x"] for b in bar) - whole) < 1
        assert all(abs(box["width"] / whole - box["value"] / bytes) < 1e-3 for box in bar)


def listed(report: Report) -> list[tuple[int, int, str, str]]:
    """The rows of pages.txt: from and to which address, the rights, and what is there."""
    rows = re.findall(r"^(\S+)\.\.(\S+) (\S+) (\w+) +([^;\n]*)", (report.folder / "pages.txt").read_text(), re.MULTILINE)
    return [(int(base, 16), int(end, 16), f"{'device ' if kind == 'registers' else ''}{rights}", what)
            for base, end, rights, kind, what in rows]


def guards(report: Report) -> dict[str, int]:
    with (report.folder / "image.elf").open("rb") as stream:
        symbols = {s.name: s["st_value"] for s in ELFFile(stream).get_section_by_name(".symtab").iter_symbols()}
    return {"the guard page below the stack": symbols["__stack_guard"],
            "the guard page below the fault stack": symbols["__fault_stack_guard"]}


def test_rights_are_those_that_are_proved(report: Report) -> None:
    rows, absent = listed(report), {"address zero": 0, **guards(report)}
    boxes = report.boxes("rights")
    said = report.ask("""return [...document.querySelectorAll('#rights-picture g > title')].map(t => t.textContent)""")
    ways = [re.search(r": (\S+) … (\S+), (.*)", title).groups() for title in said]
    shown = [(int(base, 16), int(end, 16), rights, box["name"]) for (base, end, rights), box in zip(ways, boxes, strict=True)]
    assert shown == sorted([*rows, *((page, page + 4096, "absent", what) for what, page in absent.items())])
    assert all(box["value"] == row[1] - row[0] for box, row in zip(boxes, shown))
    table = dict(report.ask("""return [...document.querySelectorAll('[data-section]')].map(
        tr => [tr.cells[0].textContent, tr.cells[4].textContent])"""))
    assert table == {name: next(rights for low, high, rights, _ in rows if low <= base < high)
                     for name, (base, _) in sections(report).items()}


def test_the_memory_map_shows_rights_and_guard_pages(report: Report) -> None:
    rows = listed(report)
    titles = report.ask("""return [...document.querySelectorAll('#memory-picture g > title')].map(t => t.textContent)""")
    found = [re.fullmatch(r"(.*): (0x\w+) … (0x\w+), (?:[\d,]+|[\d,.]+)(?: \w+), (.*)", title) for title in titles
             if not title.startswith("the image:")]
    for name, base, end, rights in (match.groups() for match in found):
        here = {row[2] for row in rows if row[0] < int(end, 16) and int(base, 16) < row[1]} or {"absent"}
        assert here == {rights}, name
    assert {name: int(base, 16) for name, base, _, _ in (match.groups() for match in found) if name.startswith("the guard")} \
        == guards(report)
    assert {box["name"] for box in report.boxes("memory", "guard")} >= guards(report).keys()


def test_every_register_block_is_shown(report: Report) -> None:
    shown = sorted((box["name"], box["value"]) for box in report.boxes("registers"))
    assert shown == sorted((d.path, r.size) for d in report.image.devices for r in d.registers)


@pytest.mark.parametrize("picture, left_out", [("all", ()), ("code", (".bss", ".noinit", ".stack", ".fault_stack", ".symbols", ".page_tables"))])
def test_areas_are_proportional_to_sizes(report: Report, picture: str, left_out: tuple[str, ...]) -> None:
    boxes = report.boxes(picture)
    bytes = sum(box["value"] for box in boxes)
    assert bytes == sum(size for name, (_, size) in sections(report).items() if name not in left_out)
    svg = report.ask("""const r = document.getElementById(`${arguments[0]}-picture`).getBoundingClientRect();
        return [r.width, r.height];""", picture)
    area = svg[0] * svg[1]
    for box in boxes:  # corners are written to a hundredth of a pixel
        expected = area * box["value"] / bytes
        assert abs(box["width"] * box["height"] - expected) < 0.03 * (box["width"] + box["height"]) + 0.01, box
    assert abs(sum(box["width"] * box["height"] for box in boxes) / area - 1) < 0.01
    assert {"app_main", "osier_boot"} <= {box["name"] for box in boxes}


def test_the_stack_is_the_proven_one(report: Report) -> None:
    facts = json.loads(generated(report, "image.json"))["stack"]
    depth = stack.prove(report.folder / "image.elf", facts)
    boxes = report.boxes("stack")
    top = min(box["y"] for box in boxes)
    bar = [box for box in boxes if box["y"] == top]
    assert [box["kind"] for box in bar].count("free") == 1 and len(bar) == 3
    assert sum(box["value"] for box in bar if box["kind"] != "free") == depth.bytes
    assert sum(box["value"] for box in bar) == facts["size"]
    frames = [(box["name"], box["value"]) for box in boxes if box["y"] > top]
    proven = [(f.name, f.bytes) for f in depth.path if f.bytes]
    assert frames[:len(proven)] == proven
    # Behind these stand the frames of a fault's report.
    assert 0 < sum(value for _, value in frames[len(proven):]) <= facts["fault_size"]


def test_the_hash_is_that_of_the_image(report: Report) -> None:
    wanted = hashlib.sha256((report.folder / "image.elf").read_bytes()).hexdigest()
    assert report.ask("return document.getElementById('hash').textContent") == wanted


def test_the_bill_has_every_input_with_its_hash(report: Report) -> None:
    rows = dict(report.ask("""return [...document.querySelectorAll('.files tbody tr')].map(
        tr => [...tr.cells].map(td => td.textContent))"""))
    for name, said in rows.items():
        file = (report.folder if name.startswith("generated/") else ROOT) / name
        assert said == hashlib.sha256(file.read_bytes()).hexdigest(), name
    assert set(report.image.sources) <= rows.keys()
    assert read_by_the_compiler(report) <= rows.keys()


def read_by_the_compiler(report: Report) -> set[str]:
    """What Ninja has noted of the objects of this image, of the project's own files."""
    ninja = ["ninja", "-f", f"{images.build_folder(report.machine)}/build.ninja", "-t"]
    elf = report.folder.relative_to(ROOT) / "image.elf"
    with images.alone_in(report.machine):
        inputs = subprocess.run([*ninja, "inputs", str(elf)], cwd=ROOT, capture_output=True, text=True, check=True)
        objects = [name for name in inputs.stdout.split() if name.endswith(".o") and "symbols" not in Path(name).name]
        said = subprocess.run([*ninja, "deps", *objects], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    own = {(ROOT / name).resolve() for name in re.findall(r"^    (\S+)$", said, re.MULTILINE)}
    assert len(objects) > 10
    return {str(file.relative_to(report.folder if file.is_relative_to(report.folder) else ROOT))
            for file in own if file.is_relative_to(ROOT)}
