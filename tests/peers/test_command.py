# SPDX-License-Identifier: Apache-2.0
"""The Linux guest's QEMU is Osier's, apart from what Linux cannot do without."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import command
import pytest

NET = "stream,server=off,addr.type=unix,addr.path=/tmp/nobody"


@pytest.mark.parametrize("machine", sorted(command.MACHINES))
def test_what_differs(image: Callable[[str, str], Path], assemble: ModuleType, machine: str,
                      tmp_path: Path) -> None:
    """Through the `run` that assemble writes: Osier's stands beside it."""
    own = image(machine, "udp-echo") / "run"
    (tmp_path / "udp-echo").symlink_to(own.parent)
    run = assemble.write_run(tmp_path, machine, "udp-echo-batched", Path("/vmlinuz"), Path("/initrd"))
    osier = words(own, "--net", NET, "--print", "--", "-plugin", "x")
    linux = words(run, "--print", "--net", NET, "--", "-plugin", "x")

    place = osier.index("-machine") + 1
    dropped = set(osier[place].split(",")) - set(linux[place].split(","))
    assert dropped == ({"acpi=off", "pic=off", "pit=off", "hpet=off"} if machine == "q35-x64" else set())
    kernel = osier.index("-kernel") + 1
    tail = linux[kernel + 1:]
    assert linux[kernel] == "/vmlinuz" and tail[:3] == ["-initrd", "/initrd", "-append"]
    assert tail[3].endswith(" -- /udp-echo 7 64") and f"console={command.MACHINES[machine]}" in tail[3]
    assert tail[4:] == ["-plugin", "x"] == osier[kernel + 1:]
    same = [number for number in range(kernel) if number != place]
    assert [osier[number] for number in same] == [linux[number] for number in same]


def words(*arguments: str | Path) -> list[str]:

    return shlex.split(subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout)


def test_without_osiers_image(assemble: ModuleType, tmp_path: Path) -> None:
    run = assemble.write_run(tmp_path, "virt-arm64", "udp-echo", Path("/vmlinuz"), Path("/initrd"))
    done = subprocess.run([run, "--print"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 125 and "bench/compare builds" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_option_is_refused_as_osiers_run_does(image: Callable[[str, str], Path], assemble: ModuleType,
                                                      tmp_path: Path) -> None:
    own = image("virt-arm64", "udp-echo") / "run"
    (tmp_path / "udp-echo").symlink_to(own.parent)
    run = assemble.write_run(tmp_path, "virt-arm64", "udp-echo", Path("/vmlinuz"), Path("/initrd"))
    done = subprocess.run([run, "--disk", "nothing", "--print"], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 125 and "--disk" in done.stderr
