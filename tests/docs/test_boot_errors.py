# SPDX-License-Identifier: Apache-2.0
"""docs/boot-errors.md is the closed list of what a device can be refused for, and each has its test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROWS = re.findall(r"^\| (?!message|---)(.*?) \| (`.*`) \|$", (ROOT / "docs/boot-errors.md").read_text(), re.MULTILINE)
# panic_at(NODE, "TEXT" "MORE OF IT", …), and fail("TEXT", …) of a virtio device, which adds the node.
REFUSAL = re.compile(r'(?:panic_at\([\w:.]+,|\bfail\()((?:\s*"[^"]*")+)')


def stated() -> set[str]:
    """The texts that drivers/ and src/ name a node with."""
    files = [*(ROOT / "drivers").rglob("*.hpp"), *(ROOT / "src").rglob("*.[ch]pp")]
    calls = [found for file in files for found in REFUSAL.findall(file.read_text())]
    return {"".join(re.findall(r'"([^"]*)"', call)) for call in calls}


def all_tests() -> str:
    files = [*(ROOT / "drivers").rglob("*_test.cpp"), *(ROOT / "tests").rglob("*.py")]
    return "\n".join(file.read_text() for file in files)


def test_the_list_is_closed() -> None:
    assert {message for message, _ in ROWS} == stated()


def test_each_has_its_test() -> None:
    everything = all_tests()
    for message, names in ROWS:
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"(def |TEST_F\(\w+, |TEST\(\w+, ){name}\(?", everything), f"{message}: {name}"


def test_every_call_is_understood() -> None:
    """A text that is not a literal at the call would not be in the list."""
    for file in [*(ROOT / "drivers").rglob("*.hpp"), *(ROOT / "src").rglob("*.[ch]pp")]:
        text = file.read_text()
        calls = len(re.findall(r"\bpanic_at\((?!std::string_view)", text))
        known = len(re.findall(r'\bpanic_at\([\w:.]+,\s*("|text, arguments)', text))
        assert calls == known, file
