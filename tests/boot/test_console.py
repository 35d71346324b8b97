# SPDX-License-Identifier: Apache-2.0
"""Every app prints what its expected.txt says, on every machine."""

from __future__ import annotations

import time

import pytest
from guest import PATIENCE, ROOT, boot, wait_until
from images import apps

EXPECTED = sorted(file.parent.name for file in (ROOT / "apps").glob("*/expected.txt"))


def test_every_app_says_what_it_prints() -> None:
    assert EXPECTED == apps(), "an app lacks expected.txt"


@pytest.mark.parametrize("app", EXPECTED)
def test_console_is_as_expected(image, machine: str, app: str) -> None:
    expected = (ROOT / "apps" / app / "expected.txt").read_text()
    # User networking: the gateway answers ARP. Nothing is forwarded, so that guests share no port.
    with boot(image(machine, app), net="user,net=10.0.2.0/24,host=10.0.2.2") as guest:
        wait_until(lambda: len(guest.output) >= len(expected) or guest.process.poll() is not None, PATIENCE)
        time.sleep(0.2)  # what is too much would follow at once
        assert guest.output == expected
        if guest.process.poll() is not None:
            assert guest.end() == 0
