# SPDX-License-Identifier: Apache-2.0
"""The gates of bench/check: what is worse, better or missing, what is accepted, and how it is drawn."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tree import ROOT

sys.path.insert(0, str(ROOT / "bench"))

import baselines  # noqa: E402

COUNTED = "replay/board/replay/payload:64/batch:1 instructions_per_packet"
WIRE = "udp_echo/board/udp-echo/window:32/payload:64 instructions_per_packet"


def verdict(name: str, baseline: float | None, now: float | None) -> tuple[str, bool]:
    row = baselines.Row(name, baseline, now)
    return row.verdict, row.fails


@pytest.mark.parametrize("now, expected", [
    (1000, ("ok", False)), (1020, ("ok", False)), (1021, ("worse", True)), (980, ("ok", False)),
    (979, ("better", False)), (None, ("not measured", True))])
def test_what_is_counted_has_a_gate_of_two_percent(now: float | None, expected: tuple[str, bool]) -> None:
    assert verdict(COUNTED, 1000, now) == expected


@pytest.mark.parametrize("now, expected", [(1099, ("ok", False)), (1101, ("worse", True)), (899, ("better", False))])
def test_a_wire_has_a_gate_of_ten_percent(now: float, expected: tuple[str, bool]) -> None:
    assert verdict(WIRE, 1000, now) == expected


def test_a_figure_without_a_baseline_fails() -> None:
    assert verdict(COUNTED, None, 1000) == ("no baseline", True)


def test_what_was_to_be_measured_and_was_not_has_a_row() -> None:
    rows = baselines.compare({COUNTED: 1, WIRE: 1, "boot/board/x instructions": 1}, {COUNTED: 1},
                             ["replay/board/", "udp_echo/board/"])
    assert [(row.name, row.verdict) for row in rows] == [(COUNTED, "ok"), (WIRE, "not measured")]


def entry(name: str, value: float, **others: Any) -> dict[str, Any]:
    return {"name": name, "run_name": name, "run_type": "iteration", "instructions_per_packet": value,
            "packets_per_s": 5, **others}


def test_a_report_gives_the_medians_of_what_is_gated() -> None:
    name = "udp_echo/board/udp-echo/window:32/payload:64/repeats:5/manual_time"
    report = {"benchmarks": [*(entry(name, value) for value in (500, 9000, 510)),
                             entry(f"{name}_median", 1, run_type="aggregate"),
                             entry("profile/board/udp-echo/window:32", 1),
                             entry("replay/board/replay/payload:64/batch:1/iterations:1", 7, error_occurred=True)]}
    assert baselines.read_report(report) == {WIRE: 510}


def test_accepting_keeps_what_was_not_measured() -> None:
    first = baselines.accept([], {COUNTED: 1000, WIRE: 600}, "2026-01-01")
    second = baselines.accept(first, {COUNTED: 900}, "2026-01-02")
    assert [each["date"] for each in second] == ["2026-01-01", "2026-01-02"]
    assert baselines.last(second) == {COUNTED: 900, WIRE: 600}


def test_a_day_has_one_entry() -> None:
    first = baselines.accept([], {COUNTED: 1000}, "2026-01-01")
    assert baselines.accept(first, {COUNTED: 900}, "2026-01-01") == [{"date": "2026-01-01", "figures": {COUNTED: 900}}]


def test_a_table_names_figure_difference_and_verdict() -> None:
    text = baselines.render([baselines.Row(COUNTED, 1000, 1030)])
    assert all(part in text for part in (COUNTED, "1,000.0", "1,030.0", "+3.00 %", "2 %", "worse"))


def test_there_is_a_baseline_for_every_kind_of_figure() -> None:
    accepted = baselines.last(baselines.load(ROOT / "bench/history.json"))
    assert {baselines.program_of(name) for name in accepted} == set(baselines.COUNTERS)
    assert all(value > 0 for value in accepted.values())


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bench/check", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("arguments, said", [
    (["udp_ehco"], "there is no program 'udp_ehco'"), (["--plant", "3"], "--plant 1 to 100 is for"),
    (["replay", "--plant", "3", "--accept"], "nothing to accept")])
def test_wrong_usage_is_told(arguments: list[str], said: str) -> None:
    done = check(*arguments)
    assert done.returncode == 2 and said in done.stderr


HISTORY = [{"date": "2026-01-01", "figures": {COUNTED: 1000, WIRE: 600}},
           {"date": "2026-02-01", "figures": {COUNTED: 900, WIRE: 500}}]
COMPARISON = {"figures": [
    {"program": "udp_echo", "machine": "board", "image": image, "case": "window:32/payload:64",
     "median": {"packets_per_s": rate, "instructions_per_packet": 500}}
    for image, rate in (("udp-echo", 300_000), ("linux-udp-echo", 4_000))]}


def plot(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    (folder / "history.json").write_text(json.dumps(HISTORY))
    return subprocess.run(["bench/plot", "--history", folder / "history.json", "--out", folder, *arguments],
                          cwd=ROOT, capture_output=True, text=True)


def words(file: Path) -> set[str]:
    """What is written in a drawing; that it parses is part of it."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return {"".join(element.itertext()).strip() for element in root.iter("{http://www.w3.org/2000/svg}text")}


def test_the_history_is_drawn(tmp_path: Path) -> None:
    done = plot(tmp_path)
    assert done.returncode == 0, done.stderr
    assert {"replay payload:64 batch:1: instructions per packet", "udp_echo window:32 payload:64: instructions per packet",
            "board", "2026-01-01", "2026-02-01"} <= words(tmp_path / "history.svg")
    first = (tmp_path / "history.svg").read_bytes()
    plot(tmp_path)
    assert (tmp_path / "history.svg").read_bytes() == first, "the same figures are the same bytes"


def test_a_comparison_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text(json.dumps(COMPARISON))
    done = plot(tmp_path, "--comparison", tmp_path / "figures.json")
    assert done.returncode == 0, done.stderr
    assert {"udp_echo on board: packets/s", "udp_echo on board: instructions/packet", "udp-echo",
            "linux-udp-echo", "window:32"} <= words(tmp_path / "comparison.svg")


@pytest.mark.parametrize("text, said", [("{", "this is no JSON"), ('{"figures": []}', "holds no figure")])
def test_a_comparison_that_is_none_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "figures.json").write_text(text)
    done = plot(tmp_path, "--comparison", tmp_path / "figures.json")
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr
