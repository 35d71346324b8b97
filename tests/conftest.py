# SPDX-License-Identifier: Apache-2.0
"""What every pytest suite shares: images built for tests, away from the user's own."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))

import images  # noqa: E402

ImageBuilder = Callable[[str, str], Path]


@functools.cache
def configured(machine: str) -> str:
    return images.configure(machine)


@functools.cache
def built(machine: str, app: str) -> str:
    """What is wrong with an image, nothing where it stands."""
    if refused := configured(machine):
        return f"configure.py has refused the images of {machine}:\n{refused}"
    done = images.make(machine, images.image_folder(machine, app))
    return "" if done.returncode == 0 else f"{app} on {machine} does not build:\n{done.stdout}"


@pytest.fixture(scope="session")
def image() -> ImageBuilder:
    """Builds the image of a machine and an app; returns its build folder."""

    def build(machine: str, app: str) -> Path:
        if not images.suits(machine, app):
            pytest.fail(f"{machine} lacks a role that {app} uses: this pair is not to be tested", pytrace=False)
        if wrong := built(machine, app):
            pytest.fail(wrong, pytrace=False)
        return images.image_folder(machine, app)

    return build
