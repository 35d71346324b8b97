# SPDX-License-Identifier: Apache-2.0
"""C++ that must not compile, and its twin, one line different, that must.

A case begins with `// EXPECT: <text>` lines: what the compiler says of each error, in the error itself or in a
note that explains it; there is no other error. The wrong line stands under `#ifndef TWIN`, the right one under
`#else`. `// STAGE: code` is for what only the code generator can tell, `// STAGE: tidy` for what clang-tidy tells.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted((ROOT / "tests/reject/cpp").glob("*.cpp"))
STAGES = {"syntax": ["-fsyntax-only"], "code": ["-c", "-o", "/dev/null"]}

sys.path.insert(0, str(ROOT))

from gen.architecture import architecture_facts  # noqa: E402
from gen.ninja import expand, profiles, resource_dir  # noqa: E402


@cache
def flags(architecture: str = "arm64") -> list[str]:
    """What images are compiled with; our sizes stand in the place of the generated ones."""
    rules = (ROOT / "build.ninja.in").read_text()
    rules = rules.replace("@root@", str(ROOT)).replace("@resource_dir@", resource_dir())
    rules = rules.replace("@profile@", profiles()["standard"]["flags"])
    common = next(line for line in rules.splitlines() if line.startswith("flags = ")).removeprefix("flags = ")
    includes = ["-Isrc", f"-Isrc/arch/{architecture}", "-Idrivers", "-Itests/reject/cpp"]
    return [*shlex.split(architecture_facts(architecture)["flags"]), *shlex.split(expand(rules, common)),
            "-fno-color-diagnostics", *includes]


def output_of(case: Path, twin: bool) -> str:
    named = re.search(r"^// STAGE: (\w+)$", case.read_text(), re.MULTILINE)
    stage = named[1] if named else "syntax"
    source, chosen = str(case.relative_to(ROOT)), [*flags(), *(["-DTWIN"] if twin else [])]
    if stage == "tidy":
        command = ["clang-tidy-19", "--quiet", "--checks=-*,bugprone-use-after-move", source, "--", *chosen]
    else:
        command = ["clang++-19", *chosen, *STAGES[stage], source]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert (done.returncode != 0) == bool(errors_in(done.stdout)), done.stdout
    return done.stdout


def errors_in(output: str) -> list[str]:
    """Each error of the compiler, with the notes that belong to it."""
    errors: list[str] = []
    for kind, text in re.findall(r"(error|note): (.*)", output):
        if kind == "error":
            errors.append(text)
        elif errors:
            errors[-1] += f"\n{text}"
    return errors


@pytest.fixture(scope="module")
def compiled(request: pytest.FixtureRequest) -> dict[tuple[Path, bool], Future[str]]:
    """All that the selected tests compile, as many at a time as there are processors."""
    wanted = {(item.callspec.params["case"], "twin" in item.name.split("[")[0])
              for item in request.session.items
              if item.path == request.path and "compiled" in item.fixturenames}
    pool = ThreadPoolExecutor(os.cpu_count())
    jobs = {key: pool.submit(output_of, *key) for key in sorted(wanted)}
    pool.shutdown(wait=False)
    return jobs


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_is_refused_for_the_expected_reason_alone(case: Path, compiled: dict) -> None:
    expected = re.findall(r"^// EXPECT: (.*)$", case.read_text(), re.MULTILINE)
    errors = errors_in(compiled[case, False].result())
    assert expected and errors, "compiles"
    for text in expected:
        assert any(text in error for error in errors), errors
    for error in errors:
        assert any(text in error for text in expected), errors


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_message_is_within_the_first_six_lines(case: Path, compiled: dict) -> None:
    """Of a terminal with 100 columns."""
    shown = [row[at:at + 100] for row in compiled[case, False].result().splitlines()
             for at in range(0, max(len(row), 1), 100)]
    first = " ".join(line.strip() for line in shown[:6])
    for text in re.findall(r"^// EXPECT: (.*)$", case.read_text(), re.MULTILINE):
        assert re.sub(r"\s", "", text) in re.sub(r"\s", "", first)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_twin_is_accepted(case: Path, compiled: dict) -> None:
    assert errors_in(compiled[case, True].result()) == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_twin_differs_by_one_line(case: Path) -> None:
    text = case.read_text()
    assert len(re.findall(r"^#ifndef TWIN\n.+\n#else\n.+\n#endif$", text, re.MULTILINE)) == 1
    assert text.count("#if") == 1
