# SPDX-License-Identifier: Apache-2.0
"""Each target: its mended findings, its corpus, and as many new inputs, the same in every run."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "tests/boot")]

from build import FUZZERS, build  # noqa: E402
from seeds import FOLDER, seeds  # noqa: E402
from targets import Target, targets  # noqa: E402
from terminal import CTRL_C, Terminal  # noqa: E402

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


def command(seconds: int) -> list[str]:
    return ["env", f"T={seconds}", "TARGET=devicetree", str(HERE / "run")]


@pytest.mark.xdist_group("fuzz")
def test_a_terminal_has_a_line_of_how_far_it_is_and_a_log_has_none(programs: None) -> None:
    with Terminal(command(2), ROOT) as terminal:
        terminal.wait_for("\r\x1b[Kdevicetree ")
        line = terminal.wait_for("findings")
        assert re.fullmatch(r"[\d,]+; 0 of 1 done, \d+ s left, 0 findings", line)
        assert re.search(r"\r\x1b\[Kdevicetree +[\d,]+ +0 ", terminal.wait_for(" accepted"))
    logged = subprocess.run(command(1), capture_output=True, text=True, check=True).stdout
    assert logged.startswith("1 targets, ") and "\r" not in logged and "left" not in logged


def children(pid: int) -> list[int]:
    """Of all its threads."""
    return [int(word) for file in Path(f"/proc/{pid}/task").glob("*/children") for word in file.read_text().split()]


@pytest.mark.xdist_group("fuzz")
@pytest.mark.parametrize("how", ["Ctrl-C", "SIGTERM"])
def test_no_fuzzer_is_left_behind(programs: None, how: str) -> None:
    with Terminal(command(600), ROOT) as terminal:
        terminal.wait_for("s left")
        fuzzer, = children(terminal.pid)
        assert os.getpgid(fuzzer) == fuzzer
        if how == "Ctrl-C":
            terminal.type(CTRL_C)
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        terminal.wait_for("interrupted")
        assert terminal.end() == 130
    until = time.monotonic() + 10  # what it has started is not waited for
    while left := alive(fuzzer):
        assert time.monotonic() < until, left


def alive(group: int) -> list[str]:
    """The processes of a group, without those that are dead and that nobody has asked about."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, rest = file.read_text().rpartition(") ")  # state, parent, group
            state, _, owner = rest.split()[:3]
            if state != "Z" and int(owner) == group:
                found.append(str(file))
    return found
