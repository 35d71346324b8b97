# SPDX-License-Identifier: Apache-2.0
"""The entropy device's bytes and the clock's date reach the app exactly, on each machine that has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from guest import boot
from images import machines, suits
from world import RANDOM, boot_in_known_world

# ChaCha20's first block under the key 00 01 … 1f, from byte 32 on; computed apart from this project's code.
GENERATED = "2b23cce7a26023ab3f0eef693ac87f64258235eab1f7a32dc22762a0485b410c"
SAID = {"clock": "clock: 2031-05-06T07:08:09Z, 1935817689 s since 1970\n",
        "entropy": f"entropy: {RANDOM[:32].hex()}\nentropy: and without end, {GENERATED}\n"}
PAIRS = [(machine, app) for machine in machines() for app in sorted(SAID) if suits(machine, app)]


@pytest.mark.parametrize("machine, app", PAIRS)
def test_app_tells_what_the_world_says(image, machine: str, app: str, tmp_path: Path) -> None:
    with boot_in_known_world(image(machine, app), tmp_path) as guest:
        assert guest.end() == 0, guest.output
        assert guest.output == SAID[app]


@pytest.mark.parametrize("machine", [name for name in machines() if suits(name, "entropy")])
def test_entropy_differs_from_boot_to_boot(image, machine: str) -> None:
    said = []
    for _ in range(2):
        with boot(image(machine, "entropy")) as guest:
            assert guest.end() == 0, guest.output
            said.append(guest.output)
    assert said[0] != said[1]
