# SPDX-License-Identifier: Apache-2.0
"""The targets: each tests/fuzz/*.cpp is one, and the devicetree loader; and how they are run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from build import FUZZERS

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/fuzz"
# What a machine forgets at power-up is no leak.
LIBFUZZER = ["-detect_leaks=0", "-timeout=20", "-max_len=4096", "-rss_limit_mb=2048"]


@dataclass(frozen=True)
class Target:
    name: str
    command: list[str]
    runs: int  # in the test suite

    @property
    def inputs(self) -> list[Path]:
        """The folders of its committed inputs, those of mended findings first."""
        return [folder for folder in (HERE / "regressions" / self.name, HERE / "corpus" / self.name)
                if folder.is_dir()]


def targets() -> list[Target]:
    """In the order of their names."""
    programs = [Target(Path(source).stem, [f"{FUZZERS.folder}/bin/{Path(source).stem}", *LIBFUZZER], 20_000)
                for source in FUZZERS.sources]
    loader = Target("devicetree", ["/usr/bin/python3", "tests/fuzz/devicetree.py"], 200)
    return sorted([*programs, loader], key=lambda target: target.name)
