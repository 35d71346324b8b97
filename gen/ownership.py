# SPDX-License-Identifier: Apache-2.0
"""Owned values stand where clang's analysis sees them: in locals and parameters, nowhere else.

-Wconsumed follows a local variable and a parameter by value. It is blind for data members, globals,
references and lambdas. So a value whose type is marked `clang::consumable`, or that is a proof, may
not stand there, but for a line above which `HOLDS:` says why that is right. Text is read, not a
syntax tree: an `auto` variable is known by what it is given, `auto&` is not seen.
"""

from __future__ import annotations

import bisect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Proofs of a context, which are no states: they are not marked, but not to be kept either.
PROOFS = {("irq", "context")}
# Give an owned value to who awaits or calls them.
GIVERS = ("receive", "try_receive", "compose", "try_compose", "acquire", "try_acquire", "reply",
          "rebuild", "answer", "complete", "hand_over", "take_to_receive")
# Keeps what it is told of outside of any type, behind its own checks.
KEEPER = r"\b(?:virtio::)?queue\s*<"
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*""",
    re.DOTALL | re.MULTILINE)
MARK = re.compile(r"^namespace osier::(\w+) \{"
                  r"|\bclass \[\[[^\]]*clang::consumable[^\]]*\]\]\s+(\w+)", re.MULTILINE)
LAMBDA = re.compile(r"(?<![\w\])>])\s*\[([^\[\]]*)\]\s*(?=[({]|->|mutable|noexcept)")
# What a declaration of no variable begins with.
OTHER = re.compile(r"(using|friend|typedef|class|struct|union|enum|extern|template|static_assert"
                   r"|requires|return|co_return|co_await)\b")


MEMBER = ("is a data member", "pass it as a parameter by value")
GLOBAL = ("is a global", "make it a local variable of the function that owns it")
STATIC = ("stands in a static variable", "make it a local variable")
REFERENCE = ("is passed by reference",
             "take it by value and return it, or take what it shows: its bytes, as a span")


@dataclass(frozen=True)
class Block:
    """What stands between two braces, and the text in front of them."""

    kind: str  # namespace, class, enum, value or code
    head: str
    start: int
    end: int
    parent: Block | None


def bare(text: str) -> str:
    """The same lines, blank where a comment, string, directive, attribute or queue stands."""
    text = NOT_CODE.sub(lambda found: blank(found[0]), text)
    text = re.sub(r"\[\[.*?\]\](?!\])", lambda found: blank(found[0]), text, flags=re.DOTALL)
    for found in list(re.finditer(KEEPER, text)):
        end = closing(text, found.end() - 1, "<", ">")
        text = text[:found.start()] + blank(text[found.start():end]) + text[end:]
    return text


def blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def closing(text: str, start: int, opening: str, ending: str) -> int:
    """The position behind the bracket that closes the one at `start`."""
    depth = 0
    for at in range(start, len(text)):
        depth += {opening: 1, ending: -1}.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def blocks(text: str) -> list[Block]:
    """All blocks, the outer before the inner."""
    found: list[Block] = []

    def read(start: int, end: int, parent: Block | None) -> None:
        at = head = start
        while at < end:
            if text[at] == "{":
                last = closing(text, at, "{", "}")
                before = text[head:at]
                block = Block(kind_of(before, parent), before.strip(), at + 1, last - 1, parent)
                found.append(block)
                read(block.start, block.end, block)
                if block.kind != "value":
                    head = last
                at = last
                continue
            if text[at] == ";":
                head = at + 1
            at += 1
    read(0, len(text), None)
    return found


def kind_of(head: str, parent: Block | None) -> str:
    head = re.sub(r"^\s*(public|private|protected)\s*:", "", head)
    if re.search(r"\bnamespace\b[\w\s:]*$|\bextern\s*$", head):
        return "namespace"
    if re.match(r"\s*(template\s*<.*>\s*(requires\s*\(.*\)\s*)?)?(class|struct|union)\b", head,
                re.DOTALL):
        return "class"
    if re.match(r"\s*enum\b", head):
        return "enum"
    outside = parent is None or parent.kind in ("namespace", "class")
    if re.search(r"=\s*$", head) or (outside and "(" not in head):
        return "value"
    begins_body = re.search(r"\b(else|do|try|const|noexcept|mutable|override|final)\s*$"
                            r"|->[^;{}()]*$", head)
    return "code" if begins_body or not re.search(r"[\w>,(]\s*$", head) else "value"


@cache
def marked() -> frozenset[tuple[str, str]]:
    """Every owned type of the project: its namespace and its name."""
    found = set(PROOFS)
    for folder in ("src", "drivers"):
        for file in (ROOT / folder).rglob("*.hpp"):
            space = ""
            for name, owned in MARK.findall(file.read_text(encoding="utf-8", errors="replace")):
                space = name or space
                if owned:
                    found.add((space, owned))
    return frozenset(found)


def owned_names(text: str) -> str:
    """A pattern of what names an owned type here: qualified, in its own namespace, or an alias."""
    own = set(re.findall(r"^namespace osier::(\w+) \{", text, re.MULTILINE))
    names = {rf"(?<![\w:]){name}" for space, name in marked() if space in own}
    names |= {rf"(?<!\w){space}::{name}" for space, name in marked()}
    while True:
        pattern = rf"(?:{'|'.join(sorted(names))})\b"
        aliases = {rf"(?<![\w:]){name}"
                   for name, meaning in re.findall(r"\busing (\w+) =([^;]*);", text)
                   if re.search(pattern, meaning)}
        if aliases <= names:
            return pattern
        names |= aliases


def declarations(text: str, all_blocks: list[Block],
                 scope: Block | None) -> Iterator[tuple[int, str]]:
    """What a scope declares itself: the position and the text of each, inner blocks left out."""
    start, end = (scope.start, scope.end) if scope else (0, len(text))
    inner = [b for b in all_blocks if b.parent is scope]
    at = start
    pieces = []
    for block in inner:
        keep = text[at:block.start]
        ended = ";" if block.kind in ("code", "namespace") else " "
        pieces.append(keep + blank(text[block.start:block.end]) + ended)
        at = block.end + (ended == ";")
    own = "".join(pieces) + text[at:end]
    position = start
    for piece in re.split(r"(?<=;)", own):
        cut = re.match(r"(\s|(public|private|protected)\s*:|\{|\})*", piece)
        lead = cut.end() if cut else 0
        yield position + lead, piece[lead:]
        position += len(piece)


def violations(text: str) -> Iterator[tuple[int, str, str]]:
    """The line of each violation, what it is, and the fix."""
    original, text = text.splitlines(), bare(text)
    lines = [m.start() for m in re.finditer("^", text, re.MULTILINE)]
    owned = owned_names(text)
    all_blocks = blocks(text)
    found: list[tuple[int, str, str]] = []

    for scope in [None, *(b for b in all_blocks if b.kind in ("namespace", "class", "code"))]:
        kind = scope.kind if scope else "namespace"
        for at, piece in declarations(text, all_blocks, scope):
            head = re.split(r"(?<!operator)=", piece)[0]  # the type and the name
            named = re.search(owned, piece if re.search(r"\bauto\b", head) else head)
            if not named or OTHER.match(piece):
                continue
            where = at + named.start()
            if kind == "code":
                if re.match(r"(static|thread_local|constinit)\b(?!_)", piece):
                    found.append((where, *STATIC))
            elif "(" not in head:
                found.append((where, *(MEMBER if kind == "class" else GLOBAL)))

    for seen in re.finditer(rf"{owned}\s*(<[^;{{}}()]*?>)?\s*&(?!&)(?!\s*operator)", text):
        if not re.search(r"\bconst\s+(\w+::)*$", text[max(0, seen.start() - 40):seen.start()]):
            found.append((seen.start(), *REFERENCE))

    found += captures(text, all_blocks, owned)
    for at, what, fix in sorted(set(found)):
        number = bisect.bisect_right(lines, at)
        if any(re.search(r"HOLDS: \S", above) for above in original[max(0, number - 4):number]):
            continue
        yield number, what, fix


def captures(text: str, all_blocks: list[Block], owned: str) -> Iterator[tuple[int, str, str]]:
    """Lambdas that take an owned local along."""
    declared = rf"{owned}\s*(?:<[^;{{}}()]*?>)?\s+(\w+)\s*[,;={{)]" \
               rf"|\bauto\s+(\w+)\s*=[^;]*?[.>](?:{'|'.join(GIVERS)})\("
    for function in all_blocks:
        if function.kind != "code" or (function.parent and function.parent.kind == "code"):
            continue
        signature = text.rfind(function.head, 0, function.start)
        body = text[signature:function.end]
        names = {first or second for first, second in re.findall(declared, body)}
        for taken in LAMBDA.finditer(body):
            opening = body.find("{", taken.end())
            inside = body[opening:closing(body, opening, "{", "}")] if opening >= 0 else ""
            for name in sorted(names):
                used = re.search(rf"\b{name}\b", inside)
                default = re.match(r"\s*[&=]\s*(,|$)", taken[1])
                if (default and used) or re.search(rf"\b{name}\b", taken[1]):
                    yield (signature + taken.start(1), f"is captured: `{name}`",
                           "give it to the lambda as a parameter by value")


def report(file: Path, shown: str) -> list[str]:
    """The messages for one source."""
    return [f"{shown}:{number}: an owned value {what}; the compiler does not see there who has it; "
            f"{fix}" for number, what, fix in violations(file.read_text(encoding="utf-8", errors="replace"))]


def main() -> int:
    wrong = [line for name in sys.argv[1:] for line in report(Path(name), name)]
    sys.stderr.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
