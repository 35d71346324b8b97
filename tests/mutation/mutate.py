# SPDX-License-Identifier: Apache-2.0
"""One seeded mutation of one property of a devicetree, as preprocessed text in which no line moves."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gen.problem import Place

# Directives, texts, what ends a statement, and all else.
TOKEN = re.compile(r'^#.*$|"(?:\\.|[^"\\])*"|[{};]|[^"{};#\n]+|.|\n', re.MULTILINE)
PROPERTY = re.compile(r"(?P<name>[\w,.+?#-]+)(?:\s*=\s*(?P<value>\S.*))?", re.DOTALL)
NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


@dataclass(frozen=True)
class Statement:
    """A property as it is written: where in the text, and on which line of which file."""

    path: str
    name: str
    value: str
    begin: int
    end: int
    place: Place


@dataclass(frozen=True)
class Source:
    """The properties of a text, and each opening of a node: the offset behind its brace, its line."""

    text: str
    properties: tuple[Statement, ...]
    openings: dict[str, list[tuple[int, Place]]]


@dataclass(frozen=True)
class Mutant:
    """A changed text; a message about the change stands at one of these places, or names one."""

    text: str
    what: str
    path: str
    places: tuple[Place, ...]


def read(text: str) -> Source:
    """Finds the properties and nodes of preprocessed source, as far as machine files use its syntax."""
    properties: list[Statement] = []
    openings: dict[str, list[tuple[int, Place]]] = {}
    path: list[str] = []
    begin, file, line = 0, "", 0
    written, place = "", Place("")  # the statement so far, and where it begins
    for token in TOKEN.finditer(text):
        found = token[0]
        marker = re.match(r'#line (\d+) "([^"]*)"', found)
        if marker:
            file, line = marker[2], int(marker[1]) - 1
        elif found == "\n":
            line += 1
            written += " " if written else ""
        elif found == "{" and not written.endswith("&"):  # that of &{/path} opens no node
            path.append(node_path(path, written))
            openings.setdefault(path[-1], []).append((token.end(), place))
            written = ""
        elif found == "}" and not re.search(r"&\{[^}]*$", written):
            del path[-1:]
        elif found == ";":
            match = PROPERTY.fullmatch(written.strip())
            if match and path:
                properties.append(Statement(path[-1], match["name"], match["value"] or "", begin,
                                            token.end(), place))
            written = ""
        elif written or found.strip():
            if not written:
                begin, place = token.start() + len(found) - len(found.lstrip()), Place(file, line)
            written += found if written else found.lstrip()
    return Source(text, tuple(properties), openings)


def node_path(above: list[str], written: str) -> str:
    """Of a node by what stands before its brace: a name behind labels, or a reference by path."""
    reference = re.search(r"&\{(.*)\}", written)
    if reference:
        return reference[1]
    name = written.split()[-1]
    return "/" if name == "/" else f"{above[-1].rstrip('/')}/{name}"


def mutate(source: Source, seed: str, used: frozenset[str]) -> Mutant:
    """The seed's mutation. Two of three are in nodes that the image uses, by their paths."""
    chance = random.Random(seed)
    own = [found for found in source.properties if found.path in used]
    chosen = chance.choice(own if own and chance.random() < 2 / 3 else source.properties)
    found = None
    while found is None:  # not each property can be changed in each way
        found = chance.choice(KINDS)(source, chosen, chance)
    return found


def changed(source: Source, statement: Statement, text: str, what: str) -> Mutant:
    """The statement written otherwise; its lines stay as many as they are."""
    old = source.text[statement.begin:statement.end]
    text += "\n" * (old.count("\n") - text.count("\n"))
    return Mutant(source.text[:statement.begin] + text + source.text[statement.end:],
                  f"{what}: {' '.join(old.split())} is {' '.join(text.split()) or 'not there'}",
                  statement.path, (statement.place,))


def written(name: str, value: str) -> str:
    return f"{name} = {value};" if value else f"{name};"


def drop(source: Source, it: Statement, _chance: random.Random) -> Mutant:
    """A message about it stands at the node."""
    nodes = tuple(place for _, place in source.openings[it.path])
    return replace(changed(source, it, "", "dropped"), places=nodes)


def misspell(source: Source, it: Statement, chance: random.Random) -> Mutant:
    at = chance.randrange(len(it.name))
    letter = chance.choice([c for c in string.ascii_lowercase if c != it.name[at]])
    name = it.name[:at] + letter + it.name[at + 1:]
    return changed(source, it, written(name, it.value), "misspelt")


def retype(source: Source, it: Statement, chance: random.Random) -> Mutant:
    """Text in place of numbers, and so on round."""
    others = [value for value in ('"text"', "<1>", "[01 02]", "") if value[:1] != it.value[:1]]
    return changed(source, it, written(it.name, chance.choice(others)), "of another type")


def off_by_one(source: Source, it: Statement, chance: random.Random) -> Mutant | None:
    """A number one more or less, or another character in a text."""
    if it.value.startswith('"'):
        at = chance.choice([i for i, c in enumerate(it.value) if c not in '", \\\n'] or [0])
        letter = chance.choice([c for c in string.ascii_lowercase + string.digits if c != it.value[at]])
        return at and changed(source, it, written(it.name, it.value[:at] + letter + it.value[at + 1:]),
                              "another character") or None
    if it.value.startswith("["):
        at = chance.choice([m.start() for m in re.finditer(r"[0-9a-f]{2}", it.value)])
        byte = f"{int(it.value[at:at + 2], 16) ^ 1:02x}"
        return changed(source, it, written(it.name, it.value[:at] + byte + it.value[at + 2:]), "off by one")
    numbers = [m for m in NUMBER.finditer(it.value) if it.value[m.start() - 1] in "< \n"]
    if not numbers:
        return None
    number = chance.choice(numbers)
    value = int(number[0], 0)
    step = 1 if value == 0 else -1 if value == 0xffffffff else chance.choice([-1, 1])
    text = it.value[:number.start()] + f"{value + step:#x}" + it.value[number.end():]
    return changed(source, it, written(it.name, text), "off by one")


def move(source: Source, it: Statement, chance: random.Random) -> Mutant | None:
    """To the parent, or to a sibling of the node."""
    return elsewhere(source, it, chance, keep=False)


def copy(source: Source, it: Statement, chance: random.Random) -> Mutant | None:
    """The same in another node as well."""
    return elsewhere(source, it, chance, keep=True)


def elsewhere(source: Source, it: Statement, chance: random.Random, keep: bool) -> Mutant | None:
    above = it.path.rpartition("/")[0] or "/"
    near = [path for path in source.openings
            if path != it.path and path != "/" and (path.rpartition("/")[0] or "/") == above]
    if it.path == "/":
        return None
    path = chance.choice([above, *near] if source.openings.get(above) else near or [it.path])
    if path == it.path:
        return None
    offset, place = source.openings[path][0]
    line = " " + " ".join(written(it.name, it.value).split())
    gap = "\n" * source.text[it.begin:it.end].count("\n")
    parts = [(offset, offset, line)] + ([] if keep else [(it.begin, it.end, gap)])
    text = source.text
    for begin, end, new in sorted(parts, reverse=True):
        text = text[:begin] + new + text[end:]
    places = (place, it.place, *(found for _, found in source.openings[it.path]))
    return Mutant(text, f"{'copied' if keep else 'moved'} to {path}:{line}", it.path, places)


def twice(source: Source, it: Statement, _chance: random.Random) -> Mutant:
    line = written(it.name, it.value)
    return changed(source, it, f"{line} {' '.join(line.split())}", "there twice")


def repeat(source: Source, it: Statement, _chance: random.Random) -> Mutant | None:
    """The value a second time behind itself."""
    return changed(source, it, written(it.name, f"{it.value}, {it.value}"), "repeated") if it.value else None


KINDS = (drop, misspell, retype, move, off_by_one, off_by_one, copy, twice, repeat)
