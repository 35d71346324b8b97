# SPDX-License-Identifier: Apache-2.0
"""`bench/compare` from the command line to the table and the JSON, without what must be downloaded."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# The images that bench/run builds lie in one folder.
pytestmark = pytest.mark.xdist_group("compare")


def compare(*options: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "bench/compare", "--machine", "virt-arm64", "--without-linux", "--seconds", "0.01",
                           "udp_echo", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_osier_beside_the_hub(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    done = compare("--rounds", "2", "--filter", "window:(8|32)/payload:64", "--json", out)
    assert done.returncode == 0, done.stdout + done.stderr
    head, _, unmeasured = done.stdout.partition("not measured:\n")
    assert re.match(r"virt-arm64: UDP echo, payload 64 +window 8 +window 32\npackets/s\n  udp-echo +[\d,]+ +[\d,]+\n", head)
    assert re.search(r"\n  of the hub, without a guest +\d+\.\d\d × +\d+\.\d\d ×\n", head)
    assert "Linux on virt-arm64: --without-linux was given" in unmeasured and "KVM" in unmeasured

    figures = {(item["image"], item["case"]): item for item in json.loads(out.read_text())["figures"]}
    assert {image for image, _ in figures} >= {"udp-echo", "hub"}
    for (image, _), item in figures.items():
        assert len(item["rounds"]) == 2
        instructions = item["median"]["instructions_per_packet"]
        assert instructions == 0 if image == "hub" else 100 < instructions < 5000


def test_a_filter_that_nothing_matches() -> None:
    done = compare("--rounds", "1", "--filter", "no-such-case")
    assert done.returncode == 1 and "no-such-case" in done.stderr and "Traceback" not in done.stderr
