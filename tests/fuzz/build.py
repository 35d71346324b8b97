#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the fuzzers: one program for each tests/fuzz/*.cpp. Prints errors only."""

from __future__ import annotations

import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hosted import Programs, build, found  # noqa: E402

FUZZERS = Programs(
    folder="build/test/fuzz",
    # What a fuzzer has found is to be seen at once: errors end it.
    flags="-O1 -fsanitize=fuzzer-no-link,address,undefined -Itests/fuzz",
    link="-fsanitize=fuzzer -lgtest",
    library=found("tests/fuzz/host/*.cpp"),
    sources=found("tests/fuzz/*.cpp"))

if __name__ == "__main__":
    sys.exit(build(FUZZERS))
