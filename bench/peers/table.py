# SPDX-License-Identifier: Apache-2.0
"""The medians of several rounds of Google Benchmark's figures, as tables for people.

A round measures every image in every case, one image after the other: figures of one round were taken
within minutes and compare, figures of two rounds may not. A ratio is therefore taken in each round, and
the median of the ratios shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Figures = dict[str, float]  # of one case in one round, by name
NAME_WIDTH, COLUMN_WIDTH = 36, 11  # a column is as wide as its heading needs


# Google Benchmark's own account of a case; the other numbers are measured.
BOOKKEEPING = {"family_index", "per_family_instance_index", "repetitions", "repetition_index",
               "threads"}


@dataclass(frozen=True)
class Case:
    """What is measured of each image."""

    program: str
    machine: str
    group: str   # a table each
    column: str


@dataclass(frozen=True)
class Section:
    """A figure, of all images in all columns."""

    heading: str
    figure: str
    show: Callable[[float], str]
    combine: Callable[[list[float]], float] = median  # of the rounds
    once: bool = False                                # it does not depend on the column


@dataclass(frozen=True)
class Layout:
    """How the figures of a program are shown."""

    title: str                                  # behind the machine's name
    group: str                                  # a pattern: such parameters have a table each
    sections: tuple[Section, ...]               # the ratios are those of the first
    subject: str                                # the image that is compared
    peers: tuple[tuple[str, tuple[str, ...]], ...]  # name, images of which the best counts


@dataclass
class Comparison:
    """All figures: by case, then image, then the number of the round."""

    layouts: dict[str, Layout]  # by program
    figures: dict[Case, dict[str, dict[int, Figures]]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, number: int, report: dict[str, Any]) -> None:
        """A report of the round of that number, as Google Benchmark writes it."""
        for entry in report["benchmarks"]:
            case, image = self._named(entry["name"])
            if entry.get("error_occurred"):
                reason = entry["error_message"].splitlines()[0]
                self.failures.append(f"{case.machine}/{image}, {case.column}, {case.group}: {reason}")
                continue
            values = {name: float(value) for name, value in entry.items()
                      if isinstance(value, (int, float)) and name not in BOOKKEEPING}
            self.figures.setdefault(case, {}).setdefault(image, {})[number] = values

    def _named(self, name: str) -> tuple[Case, str]:
        """The case and the image of <program>/<machine>/<image>/<parameter>…"""
        program, machine, image, *parameters = name.split("/")
        shown = [parameter.replace(":", " ") for parameter in parameters
                 if parameter != "manual_time" and not parameter.startswith("iterations:")]
        group = [text for text in shown if re.match(self.layouts[program].group, text)]
        column = [text for text in shown if text not in group]
        return Case(program, machine, " ".join(group), " ".join(column)), image

    def tables(self) -> dict[tuple[str, str, str], list[Case]]:
        """The cases of each table, in the order in which they were measured."""
        found: dict[tuple[str, str, str], list[Case]] = {}
        for case in self.figures:
            found.setdefault((case.program, case.machine, case.group), []).append(case)
        return found

    def value(self, case: Case, image: str, section: Section) -> float | None:
        """What is shown of an image in a case; None where it was not measured."""
        values = [values[section.figure] for values in self.figures[case].get(image, {}).values()
                  if section.figure in values]
        return section.combine(values) if values else None

    def ratio(self, case: Case, image: str, others: Iterable[str], figure: str) -> float | None:
        """The image's figure by the best of the others' in the same round."""
        images = self.figures[case]
        ratios = []
        for number, own in images.get(image, {}).items():
            rates = [images[other][number][figure] for other in others
                     if number in images.get(other, {})]
            if rates:
                ratios.append(own[figure] / max(rates))
        return median(ratios) if ratios else None


def count(value: float) -> str:
    return f"{value:,.0f}"


def percent(value: float) -> str:
    return f"{value:.2f}"


def times(value: float) -> str:
    return f"{value:.2f} ×"


def line(name: str, cells: Iterable[str], width: int) -> str:
    return f"{name:{NAME_WIDTH}}" + "".join(f"{cell:>{width}}" for cell in cells)


def render(comparison: Comparison) -> str:
    return "\n".join(text for (program, machine, group), cases in comparison.tables().items()
                     for text in table(comparison, program, f"{machine}: {{}}, {group}", cases))


def table(comparison: Comparison, program: str, title: str, cases: list[Case]) -> list[str]:
    layout = comparison.layouts[program]
    images = list(dict.fromkeys(image for case in cases for image in comparison.figures[case]))
    headings = [case.column for case in cases]
    width = max(COLUMN_WIDTH, *(len(heading) + 1 for heading in headings))

    def row(name: str, values: Iterable[float | None], show: Callable[[float], str]) -> str:
        return line(f"  {name}", ("-" if value is None else show(value) for value in values), width)

    lines = [line(title.format(layout.title), headings, width)]
    for section in layout.sections:
        columns = cases[:1] if section.once else cases
        lines.append(section.heading)
        lines += [row(image, (comparison.value(case, image, section) for case in columns),
                      section.show) for image in images]
    rate = layout.sections[0]
    ratios = [(name, [comparison.ratio(case, layout.subject, others, rate.figure)
                      for case in cases]) for name, others in layout.peers]
    known = [(name, values) for name, values in ratios if values != [None] * len(cases)]
    if known:
        lines.append(f"{layout.subject}'s {rate.heading}, in the same round")
        lines += [row(f"of {name}", values, times) for name, values in known]
    return [*lines, ""]


def as_json(comparison: Comparison) -> list[dict[str, Any]]:
    """One object for each case and image: the median of every figure, and all rounds."""
    return [{"program": case.program, "machine": case.machine, "image": image,
             "case": f"{case.column}, {case.group}", "rounds": list(rounds.values()),
             "median": {name: median(values[name] for values in rounds.values())
                        for name in next(iter(rounds.values()))}}
            for case, images in comparison.figures.items() for image, rounds in images.items()]
