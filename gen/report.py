# SPDX-License-Identifier: Apache-2.0
"""The command that Ninja runs to write the report of one built image."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.pycache_prefix = str(Path(__file__).resolve().parent.parent / "build/.pycache")

from gen import (report_bill, report_interrupts, report_memory, report_owners,  # noqa: E402
                 report_rights, report_sizes, report_stack, report_tree, stack)
from gen.emit import environment, write_depfile  # noqa: E402
from gen.ninja import Target  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Place, status_of  # noqa: E402
from gen.report_picture import number, size  # noqa: E402
from gen.seal import Elf, absent, memory_line  # noqa: E402


def view(target: Target, commands: Path) -> tuple[dict[str, Any], list[str]]:
    """What the template shows, and the files that it is about."""
    image, folder = target.image, target.folder / target.image.machine / target.image.app
    facts = json.loads((folder / "generated/image.json").read_text())
    elf = Elf(folder / "image.elf")
    sections = report_sizes.sections(elf)
    rights = report_rights.read(folder / "pages.txt",
                                absent(elf, facts) if facts["paging"] else {})
    depths = stack.stack_of(folder / "image.elf", facts["stack"])
    levels = report_stack.levels(stack.levels(depths, facts["stack"]))
    fault = report_stack.fault_level(stack.fault_report(depths, facts["stack"]))
    bill, files = report_bill.bill(target, commands)

    def place(where: Place) -> str:
        file = report_bill.label(target, Path(where.file))
        return str(Place(file, where.line))

    return {
        "image": image, "hash": report_bill.digest(folder / "image.elf"), "place": place,
        "memory_line": memory_line(elf, facts).partition(": ")[2],
        "tree": report_tree.rows(image), "sections": sections,
        "wires": report_interrupts.wires(image),
        "owners": report_owners.picture(image),
        "interrupts": report_interrupts.picture(image),
        "memory": report_memory.picture(image, sections, rights),
        "rights": report_rights.picture(rights), "rights_key": report_rights.key(rights),
        "section_rights": {s.name: report_rights.of(rights, s.base, s.end) for s in sections},
        "registers": report_memory.registers(image),
        "treemaps": report_sizes.treemaps(sections),
        "stack": report_stack.picture(levels, fault, facts["stack"]["size"]),
        "fault": fault.depth.bytes, "fault_room": facts["stack"]["fault_size"],
        "needed": sum(level.depth.bytes for level in levels), "room": facts["stack"]["size"],
        "coroutines": report_stack.coroutine_rows(depths.coroutines()), "bill": bill,
    }, files


def render(context: dict[str, Any]) -> str:
    templates = environment().overlay(autoescape=True)
    templates.filters.update(number=number, size=size)
    return templates.get_template("report.html.j2").render(context)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dts", type=Path, required=True, help="the machine file")
    parser.add_argument("--app", type=Path, required=True, help="the folder of the app")
    parser.add_argument("--folder", type=Path, required=True, help="the build folder of the image")
    parser.add_argument("--profile", required=True, help="how the image was compiled")
    parser.add_argument("--commands", type=Path, required=True, help="compile_commands.json")
    parser.add_argument("--depfile", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    return status_of(lambda: write(options))


def write(options: argparse.Namespace) -> int:
    target = Target(compile_image(options.dts, options.app), options.dts, options.app,
                    options.folder.resolve().parent.parent, options.profile)
    context, files = view(target, options.commands)
    options.out.write_text(render(context), encoding="utf-8")
    write_depfile(files, options.depfile, str(options.out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
