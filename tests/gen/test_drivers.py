# SPDX-License-Identifier: Apache-2.0
"""A malformed driver.yaml is refused with a message, whatever is wrong with it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from gen import drivers  # noqa: E402
from gen.problem import Refused  # noqa: E402

HEAD = """drivers:
  - compatible: ["maker,part"]
    title: part
    class: console
    header: part/part.hpp
    type: part::driver
"""
MALFORMED = {
    b"": "the list `drivers` is missing",
    b"drivers:": "`drivers` is not a list of drivers",
    b"drivers: word": "`drivers` is not a list of drivers",
    b"drivers:\n  - word": "`drivers` is not a list of drivers",
    b"drivers: [\n": "this is no YAML",
    b"\xff\xff": "this is no YAML",
    b"drivers:\n  - title: part\n": "`class` is missing",
    HEAD.replace('["maker,part"]', "maker,part").encode(): "`compatible` is not a list",
    f"{HEAD}    registers: 3\n".encode(): "`registers` is not a list",
    f"{HEAD}    regs: [a]\n".encode(): "`regs` is unknown",
    f"{HEAD}    on: virtio\n".encode(): "`on` without quotes",
    f"{HEAD}    properties: [word]\n".encode(): "an entry of `properties`",
}


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: MALFORMED[text])
def test_malformed_file_is_refused(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "driver.yaml"
    file.write_bytes(text)
    with pytest.raises(Refused) as refused:
        drivers.read_file(file)
    assert MALFORMED[text] in str(refused.value)


def test_a_compatible_has_one_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tuple(tmp_path / name for name in ("one.yaml", "two.yaml"))
    for file in files:
        file.write_text(HEAD)
    monkeypatch.setattr(drivers, "driver_files", lambda: files)
    drivers.all_drivers.cache_clear()
    with pytest.raises(Refused, match='"maker,part" is also that of'):
        drivers.all_drivers()
    drivers.all_drivers.cache_clear()
