# SPDX-License-Identifier: Apache-2.0
"""The stack under load, read from the guest's memory, is no deeper than the bound that the build has proved."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from guest import boot
from images import one_per_architecture
from test_flood import KINDS, flood
from wire import Wire
from wired import Wired

from gen import stack


def save_memory(monitor: Path, base: int, size: int, into: Path) -> bytes:
    """What lies in the guest's memory, by QEMU's monitor."""
    with socket.socket(socket.AF_UNIX) as link, link.makefile("rw") as said:
        link.connect(str(monitor))
        said.readline()
        for command, arguments in [("qmp_capabilities", {}), ("stop", {}),
                                   ("pmemsave", {"val": base, "size": size, "filename": str(into)})]:
            said.write(json.dumps({"execute": command, "arguments": arguments}))
            said.flush()
            while "return" not in (answer := json.loads(said.readline())):
                assert "error" not in answer, answer
    return into.read_bytes()


@pytest.mark.parametrize("cpu", one_per_architecture())
def test_a_stack_under_load_stays_within_its_bound(image, cpu: str, tmp_path: Path) -> None:
    folder: Path = image(cpu, "net-counters")
    monitor = tmp_path / "monitor"
    with ExitStack() as opened:
        wire = opened.enter_context(Wire())
        guest = opened.enter_context(boot(folder, "--", "-qmp", f"unix:{monitor},server=on,wait=off", net=wire.net))
        wired = Wired(guest, wire)
        wired.settle()
        flood(wired, KINDS["mixed"], 5_000)
        with (folder / "image.elf").open("rb") as file:
            symbols = {s.name: s["st_value"] for s in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}
        base, top = symbols["__stack_bottom"], symbols["__stack_top"]
        memory = save_memory(monitor, base, top - base, tmp_path / "stack")
    # QEMU's memory is zero at the start, so what is not was written.
    used = top - base - next(i for i, byte in enumerate(memory) if byte)
    facts = json.loads((folder / "generated/image.json").read_text())["stack"]
    bound = stack.prove(folder / "image.elf", facts).bytes
    assert 0 < used <= bound <= facts["size"]
    print(f"{cpu}: {used} of at most {bound} bytes")
