# SPDX-License-Identifier: Apache-2.0
"""An image is sealed for exactly the RAM that it needs, and not for one page less."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from images import machines

from gen import seal
from gen.problem import Refused

PAGE = 4096


@pytest.mark.parametrize("machine", machines())
def test_one_page_less_is_refused(image, machine: str, tmp_path: Path) -> None:
    folder: Path = image(machine, "udp-echo")
    first, linked = folder / "obj/first.elf", folder / "obj/linked.elf"
    facts = json.loads((folder / "generated/image.json").read_text())
    room = facts["room"]
    needed = seal.Elf(linked).end() - room["base"]
    room["size"] = -(-needed // PAGE) * PAGE
    said = seal.check(first, linked, facts, tmp_path / "image.elf", tmp_path / "pages.txt")
    assert said.startswith(f"udp-echo on {machine}: needs {-(-needed // 1024)} KiB of "), said
    room["size"] -= PAGE
    with pytest.raises(Refused) as refused:
        seal.check(first, linked, facts, tmp_path / "none.elf", tmp_path / "none.txt")
    assert not (tmp_path / "none.elf").exists()
    memory = facts["memory"]
    assert str(refused.value).startswith(f"{memory['place']}: {memory['path']}: the image needs "), refused.value
    assert re.search(r"; nearest: \d+ MiB of RAM \(0x[0-9a-f]+\), or packet-buffers = <\d+>", str(refused.value))
