# SPDX-License-Identifier: Apache-2.0
"""Boots an image under gdb, halted at its first instruction. QEMU ends when gdb does."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gen.run import (FAILED, Parser, Unstartable, add_devices, die_with, open_standard_streams,
                     qemu_command, wait, why_not_started)

ROOT = Path(__file__).resolve().parent.parent
GDB = "gdb-multiarch"

EPILOG = """\
gdb stops at the image's first instruction; from there on breakpoints of every kind hold. Ctrl-C
interrupts the image, and the end of gdb is that of QEMU. The console is standard output.

  tasks                                    every coroutine: where it is, what it waits for
  queues                                   every virtqueue: posted, in flight, completed
  packets                                  every packet buffer: who holds it, what is in it
  print QUEUE, PACKET, TASK                the same of one

  debug -- -ex 'break app_main' -ex continue
                                           anything after -- goes to gdb

exit status: gdb's own; 125 where QEMU or gdb did not start
"""


def main(machine: dict[str, Any], arguments: list[str]) -> int:
    """What a generated `debug` calls with its machine."""
    open_standard_streams()
    split = arguments.index("--") if "--" in arguments else len(arguments)
    options = parse(machine, arguments[:split])
    try:
        if shutil.which(GDB) is None:
            raise Unstartable(f"{GDB} is not installed; apt-get install {GDB}")
        with tempfile.TemporaryDirectory(prefix="osier-") as folder:
            return debug(machine, options, Path(folder) / "gdb", arguments[split + 1:])
    except Unstartable as problem:
        print(f"debug: {problem}", file=sys.stderr)
        return FAILED


def parse(machine: dict[str, Any], arguments: list[str]) -> argparse.Namespace:
    parser = Parser(prog="debug", description=f"Boots {machine['name']} under gdb.", epilog=EPILOG,
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add_devices(parser)
    return parser.parse_args(arguments)


def debug(machine: dict[str, Any], options: argparse.Namespace, connection: Path,
          gdb_arguments: list[str]) -> int:
    """Run gdb to its end; whatever ends it, or this, ends QEMU too."""
    children: list[subprocess.Popen[bytes]] = []
    caught: list[int] = []

    def end_all(number: int, _frame: object) -> None:
        caught.append(number)
        for child in children:
            child.terminate()

    # Ctrl-C is gdb's: it halts the image. A handler, unlike SIG_IGN, is not inherited.
    signal.signal(signal.SIGINT, lambda *_: None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_all)
    command = [*qemu_command(machine, options), "-S",
               "-gdb", f"unix:{connection},server=on,wait=off"]
    # A session of its own: Ctrl-C does not reach it.
    qemu = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True,
                            close_fds=False, preexec_fn=die_with(os.getpid()))
    children.append(qemu)
    try:
        while not connection.exists():
            if qemu.poll() is not None:
                raise Unstartable(why_not_started(machine, qemu.returncode, options))
            time.sleep(0.01)
        gdb = subprocess.Popen(gdb_command(machine, connection) + gdb_arguments, close_fds=False,
                               preexec_fn=die_with(os.getpid()))
        children.append(gdb)
        status = wait(gdb, caught)
        return 128 + caught[0] if caught else status
    finally:
        qemu.terminate()
        wait(qemu, [signal.SIGTERM])


def gdb_command(machine: dict[str, Any], connection: Path) -> list[str]:
    commands = [f"directory {ROOT}", f"source {ROOT}/gen/gdb_printers.py", "set confirm off",
                f"target remote {connection}", "python reach_entry()"]
    return [GDB, "-q", *(part for command in commands for part in ("-ex", command)),
            str(machine["image"])]
