# SPDX-License-Identifier: Apache-2.0
"""The entropy device's bytes and the clock's date reach the app exactly."""

from __future__ import annotations

from pathlib import Path

import pytest
from guest import ROOT, boot
from images import machines, suits
from world import boot_in_known_world


PAIRS = [(machine, app) for machine in machines() for app in ("clock", "entropy") if suits(machine, app)]


@pytest.mark.parametrize("machine, app", PAIRS)
def test_app_tells_what_the_world_says(image, machine: str, app: str, tmp_path: Path) -> None:
    with boot_in_known_world(image(machine, app), tmp_path) as guest:
        assert guest.end() == 0, guest.output
        assert guest.output == (ROOT / "apps" / app / "expected.txt").read_text()


@pytest.mark.parametrize("machine", [name for name in machines() if suits(name, "entropy")])
def test_entropy_differs_from_boot_to_boot(image, machine: str) -> None:
    said = []
    for _ in range(2):
        with boot(image(machine, "entropy")) as guest:
            assert guest.end() == 0, guest.output
            said.append(guest.output)
    assert said[0] != said[1]
