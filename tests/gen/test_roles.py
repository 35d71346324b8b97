# SPDX-License-Identifier: Apache-2.0
"""A role that the chosen machine lacks: the message tells which machines have it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.claim import aliases  # noqa: E402
from gen.configure import machines  # noqa: E402
from gen.cpp_names import identifier  # noqa: E402
from gen.load import load  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.problem import Refused  # noqa: E402


ROLES = {"hello": "console", "ticks": "timer", "frames": "net0", "block": "disk0", "entropy": "entropy",
         "clock": "rtc"}


@pytest.mark.parametrize("app", ROLES)
def test_machines_with_the_role_are_named(app: str, tmp_path: Path) -> None:
    role = ROLES[app]
    machine = tmp_path / "poor.dts"
    machine.write_text(f'#include "virt-arm64.dts"\n/ {{ aliases {{ /delete-property/ {role}; }}; }};\n')
    with pytest.raises(Refused) as refused:
        compile_image(machine, ROOT / "apps" / app)
    having = [name for name, file in machines().items() if role in aliases(load(file, None))]
    assert "virt-arm64" in having
    stated = load(machines()["virt-arm64"], None).nodes["/aliases"].place
    assert [str(problem) for problem in refused.value.problems] == [
        f'apps/{app}/app.dtsi:7: /app: no alias of the machine resolves the role "{role}"; '
        f"a role is an alias in the machine file ({stated}); machines that have it: {', '.join(having)}"]


@pytest.mark.parametrize(("overlay", "expected"), [
    ('/ { aliases { console = ""; }; };', "/aliases: the alias console is no path;"),
    ("/delete-node/ &{/machine};", "/machine: there is no machine node;"),
    ('/ { machine { architecture = "riscv"; }; };', '/machine: the architecture "riscv" has no folder in src/arch/;'),
])
def test_one_mistake_is_told_once(overlay: str, expected: str, tmp_path: Path) -> None:
    board = tmp_path / "board.dts"
    board.write_text(f'#include "{ROOT}/dts/virt-rv64.dts"\n{overlay}\n')
    with pytest.raises(Refused) as refused:
        compile_image(board, ROOT / "apps/hello")
    assert [expected in str(problem) for problem in refused.value.problems] == [True]


@pytest.mark.parametrize("name", ["compl", "bitand", "co-await", "char8-t", "and-eq", "virtio", "config", "panic", "handlers",
                                  "run-app"])
def test_a_name_that_means_something_else_is_lengthened(name: str) -> None:
    assert identifier(name) == name.replace("-", "_") + "_"


def test_sockets_may_have_the_names_of_drivers_and_of_what_is_generated(tmp_path: Path) -> None:
    names = ["pl011", "gic", "virtio-net", "virtio", "compl", "config", "panic", "handlers", "run-app", "async"]
    app = tmp_path / "names"
    app.mkdir()
    nodes = " ".join(f'{name} {{ protocol = "udp"; port = <{port}>; }};' for port, name in enumerate(names, 1))
    (app / "app.dtsi").write_text('/ { app { compatible = "osier,app"; uses = "console", "net0"; net { '
                                  f'ip-address = "10.0.2.15/24"; packet-buffers = <16>; {nodes} }}; }}; }};\n')
    sockets = ", ".join(f"machine::{name.replace('-', '_')}_socket" for name in names)
    (app / "main.cpp").write_text(f'#include "machine.hpp"\n\ntask<> app_main(machine::console, {sockets}) {{ co_return; }}\n')
    build = tmp_path / "build"
    for command in (["./configure.py", "--machine", "virt-arm64", "--app", app, "--build", build],
                    ["ninja", "--quiet", "-f", build / "build.ninja"]):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
