# SPDX-License-Identifier: Apache-2.0
"""PCI functions and messages: who takes them, which line they get, and when it is the pin."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from gen.load import load  # noqa: E402
from gen.messages import rows  # noqa: E402
from gen.model import Device, Image  # noqa: E402
from gen.pipeline import compile_image  # noqa: E402
from gen.show import show  # noqa: E402

APP = ROOT / "tests/boot/apps/disk"  # a network device and a disk
EXPECTED = {"q35-x64": [25, 26], "virt-arm32-pci": [80, 81], "virt-arm64-pci": [0, 1]}


def compiled(folder: Path, machine: str, overlay: str = "") -> tuple[Image, Path]:
    board = folder / "board.dts"
    board.write_text(f'#include "{machine}.dts"\n{overlay}\n')
    return compile_image(board, APP), board


def functions(image: Image) -> list[Device]:
    found = [device for device in image.devices if "over pci" in device.driver]
    return sorted(found, key=lambda device: device.path.rpartition("@")[2])


@pytest.mark.parametrize("machine", sorted(EXPECTED))
def test_each_function_has_a_message_of_its_own(machine: str, tmp_path: Path) -> None:
    image, _ = compiled(tmp_path, machine)
    assert sorted(device.interrupt_number for device in functions(image)) == EXPECTED[machine]
    assert all(device.by_message for device in functions(image))
    shown = show(image)
    assert all(f", message {number}," in shown for number in EXPECTED[machine])


def test_a_line_of_any_other_node_is_left_to_it(tmp_path: Path) -> None:
    image, _ = compiled(tmp_path, "virt-arm32-pci", "&{/pl031@9010000} { interrupts = <0 48 4>; };")
    assert sorted(device.interrupt_number for device in functions(image)) == [81, 82]


@pytest.mark.parametrize("overlay", [
    "&{/pcie@10000000} { /delete-property/ msi-map; };",
    '&{/intc@8000000/v2m@8020000} { status = "disabled"; };',
    "&{/pcie@10000000} { msi-map = <0x100 0x8003 0 0x100>; };",
], ids=["no map", "disabled", "other bus"])
def test_without_a_taker_it_is_the_pin(overlay: str, tmp_path: Path) -> None:
    image, _ = compiled(tmp_path, "virt-arm32-pci", overlay)
    assert not any(device.by_message for device in functions(image))
    assert all("pci::pin" in device.arguments for device in functions(image))
    assert all("v2m" not in device.path for device in image.devices)


def test_a_source_follows_the_requester_through_the_map(tmp_path: Path) -> None:
    _, board = compiled(tmp_path, "virt-arm32-pci", """&{/pcie@10000000} {
        msi-map = <0x00 0x8003 0x40 0x10>, <0x10 0x8003 0x80 0x10>; msi-map-mask = <0xff>; };""")
    tree = load(board, None)
    found = list(rows(tree, tree.nodes["/pcie@10000000"]))
    assert [row.source_of(0x108) for row in found] == [0x48, None]
    assert [row.source_of(0x118) for row in found] == [None, 0x88]
