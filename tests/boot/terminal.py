# SPDX-License-Identifier: Apache-2.0
"""A command on a terminal of its own, with a test at the keyboard."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from pathlib import Path

CTRL_C = b"\x03"


class Terminal:
    """The command is the terminal's foreground; what it prints and we type are there. Use it with
    `with`."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._said = bytearray()
        self.status: int | None = None
        self.pid, self._keyboard = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvp(command[0], command)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._keyboard)  # hangs up
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def type(self, keys: bytes) -> None:
        os.write(self._keyboard, keys)

    def wait_for(self, text: str, timeout: float = 20.0) -> str:
        """Reads until `text` is there; what was read up to there is not searched again."""
        until = time.monotonic() + timeout
        while (found := self._said.find(text.encode())) < 0:
            assert self._read(until), f"waited for {text!r}; it said:\n{self._said.decode(errors='replace')}"
        end = found + len(text.encode())
        passed = self._said[:end].decode(errors="replace")
        del self._said[:end]
        return passed

    def _read(self, until: float) -> bool:
        left = max(0.0, until - time.monotonic())
        if not select.select([self._keyboard], [], [], left)[0]:
            return False
        try:
            chunk = os.read(self._keyboard, 4096)
        except OSError:  # nobody has the other side open any more
            return False
        self._said += chunk
        return bool(chunk)

    def end(self, timeout: float = 20.0) -> int:
        """Waits until the command has ended; its exit status, 128 and more for a signal."""
        until = time.monotonic() + timeout
        while self.status is None:
            self._read(time.monotonic() + 0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.status = code if code >= 0 else 128 - code
            assert time.monotonic() < until, f"it did not end:\n{self._said.decode(errors='replace')}"
        return self.status
