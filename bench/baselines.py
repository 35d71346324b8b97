# SPDX-License-Identifier: Apache-2.0
"""Accepted figures and their history, and what a measurement is beside them.

The history is a list of {"date", "figures"}, the oldest first; the figures of the last are the baselines.
A figure has a name, <case> <counter>, and a value of which less is better: instructions, or bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

# What is gated of each program's counters; the others depend on the host.
COUNTERS = {
    "boot": ("instructions_to_app_main",),
    "executor": ("instructions",),
    "image_size": ("text", "total"),
    "replay": ("instructions_per_packet",),
    "udp_echo": ("instructions_per_packet",),
}
# How much more is allowed, in percent. What comes over a wire comes in other batches each time.
GATES = {"udp_echo": 10.0}
GATE = 2.0

Figures = dict[str, float]


def program_of(name: str) -> str:
    return name.partition("/")[0]


def gate_of(name: str) -> float:
    return GATES.get(program_of(name), GATE)


def case_of(entry: dict[str, Any]) -> str:
    """The name of a case, without what Google Benchmark appends to it."""
    return re.sub(r"/(iterations|repeats):\d+|/manual_time", "", str(entry.get("run_name", entry["name"])))


def read_report(report: dict[str, Any]) -> Figures:
    """The gated figures of a report of Google Benchmark's, each the median of its repetitions."""
    found: dict[str, list[float]] = {}
    for entry in report["benchmarks"]:
        if entry.get("run_type") == "aggregate" or entry.get("error_occurred"):
            continue
        case = case_of(entry)
        for counter in COUNTERS.get(program_of(case), ()):
            if counter in entry:
                found.setdefault(f"{case} {counter}", []).append(float(entry[counter]))
    return {name: round(median(values), 2) for name, values in found.items()}


@dataclass(frozen=True)
class Row:
    """A figure beside its baseline; one of the two may be missing."""

    name: str
    baseline: float | None
    now: float | None

    @property
    def difference(self) -> float | None:
        """In percent of the baseline, as it is shown."""
        if self.baseline is None or self.now is None or self.baseline == 0:
            return None
        return round(100 * (self.now / self.baseline - 1), 2)

    @property
    def verdict(self) -> str:
        if self.now is None:
            return "not measured"
        if self.difference is None:
            return "no baseline"
        if self.difference > gate_of(self.name):
            return "worse"
        return "better" if self.difference < -gate_of(self.name) else "ok"

    @property
    def fails(self) -> bool:
        return self.verdict not in ("ok", "better")


def compare(baselines: Figures, now: Figures, wanted: Iterable[str]) -> list[Row]:
    """A row for each figure; `wanted` begins the names of what should have been measured."""
    prefixes = tuple(wanted)
    expected = [name for name in baselines if name.startswith(prefixes)]
    return [Row(name, baselines.get(name), now.get(name)) for name in dict.fromkeys([*now, *expected])]


def shown(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 10_000 else f"{value:,.1f}"


def render(rows: list[Row]) -> str:
    """The rows as a table, aligned."""
    lines = [("figure", "baseline", "now", "difference", "gate", "verdict")]
    for row in rows:
        difference = "-" if row.difference is None else f"{row.difference:+.2f} %"
        lines.append((row.name, shown(row.baseline), shown(row.now), difference,
                      f"{gate_of(row.name):.0f} %", row.verdict))
    widths = [max(len(line[column]) for line in lines) for column in range(6)]
    return "\n".join("  ".join([line[0].ljust(widths[0]),
                                *(cell.rjust(width) for cell, width in zip(line[1:5], widths[1:5])), line[5]])
                     for line in lines)


def load(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text()) if file.is_file() else []


def last(history: list[dict[str, Any]]) -> Figures:
    return dict(history[-1]["figures"]) if history else {}


def accept(history: list[dict[str, Any]], now: Figures, date: str) -> list[dict[str, Any]]:
    """The history with these figures: what was not measured stays, and a day has one entry."""
    figures = last(history) | now
    before = history[:-1] if history and history[-1]["date"] == date else history
    return [*before, {"date": date, "figures": dict(sorted(figures.items()))}]


def store(file: Path, history: list[dict[str, Any]]) -> None:
    file.write_text(json.dumps(history, indent=1) + "\n")
