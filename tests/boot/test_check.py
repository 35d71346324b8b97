# SPDX-License-Identifier: Apache-2.0
"""A slow-down that is planted in the replay is noticed at 3 %, and one of 1 % is not; both are built and run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from guest import ROOT


def check(history: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bench/check", "replay", "--machine", "virt-arm64", "--history", history, *arguments],
                          cwd=ROOT, capture_output=True, text=True)


def differences(table: str) -> list[float]:
    return [float(found) for found in re.findall(r"([+-]\d+\.\d+) %", table)]


def test_a_planted_slow_down_is_noticed(tmp_path: Path) -> None:
    history = tmp_path / "history.json"
    accepted = check(history, "--accept")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr

    same = check(history)
    assert same.returncode == 0 and differences(same.stdout) == [0, 0, 0, 0], same.stdout + same.stderr

    little = check(history, "--plant", "1")
    assert little.returncode == 0, little.stdout + little.stderr
    assert all(0.9 < found < 1.1 for found in differences(little.stdout))

    much = check(history, "--plant", "3")
    assert much.returncode == 1 and much.stdout.count("worse\n") == 4, much.stdout + much.stderr
    assert "bench/check --accept" in much.stdout
