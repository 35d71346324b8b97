# SPDX-License-Identifier: Apache-2.0
"""PCI functions: what is not as the tree says is named at boot, and pins may share a line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import frames
import pytest
from guest import ROOT, Guest, boot, qemu_command
from images import machines, text_of
from wire import Wire

PINS = "virt-rv64-pci"  # where there is nobody to take messages


def net_of(machine: str) -> str:
    """The path of the machine's network device."""
    return re.search(r'net0 = "(.*)"', text_of(machine))[1]


PCI_MACHINES = [name for name in machines() if "pci" in net_of(name)]
# Pairs of machines that differ in the transport alone.
PAIRS = [(name.removesuffix("-pci"), name) for name in PCI_MACHINES if name.removesuffix("-pci") in machines()
         and name.endswith("-pci")]


def changed(image, machine: str, app: str, old: str, new: str) -> list[str]:
    """The image's QEMU command with a part of one argument replaced."""
    command = qemu_command(image(machine, app))
    assert any(re.search(old, part) for part in command), command
    return [re.sub(old, new, part) for part in command]


@pytest.mark.parametrize("old, new, found", [
    ("addr=01.0", "addr=04.0", "expected PCI device 1af4:1041, found no function there"),
    ("virtio-net-pci.*", "virtio-rng-pci,bus=pcie.0,addr=01.0,disable-legacy=on",
     "expected PCI device 1af4:1041, found 1af4:1044"),
    ("virtio-net-pci.*", "e1000e,bus=pcie.0,addr=01.0,romfile=", "expected PCI device 1af4:1041, found 8086:10d3"),
    ("disable-legacy=on", "disable-legacy=off", "expected PCI device 1af4:1041, found 1af4:1000"),
    ("disable-legacy=on", "disable-legacy=on,page-per-vq=on", "expected BAR 4 to be memory of 0x4000 bytes"),
    ("mac=52:54:00:12:34:56", "mac=52:54:00:12:34:57", "expected address 52:54:00:12:34:56"),
], ids=["missing", "other device", "other vendor", "transitional", "other size", "other address"])
@pytest.mark.parametrize("machine", PCI_MACHINES)
def test_what_differs_is_named(image, machine: str, old: str, new: str, found: str) -> None:
    with Guest(changed(image, machine, "udp-echo", old, new)) as guest:
        assert guest.end() == 70, guest.output
        assert f"panic: {net_of(machine)}: {found}" in guest.output


@pytest.mark.parametrize("machine", [name for name in PCI_MACHINES if "-rv" not in name])
def test_a_function_without_messages_is_named(image, machine: str) -> None:
    with Guest(changed(image, machine, "udp-echo", "virtio-net-pci", "virtio-net-pci,vectors=0")) as guest:
        assert guest.end() == 70, guest.output
        assert f"panic: {net_of(machine)}: expected BAR 1 to be memory of 0x1000 bytes, found 0x0" in guest.output


@pytest.mark.parametrize("slots, functions", PAIRS)
def test_a_swapped_transport_is_named(image, slots: str, functions: str) -> None:
    """An image for slots, and the device on PCI; then the other way round."""
    with Guest(changed(image, slots, "udp-echo", r"virtio-net-device,bus=virtio-mmio-bus\.\d+",
                       "virtio-net-pci,romfile=")) as guest:
        assert guest.end() == 70, guest.output
        slot = net_of(slots).removesuffix("/net")
        assert f"panic: {slot}: expected device id 1 (network), found 0 (nothing plugged in)" in guest.output
    with Guest(changed(image, functions, "udp-echo", "virtio-net-pci,.*romfile=", "virtio-net-device")) as guest:
        assert guest.end() == 70, guest.output
        assert f"{net_of(functions)}: expected PCI device 1af4:1041, found no function there" in guest.output


def test_two_functions_on_one_line(image, tmp_path: Path) -> None:
    """Devices 1 and 5 fold onto the same line; both still get their interrupts."""
    image(PINS, "disk")  # so that what it is made of is configured
    board = tmp_path / "folded.dts"
    board.write_text("""// SPDX-License-Identifier: Apache-2.0
#include "virt-rv64-pci.dts"
/ { aliases { disk0 = "/soc/pci@30000000/disk@5,0"; }; };
&{/soc/pci@30000000} {
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
