# SPDX-License-Identifier: Apache-2.0
"""docs/rejections.md is what the cases of tests/reject say."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_catalogue_is_that_of_the_cases() -> None:
    printed = subprocess.run([ROOT / "tests/reject/document.py"], capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs/rejections.md").read_text() == printed, "tests/reject/document.py > docs/rejections.md"


def test_there_are_eighty_mistakes_at_least() -> None:
    assert (ROOT / "docs/rejections.md").read_text().count("\nRight:") >= 80
