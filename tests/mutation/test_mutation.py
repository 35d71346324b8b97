# SPDX-License-Identifier: Apache-2.0
"""A sample of mutants of each machine: refused with the right line, the same image, or booted."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent), str(HERE)]

from images import machines, one_per_architecture  # noqa: E402
from mutate import KINDS, mutate, read  # noqa: E402
from outcome import BUILT, VERDICTS, WRONG, Outcome, build_and_boot, generate  # noqa: E402

SAMPLE = 40  # of each machine
SOURCE = read("""#line 5 "board.dts"
/ {
  #address-cells = <2>;
  soc: bus@1000 {
    compatible = "a,b", "c;d{";
    ranges = <0 1>,
             <2 3>;
    serial { fifo; };
    timer {};
  };
};
&{/bus@1000/serial} {
  mac = [01 ff];
};
""")


def test_properties_are_found_where_they_stand() -> None:
    assert [(it.path, it.name, it.place.line) for it in SOURCE.properties] == [
        ("/", "#address-cells", 6), ("/bus@1000", "compatible", 8), ("/bus@1000", "ranges", 9),
        ("/bus@1000/serial", "fifo", 11), ("/bus@1000/serial", "mac", 16)]
    assert {path: [place.line for _, place in found] for path, found in SOURCE.openings.items()} == {
        "/": [5], "/bus@1000": [7], "/bus@1000/serial": [11, 15], "/bus@1000/timer": [12]}


@pytest.mark.parametrize("seed", range(200))
def test_a_mutant_differs_and_no_line_moves(seed: int) -> None:
    mutant = mutate(SOURCE, str(seed), frozenset())
    assert mutant == mutate(SOURCE, str(seed), frozenset())
    assert mutant.text != SOURCE.text
    assert mutant.text.count("\n") == SOURCE.text.count("\n")
    assert [line for line in mutant.text.splitlines() if "{" in line.partition(";")[0]]
    assert all(place.file == "board.dts" for place in mutant.places)


def test_every_kind_is_drawn() -> None:
    """By the first words of what a mutant says of itself."""
    drawn = {mutate(SOURCE, str(seed), frozenset()).what.split(":")[0].split(" to ")[0] for seed in range(500)}
    assert drawn == {"dropped", "misspelt", "of another type", "another character", "off by one", "moved", "copied",
                     "there twice", "repeated"}
    assert len(KINDS) == 9


@pytest.mark.parametrize("machine", machines())
def test_no_mutant_is_misunderstood(machine: str) -> None:
    found = [generate((machine, seed)) for seed in range(1, SAMPLE + 1)]
    for each in found:
        each.file.unlink(missing_ok=True)
    assert not [str(each) for each in found if each.verdict == WRONG]


@pytest.mark.xdist_group("mutation")
def test_a_mutant_that_is_accepted_boots() -> None:
    """The first of each architecture."""
    found = [first_accepted(machine) for machine in one_per_architecture()]
    try:
        build_and_boot(found, workers=os.cpu_count() or 1)
        assert not [str(each) for each in found if each.verdict not in VERDICTS or each.verdict == WRONG]
    finally:
        for each in found:
            each.file.unlink(missing_ok=True)
            shutil.rmtree(each.image.parent, ignore_errors=True)


def first_accepted(machine: str) -> Outcome:
    tried = (generate((machine, seed)) for seed in itertools.count(1001))
    return next(each for each in tried if each.verdict == BUILT)


def test_the_command_says_what_is_wrong_with_its_numbers() -> None:
    done = subprocess.run([str(ROOT / "tests/mutate")], env={**os.environ, "N": "many"}, capture_output=True, text=True)
    assert done.returncode == 2 and "N=many" in done.stderr
