# SPDX-License-Identifier: Apache-2.0
"""The build, in a copy of the project: the same bytes anywhere, nothing done twice, nothing missed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tree import IGNORED, ROOT

NAME = "virt-arm64/udp-echo"
MAIN = """// SPDX-License-Identifier: Apache-2.0
// Says hello.
#include "machine.hpp"

task<> app_main(machine::console console) {
  console.print("hello\\n");
  co_return;
}
"""
APP = """// SPDX-License-Identifier: Apache-2.0
// Says hello.

/ {
  app {
    compatible = "osier,app";
    uses = "console";
  };
};
"""


class Copy:
    """A copy of the project in a folder of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {**os.environ, **environment}
        ignored = shutil.ignore_patterns(*IGNORED, ".git", "tests", "bench", ".pytest_cache")
        shutil.copytree(ROOT, folder, ignore=ignored)

    def call(self, *command: str, umask: int = 0o022) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment, umask=umask, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def configure(self, app: str = "udp-echo", umask: int = 0o022) -> None:
        self.call("./configure.py", "--machine", "virt-arm64", "--app", app, umask=umask)

    def ninja(self, *arguments: str) -> str:
        return self.call("ninja", *arguments)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def generated(self, name: str) -> str:
        return (self.folder / "build" / NAME / "generated" / name).read_text()


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    made = Copy(tmp_path_factory.mktemp("copy") / "osier")
    made.configure()
    made.ninja("-j2", "report")
    made.ninja()
    return made


def test_same_bytes_anywhere(copy: Copy, tmp_path: Path) -> None:
    """Another folder, a space in its name, another language, time zone and umask, one job at a time."""
    other = Copy(tmp_path / "another folder" / "deep" / "down", LC_ALL="C", TZ="Pacific/Chatham", HOME="/nonexistent")
    other.configure(umask=0o077)
    other.call("ninja", "-j1", "report", umask=0o077)
    for file in ("image.elf", "report.html", "generated/machine.cpp", "generated/machine.hpp", "generated/link.ld", "run"):
        ours, theirs = ((made.folder / "build" / NAME / file).read_bytes() for made in (copy, other))
        assert ours == theirs, f"{file} differs"


def test_second_ninja_does_nothing(copy: Copy) -> None:
    copy.ninja()
    assert "no work to do" in copy.ninja()


@pytest.mark.parametrize("file", ["dts/virt-arm64.dts", "dts/qemu/virt-arm64.dts", "apps/udp-echo/app.dtsi",
                                  "drivers/pl011/binding.yaml", "drivers/virtio-net/driver.yaml",
                                  "gen/templates/machine.hpp.j2", "gen/emit.py", "dts/schemas/app.yaml"])
def test_touching_a_source_of_the_generator_regenerates(copy: Copy, file: str) -> None:
    copy.ninja()
    (copy.folder / file).touch()
    said = copy.ninja("-v")
    assert "gen/generate.py" in said
    # Nothing has changed in what was generated, so nothing is compiled.
    assert " -c " not in said
    assert "no work to do" in copy.ninja()


@pytest.mark.parametrize("file, old, new, generated, expected", [
    ("dts/virt-arm64.dts", "queue-size = <256>", "queue-size = <512>", "machine.hpp", "queue_size = 512"),
    ("apps/udp-echo/app.dtsi", "port = <7>", "port = <77>", "machine.hpp", "u16 port = 77"),
    ("gen/templates/machine.hpp.j2", "#pragma once", "#pragma once  // once", "machine.hpp", "#pragma once  // once"),
], ids=["machine", "app", "template"])
def test_a_change_arrives(copy: Copy, file: str, old: str, new: str, generated: str, expected: str) -> None:
    copy.ninja()
    before = (copy.folder / "build" / NAME / "image.elf").read_bytes()
    copy.edit(file, old, new)
    copy.ninja()
    assert expected in copy.generated(generated)
    copy.edit(file, new, old)
    copy.ninja()
    assert expected not in copy.generated(generated)
    assert (copy.folder / "build" / NAME / "image.elf").read_bytes() == before


def test_a_mistake_made_later_fails_in_ninja(copy: Copy) -> None:
    copy.ninja()
    copy.edit("apps/udp-echo/app.dtsi", "port = <7>", "port = <0>")
    done = subprocess.run(["ninja"], cwd=copy.folder, capture_output=True, text=True)
    copy.edit("apps/udp-echo/app.dtsi", "port = <0>", "port = <7>")
    assert done.returncode != 0
    assert "apps/udp-echo/app.dtsi:" in done.stdout and "/app/net/echo" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    copy.ninja()


@pytest.mark.parametrize("where", ["apps", "."], ids=["inside", "outside"])
def test_adding_an_app_is_one_folder(copy: Copy, where: str) -> None:
    folder = copy.folder / where / "greeter"
    folder.mkdir()
    (folder / "main.cpp").write_text(MAIN)
    (folder / "app.dtsi").write_text(APP)
    try:
        copy.configure("greeter" if where == "apps" else "./greeter")
        copy.ninja()
        said = subprocess.run([copy.folder / "build/virt-arm64/greeter/run"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30)
        assert (said.returncode, said.stdout) == (0, "hello\n")
    finally:
        shutil.rmtree(folder)
        copy.configure()


def test_adding_a_machine_is_one_file(copy: Copy) -> None:
    """Another board in one file, another app in one folder; nothing else in the tree changes."""
    machine, app = copy.folder / "dts/vexpress-a15.dts", copy.folder / "apps/greeter"
    shutil.copy(ROOT / "tests/boot/boards/vexpress-a15.dts", machine)
    app.mkdir()
    (app / "main.cpp").write_text(MAIN)
    (app / "app.dtsi").write_text(APP)
    try:
        told = copy.call("./configure.py", "--help")
        assert "\n  vexpress-a15 " in told and "\n  greeter " in told
        copy.call("./configure.py", "--machine", "vexpress-a15", "--app", "greeter")
        copy.ninja()
        said = subprocess.run([copy.folder / "build/vexpress-a15/greeter/run"], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=30)
        assert (said.returncode, said.stdout) == (0, "hello\n")
    finally:
        machine.unlink()
        shutil.rmtree(app)
        copy.configure()


def test_a_refused_configure_leaves_build_ninja_alone(copy: Copy) -> None:
    before = (copy.folder / "build.ninja").read_bytes()
    done = subprocess.run(["./configure.py", "--machine", "virt-arm46", "--app", "udp-echo"], cwd=copy.folder,
                          capture_output=True, text=True)
    assert done.returncode == 1 and "virt-arm64" in done.stderr
    assert (copy.folder / "build.ninja").read_bytes() == before


def test_a_build_folder_of_its_own_leaves_the_root_alone(copy: Copy, tmp_path: Path) -> None:
    before = (copy.folder / "build.ninja").read_bytes()
    copy.call("./configure.py", "--machine", "virt-arm64", "--app", "udp-echo", "--build", str(tmp_path))
    assert (copy.folder / "build.ninja").read_bytes() == before
    assert (tmp_path / "build.ninja").is_file()
