# SPDX-License-Identifier: Apache-2.0
"""The Linux guest's initramfs: its bytes, and the order in which its modules are loaded."""

from __future__ import annotations

import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import cpio
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Member:
    inode: int
    mode: int
    device: tuple[int, int]
    data: bytes


def members(data: bytes) -> dict[str, Member]:
    """Reads as the kernel's init/initramfs.c does: 13 numbers of eight digits behind the magic, and
    the name and the data each up to the next multiple of four from the archive's start."""
    found: dict[str, Member] = {}
    at = 0
    while True:
        assert at % 4 == 0 and data[at:at + 6] == b"070701"
        number = [int(data[at + 6 + 8 * field:at + 14 + 8 * field], 16) for field in range(13)]
        size, name_size = number[6], number[11]
        name = data[at + 110:at + 110 + name_size]
        assert name.endswith(b"\0") and b"\0" not in name[:-1]
        begin = (at + 110 + name_size + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            assert begin == len(data)
            return found
        path = name[:-1].decode()
        assert path not in found
        found[path] = Member(number[0], number[1], (number[9], number[10]),
                             data[begin:begin + size])
        at = (begin + size + 3) // 4 * 4


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 4095, 4096])
def test_a_file_of_any_length(length: int) -> None:
    content = bytes(range(256)) * 16
    read = members(cpio.archive([cpio.file("a" * (length % 7 + 1), content[:length]),
                                 cpio.file("next", b"behind it", executable=True)]))
    assert read["a" * (length % 7 + 1)].data == content[:length]
    assert read["next"].data == b"behind it" and read["next"].mode == stat.S_IFREG | 0o755


def test_folders_and_devices() -> None:
    read = members(cpio.archive([cpio.folder("dev"), cpio.character_device("dev/console", 5, 1)]))
    assert list(read) == ["dev", "dev/console"]
    assert stat.S_ISDIR(read["dev"].mode) and stat.S_ISCHR(read["dev/console"].mode)
    assert read["dev/console"].device == (5, 1)
    # The kernel links members of one inode number to each other.
    assert read["dev"].inode != read["dev/console"].inode


def test_the_same_entries_give_the_same_bytes() -> None:
    entries = [cpio.folder("x"), cpio.file("x/y", b"z")]
    assert cpio.archive(entries) == cpio.archive(list(entries))


def module_file(folder: Path, name: str, depends: str) -> Path:
    path = folder / f"{name}.ko"
    path.write_bytes(b"\x7fELF\0license=GPL\0depends=" + depends.encode() + b"\0retpoline=Y\0")
    return path


def test_a_module_stands_behind_what_it_needs(assemble: ModuleType, tmp_path: Path) -> None:
    files = {name: module_file(tmp_path, name, depends) for name, depends in {
        "virtio_net": "net_failover,virtio_ring,virtio", "net_failover": "failover", "failover": "",
        "virtio_ring": "virtio", "virtio": "", "virtio_mmio": "virtio,virtio_ring", "unused": ""}.items()}
    # virtio_blk is built in here: no file.
    order = assemble.load_order(files, ["virtio_net", "virtio_blk", "virtio_mmio"])
    assert order == ["failover", "net_failover", "virtio", "virtio_ring", "virtio_net", "virtio_mmio"]


def test_a_host_without_apt_is_told_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run([ROOT / "bench/peers/linux/assemble", "virt-arm64"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": str(tmp_path)})
    assert done.returncode == 1
    assert "missing on this host: apt, clang-19, dpkg, lld-19" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_that_no_guest_is_for() -> None:
    done = subprocess.run([ROOT / "bench/peers/linux/assemble", "virt-rv64"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2 and "q35-x64" in done.stderr and "virt-arm64" in done.stderr
