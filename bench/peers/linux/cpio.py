# SPDX-License-Identifier: Apache-2.0
"""Writes a cpio archive in the "newc" format, as the kernel takes it for an initramfs
(Documentation/driver-api/early-userspace/buffer-format.rst)."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

ALIGNMENT = 4


@dataclass(frozen=True)
class Entry:
    """A file, a folder or a device; folders stand before what lies in them."""

    path: str  # relative to the root
    mode: int  # type and permissions, as in stat(2)
    data: bytes = b""
    device: tuple[int, int] = (0, 0)  # major and minor number


def folder(path: str) -> Entry:
    return Entry(path, stat.S_IFDIR | 0o755)


def file(path: str, data: bytes, executable: bool = False) -> Entry:
    return Entry(path, stat.S_IFREG | (0o755 if executable else 0o644), data)


def character_device(path: str, major: int, minor: int) -> Entry:
    return Entry(path, stat.S_IFCHR | 0o600, device=(major, minor))


def archive(entries: Iterable[Entry]) -> bytes:
    """The whole archive. The same entries give the same bytes: owners and times are zero."""
    parts = [member(number, entry) for number, entry in enumerate(entries, 1)]
    return b"".join([*parts, member(0, Entry("TRAILER!!!", 0))])


def member(number: int, entry: Entry) -> bytes:
    name = entry.path.encode() + b"\0"
    links, owner, group, time, checksum = 1, 0, 0, 0, 0
    fields = [number, entry.mode, owner, group, links, time, len(entry.data),
              0, 0, *entry.device, len(name), checksum]
    header = b"070701" + b"".join(b"%08X" % field for field in fields)
    return padded(header + name) + padded(entry.data)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
