# SPDX-License-Identifier: Apache-2.0
"""Reads a machine and an app into one tree in which every node and property knows its line."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gen.problem import ROOT, Place, Problem, Refused, nearest, shown_path

TOOLS = {"clang-19": "clang-19", "dtc": "device-tree-compiler"}
# dtc walks lists of phandles with the provider's #…-cells, and for ever where that is 0xffffffff.
# These checks only warn; rules of ours check what the image uses.
UNCHECKED = [part for name in (
    "clocks_property", "cooling_device_property", "dmas_property", "gpios_property",
    "hwlocks_property", "interrupts_extended_property", "interrupts_property",
    "io_channels_property", "iommus_property", "mboxes_property", "msi_parent_property",
    "mux_controls_property", "phys_property", "power_domains_property", "pwms_property",
    "resets_property", "sound_dai_property", "thermal_sensors_property")
    for part in ("-W", f"no-{name}")]
DEEPEST = 64  # levels of nodes
PATIENCE = 30  # seconds; a tree takes hundredths of one


@dataclass(frozen=True)
class Property:
    """Bytes of a property, how the source wrote them (flag, cells, string, bytes), and where."""

    name: str
    data: bytes
    form: str
    place: Place

    def cells(self) -> list[int]:
        """The numbers; none where the source wrote text."""
        if self.form in ("string", "mixed"):
            return []
        whole = len(self.data) - len(self.data) % 4
        return [int.from_bytes(self.data[i:i + 4], "big") for i in range(0, whole, 4)]

    def strings(self) -> list[str]:
        """The texts; none where the source wrote numbers."""
        if self.form in ("cells", "bytes"):
            return []
        return self.data.decode("utf-8", "replace").rstrip("\0").split("\0") if self.data else []


@dataclass(frozen=True)
class Node:
    """A node with its properties and children, in the order of the compiled tree."""

    name: str
    path: str
    place: Place
    parent: Node | None = field(repr=False, compare=False)
    properties: dict[str, Property] = field(default_factory=dict, compare=False)
    children: dict[str, Node] = field(default_factory=dict, compare=False)

    def get(self, name: str) -> Property | None:
        return self.properties.get(name)

    def cells(self, name: str) -> list[int]:
        found = self.get(name)
        return found.cells() if found else []

    def strings(self, name: str) -> list[str]:
        found = self.get(name)
        return found.strings() if found else []

    def cell(self, name: str, default: int) -> int:
        values = self.cells(name)
        return values[0] if values else default

    def number(self, name: str, default: int) -> int:
        """All cells of a property as one number."""
        value = 0
        for cell in self.cells(name):
            value = value << 32 | cell
        return value if self.get(name) else default

    def at(self, name: str) -> Place:
        """The line of a property, or of the node where the property is absent."""
        found = self.get(name)
        return found.place if found else self.place

    def cite(self, name: str = "") -> str:
        """How a message names the node as the other side: its path, and the line of a property."""
        return f"{self.path} ({self.at(name)})"

    def walk(self) -> list[Node]:
        return [self, *(n for child in self.children.values() for n in child.walk())]


@dataclass(frozen=True)
class Tree:
    """The merged tree, its nodes by path and phandle, and the files it was made of."""

    root: Node
    nodes: dict[str, Node]
    phandles: dict[int, Node]
    reservations: list[tuple[int, int, Place]]
    sources: list[str]


def load(machine: Path, app: Path | None) -> Tree:
    """Compile the machine file, with the app merged onto it where there is one."""
    for tool, package in TOOLS.items():
        require_tool(tool, package)
    text, sources = preprocess([machine, *([app] if app else [])])
    refuse_unwatched(text)
    blob = run_dtc(text, "dtb")
    annotated = run_dtc(text, "dts").decode("utf-8", "replace")
    forms, places = read_annotations(annotated)
    return read_blob(blob, forms, places, reserve_places(text), Place(shown_path(machine), 1),
                     sources)


def require_tool(tool: str, package: str) -> None:
    if shutil.which(tool) is None:
        raise Refused(Problem(None, tool, "the program is not installed",
                              f"it is in the Debian package {package}",
                              f"apt-get install {package}"))


def preprocess(files: list[Path]) -> tuple[str, list[str]]:
    """Run the C preprocessor over a wrapper that includes the files; also list every source."""
    for file in files:
        if not file.is_file():
            raise Refused(Problem(Place(shown_path(file)), "", "the file does not exist",
                                  "the image is compiled from it", "the path of a file"))
    wrapper = "".join(f'#include "{shown_path(file)}"\n' for file in files)
    command = ["clang-19", "-E", "-nostdinc", "-undef", "-D__DTS__", "-x", "assembler-with-cpp",
               "-fno-color-diagnostics", "-I", "dts", "-"]
    try:
        done = subprocess.run(command, input=wrapper.encode(), cwd=ROOT, capture_output=True,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Refused(Problem(None, "clang-19", f"the preprocessor has not ended in {PATIENCE} s",
                              "an included file may have no end, as a pipe",
                              "look at what was changed last")) from None
    if done.returncode:
        raise Refused(preprocessor_problem(done.stderr.decode("utf-8", "replace")))
    text = done.stdout.decode("utf-8", "replace")
    names = dict.fromkeys(re.findall(r'^# \d+ "([^"<]+)"', text, re.M))
    text = clean_markers(text)
    for place, row in placed_rows(text):
        if "\ufffd" in row:
            raise Refused(Problem(place, "", "this line is not UTF-8 text",
                                  "names and messages are",
                                  "save the file as UTF-8"))
    return text, [tidy(name) for name in names]


def placed_rows(text: str) -> Iterator[tuple[Place, str]]:
    """Each row of preprocessed text with the line that it comes from."""
    file, line = "", 0
    for row in text.split("\n"):
        marker = re.match(r'# (\d+) "([^"]*)"', row)
        if marker:
            file, line = marker[2], int(marker[1])
            continue
        yield Place(file, line), row
        line += 1


UNWATCHED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|(/include/|/incbin/)")


def refuse_unwatched(text: str) -> None:
    """dtc's own ways to read a file are looked up elsewhere, and Ninja would not see an edit."""
    for place, row in placed_rows(text):
        for found in UNWATCHED.finditer(row):
            if found[1]:
                raise Refused(Problem(place, "", f"{found[1]} is not supported",
                                      "a change of the file that it names would go unseen",
                                      "#include" if found[1] == "/include/" else "the bytes in []"))


def tidy(name: str) -> str:
    """A file name as messages show it: `dts/../apps/x` is `apps/x`."""
    return shown_path(ROOT / name)


def clean_markers(text: str) -> str:
    """Write the tidy file names into the line markers, from where dtc takes its own."""
    return re.sub(r'^(# \d+ ")([^"<]+)(")', lambda m: m[1] + tidy(m[2]) + m[3], text, flags=re.M)


def preprocessor_problem(stderr: str) -> Problem:
    found = re.search(r"^(.+?):(\d+):\d+: (?:fatal )?error: (.*)$", stderr, re.M)
    if not found:
        return Problem(None, "clang-19", "the preprocessor failed",
                       stderr.strip() or "it says nothing", "look at what was changed last")
    place, what = Place(tidy(found[1]), int(found[2])), found[3]
    if what == "#include nested too deeply":
        return recursion(stderr)
    missing = re.match(r"'(.*)' file not found", what)
    if not missing:
        return Problem(place, "", what, "the C preprocessor reads the file first",
                       "look at this line")
    here = Path(ROOT / found[1]).parent
    known = {f.name for folder in (here, ROOT / "dts") for f in folder.glob("*.dts*")}
    known |= {f"qemu/{f.name}" for f in (ROOT / "dts/qemu").glob("*.dts*")}
    close = nearest(missing[1], known)
    return Problem(place, "", f'the included file "{missing[1]}" does not exist',
                   "it is looked for beside this file and in dts/",
                   f'nearest: "{close}"' if close else "the name of a file in one of them")


def recursion(stderr: str) -> Problem:
    """The line that stands in the chain of includes again and again."""
    chain = re.findall(r"^In file included from (.+?):(\d+):", stderr, re.M)
    file, line = max(chain, key=chain.count)
    return Problem(Place(tidy(file), int(line)), "", "this #include leads back to this file",
                   "it would never end", "leave it out")


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


def dtc_problems(stderr: str, text: str) -> list[Problem]:
    syntax = re.search(r"^Error: (.+?):(\d+)\.\d+(?:-[\d.]+)?:? (.*)$", stderr, re.M)
    if syntax:
        place = Place(tidy(syntax[1]), int(syntax[2]))
        return [syntax_problem(place, syntax[3], text)]
    problems = [dtc_error(Place(tidy(m[1]), int(m[2])), m[3], m[4], m[5], text) for m in re.finditer(
        r"^(.+?):(\d+)\.\d+-[\d.]+: ERROR \(\w+\): ([^:\n]+)(?::([^:\s]+))?: (.*)$", stderr, re.M)]
    return problems or [Problem(None, "dtc", stderr.strip().splitlines()[0] if stderr else "failed",
                                "the devicetree compiler refuses the tree",
                                "look at what was changed last")]


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
        return Problem(place, "", "this is no devicetree syntax",
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


def reserve_places(text: str) -> list[Place]:
    """The lines of the /memreserve/ statements, in order."""
    return [place for place, row in placed_rows(text) if "/memreserve/" in row]


def reserve_map(blob: bytes) -> Iterator[tuple[int, int]]:
    """The address and size of each /memreserve/ (Devicetree Specification 5.3).

    libfdt's binding for Python loses an address of 0.
    """
    at = int.from_bytes(blob[16:20], "big")
    while any(blob[at:at + 16]):
        yield int.from_bytes(blob[at:at + 8], "big"), int.from_bytes(blob[at + 8:at + 16], "big")
        at += 16


def broken(how: str, place: Place) -> Problem:
    return Problem(place, "", f"the compiled tree is broken: {how}",
                   "every offset, length and name in it is followed", "look at what was changed last")


def refuse_broken(blob: bytes, place: Place) -> None:
    """libfdt trusts what it reads: a tree that leads out of its bytes would crash it."""
    import libfdt

    status = libfdt.fdt_check_full(bytearray(blob), len(blob))
    if status < 0:
        raise Refused(broken(libfdt.fdt_strerror(status), place))


def read_blob(blob: bytes, forms: dict[tuple[str, str], str], places: dict[tuple[str, str], Place],
              reserved: list[Place], fallback: Place, sources: list[str]) -> Tree:
    import libfdt  # Debian's python3-libfdt; configure.py names the package where it is missing

    refuse_broken(blob, fallback)
    fdt = libfdt.Fdt(blob)
    nodes: dict[str, Node] = {}

    def read(offset: int, parent: Node | None) -> Node:
        name = fdt.get_name(offset)
        path = "/" if parent is None else f"{parent.path.rstrip('/')}/{name}"
        if path.count("/") > DEEPEST:
            raise Refused(Problem(places.get((path, ""), fallback), path,
                                  f"the node is nested more than {DEEPEST} deep",
                                  "no machine is", "fewer levels"))
        node = Node(name, path, places.get((path, ""), fallback), parent)
        nodes[path] = node
        at = fdt.first_property_offset(offset, [libfdt.NOTFOUND])
        while at >= 0:
            # libfdt's own check lets a length pass that is negative to it.
            length = blob[fdt.off_dt_struct() + at + 4:fdt.off_dt_struct() + at + 8]
            if int.from_bytes(length, "big") > len(blob):
                raise Refused(broken("a property is longer than the tree", fallback))
            found = fdt.get_property_by_offset(at)
            key = (path, found.name)
            node.properties[found.name] = Property(
                found.name, bytes(found), forms.get(key, "cells"), places.get(key, node.place))
            at = fdt.next_property_offset(at, [libfdt.NOTFOUND])
        at = fdt.first_subnode(offset, [libfdt.NOTFOUND])
        while at >= 0:
            child = read(at, node)
            node.children[child.name] = child
            at = fdt.next_subnode(at, [libfdt.NOTFOUND])
        return node

    try:
        root = read(0, None)
    except (UnicodeDecodeError, SystemError):  # the binding's own way to say the same
        raise Refused(broken("a name is not UTF-8 text", fallback)) from None
    rows = list(reserve_map(blob))
    phandles = {n.cells("phandle")[0]: n for n in nodes.values() if n.cells("phandle")}
    lines = reserved + [fallback] * len(rows)
    return Tree(root, nodes, phandles, [(b, s, p) for (b, s), p in zip(rows, lines)], sources)
