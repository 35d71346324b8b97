#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the host tests: one program for each *_test.cpp. Prints errors only."""

from __future__ import annotations

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hosted import Programs, build, found  # noqa: E402

TESTS = Programs(
    folder="build/test/unit",
    flags="-O1 -fsanitize=address,undefined",
    link="-lgtest -lgtest_main",
    library=[],
    sources=found("tests/unit/*_test.cpp", "drivers/*/*_test.cpp"))

if __name__ == "__main__":
    sys.exit(build(TESTS))
