# SPDX-License-Identifier: Apache-2.0
"""What every pytest suite shares: images built for tests, away from the user's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))

from images import BUILD, configure, make  # noqa: E402

ImageBuilder = Callable[[str, str], Path]


@pytest.fixture(scope="session")
def image() -> ImageBuilder:
    """Builds the image of a machine and an app; returns its build folder."""
    refused = configure()
    built: dict[tuple[str, str], subprocess.CompletedProcess[str]] = {}

    def build(machine: str, app: str) -> Path:
        if refused:
            pytest.fail(f"configure.py has refused the images of the tests:\n{refused}", pytrace=False)
        key = (machine, app)
        if key not in built:
            built[key] = make(f"{BUILD}/{machine}/{app}")
        if built[key].returncode != 0:
            pytest.fail(f"{app} on {machine} does not build:\n{built[key].stdout}", pytrace=False)
        return ROOT / BUILD / machine / app

    return build
