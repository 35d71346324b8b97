# SPDX-License-Identifier: Apache-2.0
"""The images that tests boot: every app on every machine, and the tests' own apps, in build/test."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "build/test"  # build.ninja too: the user's own configuration is left alone


def machines() -> list[str]:
    return sorted(file.stem for file in (ROOT / "dts").glob("*.dts"))


def one_per_architecture() -> list[str]:
    """For what does not depend on the machine around the CPU: the first machine of each kind of CPU."""
    first: dict[str, str] = {}
    for name in reversed(machines()):
        text = (ROOT / "dts" / f"{name}.dts").read_text()
        found = re.search(r'architecture = "(\w+)"', text)
        first[found[1] if found else name] = name
    return sorted(first.values())


def apps() -> list[str]:
    return sorted(file.parent.name for file in (ROOT / "apps").glob("*/app.dtsi"))


def own_apps() -> list[Path]:
    return sorted(file.parent for file in (ROOT / "tests/boot/apps").glob("*/app.dtsi"))


def configure() -> str:
    """Configures all of them; returns what configure.py refuses, nothing where it accepts."""
    own = [part for folder in own_apps() for part in ("--app", str(folder))]
    done = subprocess.run(["./configure.py", "--machine", "all", "--app", ",".join(apps()), *own, "--build", BUILD],
                          cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def make(*targets: str) -> subprocess.CompletedProcess[str]:
    """Builds; what Ninja and the compiler say is in stdout."""
    return subprocess.run(["ninja", "-f", f"{BUILD}/build.ninja", *targets], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
