# SPDX-License-Identifier: Apache-2.0
"""Runs dtc: what it refuses in our words, and where it says that each node and property stands."""

from __future__ import annotations

import re
import subprocess

from gen.preprocess import PATIENCE, placed_rows, tidy
from gen.problem import Place, Problem, Refused, nearest

# dtc walks lists of phandles with the provider's #…-cells, and for ever where that is 0xffffffff.
# These checks only warn; rules of ours check what the image uses.
UNCHECKED = [part for name in (
    "clocks_property", "cooling_device_property", "dmas_property", "gpios_property",
    "hwlocks_property", "interrupts_extended_property", "interrupts_property",
    "io_channels_property", "iommus_property", "mboxes_property", "msi_parent_property",
    "mux_controls_property", "phys_property", "power_domains_property", "pwms_property",
    "resets_property", "sound_dai_property", "thermal_sensors_property")
    for part in ("-W", f"no-{name}")]


def run_dtc(text: str, output: str, *options: str) -> bytes:
    """Compile to a blob, or to source that is annotated with file and line."""
    annotate = ["-T", "-T", *options] if output == "dts" else []
    try:
        done = subprocess.run(["dtc", "-q", *UNCHECKED, *annotate, "-I", "dts", "-O", output, "-"],
                              input=text.encode(), capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Refused(Problem(None, "dtc", f"it has not ended in {PATIENCE} s",
                              "a number in the tree may make it loop",
                              "look at what was changed last")) from None
    if done.returncode:
        raise Refused(*dtc_problems(done.stderr.decode("utf-8", "replace"), text))
    return done.stdout


# \\x is a backslash and an x.
BROKEN_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\x(?![0-9A-Fa-f])")


def dtc_problems(stderr: str, text: str) -> list[Problem]:
    syntax = re.search(r"^(?:Lexical e|E)rror: (.+?):(\d+)\.\d+(?:-[\d.]+)?:? (.*)$", stderr, re.M)
    if syntax:
        place = Place(tidy(syntax[1]), int(syntax[2]))
        return [syntax_problem(place, syntax[3], text)]
    if "\\x used with no following hex digits" in stderr:
        place = next((at for at, row in placed_rows(text) if BROKEN_ESCAPE.search(row)), None)
        return [Problem(place, "", "\\x stands before what is no hexadecimal digit",
                        "it begins a character by its number", "\\x41, or \\\\x for \\x itself")]
    problems = [dtc_error(Place(tidy(m[1]), int(m[2])), m[3], m[4], m[5], text) for m in re.finditer(
        r"^(.+?):(\d+)\.\d+-[\d.]+: ERROR \(\w+\): ([^:\n]+)(?::([^:\s]+))?: (.*)$", stderr, re.M)]
    return problems or [Problem(None, "dtc", stderr.strip().splitlines()[0] if stderr else "failed",
                                "the devicetree compiler refuses the tree",
                                "look at what was changed last")]


def written(place: Place, text: str) -> Place:
    """The last line that the user wrote, where dtc finds fault with the end of it all."""
    if not place.file.endswith("<stdin>"):
        return place
    rows = [at for at, row in placed_rows(text) if row.strip() and not at.file.startswith("<")]
    return rows[-1] if rows else place


def dtc_error(place: Place, path: str, name: str | None, said: str, text: str) -> Problem:
    if said == "Duplicate property name":
        # dtc's own place is the first one's, or that of an overlay which changes it.
        second = forced_places(text).get((path, name), place)
        return Problem(second, path, f"{name} stands in this node a second time, after "
                       f"{line_before(second, name, text) or place}",
                       "a node has each property once", "leave one of them out")
    twice = re.match(r"duplicated phandle (\S+) \(seen before at (.*)\)", said)
    if twice:
        places = forced_places(text)
        return Problem(places.get((path, "phandle"), place), path,
                       f"phandle = <{twice[1]}> is also that of {twice[2]} "
                       f"({places.get((twice[2], 'phandle'))})",
                       "nodes are referred to by it", "a number of its own, or a label")
    missing = re.match(r'Reference to non-existent node or label "(.+)"', said)
    return lost_label(place, path, missing[1], text) if missing else \
        Problem(place, path, said, "the devicetree compiler refuses it", "look at this line")


def forced_places(text: str) -> dict[tuple[str, str], Place]:
    """Where the last of each property stands, of a tree that dtc refuses."""
    return read_annotations(run_dtc(text, "dts", "-f").decode("utf-8", "replace"))[1]


def line_before(place: Place, name: str, text: str) -> Place | None:
    """Where the property of a name stands before the one at a place; there is only the node's own
    between, as children come last."""
    written = re.compile(rf"(?<![\w,.+?#-]){re.escape(name)}\s*(?:[=;]|$)")
    found = [at for at, row in placed_rows(text) for _ in written.finditer(row)
             if at.file == place.file and at.line <= place.line]
    return found[-2] if len(found) > 1 else None


def lost_label(place: Place, path: str, label: str, text: str) -> Problem:
    labels = set(re.findall(r"^\s*(\w+):", text, re.M))
    uses = (at for at, row in placed_rows(text) if re.search(rf"&{re.escape(label)}(?!\w)", row))
    close = nearest(label, labels)
    return Problem(next(uses, place), path,
                   f"a property refers to &{label}, and no node has this label",
                   "a reference becomes the number of a node",
                   f"nearest: &{close}" if close else "&LABEL of a node, or &{/PATH}")


def syntax_problem(place: Place, said: str, text: str) -> Problem:
    missing = re.match(r"Label or path (\S+) not found", said)
    if missing:
        return Problem(place, missing[1], "the tree has no such node",
                       "a node without a label is changed by &{/path}",
                       nearest_node(missing[1], text))
    row = next((row.strip() for at, row in placed_rows(text) if at == place), "")
    if said == "syntax error" and "/dts-v1/" not in text:
        machine = next(m[1] for m in re.finditer(r'^# 1 "([^"<]+)"', text, re.M))
        return Problem(Place(machine, 1), "", "/dts-v1/ is missing", "a devicetree begins with it",
                       '/dts-v1/; or #include "MACHINE.dts" of a machine that has it')
    if said == "syntax error" and row.startswith("/dts-v1/"):
        return Problem(place, "", "/dts-v1/ stands here a second time",
                       "the included file begins with it", "leave it out")
    if said == "syntax error" and row.startswith("/memreserve/"):
        return Problem(place, "", "/memreserve/ stands behind a node",
                       "devicetree syntax has it on top only",
                       "a child of /reserved-memory with this range as its reg")
    if said == "syntax error":
        return Problem(written(place, text), "", "this is no devicetree syntax",
                       "a property ends in ';', a node in '};', numbers stand in <>, text in "
                       "quotes",
                       "look at this line and at the end of the one before")
    return Problem(place, "", said, "the devicetree compiler refuses it", "look at this line")


def nearest_node(wanted: str, text: str) -> str:
    names = set(re.findall(r"^\s*(?:\w+:\s*)*([\w,.+-]+(?:@[\w,]+)?)\s*\{", text, re.M))
    close = nearest(wanted.rsplit("/", 1)[-1].lstrip("&"), names)
    return f"nearest node: {close}" if close else "the name of a node that the tree has"


LOCATION = re.compile(r"^(.+?):(\d+):\d+")
OPEN = re.compile(r"^\t*(?:[\w]+: )*(\S+) \{(?: /\* (.*) \*/)?$")
CLOSE = re.compile(r"^\t*\};")
VALUE = re.compile(r"^\t*(?:[\w]+: )*([^\s=;]+)(?: = (.*))?;(?: /\* (.*) \*/)?$")


def read_annotations(text: str) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], Place]]:
    """By (path, name), from dtc's annotated source: how each property was written, and where."""
    forms: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str], Place] = {}
    stack: list[str] = []
    for line in text.splitlines():
        opened = OPEN.match(line)
        if opened:
            stack.append("" if opened[1] == "/" else opened[1])
            note(places, (join(stack), ""), opened[2])
        elif CLOSE.match(line):
            del stack[-1:]
        elif stack and (value := VALUE.match(line)):
            key = (join(stack), value[1])
            forms[key] = form_of(value[2])
            note(places, key, value[3])
    return forms, places


def join(stack: list[str]) -> str:
    return "/".join(stack) or "/"


def note(places: dict[tuple[str, str], Place], key: tuple[str, str], comment: str | None) -> None:
    found = LOCATION.match(comment or "")
    if found and not found[1].startswith("<"):
        places[key] = Place(found[1], int(found[2]))


def form_of(source: str | None) -> str:
    """How the source wrote a value; `mixed` where it wrote several ways."""
    if source is None:
        return "flag"
    if source.startswith(r'"\0'):
        return "cells"  # a decompiler's guess: text does not begin with its end
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '"', source)
    kinds = {kind for mark, kind in (('"', "string"), ("<", "cells"), ("[", "bytes"))
             if mark in bare}
    return kinds.pop() if len(kinds) == 1 else "mixed"
