# SPDX-License-Identifier: Apache-2.0
"""Debian packages of another architecture, downloaded and unpacked by an apt of our own: the host's
package lists, architectures and installed packages stay as they are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SUITES = {"http://deb.debian.org/debian": "bookworm",
          "http://deb.debian.org/debian-security": "bookworm-security"}
# The command of the host, and Debian's package that has it.
TOOLS = {"apt-get": "apt", "apt-cache": "apt", "dpkg-deb": "dpkg", "clang-19": "clang-19",
         "ld.lld-19": "lld-19"}


class Unobtainable(Exception):
    """What the guest is made of cannot be had; the message is for people."""


def require_tools() -> None:
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if not KEYRING.exists():
        missing.append("debian-archive-keyring")
    if missing:
        raise Unobtainable(f"missing on this host: {', '.join(missing)}; the Linux guest is made "
                           "of Debian's own packages: install these, or run this in Debian 12")


class Apt:
    """An apt with its own lists, for one architecture, below one folder."""

    def __init__(self, architecture: str, folder: Path) -> None:
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text("".join(
            f"deb [signed-by={KEYRING}] {mirror} {suite} main\n"
            for mirror, suite in SUITES.items()))
        # What is not named here is the host's: a proxy, above all.
        (folder / "apt.conf").write_text(
            f'APT::Architecture "{architecture}";\n'
            f'APT::Architectures {{ "{architecture}"; }};\n'
            'APT::Sandbox::User "root";\n'
            f'Dir::State "{folder}";\nDir::State::status "{folder}/status";\n'
            f'Dir::Cache "{folder}/cache";\n'
            f'Dir::Etc::sourcelist "{folder}/sources.list";\nDir::Etc::sourceparts "-";\n')
        self.environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf"), "LC_ALL": "C"}

    def update(self) -> None:
        self._call("apt-get", "-q", "update", "--error-on=any")

    def dependency(self, package: str, pattern: str) -> str:
        """The one package that `package` depends on and that matches: a metapackage's content."""
        listed = self._call("apt-cache", "depends", package)
        found = re.findall(rf"Depends: ({pattern})$", listed, re.MULTILINE)
        if len(found) != 1:
            raise Unobtainable(f"{package} depends on no package {pattern} of Debian's")
        return found[0]

    def download(self, packages: list[str], folder: Path) -> list[Path]:
        """The packages' files; apt has verified their signatures."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._call("apt-get", "-q", "download", *packages, folder=folder)
        return sorted(folder.glob("*.deb"))

    def _call(self, *command: str, folder: Path | None = None) -> str:
        return call(*command, folder=folder, environment=self.environment)


def unpack(packages: list[Path], root: Path) -> None:
    """All of them into one folder, which is there afterwards only where it is complete."""
    partial = root.with_name(root.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for package in packages:
        call("dpkg-deb", "-x", str(package), str(partial))
    shutil.rmtree(root, ignore_errors=True)
    partial.rename(root)


def call(*command: str, folder: Path | None = None,
         environment: dict[str, str] | None = None) -> str:
    """A tool's output."""
    done = subprocess.run(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace")
    if done.returncode != 0:
        said = done.stdout.rstrip().splitlines()
        errors = [line for line in said if line.startswith("E: ")]  # apt's own summary
        raise Unobtainable("\n  ".join([f"{' '.join(command)} failed:", *(errors or said)]))
    return done.stdout
