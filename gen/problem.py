# SPDX-License-Identifier: Apache-2.0
"""What the user got wrong, in the one shape that every message has."""

from __future__ import annotations

import difflib
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, order=True)
class Place:
    """A line in a source file; line 0 stands for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where, which node, what is wrong, why it matters, what would be right."""

    place: Place | None
    path: str
    what: str
    why: str
    fix: str

    def __str__(self) -> str:
        where = [str(part) for part in (self.place, self.path) if part]
        return shown(": ".join([*where,
                                "; ".join(part for part in (self.what, self.why, self.fix) if part)]))


def shown(said: str) -> str:
    """The text for a terminal: what does not print as an escape, a word that is too long to be read
    without its middle."""
    said = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said)
    return re.sub(r"\S{400,}", lambda word: f"{word[0][:100]}…{word[0][-100:]}", said)


class Refused(Exception):
    """The input cannot be compiled; carries every problem that was found."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


# Ninja, the shell, make's depfiles and the preprocessor each read these in a way of their own.
UNWANTED = "'\"$:#\\`|<>\n\r\t"


def unwanted(path: Path) -> str:
    """The first character of a path that no build rule could carry."""
    return next((char for char in str(path)
                 if char in UNWANTED or not char.isprintable()), "")


def unreadable(error: OSError) -> Problem:
    """A file that cannot be read or written, in the words of the system."""
    return Problem(None, str(error.filename or "configure"), str(error.strerror or error),
                   "the system says so", "a file or folder that this user may read and write")


def shown_path(path: Path) -> str:
    """The path as messages show it: relative inside the project, absolute outside."""
    path = Path(os.path.realpath(path))  # which does not mind a loop of links
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that the user most likely meant."""
    found = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
    return found[0] if found else None


def a_letter_off(one: str, other: str) -> bool:
    """Whether one is the other with a letter more, less, or another."""
    if len(one) > len(other):
        return a_letter_off(other, one)
    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), len(one))
    rest = one[at + 1:] if len(one) == len(other) else one[at:]
    return one != other and len(other) - len(one) <= 1 and rest == other[at + 1:]


def suggest(name: str, known: Iterable[str], noun: str) -> str:
    """A fix for an unknown name: the nearest known one, and what there is to choose from."""
    choices = sorted(known)
    if not choices:
        return f"there is no {noun} to choose from"
    close = nearest(name, choices)
    listing = f"{noun}s: {', '.join(choices)}"
    return f"nearest: {close} ({listing})" if close and len(choices) > 1 else listing


def report(problems: Iterable[Problem]) -> None:
    """Print each problem once, on standard error, in the order of the files."""
    unique = dict.fromkeys(problems)
    for problem in sorted(unique, key=lambda p: (p.place or Place(""), p.path, p.what)):
        print(coloured(problem) if sys.stderr.isatty() else problem, file=sys.stderr)


def status_of(action: Callable[[], int]) -> int:
    """A command's status: what it returns, or 1 after the report of why it was refused."""
    try:
        return action()
    except Refused as refused:
        report(refused.problems)
    except OSError as error:
        report([unreadable(error)])
    return 1


def coloured(problem: Problem) -> str:
    """The message with its place in bold and its fix in green, for a terminal."""
    text = str(problem)
    head = shown(": ".join(str(part) for part in (problem.place, problem.path) if part))
    body, fix = text[len(head):], shown(problem.fix)
    if fix and body.endswith(fix):
        body = f"{body[:-len(fix)]}\x1b[32m{fix}\x1b[0m"
    return f"\x1b[1m{head}\x1b[0m{body}"
