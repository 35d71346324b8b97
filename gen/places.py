# SPDX-License-Identifier: Apache-2.0
"""Files and lines of the code addresses that the report of a fault ends with."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

SYMBOLIZER = "llvm-symbolizer-19"
# As core/fault.cpp prints them: what the address is, and the address.
ADDRESS = re.compile(r"^  (at|called) +(0x[0-9a-f]+) ", re.MULTILINE)


def places(image: Path, said: str) -> list[str]:
    """A row for each address of the last report in an image's output, and for each function that
    was inlined there; none where there is no report, or no symbolizer."""
    report = said.rpartition("panic: ")[2] if "panic: " in said else ""
    found = [(word, int(address, 16)) for word, address in ADDRESS.findall(report)]
    if not found or shutil.which(SYMBOLIZER) is None:
        return []
    # A call returns behind itself.
    wanted = [address - (word == "called") for word, address in found]
    done = subprocess.run([SYMBOLIZER, f"--obj={image}", "--output-style=JSON", "--inlines",
                           "--relativenames", *map(hex, wanted)], capture_output=True, text=True)
    if done.returncode:
        return []
    rows = []
    for (word, _), known in zip(found, json.loads(done.stdout)):
        for inner, each in enumerate(known.get("Symbol", [])):
            if each["Line"]:
                head = word if inner == 0 else "in"
                rows.append(f"  {head:7} {each['FileName']}:{each['Line']} {each['FunctionName']}")
    return rows
