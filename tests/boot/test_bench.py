# SPDX-License-Identifier: Apache-2.0
"""The contract of bench/run: its figures, its JSON, its words, and that the user's images stay as they are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from guest import ROOT

pytestmark = pytest.mark.xdist_group("bench")  # they share build/bench


def bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ROOT / "bench/run", *arguments], capture_output=True, text=True)


def configured() -> str | None:
    file = ROOT / "build.ninja"
    return file.read_text() if file.exists() else None


def test_figures_are_printed_and_written(tmp_path: Path) -> None:
    before, file = configured(), tmp_path / "figures.json"
    done = bench("image_size", "--app", "hello", "--json", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "image_size/virt-arm64/hello" in done.stdout and "text" in done.stdout
    [case] = json.loads(file.read_text())["benchmarks"]
    assert case["name"].startswith("image_size/virt-arm64/hello")
    assert 4096 < case["text"] < case["total"] < 1 << 20
    assert configured() == before


def test_standard_output_may_be_json() -> None:
    done = bench("image_size", "--app=hello", "--benchmark_format=json")
    assert len(json.loads(done.stdout)["benchmarks"]) == 1
    assert "\x1b" not in done.stdout + done.stderr  # no progress in a pipe


def test_a_failed_case_is_told_by_the_status() -> None:
    done = bench("udp_echo", "--app", "hello", "--filter", "idle")
    assert done.returncode == 1
    assert "the image has 0 network devices" in done.stdout


@pytest.mark.parametrize(("arguments", "said"), [
    (["nothing"], "there is no program 'nothing'; programs: block_io, boot, "),
    (["--machine", "pdp11"], "there is no machine 'pdp11'; machines: microvm-x64, "),
    (["image_size", "--app", "nothing"], 'there is no app "nothing"'),
    (["boot", "--app", "hello"], "boot: --app: boot has apps of its own"),
    (["image_size", "--machine"], "argument --machine: expected one argument"),
    (["image_size", "--nonsense"], "unrecognized command-line flag: --nonsense"),
])
def test_refuses_by_name(arguments: list[str], said: str) -> None:
    done = bench(*arguments)
    assert done.returncode != 0
    assert said in done.stderr and "Traceback" not in done.stderr


def test_help_lists_programs_and_machines() -> None:
    told = bench("--help").stdout
    for name in ("udp_echo", "boot", "image_size", "profile", "virt-rv32-pci", "--json"):
        assert name in told
