#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The devicetree loader against mutated machines: accepted, or refused in plain words; no traceback.

Takes libFuzzer's options: -runs=N -seed=N -max_total_time=SECONDS -artifact_prefix=PATH, and files to
run as they are. A mutant is a machine's source with some bytes or lines changed, its compiled tree with
some bytes changed, or that given to --dts as if it were source."""

from __future__ import annotations

import random
import re
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT))

from gen import load, pipeline  # noqa: E402
from gen.dtc import run_dtc  # noqa: E402
from gen.preprocess import preprocess  # noqa: E402
from gen.problem import Place, Refused  # noqa: E402

APP = ROOT / "apps/udp-echo"
PATIENCE = 20  # seconds for one; tenths are usual
BLOB_MAGIC = bytes.fromhex("d00dfeed")


@cache
def text(machine: Path) -> bytes:
    """The machine's source, what it includes put in its place."""
    found, _ = preprocess([machine])
    return re.sub(r"^# .*\n", "", found, flags=re.MULTILINE).encode()


@cache
def blob(machine: Path) -> bytes:
    return run_dtc(text(machine).decode(), "dtb")


def change_bytes(data: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(data))
    size = chance.choice((1, 1, 2, 4, 16))
    match chance.randrange(5):
        case 0: data[at] ^= 1 << chance.randrange(8)
        case 1: data[at:at + size] = chance.randbytes(size)
        case 2: del data[at:at + size]
        case 3: data[at:at] = data[at:at + size]
        case 4: data[at:at + 4] = chance.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\t"))


def change_lines(data: bytearray, chance: random.Random) -> None:
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0: del lines[at]
        case 1: lines.insert(at, lines[at])
        case 2: lines[at] = lines[chance.randrange(len(lines))]
        case 3: lines = lines[:at + 1]
    data[:] = b"\n".join(lines)


def mutant(seed: int) -> bytes:
    """Where its first bytes are those of a compiled tree it is one, else source."""
    chance = random.Random(seed)
    machine = chance.choice(sorted((ROOT / "dts").glob("*.dts")))
    is_blob = chance.random() < 0.7
    data = bytearray(blob(machine) if is_blob else text(machine))
    for _ in range(chance.choice((1, 1, 2, 4, 8))):
        change = change_bytes if is_blob or chance.random() < 0.5 else change_lines
        if data:
            change(data, chance)
    if is_blob and chance.random() < 0.1:
        del data[chance.randrange(len(data)):]
    return bytes(data)


def read_tree(data: bytes) -> None:
    """A compiled tree, as if dtc had made it."""
    load.read_blob(data, {}, {}, [], Place("mutant.dtb", 1), [])


def compile_source(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="osier-") as folder:
        file = Path(folder) / "mutant.dts"
        file.write_bytes(data)
        pipeline.compile_image(file, APP)


def out_of_patience(*_: object) -> None:
    raise TimeoutError(f"not ended in {PATIENCE} s")


def run(data: bytes) -> str:
    """What became of it. Whatever is raised but Refused is a finding."""
    is_blob = data.startswith(BLOB_MAGIC)
    signal.alarm(PATIENCE)
    try:
        read_tree(data) if is_blob else compile_source(data)
    except Refused as refused:
        if not all(problem.what and problem.why for problem in refused.problems):
            raise AssertionError(f"a message without its words: {refused}") from None
        return "trees refused" if is_blob else "sources refused"
    finally:
        signal.alarm(0)
    return "trees accepted" if is_blob else "sources accepted"


def main(arguments: list[str]) -> int:
    options = dict(found.groups() for word in arguments if (found := re.fullmatch(r"-(\w+)=(.*)", word)))
    given = [Path(word) for word in arguments if not word.startswith("-")]
    files = [file for path in given for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    first, runs = int(options.get("seed", "1")), int(options.get("runs", "-1"))
    end = time.monotonic() + float(options.get("max_total_time", "0") or "0")
    counts: Counter[str] = Counter()
    unit = Path(f"{options.get('artifact_prefix', './')}finding")
    signal.signal(signal.SIGALRM, out_of_patience)
    number, status = 0, 0
    while number < len(files) or not given or "runs" in options or "max_total_time" in options:
        if number < len(files):
            data = files[number].read_bytes()
        elif 0 <= runs <= number - len(files) or (runs < 0 and time.monotonic() >= end):
            break
        else:
            data = mutant(first * 1_000_000 + number - len(files))
        number += 1
        if number % 100 == 0:
            print(f"#{number}", file=sys.stderr, flush=True)
        if number > len(files):
            unit.write_bytes(data)  # before it runs: it may crash libfdt
        try:
            counts[run(data)] += 1
        except Exception:  # noqa: BLE001: whatever it is, it is what is looked for
            traceback.print_exc()
            status = 1
            break
        unit.unlink(missing_ok=True)
    for what, count in sorted(counts.items()):
        print(f"counted: {count} {what}", file=sys.stderr)
    print(f"Done {number} runs", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
