# SPDX-License-Identifier: Apache-2.0
"""A world around the guest that is the same at every boot: the date, and what is random."""

from __future__ import annotations

from pathlib import Path

from guest import QUIET_NET, Guest, qemu_command

DATE = "2031-05-06T07:08:09"
RANDOM = bytes(range(256))  # what the entropy device gives, from the first byte on


def boot_in_known_world(image: Path, folder: Path, net: str = QUIET_NET,
                        keep_open: int | None = None) -> Guest:
    """Boots an image; `folder` takes the file of random bytes."""
    bytes_file = folder / "random"
    bytes_file.write_bytes(RANDOM)
    # clock=vm: the date goes on with the guest's time, not with that of a host that may be busy.
    command = qemu_command(image, "--", "-rtc", f"base={DATE},clock=vm", net=net)
    return Guest([known(argument, bytes_file) for argument in command], keep_open)


def known(argument: str, bytes_file: Path) -> str:
    kind, _, rest = argument.partition(",")
    return f"rng-random,{rest},filename={bytes_file}" if kind == "rng-builtin" else argument
