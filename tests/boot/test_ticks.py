# SPDX-License-Identifier: Apache-2.0
"""Ticks against the host's clock: an interrupt for each, halted between them, and no drift.

A minute, on a machine of each architecture at once; `T=600 tests/run boot -k drift` takes ten.
"""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from guest import Guest, boot, children_of
from images import one_per_architecture

SECONDS = int(os.environ.get("T", "60"))
STEP = 10           # ticks from line to line
SAMPLES = 30        # lines at each end
TICKS = SECONDS * 100
DRIFT = 100e-6
BUSY = 0.05         # of a core, at most, for QEMU; a guest that spins between ticks takes all of it


@dataclass(frozen=True)
class Reading:
    """A line of the guest: its count and clock, and when the host read it, in seconds."""

    alarms: int
    guest: float
    host: float


def read(guest: Guest, tick: int, rate: int) -> Reading:
    """A line is late by what the host was busy with, and never early."""
    said = guest.wait_for(f", tick {tick}.\n", SECONDS + 20)
    host = time.monotonic()
    elapsed, alarms = re.search(rf"^(\d+) elapsed, (\d+) alarms, tick {tick}\.$", said, re.MULTILINE).groups()
    return Reading(int(alarms), int(elapsed) / rate, host)


def offset(readings: list[Reading]) -> float:
    """How far the host's clock is ahead, by the line that came with the least delay."""
    return min(reading.host - reading.guest for reading in readings)


def busy(process: int) -> float:
    """Seconds of a CPU that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watch(folder: Path) -> str:
    """What is wrong with a machine's ticks; nothing where all is well."""
    with boot(folder) as guest:
        rate = int(re.search(r"(\d+) Hz", guest.wait_for(" Hz\n"))[1])
        first = [read(guest, tick, rate) for tick in range(STEP, STEP * (SAMPLES + 1), STEP)]
        [qemu] = children_of(guest.process.pid)
        before = busy(qemu)
        last = [read(guest, tick, rate) for tick in range(TICKS - STEP * (SAMPLES - 1), TICKS + 1, STEP)]
        used = (busy(qemu) - before) / (last[-1].host - first[-1].host)
    drift = (offset(last) - offset(first)) / (last[0].guest - first[0].guest)
    said = f"{folder.parent.name}: drift {drift * 1e6:.1f} ppm, {last[-1].alarms} alarms in {TICKS} ticks, " \
        f"QEMU takes {used:.1%} of a core"
    wrong = abs(drift) > DRIFT or last[-1].alarms != TICKS or used > BUSY
    return said if wrong else ""


def test_ticks_do_not_drift(image) -> None:
    folders = [image(machine, "metronome") for machine in one_per_architecture("timer")]
    with ThreadPoolExecutor(len(folders)) as pool:
        wrong = [said for said in pool.map(watch, folders) if said]
    assert not wrong, "\n".join(wrong)
