# SPDX-License-Identifier: Apache-2.0
"""What apps/devices prints is what `--show` prints, and is the tree, node for node."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from guest import ROOT, boot
from images import machines


def normal(source: str) -> str:
    """Devicetree source, compiled and decompiled: sorted, and without how the values were written."""
    blob, form = source.encode(), "dts"
    for out in ("dtb", "dts"):
        blob = subprocess.run(["dtc", "-q", "-s", "-I", form, "-O", out, "-"], input=blob, capture_output=True,
                              check=True).stdout
        form = out
    return blob.decode()


def merged(machine: str) -> str:
    """The machine and the app by the preprocessor alone: nothing of gen/ has read it."""
    files = "".join(f'#include "{file}"\n' for file in (f"dts/{machine}.dts", "apps/devices/app.dtsi"))
    done = subprocess.run(["clang-19", "-E", "-P", "-nostdinc", "-undef", "-x", "assembler-with-cpp", "-I", "dts",
                           "-"], input=files, text=True, capture_output=True, check=True, cwd=ROOT)
    return done.stdout


@pytest.mark.parametrize("machine", machines())
def test_devices_prints_the_tree(image, machine: str) -> None:
    folder: Path = image(machine, "devices")
    with boot(folder) as guest:
        assert guest.end() == 0, guest.output
    shown = subprocess.run(["./configure.py", "--machine", machine, "--app", "devices", "--show"], cwd=ROOT,
                           text=True, capture_output=True, check=True).stdout
    assert guest.output.splitlines() == shown.splitlines()
    assert normal(guest.output) == normal(merged(machine))
    claims = [line for line in guest.output.splitlines() if " as console" in line]
    assert len(claims) == 1, "one driver has the console"
    assert b"\xd0\x0d\xfe\xed" not in (folder / "image.elf").read_bytes()
