# SPDX-License-Identifier: Apache-2.0
"""The command line of configure.py: finds machines and apps, compiles each pair, reports."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gen import ninja
from gen.dump import dump
from gen.emit import emit
from gen.pipeline import compile_image
from gen.problem import ROOT, Problem, Refused, shown_path, status_of, suggest, unwanted
from gen.show import show


def machines() -> dict[str, Path]:
    """Every machine: a file in dts/ is one."""
    return {file.stem: file for file in sorted((ROOT / "dts").glob("*.dts"))}


def apps() -> dict[str, Path]:
    """Every app: a folder in apps/ with an app.dtsi is one."""
    return {file.parent.name: file.parent for file in sorted((ROOT / "apps").glob("*/app.dtsi"))}


def headline(file: Path) -> str:
    """The one-line purpose on top of a file: its second comment line."""
    lines = [line for line in file.read_text().splitlines()[:4] if line.startswith("//")]
    return lines[1].removeprefix("//").strip() if len(lines) > 1 else ""


def listing() -> str:
    """What there is to choose from, for --help."""
    rows = [("machines", {name: headline(file) for name, file in machines().items()}),
            ("apps", {name: headline(folder / "app.dtsi") for name, folder in apps().items()}),
            ("profiles", {name: found["purpose"] for name, found in ninja.profiles().items()})]
    width = max((len(name) for _, found in rows for name in found), default=0)
    return "\n\n".join(f"{title}:\n"
                       + "\n".join(f"  {name.ljust(width)}  {text}" for name, text in found.items())
                       for title, found in rows)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./configure.py", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Joins machines and apps into images, checks them, and writes build.ninja for\n"
                    "exactly these. Then `ninja` builds them and `ninja run` boots the only one.",
        epilog=f"{listing()}\n\n"
               "examples:\n"
               "  ./configure.py --machine virt-arm64 --app udp-echo && ninja\n"
               "  ./configure.py --machine all --app all\n"
               "  ./configure.py --dts my-board.dts --app ~/my-app\n"
               "  ./configure.py --machine virt-arm64 --app udp-echo --show")
    parser.add_argument("--machine", action="append", default=[], metavar="NAMES",
                        help="names, comma-separated, or all; repeatable")
    parser.add_argument("--app", action="append", default=[], metavar="NAMES",
                        help="names, comma-separated, or all; or a folder with an app.dtsi; "
                             "repeatable")
    parser.add_argument("--dts", action="append", default=[], metavar="FILE",
                        help="a devicetree of your own in place of a machine; repeatable")
    parser.add_argument("--profile", metavar="NAME", default="standard",
                        help="how all of it is compiled: dev, standard (the default) or hardened")
    parser.add_argument("--build", metavar="FOLDER", type=absolute,
                        help="put build.ninja and the images there; then "
                             "`ninja -f FOLDER/build.ninja`")
    parser.add_argument("--show", action="store_true",
                        help="print the compiled tree of each image; nothing is written")
    parser.add_argument("--dump", metavar="MACHINE|FILE",
                        help="write the dump that a machine or a devicetree of your own includes, "
                             "qemu/MACHINE.dts beside it, anew from the QEMU that PATH finds")
    parser.add_argument("--targets", action="store_true", help="what ninja can build now")
    return parser.parse_args(arguments)


def absolute(name: str) -> Path:
    return Path(os.path.realpath(os.path.expanduser(name)))


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    return status_of(lambda: act(options))


def act(options: argparse.Namespace) -> int:
    if options.targets:
        return print_targets()
    if options.dump:
        file = dump(dump_source(options.dump))
        print(f"wrote {shown_path(file)}")
        return 0
    machine_files, app_folders = choose(options)
    sources = [file for folder in app_folders for file in sorted(folder.rglob("*.*"))]
    refuse_paths([ROOT, *machine_files, *app_folders, *sources, *filter(None, [options.build])])
    targets = compile_all(machine_files, app_folders, options.build or ROOT / "build",
                          chosen(options.profile, ninja.profiles(), "--profile", "profile"))
    if options.show:
        print("\n\n".join(show(target.image) for target in targets))
        return 0
    for target in targets:
        emit(target.image, ROOT / target.build)
    ninja.write(targets, repeat(machine_files, app_folders, options), options.build)
    names = [f"{target.build}/image.elf" for target in targets]
    shown = names[0] if len(names) == 1 else f"{len(names)} images"
    if options.build:
        print(f"configured {shown}; `ninja -f {shown_path(options.build / 'build.ninja')}` builds")
    else:
        print(f"configured {shown}; `ninja` builds, `ninja help` lists the rest")
    return 0


def refuse_paths(paths: list[Path]) -> None:
    problems = [Problem(None, str(path), f"the path contains {unwanted(path)!r}",
                        "Ninja, the shell and the preprocessor read it differently", "rename it")
                for path in paths if unwanted(path)]
    if problems:
        raise Refused(*problems)


def choose(options: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """The machine files and app folders; the mistakes of both are reported together."""
    found, problems = [], []
    for function in (choose_machines, choose_apps):
        try:
            found.append(function(options))
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(*problems)
    return found[0], found[1]


def chosen(name: str, known: dict[str, Any], option: str, noun: str) -> str:
    if name in known:
        return name
    if Path(name).stem in known:
        fix = f"nearest: {Path(name).stem}"
    elif option == "--machine" and Path(name).is_file():
        fix = f"nearest: --dts {name}"
    else:
        fix = suggest(name, known, noun)
    raise Refused(Problem(None, option, f'there is no {noun} "{name}"',
                          f"{option} takes the name of one", fix))


def dump_source(name: str) -> Path:
    """The machine file to dump: one of ours by its name, or any by its path."""
    own = absolute(name)
    return own if own.is_file() else machines()[chosen(name, machines(), "--dump", "machine")]


def names_of(values: list[str]) -> list[str]:
    return [name for value in values for name in value.split(",") if name]


def choose_machines(options: argparse.Namespace) -> list[Path]:
    known, found, problems = machines(), [], []
    for name in names_of(options.machine):
        try:
            found += (known.values() if name == "all" else
                      [known[chosen(name, known, "--machine", "machine")]])
        except Refused as refused:
            problems += refused.problems
    for name in options.dts:
        file = absolute(name)
        if file.is_file():
            found.append(file)
        else:
            what = f"{name} is no file" if file.exists() else f"the file {name} does not exist"
            problems.append(Problem(None, "--dts", what, "it stands in for a machine",
                                    "the path of a devicetree's source"))
    if not found and not problems:
        problems.append(Problem(None, "--machine", "no machine is chosen",
                                "an image is made for one", suggest("", known, "machine")))
    return finish(found, problems, "machine")


def choose_apps(options: argparse.Namespace) -> list[Path]:
    known, found, problems = apps(), [], []
    for name in names_of(options.app):
        folder = Path(os.path.expanduser(name))
        if name == "all":
            found += known.values()
        elif name in known:
            found.append(known[name])
        elif "/" in name or folder.is_dir():
            problems += outside_app(folder, found)
        else:
            problems.append(Problem(None, "--app", f'there is no app "{name}"',
                                    "--app takes the name of one, or a folder",
                                    suggest(name, known, "app")))
    if not found and not problems:
        problems.append(Problem(None, "--app", "no app is chosen", "an image runs one",
                                suggest("", known, "app")))
    return finish(found, problems, "app")


def outside_app(folder: Path, found: list[Path]) -> list[Problem]:
    if (folder / "app.dtsi").is_file():
        found.append(folder.resolve())
        if any(file.is_file() for file in folder.rglob("*.cpp")):
            return []
        return [Problem(None, "--app", f"{folder} holds no C++ source", "nothing defines app_main",
                        "a main.cpp; apps/udp-echo/main.cpp is an example")]
    return [Problem(None, "--app", f"{folder} holds no app.dtsi",
                    "an app is a folder with an app.dtsi "
                    "and C++ sources", "apps/udp-echo is an example")]


def finish(found: list[Path], problems: list[Problem], noun: str) -> list[Path]:
    """Each choice once; two of one name would share a build folder."""
    unique = list(dict.fromkeys(found))
    stems: dict[str, Path] = {}
    for path in unique:
        if path.name.startswith("."):
            problems.append(Problem(None, f"--{noun}", f"{shown_path(path)} begins with a dot",
                                    "its name is that of a build folder", "rename it"))
        name = path.stem if noun == "machine" else path.name
        first = stems.setdefault(name, path)
        if first is not path:
            problems.append(Problem(None, f"--{noun}", f'two {noun}s are called "{name}": '
                                    f"{shown_path(first)} and {shown_path(path)}",
                                    "they would share a build folder", "rename one"))
    if problems:
        raise Refused(*problems)
    return unique


def compile_all(machine_files: list[Path], app_folders: list[Path],
                build: Path, profile: str) -> list[ninja.Target]:
    """Every pair; all problems of all pairs are reported together."""
    pairs = [(machine, app) for machine in machine_files for app in app_folders]
    targets, problems = [], []
    for count, (machine, app) in enumerate(pairs, 1):
        progress(count, len(pairs), f"{machine.stem}/{app.name}")
        try:
            targets.append(ninja.Target(compile_image(machine, app), machine, app, build,
                                        profile))
        except Refused as refused:
            problems += refused.problems
    progress(0, len(pairs), "")
    if problems:
        raise Refused(*problems)
    return targets


def progress(count: int, total: int, name: str) -> None:
    if total > 3 and sys.stderr.isatty():
        print(f"\r\x1b[K[{count}/{total}] {name}" if count else "\r\x1b[K", end="", file=sys.stderr,
              flush=True)


def repeat(machine_files: list[Path], app_folders: list[Path],
           options: argparse.Namespace) -> list[str]:
    """The arguments with which Ninja configures anew: `all` stays all, files become absolute."""
    machine = ["all"] if "all" in names_of(options.machine) else \
        [f.stem for f in machine_files if f.parent == ROOT / "dts"]
    app = ["all"] if "all" in names_of(options.app) else []
    app += [f.name if f.parent == ROOT / "apps" else str(f) for f in app_folders
            if not (app and f.parent == ROOT / "apps")]
    arguments = [part for name in machine for part in ("--machine", name)]
    arguments += [part for f in machine_files if f.parent != ROOT / "dts"
                  for part in ("--dts", str(f))]
    arguments += [part for name in app for part in ("--app", name)]
    if options.profile != "standard":
        arguments += ["--profile", options.profile]
    return arguments + (["--build", shown_path(options.build)] if options.build else [])


def print_targets() -> int:
    """The text of `ninja help`."""
    images = configured()
    print("ninja            build the configured images:")
    print("\n".join(f"                   {image}" for image in images) or "                   none")
    print("ninja run        boot the only image until Ctrl-C (several: build/<machine>/<app>/run)\n"
          "ninja debug      the same under gdb (several: build/<machine>/<app>/debug)\n"
          "ninja test       run the whole suite\n"
          "N=10 ninja flake boot each configured image ten times: which work, which are flaky\n"
          "N=99 ninja mutate change one property of each machine in 99 ways: refused, or it works\n"
          "T=60 ninja fuzz  look for inputs that break the stack, a driver or the loader, for T seconds\n"
          "ninja bench      measure speed, instructions and boot (bench/run --help: machines, cases)\n"
          "ninja bench-check  compare instructions and sizes with the accepted ones (bench/check --help)\n"
          "ninja report     write report.html beside each configured image: what it is made of\n"
          "ninja help       this text\n"
          "./configure.py --help lists the machines and apps")
    return 0


def configured() -> Iterable[str]:
    file = ROOT / "build.ninja"
    lines = file.read_text().splitlines() if file.is_file() else []
    return [line.split()[1] for line in lines if line.startswith("default ")]
