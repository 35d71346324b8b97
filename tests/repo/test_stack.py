# SPDX-License-Identifier: Apache-2.0
"""The bound of the stack: what has none is refused by name, and what is too deep for the app's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tree import ROOT

APP = """\
/ {
  app {
    compatible = "osier,app";
    uses = "console";
    stack-size = <0x%x>;
  };
};
"""
HEAD = '#include "machine.hpp"\n\nusing namespace osier;\n\n'
MAIN = HEAD + """\
%s
task<> app_main(machine::console console) {
  console.print("{}\\n", work(%s));
  co_return;
}
"""
LEAF = "[[gnu::noinline]] unsigned work(unsigned n) {\n  %s\n}\n"
DEEP = LEAF % "volatile unsigned room[1024] = {n};\n  return room[n % 1024];"
RECURSIVE = LEAF % "return n < 2 ? n : work(n - 1) + work(n - 2);"
THROUGH_POINTER = "unsigned twice(unsigned n) { return 2 * n; }\nunsigned (*volatile way)(unsigned) = twice;\n" + \
    LEAF % "return way(n) + 1;"


def build(folder: Path, stack: int, code: str) -> subprocess.CompletedProcess[str]:
    """Configures and builds an app of this code for virt-arm64."""
    app = folder / "deep"
    app.mkdir()
    (app / "app.dtsi").write_text(APP % stack)
    (app / "main.cpp").write_text(MAIN % (code, "7"))
    own = folder / "build"
    subprocess.run(["./configure.py", "--machine", "virt-arm64", "--app", str(app), "--build", str(own)],
                   cwd=ROOT, check=True, capture_output=True)
    return subprocess.run(["ninja", "-f", str(own / "build.ninja")], cwd=ROOT, capture_output=True, text=True)


def test_a_stack_that_suffices_is_accepted(tmp_path: Path) -> None:
    done = build(tmp_path, 0x4000, DEEP)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("code, said", [
    (RECURSIVE, "work calls work; the depth of a recursion is not known"),
    (THROUGH_POINTER, "work calls through a pointer; what it reaches is not known")],
    ids=["recursion", "pointer"])
def test_what_has_no_bound_is_refused_by_name(tmp_path: Path, code: str, said: str) -> None:
    done = build(tmp_path, 0x4000, code)
    assert done.returncode != 0 and said in done.stdout, done.stdout


def test_a_stack_that_is_too_small_is_refused_with_its_path(tmp_path: Path) -> None:
    done = build(tmp_path, 0x1000, DEEP)
    assert done.returncode != 0
    [line] = [line for line in done.stdout.splitlines() if "the stack can need" in line]
    place, _, rest = line.partition(": ")
    assert place.endswith("deep/app.dtsi:5") and "; _start > osier_boot > " in rest
    needed = int(rest.split("the stack can need ")[1].split()[0])
    assert 0x1000 < needed <= int(rest.rpartition("<")[2].partition(">")[0], 16) < needed + 0x400
