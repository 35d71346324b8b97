# SPDX-License-Identifier: Apache-2.0
"""What `--profile` chooses: the same images work, and `hardened` ends undefined behaviour by name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import frames
import pytest
from guest import boot
from images import ROOT, one_per_architecture
from wire import Wire
from wired import Wired

APP = ROOT / "tests/boot/apps/overflow"
FAULTS = ROOT / "tests/boot/apps/faults"


def built(machine: str, profile: str, *apps: Path) -> Path:
    """The folder of the machine's images, compiled so."""
    own = ROOT / f"build/test/{profile}-{machine}"
    chosen = [part for app in apps for part in ("--app", str(app))]
    for command in (["./configure.py", "--machine", machine, *chosen, "--profile", profile, "--build", str(own)],
                    ["ninja", "-f", str(own / "build.ninja")]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return own / machine


@pytest.mark.parametrize("machine", one_per_architecture())
def test_hardened_ends_undefined_behaviour_by_name(machine: str) -> None:
    folder = built(machine, "hardened", APP, ROOT / "apps/async")
    with boot(folder / "overflow") as guest:
        assert guest.end() == 70, guest.output
        assert guest.output.startswith("panic: undefined behaviour: signed addition overflows: "), guest.output
        assert re.search(r"\n  at +0x[0-9a-f]+ __ubsan_handle_add_overflow_minimal_abort ", guest.output), guest.output
        assert re.search(r"\n  called +0x[0-9a-f]+ \S*add_one", guest.output), guest.output
    with boot(folder / "async") as guest:
        assert guest.end() == 0, guest.output


def fault(machine: str, profile: str, request: str) -> str:
    """What the app `faults` says after a request, compiled so."""
    folder = built(machine, profile, FAULTS)
    with Wire() as wire, boot(folder / "faults", net=wire.net) as guest:
        wire.connected()
        wired = Wired(guest, wire)
        wired.settle()
        wire.send(frames.datagram(request.encode()))
        assert guest.end() == 70, guest.output
        return guest.output


@pytest.mark.parametrize("profile", ["dev", "standard", "hardened"])
@pytest.mark.parametrize("machine", one_per_architecture())
def test_an_overrun_of_the_stack_is_found(machine: str, profile: str) -> None:
    assert fault(machine, profile, "o40").startswith("panic: the stack was overrun in "), machine


def test_a_forged_return_address_leads_nowhere() -> None:
    """Its signature is wrong: what the CPU makes of it is no address."""
    said = fault("virt-arm64-max", "hardened", "f40200000")
    assert re.match(r"panic: synchronous exception: (instruction fetch|address with a wrong signature)", said), said
    assert "in no node of this image" in said, said


@pytest.mark.parametrize("machine", one_per_architecture())
def test_a_call_by_a_pointer_of_another_type_is_found(machine: str) -> None:
    said = fault(machine, "hardened", "c")
    assert re.match(r"panic: [^\n]*indirect call to a function of another type\n", said), said
    assert re.search(r"\n  at +0x[0-9a-f]+ call_as_another_type \+ 0x", said), said


def test_a_branch_leads_to_the_beginning_of_a_function() -> None:
    said = fault("virt-arm64-max", "hardened", "b")
    assert said.startswith("panic: synchronous exception: branch to where none may lead\n"), said
    assert re.search(r"\n  at +0x[0-9a-f]+ read_address \+ 0x4\n", said), said


def test_what_was_changed_after_the_build_is_found() -> None:
    machine = built("virt-arm64", "hardened", APP)
    folder = machine / "changed"
    shutil.copytree(machine / "overflow", folder, dirs_exist_ok=True)
    image = folder / "image.elf"
    bytes_of = bytearray(image.read_bytes())
    at = bytes_of.index(b"signed addition overflows")
    bytes_of[at] ^= 1
    image.write_bytes(bytes_of)
    with boot(folder) as guest:
        assert guest.end() == 70, guest.output
        assert guest.output.startswith("panic: code or constants are not as they were built\n"), guest.output


@pytest.mark.parametrize("profile", ["dev", "standard"])
def test_other_profiles_do_not(profile: str) -> None:
    with boot(built("virt-arm64", profile, APP) / "overflow") as guest:
        assert (guest.end(), guest.output) == (0, "-2147483648\n")


def test_each_profile_has_its_own_flags() -> None:
    flags = {}
    for profile in ("dev", "standard", "hardened"):
        commands = json.loads((built("virt-arm64", profile, APP).parent / "compile_commands.json").read_text())
        flags[profile] = {word for entry in commands for word in entry["command"].split()}
    assert "-fsanitize=undefined" in flags["hardened"] - flags["standard"]
    assert "-mno-omit-leaf-frame-pointer" in flags["dev"] - flags["standard"]
    assert all("-O2" in found for found in flags.values())


@pytest.mark.parametrize("profile", ["standard", "hardened"])
def test_a_report_is_about_its_profile(profile: str) -> None:
    folder = built("virt-arm64", profile, APP)
    subprocess.run(["ninja", "-f", str(folder.parent / "build.ninja"), "report"], cwd=ROOT, check=True, capture_output=True)
    page = (folder / "overflow/report.html").read_text()
    assert f'id="profile">{profile}: -O2' in page
    assert "<td>src/core/panic.cpp</td>" in page and "<td>src/async/executor.cpp</td>" in page


def test_an_unknown_profile_is_told_the_nearest() -> None:
    done = subprocess.run(["./configure.py", "--machine", "virt-arm64", "--app", "hello", "--profile", "hardend"],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == '--profile: there is no profile "hardend"; --profile takes the name of one; ' \
        "nearest: hardened (profiles: dev, hardened, standard)\n"
