# SPDX-License-Identifier: Apache-2.0
"""The bill of materials of an image: the tools with their versions, every input with its hash."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from gen.emit import input_files
from gen.ninja import (Target, image_flags, image_object, library_includes, library_object,
                       library_sources, profiles, seal_inputs)
from gen.problem import ROOT, Problem, Refused, shown_path

PROGRAMS = ("clang++-19", "ld.lld-19", "llvm-objdump-19", "dtc")
MODULES = ("dtschema", "Jinja2", "PyYAML", "pyelftools", "libfdt")
SCANNER = "clang-scan-deps-19"


@dataclass(frozen=True)
class Bill:
    """Tools and versions; the profile and its flags; files and hashes by group; how many files of the
    compiler's own were read, and the hash of their hashes."""

    tools: tuple[tuple[str, str], ...]
    profile: str
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    system: int
    system_hash: str


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def versions() -> tuple[tuple[str, str], ...]:
    found = [("Python", platform.python_version())]
    for program in PROGRAMS:
        said = subprocess.run([program, "--version"], capture_output=True, text=True,
                              check=True).stdout
        line = next(row for row in said.splitlines() if re.search(r"\d+\.\d+", row))
        found.append((program, line.strip()))
    return tuple(found + [(name, metadata.version(name)) for name in MODULES])


def included(target: Target, commands: Path) -> list[Path]:
    """Every file that the compiler and the assembler read, the sources themselves too."""
    architecture = target.image.architecture
    prefixes = tuple(path.removesuffix("x.o") for path in
                     (library_object(target, "x"), image_object(target, "app/x"),
                      f"{target.build}/obj/x.o"))
    entries = [entry for entry in json.loads(commands.read_text())
               if entry["output"].startswith(prefixes)]
    flags = image_flags(target)
    entries += [{"directory": str(ROOT), "file": source,
                 "command": f"clang-19 {flags} {library_includes(architecture)} -c {source}"}
                for source in library_sources(architecture) if source.endswith(".S")]
    with tempfile.TemporaryDirectory(prefix="osier-") as folder:
        database = Path(folder) / "compile_commands.json"
        database.write_text(json.dumps(entries))
        try:
            said = subprocess.run([SCANNER, "-compilation-database", str(database)],
                                  capture_output=True, text=True)
        except FileNotFoundError:
            raise Refused(Problem(None, SCANNER, "the program is not installed",
                                  "it tells which headers an image is made of",
                                  "apt-get install clang-tools-19")) from None
    if said.returncode:
        raise Refused(Problem(None, SCANNER, said.stderr.strip().splitlines()[0],
                              "it reads the sources as the compiler does",
                              "look at what was changed last"))
    names = re.findall(r"(?:\\.|[^\\\s])+", re.sub(r"^\S+:|\\\n", " ", said.stdout, flags=re.M))
    return sorted({(ROOT / name.replace("\\ ", " ")).resolve() for name in names})


def bill(target: Target, commands: Path) -> tuple[Bill, list[str]]:
    """The bill, and the names of the files that it is about."""
    named = {*input_files(target.image), "configure.py", "build.ninja.in",
             *(name for name in seal_inputs(target) if name.endswith(".yaml"))}
    ours, system = {ROOT / name for name in named}, []
    for file in included(target, commands):
        if file.is_relative_to(ROOT) or file.is_relative_to(target.app_folder.resolve()):
            ours.add(file)
        else:
            system.append(file)
    groups: dict[str, list[tuple[str, str]]] = {}
    for name, file in sorted((label(target, file), file) for file in ours):
        groups.setdefault(group(name, target), []).append((name, digest(file)))
    whole = hashlib.sha256("".join(digest(file) for file in system).encode()).hexdigest()
    rows = tuple((name, tuple(found)) for name, found in sorted(groups.items()))
    profile = f"{target.profile}: {profiles()[target.profile]['flags']}"
    return Bill(versions(), profile, rows, len(system), whole), sorted(map(shown_path, ours))


def label(target: Target, file: Path) -> str:
    """The file's name without the folder that this project or an app outside it happens to be in."""
    file, app = (ROOT / file).resolve(), target.app_folder.resolve()
    build = (ROOT / target.build).resolve()
    if file.is_relative_to(build):
        return str(file.relative_to(build))
    if file.is_relative_to(ROOT):
        return str(file.relative_to(ROOT))
    return str(file.relative_to(app.parent)) if file.is_relative_to(app) else file.name


def group(name: str, target: Target) -> str:
    suffix = Path(name).suffix
    if suffix in (".dts", ".dtsi"):
        return "devicetree"
    if name.startswith("generated/"):
        return "generated"
    if suffix == ".yaml":
        return "bindings and descriptions"
    return "generator" if name.startswith(("gen/", "configure", "build.ninja")) else "sources"
