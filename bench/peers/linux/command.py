# SPDX-License-Identifier: Apache-2.0
"""QEMU's command line for a Linux guest: that of Osier's image on the same machine, in which only
what Linux cannot do without is changed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

# The machine, and its console on the kernel's command line.
MACHINES = {"virt-arm64": "ttyAMA0", "q35-x64": "ttyS0"}
# The program, the app of Osier's whose devices it gets, and the command behind the kernel's `--`.
PROGRAMS = {
    "udp-echo": ("udp-echo", "/udp-echo 7"),
    "udp-echo-batched": ("udp-echo", "/udp-echo 7 64"),
    "block-io": ("block-io", "/block-io /dev/vda"),
}
# A Linux that finds its machine needs what Osier's images do without: ACPI tables, the interrupt
# controllers and timers that it calibrates its own by.
NEEDED = ("acpi", "pic", "pit", "hpet")
# In Linux's favour: no mitigations, no IPv6 traffic, no messages, a clock without calibration.
KERNEL_OPTIONS = "mitigations=off ipv6.disable=1 tsc=reliable quiet loglevel=0 panic=-1"


def linux_command(osier: list[str], machine: str, program: str, kernel: str,
                  initrd: str) -> list[str]:
    """Osier's command line with another kernel; precondition: it ends with -kernel IMAGE."""
    command = list(osier)
    place = command.index("-machine") + 1
    command[place] = ",".join(option for option in command[place].split(",")
                              if option.partition("=")[0] not in NEEDED)
    command[command.index("-kernel") + 1] = kernel
    words = f"console={MACHINES[machine]} {KERNEL_OPTIONS} -- {PROGRAMS[program][1]}"
    return [*command, "-initrd", initrd, "-append", words]


def main(machine: str, program: str, images: Path, kernel: str, initrd: str,
         arguments: list[str]) -> int:
    """What a guest's `run` calls: it takes the options of Osier's, --print, and -- QEMU-ARGS."""
    osier = images / PROGRAMS[program][0] / "run"
    if not osier.exists():
        print(f"run: {osier} does not exist, whose devices this guest gets; bench/compare builds "
              "both", file=sys.stderr)
        return 125
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = [option for option in arguments[:split] if option != "--print"]
    printed = subprocess.run([osier, *options, "--print"], stdout=subprocess.PIPE, text=True)
    if printed.returncode != 0:
        return printed.returncode
    command = linux_command(shlex.split(printed.stdout), machine, program, kernel, initrd)
    command += arguments[split + 1:]
    if "--print" in arguments[:split]:
        print(shlex.join(command))
        return 0
    os.execv(command[0], command)
