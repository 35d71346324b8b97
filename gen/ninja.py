# SPDX-License-Identifier: Apache-2.0
"""Writes build.ninja from build.ninja.in, and compile_commands.json beside it."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from gen.architecture import architecture_facts, compiler_flags, source_folders
from gen.model import Image
from gen.problem import ROOT, shown_path

GENERATED = ["machine.hpp", "tree.hpp", "memory_map.hpp", "machine.cpp", "config.hpp", "link.ld",
             "image.json"]
# The memory functions are written out: the compiler must not turn their loops into calls of
# themselves.
FOLDER_FLAGS = {"src/libc": "-fno-builtin -fno-unroll-loops -fno-sanitize=all -fno-stack-protector"}

# `new` and `malloc`, which do not link in an image without a heap.
HEAP_SOURCE = "src/libc/new.cpp"


@dataclass(frozen=True)
class Target:
    """One image to build: its model and the folders it comes from and goes to."""

    image: Image
    machine_file: Path
    app_folder: Path
    folder: Path = ROOT / "build"
    profile: str = "standard"

    @property
    def build(self) -> str:
        return f"{shown_path(self.folder)}/{self.image.machine}/{self.image.app}"


@cache
def profiles() -> dict[str, dict[str, str]]:
    """What --profile chooses from."""
    return yaml.safe_load((ROOT / "gen/profiles.yaml").read_text())


def escape(path: str) -> str:
    return path.replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


def library_sources(architecture: str) -> list[str]:
    """src/ without the other architectures and the tests of the host: the same for every image."""
    own = source_folders(architecture)
    found = [shown_path(p) for pattern in ("*.cpp", "*.S")
             for p in sorted((ROOT / "src").rglob(pattern))]
    return [p for p in found if not p.endswith("_test.cpp")
            and (not p.startswith("src/arch/") or str(Path(p).parent) in own)]


def image_sources(target: Target) -> list[str]:
    """The app, and the generated file."""
    app = [shown_path(p) for p in sorted(target.app_folder.rglob("*.cpp"))]
    return [p for p in [*app, f"{target.build}/generated/machine.cpp"]
            if not p.endswith("_test.cpp")]


def app_code(target: Target) -> list[str]:
    """What the app's author wrote, headers included."""
    return [escape(shown_path(p)) for p in sorted(target.app_folder.rglob("*.*"))
            if p.suffix in (".cpp", ".hpp", ".h") and not p.stem.endswith("_test")]


def image_flags(target: Target) -> str:
    """What the image's code and the library's are compiled with, beside what is the same for all."""
    return compiler_flags(target.image.architecture, target.image.isa, target.profile)


def library_object(target: Target, source: str) -> str:
    library = f"lib/{target.profile}/{target.image.isa or target.image.architecture}"
    return f"{shown_path(target.folder)}/{library}/{source}.o"


def image_object(target: Target, source: str) -> str:
    folder = shown_path(target.app_folder)
    if source.startswith(folder + "/"):
        source = "app/" + source[len(folder) + 1:]
    return f"{target.build}/obj/{source.removeprefix(target.build + '/')}.o"


def folder_flags(source: str) -> str:
    return " ".join(flags for folder, flags in FOLDER_FLAGS.items()
                    if source.startswith(folder + "/"))


def resource_dir() -> str:
    return subprocess.run(["clang-19", "-print-resource-dir"], capture_output=True, text=True,
                          check=True).stdout.strip()


def library_includes(architecture: str) -> str:
    """Nothing of an image: what needs its sizes does not compile in the library."""
    return " ".join(f"-I{folder}" for folder in ["src", *source_folders(architecture)])


def image_includes(target: Target) -> str:
    folders = ["drivers", f"{target.build}/generated", shown_path(target.app_folder)]
    return " ".join([library_includes(target.image.architecture),
                     *(f"-I{shlex.quote(f)}" for f in folders)])


def compile_edge(out: str, source: str, flags: str, include: str, after: str = "") -> list[str]:
    rule = "as" if source.endswith(".S") else "cxx"
    text = [f"build {escape(out)}: {rule} {escape(source)}{after}", f"  arch = {flags}",
            f"  include = {include}"]
    return text + ([f"  extra = {folder_flags(source)}"] if folder_flags(source) else [])


def library_edges(target: Target) -> str:
    """The objects that all images with the same flags share."""
    architecture = target.image.architecture
    flags = image_flags(target)
    include = library_includes(architecture)
    text = [f"# src/ for {target.image.isa or architecture}"]
    for source in library_sources(architecture):
        text += compile_edge(library_object(target, source), source, flags, include)
    return "\n".join([*text, ""])


def seal_inputs(target: Target) -> list[str]:
    """What the last step reads but the image."""
    own = target.app_folder / "indirect.yaml"
    return [*(f"gen/{name}" for name in ("seal.py", "page_tables.py", "stack.py", "indirect.yaml",
                                         "demangle.py", "problem.py")),
            *([escape(shown_path(own))] if own.is_file() else [])]


def edges(target: Target) -> str:
    """All build statements of one image."""
    facts = architecture_facts(target.image.architecture)
    flags = image_flags(target)
    build, dts = escape(target.build), escape(shown_path(target.machine_file))
    app = escape(shown_path(target.app_folder))
    generated = [f"{build}/generated/{name}" for name in GENERATED]
    run = [f"{build}/run", f"{build}/debug"] if target.image.qemu else []
    headers = " ".join(g for g in generated if g.endswith(".hpp"))
    text = [f"# {target.image.app} on {target.image.machine}",
            f"build {' '.join(generated + run)}: generate | {dts} {app}/app.dtsi gen/generate.py",
            f"  dts = {dts}", f"  app = {app}",
            f"  out_folder = {build}"]
    objects = [escape(library_object(target, s))
               for s in library_sources(target.image.architecture)
               if target.image.sizes.heap or s != HEAP_SOURCE]
    for source in image_sources(target):
        objects.append(escape(image_object(target, source)))
        text += compile_edge(image_object(target, source), source, flags,
                             image_includes(target), f" || {headers}")
    obj, script = f"{build}/obj", f"{build}/generated/link.ld"
    text += [f"build {obj}/ownership: ownership {' '.join(app_code(target))} | gen/ownership.py",
             f"build {obj}/first.elf: link {' '.join(objects)} | {script} "
             f"gen/undefined.py",
             f"  script = {script}", f"  arch = {facts['link-flags']}",
             f"build {obj}/symbols.S: symbols {obj}/first.elf {build}/generated/image.json | "
             "gen/seal.py gen/page_tables.py gen/demangle.py gen/problem.py",
             f"build {obj}/symbols.o: as {obj}/symbols.S", f"  arch = {flags}",
             f"build {obj}/linked.elf: link {' '.join(objects)} {obj}/symbols.o | {script} "
             f"gen/undefined.py",
             f"  script = {script}", f"  arch = {facts['link-flags']}",
             f"build {build}/image.elf | {build}/pages.txt: seal {obj}/first.elf {obj}/linked.elf "
             f"{build}/generated/image.json | {' '.join(seal_inputs(target))} "
             f"{obj}/ownership", f"  listing = {build}/pages.txt",
             f"build {build}/report.html: report {build}/image.elf | gen/report.py "
             f"{build}/generated/image.json",
             f"  dts = {dts}", f"  app = {app}", f"  folder = {build}",
             f"build {build}: phony {build}/image.elf {' '.join(run)}", f"default {build}", ""]
    return "\n".join(text)


def watched(targets: list[Target], everything: bool) -> list[str]:
    """What build.ninja itself depends on: the generator, and the folders that sources appear in."""
    files = ["configure.py", "build.ninja.in", "gen/profiles.yaml",
             *(shown_path(p) for p in sorted((ROOT / "gen").glob("*.py"))),
             *(shown_path(p) for p in sorted((ROOT / "src/arch").glob("*/arch.yaml")))]
    folders = {shown_path(p) for p in (ROOT / "src").rglob("*") if p.is_dir()} | {"src"}
    for target in targets:
        folders |= {shown_path(p) for p in target.app_folder.rglob("*") if p.is_dir()}
        folders.add(shown_path(target.app_folder))
    return [escape(p) for p in [*files, *sorted(folders), *(["apps", "dts"] if everything else [])]]


def write(targets: list[Target], arguments: list[str], build: Path | None = None) -> None:
    """Write build.ninja with exactly these images, and the compile commands of all of them.

    With a build folder of its own both lie in there and leave the root's alone.
    """
    home = build or ROOT
    home.mkdir(parents=True, exist_ok=True)
    template = (ROOT / "build.ninja.in").read_text()
    everything = any("all" in argument.split(",") for argument in arguments)
    values = {
        "root": str(ROOT), "profile_name": targets[0].profile,
        "profile": profiles()[targets[0].profile]["flags"], "resource_dir": resource_dir(),
        "builddir": escape(shown_path(build or ROOT / "build")),
        "self": escape(shown_path(home / "build.ninja")),
        "arguments": shlex.join(arguments).replace("$", "$$"),
        "inputs": " ".join(watched(targets, everything)),
        "images": "\n".join([*libraries(targets), *(edges(target) for target in targets)]),
        "built": " ".join(escape(target.build) for target in targets),
        "reports": " ".join(escape(f"{target.build}/report.html") for target in targets),
        "commands": shlex.quote(shown_path(home / "compile_commands.json")),
        "run": only_image(targets, "run"),
        "debug": only_image(targets, "debug"),
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    scratch = home / "build.ninja.new"
    scratch.write_text(template)
    scratch.replace(home / "build.ninja")
    write_compile_commands(targets, template, home)


def libraries(targets: list[Target]) -> list[str]:
    """The shared objects of each set of flags in use."""
    return [library_edges(target) for target in
            {image_flags(target): target for target in targets}.values()]


def only_image(targets: list[Target], script: str) -> str:
    """The command of `ninja run` or `debug`: the only image's, or a sentence that lists them."""
    runnable = [f"{target.build}/{script}" for target in targets if target.image.qemu]
    if len(runnable) == 1:
        return shlex.quote(runnable[0] if runnable[0].startswith("/") else f"./{runnable[0]}")
    said = "several images are configured; run one of: " + " ".join(runnable)
    return f"echo {shlex.quote(said)} >&2; exit 1"


def write_compile_commands(targets: list[Target], ninja: str, home: Path) -> None:
    flags = next(line for line in ninja.splitlines() if line.startswith("flags = "))
    common = expand(ninja, flags.removeprefix("flags = "))
    entries: dict[str, dict[str, str]] = {}
    for target in targets:
        architecture = target.image.architecture
        found = [(s, library_object(target, s), library_includes(architecture))
                 for s in library_sources(architecture)]
        found += [(s, image_object(target, s), image_includes(target))
                  for s in image_sources(target)]
        for source, out, include in found:
            if not source.endswith(".cpp"):
                continue
            command = " ".join(part for part in [
                "clang++-19", image_flags(target), common, include,
                folder_flags(source), "-c", shlex.quote(source)] if part)
            entries[out] = {"directory": str(ROOT), "file": source, "command": command,
                            "output": out}
    (home / "compile_commands.json").write_text(json.dumps(list(entries.values()), indent=1) + "\n")


def expand(ninja: str, text: str) -> str:
    """Replace the variables that build.ninja sets on top."""
    for line in ninja.splitlines():
        name, equals, value = line.partition(" = ")
        if equals and not line.startswith(" "):
            text = text.replace(f"${name} ", f"{value} ").replace(f"${{{name}}}", value)
    return text
