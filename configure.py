#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Chooses machines and apps, checks them, and writes build.ninja."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.pycache_prefix = str(ROOT / "build/.pycache")
MODULES = {"dtschema": "dt-schema", "jinja2": "python3-jinja2", "libfdt": "python3-libfdt",
           "yaml": "python3-yaml", "elftools": "python3-pyelftools"}
TOOLS = {"clang++-19": "clang-19", "ld.lld-19": "lld-19", "llvm-cxxfilt-19": "llvm-19",
         "dtc": "device-tree-compiler", "ninja": "ninja-build"}


def missing_packages() -> list[str]:
    """Debian's packages of the modules and tools that are not there."""
    modules = [package for name, package in MODULES.items()
               if importlib.util.find_spec(name) is None]
    return modules + [package for tool, package in TOOLS.items() if shutil.which(tool) is None]


def main() -> int:
    missing = missing_packages()
    if missing:
        print(f"configure: some packages are missing; apt-get install {' '.join(missing)}",
              file=sys.stderr)
        if "site-packages" in os.__file__ or not sys.executable.startswith("/usr/bin/"):
            print("configure: this Python is not Debian's; run /usr/bin/python3 configure.py",
                  file=sys.stderr)
        return 1
    from gen.configure import main as configure

    return configure(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
