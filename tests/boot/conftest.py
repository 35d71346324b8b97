# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the boot tests: machines in turn, and guests on a wire of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from guest import boot  # noqa: E402
from images import machines, one_per_architecture, roles_of  # noqa: E402
from wire import Wire  # noqa: E402
from wired import Starter, Wired  # noqa: E402


@pytest.fixture(params=[name for name in machines() if "net0" in roles_of(name)])
def machine(request: pytest.FixtureRequest) -> str:
    """Each machine with a network in turn."""
    name: str = request.param
    return name


@pytest.fixture(params=one_per_architecture())
def cpu(request: pytest.FixtureRequest) -> str:
    """A machine of each architecture in turn."""
    name: str = request.param
    return name


@pytest.fixture
def start(image: Callable[[str, str], Path]) -> Iterator[Starter]:
    """Boots an app on a wire; everything ends with the test."""
    with ExitStack() as stack:

        def begin(machine: str, app: str) -> Wired:
            folder = image(machine, app)
            wire = stack.enter_context(Wire())
            guest = stack.enter_context(boot(folder, net=wire.net))
            wire.connected()
            wired = Wired(guest, wire)
            wired.settle()
            return wired

        yield begin


@pytest.fixture
def wired(start: Starter, cpu: str) -> Wired:
    """The app that echoes and counts, on each architecture."""
    return start(cpu, "net-counters")
