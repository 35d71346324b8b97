# SPDX-License-Identifier: Apache-2.0
"""A booted image: its console, its end, and the promise that no QEMU outlives the test."""

from __future__ import annotations

import os
import re
import runpy
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gen.run import app_status, die_with  # noqa: E402

# Seconds. An image boots in a tenth of one; the rest is for a host that is busy with other things.
PATIENCE = 20.0
# A network that forwards nothing, so that two guests never want the same port.
QUIET_NET = "user,net=10.0.2.0/24,host=10.0.2.2,restrict=on"

# What firmware says on the console before the image does.
OPENSBI = re.compile(r"(\r\n)?OpenSBI v.*?Boot HART MEDELEG[^\n]*\n", re.DOTALL)


class Guest:
    """A process whose output is an image's console: `run`, or QEMU itself. Use it with `with`."""

    def __init__(self, command: list[str], keep_open: int | None = None) -> None:
        self.command = command
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=() if keep_open is None else (keep_open,), preexec_fn=die_with(os.getpid()))
        self._output = bytearray()
        self._grown = threading.Condition()
        self._open = True
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends it as gently as it allows: SIGTERM lets `run` end QEMU itself."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(timeout=5)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            with self._grown:
                self._output += chunk
                self._grown.notify_all()
        with self._grown:
            self._open = False
            self._grown.notify_all()

    @property
    def output(self) -> str:
        """What the image and QEMU have said so far."""
        with self._grown:
            return self._said()

    def _said(self) -> str:
        return OPENSBI.sub("", self._output.decode(errors="backslashreplace"))

    def wait_for(self, text: str, timeout: float = PATIENCE) -> str:
        """Waits until the console has said `text`; returns all that it has said."""
        return self._wait(lambda: text in self._said(),
                          f"the console to say {text!r}", timeout)

    def _wait(self, done: Callable[[], bool], what: str, timeout: float) -> str:
        with self._grown:
            self._grown.wait_for(lambda: done() or not self._open, timeout)
            said = self._said()
            assert done(), f"waited for {what} in {shlex.join(self.command)}; it said:\n{said}"
            return said

    def end(self, timeout: float = PATIENCE) -> int:
        """Waits until the process has ended by itself; returns the status that `run` makes of it."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{shlex.join(self.command)} did not end in {timeout} s; "
                                 f"it said:\n{self.output}") from None
        self._reader.join(timeout=5)
        return translated(self.command, status)

    def children(self) -> list[int]:
        """The process ids of what it has started."""
        return children_of(self.process.pid)


def translated(command: list[str], status: int) -> int:
    """The app's status, where the command is QEMU itself and the machine's exit tells it in its way."""
    if "-kernel" not in command:
        return status
    run = Path(command[command.index("-kernel") + 1]).parent / "run"
    found = app_status(runpy.run_path(str(run))["MACHINE"], status)
    return status if found is None else found


def children_of(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(word) for word in found.read_text().split()] if found.exists() else []


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended; a zombie has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def wait_until(condition: Callable[[], bool], timeout: float = PATIENCE) -> bool:
    """Whether a condition came true within the time."""
    until = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def boot(image: Path, *arguments: str, net: str | None = QUIET_NET, keep_open: int | None = None) -> Guest:
    """Boots the image in a build folder by its own `run`."""
    network = ["--net", net] if net is not None and has_network(image) else []
    return Guest([str(image / "run"), *network, *arguments], keep_open)


def qemu_command(image: Path, *arguments: str, net: str = QUIET_NET) -> list[str]:
    """The QEMU command that `run --print` tells, to be changed by a test."""
    network = ["--net", net] if has_network(image) else []
    said = subprocess.run([str(image / "run"), *network, "--print", *arguments],
                          capture_output=True, text=True, check=True, timeout=PATIENCE)
    return shlex.split(said.stdout)


def has_network(image: Path) -> bool:
    return "-netdev" in subprocess.run([str(image / "run"), "--print"], capture_output=True,
                                       text=True, check=True, timeout=PATIENCE).stdout

