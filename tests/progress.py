# SPDX-License-Identifier: Apache-2.0
"""Where a long command stands: one line of a terminal that is replaced in place; nothing in a pipe."""

from __future__ import annotations

import shutil
import sys


def progress(text: str) -> None:
    """In place of what was said before; it is gone with "", to be called before what is to stay."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="", flush=True)
