# SPDX-License-Identifier: Apache-2.0
"""`ninja flake` tells images that always work, never work, and work at four boots of five apart."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from guest import ROOT, children_of, is_running
from terminal import CTRL_C, Terminal

# One build folder, and a disk that counts.
pytestmark = pytest.mark.xdist_group("flake")
PLANTED = sorted(folder for folder in (ROOT / "tests/boot/flake").iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def planted() -> Path:
    """A build folder in which they are configured."""
    build = ROOT / "build/test/flake"
    apps = [part for folder in PLANTED for part in ("--app", str(folder))]
    subprocess.run(["./configure.py", "--machine", "virt-arm64", *apps, "--build", str(build)], cwd=ROOT,
                   check=True, capture_output=True)
    return build


def flake(build: Path, times: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ninja", "-f", str(build / "build.ninja"), "flake"], cwd=ROOT, text=True,
                          env={**os.environ, "N": times}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_classifies_what_is_planted(planted: Path) -> None:
    (planted / "virt-arm64/sometimes/disk0.img").unlink(missing_ok=True)  # it counts
    done = flake(planted, "10")
    found = re.findall(r"^virt-arm64/(\w+) +(\d+) of 10  (\w+)$", done.stdout, re.MULTILINE)
    assert sorted(found) == [("never", "0", "broken"), ("panics", "0", "broken"), ("sometimes", "8", "flaky"), ("works", "10", "works")], done.stdout
    assert "    boot 5 said:\n    | wrong\n" in done.stdout
    assert "\n4 images, 10 boots each: 1 works, 1 flaky, 2 broken\n" in done.stdout
    assert done.returncode != 0 and "\x1b" not in done.stdout
    # The eleventh boot to the fourteenth: too few to tell.
    assert "2 works, 0 flaky, 2 broken" in flake(planted, "4").stdout


def test_the_number_is_a_number(planted: Path) -> None:
    done = flake(planted, "many")
    assert done.returncode and "N=many: the number of boots is 1 or more" in done.stdout


def test_ctrl_c_leaves_no_qemu(planted: Path) -> None:
    subprocess.run(["ninja", "-f", str(planted / "build.ninja")], cwd=ROOT, check=True, capture_output=True)
    command = [str(ROOT / "tests/flake"), str(planted / "build.ninja")]
    with Terminal(["env", "N=1000", *command], ROOT) as terminal:
        terminal.wait_for("boot 20 of 1000")
        guests = children_of(terminal.pid)
        terminal.type(CTRL_C)
        assert terminal.end() == 130
        assert not any(map(is_running, guests))
