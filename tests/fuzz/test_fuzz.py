# SPDX-License-Identifier: Apache-2.0
"""Each target: its mended findings, its corpus, and as many new inputs, the same in every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from build import FUZZERS, build  # noqa: E402
from seeds import FOLDER, seeds  # noqa: E402
from targets import Target, targets  # noqa: E402

REGRESSIONS = [(target, file) for target in targets() for folder in target.inputs if folder.parent.name == "regressions"
               for file in sorted(folder.iterdir())]


@pytest.fixture(scope="session")
def programs() -> None:
    assert build(FUZZERS) == 0


def run(target: Target, *arguments: object) -> None:
    done = subprocess.run([*target.command, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    assert done.returncode == 0, done.stdout


@pytest.mark.xdist_group("fuzz")
@pytest.mark.parametrize(("target", "file"), REGRESSIONS, ids=[f"{t.name}-{f.name}" for t, f in REGRESSIONS])
def test_what_was_mended_stays_so(programs: None, target: Target, file: Path) -> None:
    run(target, file)


@pytest.mark.xdist_group("fuzz")
@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_a_short_run_finds_nothing(programs: None, target: Target, tmp_path: Path) -> None:
    grown = tmp_path / "corpus"
    grown.mkdir()
    run(target, "-seed=1", f"-runs={target.runs}", f"-artifact_prefix={tmp_path}/", grown, *target.inputs)


def test_the_seeds_are_those_of_their_script() -> None:
    assert {file.name: file.read_bytes() for file in FOLDER.iterdir()} == seeds()


@pytest.mark.parametrize("variable", [{"T": "0"}, {"T": "soon"}, {"TARGET": "nobody"}], ids=str)
def test_the_command_says_what_is_wrong_with_its_parameters(variable: dict[str, str]) -> None:
    done = subprocess.run([str(HERE / "run")], env={**os.environ, **variable}, capture_output=True, text=True)
    (name, value), = variable.items()
    assert done.returncode == 2 and f"{name}={value}" in done.stderr
