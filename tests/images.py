# SPDX-License-Identifier: Apache-2.0
"""The images that tests boot: every app on every machine that has what it uses, and tests' own apps."""

from __future__ import annotations

import contextlib
import fcntl
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEST_APPS = ROOT / "tests/boot/apps"


def machines() -> list[str]:
    return sorted(file.stem for file in (ROOT / "dts").glob("*.dts"))


def one_per_architecture(role: str = "net0") -> list[str]:
    """For what does not depend on the machine around the CPU: one machine of each kind of CPU."""
    first: dict[str, str] = {}
    for name in machines():
        if role in roles_of(name):
            first.setdefault(architecture(name), name)
    return sorted(first.values())


def text_of(machine: str) -> str:
    """A machine file, behind the one that it includes, if it is another of ours."""
    own = (ROOT / "dts" / f"{machine}.dts").read_text()
    base = re.search(r'^#include "([\w-]+)\.dts"', own, re.MULTILINE)
    return (text_of(base[1]) if base else "") + own


def architecture(machine: str) -> str:
    found = re.search(r'architecture = "(\w+)"', text_of(machine))
    return found[1] if found else machine


def roles_of(machine: str) -> set[str]:
    """The aliases of a machine file."""
    blocks = re.findall(r"aliases \{(.*?)\};", text_of(machine), re.DOTALL)
    return {name for block in blocks for name in re.findall(r"^\s*(\w+) =", block, re.MULTILINE)}


def apps() -> list[str]:
    return sorted(file.parent.name for file in (ROOT / "apps").glob("*/app.dtsi"))


def folder_of(app: str) -> Path:
    own = TEST_APPS / app
    return own if own.is_dir() else ROOT / "apps" / app


def suits(machine: str, app: str) -> bool:
    """Whether a machine has all the roles that an app uses."""
    uses = re.search(r"uses = ([^;]*);", (folder_of(app) / "app.dtsi").read_text())
    return set(re.findall(r'"(\w+)"', uses[1] if uses else "")) <= roles_of(machine)


def build_folder(machine: str) -> str:
    """A folder with a build.ninja of its own: neither the user's images nor other machines' change."""
    return f"build/test/{machine}"


@contextlib.contextmanager
def alone_in(machine: str) -> Iterator[None]:
    """Tests run side by side: one at a time writes in a machine's build folder."""
    folder = ROOT / build_folder(machine)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def configure(machine: str) -> str:
    """Configures the images of a machine; returns what configure.py refuses, nothing where it accepts."""
    own = sorted(file.parent.name for file in TEST_APPS.glob("*/app.dtsi"))
    chosen = [str(folder_of(app)) for app in [*apps(), *own] if suits(machine, app)]
    options = [part for folder in chosen for part in ("--app", folder)]
    with alone_in(machine):
        done = subprocess.run(["./configure.py", "--machine", machine, *options, "--build", build_folder(machine)],
                              cwd=ROOT, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def image_folder(machine: str, app: str) -> Path:
    return ROOT / build_folder(machine) / machine / app


def make(machine: str, *targets: str | Path) -> subprocess.CompletedProcess[str]:
    """Builds; what Ninja and the compiler say is in stdout."""
    names = [str(Path(target).relative_to(ROOT)) for target in targets]
    with alone_in(machine):
        return subprocess.run(["ninja", "-f", f"{build_folder(machine)}/build.ninja", *names], cwd=ROOT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
