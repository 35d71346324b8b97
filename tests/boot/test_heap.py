# SPDX-License-Identifier: Apache-2.0
"""What an image says of a heap that is misused, missing, or not given back."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import frames
import pytest
from guest import ROOT
from test_panic import report
from wired import Starter

APP = "heap-faults"
BY_NEW = r"allocated at new_text \+ 0x[0-9a-f]+\n"


@pytest.mark.parametrize("letter, said", [
    ("2", rf"0x[0-9a-f]+ is freed twice: 20 bytes, {BY_NEW}"),
    ("o", rf"0x[0-9a-f]+ is overrun: 20 bytes of new, {BY_NEW}"),
    ("w", r"0x[0-9a-f]+ was not allocated from the heap\n"),
    ("m", r"out of memory: 16384 bytes for new at new_text \+ 0x[0-9a-f]+; \d+ of the heap's 16384 bytes are free\n"
          r"  mem new: 20 bytes in 1 blocks, at most 20 bytes\n"),
])
def test_misuse_is_a_panic_that_names_the_place(start: Starter, cpu: str, letter: str, said: str) -> None:
    assert re.match(f"panic: {said}", report(start, cpu, letter, APP))


def test_leaks_are_named_at_the_end(start: Starter, cpu: str) -> None:
    wired = start(cpu, APP)
    wired.wire.send(frames.datagram(b"l"))
    assert wired.guest.end() == 0, wired.guest.output
    line = 1 + next(at for at, text in enumerate((ROOT / f"tests/boot/apps/{APP}/main.cpp").read_text().splitlines())
                    if "allocate(40" in text)
    # In the order of their places; the function of the others is theirs, or that they are inlined into.
    assert sorted(re.sub(r"at \S+ \+ 0x[0-9a-f]+$", "at CODE", text)
                  for text in wired.guest.output.splitlines()) == [
        "leak: 20 bytes of new, allocated at CODE", "leak: 30 bytes of malloc, allocated at CODE",
        f"leak: 40 bytes of names, allocated at tests/boot/apps/{APP}/main.cpp:{line}"]


USES = {"new": "console.print(\"{}\\n\", static_cast<const void*>(new int{1}));",
        "malloc": "console.print(\"{}\\n\", malloc(8));",
        "vector": "std::vector<int> kept; for (int i = 0; i < 9; ++i) kept.push_back(i);\n"
                  "  console.print(\"{}\\n\", kept.back());",
        "platform::heap": "console.print(\"{}\\n\", platform::heap().free_bytes());"}


@pytest.mark.xdist_group("heap")  # they share a build folder
@pytest.mark.parametrize("use", USES)
def test_without_heap_size_it_does_not_link_and_says_why(use: str, tmp_path: Path) -> None:
    """The twin has the property and links."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "main.cpp").write_text("#include <stdlib.h>\n#include <vector>\n#include \"machine.hpp\"\n"
                                  "#include \"mem/heap.hpp\"\n"
                                  "task<> app_main(machine::console console) {\n"
                                  f"  {USES[use]}\n  co_return;\n}}\n")
    said = {}
    for size in ("", "heap-size = <0x4000>;"):
        (app / "app.dtsi").write_text(f'/ {{ app {{ compatible = "osier,app"; uses = "console"; {size} }}; }};\n')
        build = ROOT / "build/test/heap"
        for command in (["./configure.py", "--machine", "virt-arm64", "--app", str(app), "--build", str(build)],
                        ["ninja", "-f", str((build / "build.ninja").relative_to(ROOT))]):
            done = subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said[size] = (done.returncode, done.stdout)
    status, text = said[""]
    name = "new" if use == "vector" else use
    assert status != 0
    assert (f"/app: {name} is used, and this app has no heap; nearest: add heap-size = <0x10000>; to the app node of "
            "its app.dtsi\n") in text, text
    assert said["heap-size = <0x4000>;"][0] == 0, said
