# SPDX-License-Identifier: Apache-2.0
"""Paths of the peers and of the boot tests' wire, and a script without a suffix as a module."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path += [str(ROOT / folder) for folder in ("bench/peers", "bench/peers/linux", "tests/boot")]


@pytest.fixture(scope="session")
def assemble() -> ModuleType:
    """bench/peers/linux/assemble."""
    loader = SourceFileLoader("assemble", str(ROOT / "bench/peers/linux/assemble"))
    spec = importlib.util.spec_from_loader("assemble", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["assemble"] = module  # dataclasses look there
    loader.exec_module(module)
    return module
