# SPDX-License-Identifier: Apache-2.0
"""PCI functions: what is not as the tree says is named at boot, and pins may share a line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import frames
import pytest
from guest import ROOT, Guest, boot, qemu_command
from wire import Wire

MACHINE = "virt-arm64-pci"
NODE = "/pcie@10000000/net@1,0"


def changed(image, app: str, old: str, new: str) -> list[str]:
    """The image's QEMU command with a part of one argument replaced."""
    command = qemu_command(image(MACHINE, app))
    assert any(old in part for part in command), command
    return [part.replace(old, new) for part in command]


@pytest.mark.parametrize("old, new, found", [
    ("addr=01.0", "addr=03.0", "expected PCI device 1af4:1041, found no function there"),
    ("disable-legacy=on", "disable-legacy=off", "expected PCI device 1af4:1041, found 1af4:1000"),
    ("disable-legacy=on", "disable-legacy=on,page-per-vq=on", "expected BAR 4 to be memory of 0x4000 bytes"),
    ("mac=52:54:00:12:34:56", "mac=52:54:00:12:34:57", "expected address 52:54:00:12:34:56"),
], ids=["missing", "transitional", "other size", "other address"])
def test_what_differs_is_named(image, old: str, new: str, found: str) -> None:
    with Guest(changed(image, "udp-echo", old, new)) as guest:
        assert guest.end() == 70, guest.output
        assert guest.output.startswith(f"panic: {NODE}: {found}"), guest.output


def test_another_device_in_its_place_is_named(image) -> None:
    command = qemu_command(image(MACHINE, "udp-echo"))
    at = next(i for i, part in enumerate(command) if part.startswith("virtio-net-pci"))
    command[at] = "virtio-rng-pci,bus=pcie.0,addr=01.0,disable-legacy=on"
    with Guest(command) as guest:
        assert guest.end() == 70, guest.output
        assert f"panic: {NODE}: expected PCI device 1af4:1041, found 1af4:1044" in guest.output


def test_a_swapped_transport_is_named(image) -> None:
    """An image for slots, and the device on PCI."""
    command = qemu_command(image("virt-arm64", "udp-echo"))
    at = next(i for i, part in enumerate(command) if part.startswith("virtio-net-device"))
    command[at] = command[at].replace("virtio-net-device,bus=virtio-mmio-bus.31", "virtio-net-pci,romfile=")
    with Guest(command) as guest:
        assert guest.end() == 70, guest.output
        assert "expected device id 1 (network), found 0 (nothing plugged in)" in guest.output


def test_two_functions_on_one_line(image, tmp_path: Path) -> None:
    """Devices 1 and 5 fold onto the same line; both still get their interrupts."""
    image(MACHINE, "disk")  # so that what it is made of is configured
    board = tmp_path / "folded.dts"
    board.write_text("""// SPDX-License-Identifier: Apache-2.0
#include "virt-arm64-pci.dts"
/ { aliases { disk0 = "/pcie@10000000/disk@5,0"; }; };
&{/pcie@10000000} {
  disk@5,0 { compatible = "pci1af4,1042"; reg = <0x2800 0 0 0 0>; interrupts = <1>; };
};
""")
    build = tmp_path / "build"
    for command in (["./configure.py", "--dts", str(board), "--app", "tests/boot/apps/disk", "--build", str(build)],
                    ["ninja", "-f", str(build / "build.ninja")]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    folder = build / "folded/disk"
    handlers = [line for line in (folder / "generated/machine.cpp").read_text().splitlines()
                if "net0_device.interrupt" in line]
    assert len(handlers) == 1 and "disk0_device.interrupt" in handlers[0]
    with Wire() as wire, boot(folder, "--disk", "null:1M", net=wire.net) as guest:
        guest.wait_for("disk: ready")
        for number in range(100):
            wire.send(frames.datagram(b"x%d" % number))
            assert len(frames.read_udp(wire.expect(frames.is_udp)).payload) == 512
