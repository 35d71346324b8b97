# SPDX-License-Identifier: Apache-2.0
"""The deepest that the stack of a linked image can be, from its frames' sizes and its calls.

Frames are those that the compiler wrote into `.stack_sizes`, calls those of the disassembly. A call
through a pointer has to stand in indirect.yaml; recursion is refused by name.
"""

from __future__ import annotations

import bisect
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from elftools.elf.elffile import ELFFile

from gen.demangle import demangle
from gen.problem import ROOT, Place, Problem, Refused

Name = str
CALL_TYPE = "__cfi_"  # on x64 what says the type of a function is a symbol of its own
Used = tuple[int, ...]  # of each rule, how often what it reaches is on the stack


@dataclass(frozen=True)
class Rule:
    """A row of indirect.yaml."""

    within: re.Pattern[str]
    to: re.Pattern[str]
    at_most: int | None
    jump: bool
    direct: bool
    chained: bool  # what it reaches is counted in links of one chain: see Stack.from_symbol()


@dataclass
class Function:
    """What a function keeps on the stack, and whom it reaches: by a call, or by its last jump."""

    name: Name
    frame: int | None
    calls: set[int] = field(default_factory=set)
    jumps: set[int] = field(default_factory=set)
    indirect_calls: set[int] = field(default_factory=set)  # of rules
    indirect_jumps: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Frame:
    """What a function keeps on the stack, in bytes; or all links of a chain together."""

    name: Name
    bytes: int


@dataclass(frozen=True)
class Depth:
    """Bytes of stack, and the frames that need them, outermost first."""

    bytes: int
    path: tuple[Frame, ...]

    def below(self, function: Function, pushed: int) -> Depth:
        own = Frame(function.name, function.frame + pushed)
        return Depth(own.bytes + self.bytes, (own, *self.path))

    @property
    def way(self) -> str:
        return " > ".join(frame.name for frame in self.path)


@dataclass(frozen=True)
class Reach:
    """The deepest that a function can get; and where it can run a coroutine, how deep it is then."""

    end: Depth
    chain: Depth | None


def rules(limits: dict[str, int], own: Path) -> list[Rule]:
    """Those of all images, and those that the app states beside its app.dtsi."""
    rows = [row for file in (ROOT / "gen/indirect.yaml", own) if file.is_file()
            for row in yaml.safe_load(file.read_text())]
    never = "(?!)"
    return [Rule(re.compile(row.get("in", never)), re.compile(row.get("to", row.get("function"))),
                 limits.get(row.get("at-most"), row.get("at-most")), row.get("jump", False),
                 "function" in row, row.get("at-most") == "frames") for row in rows]


def sizes(elf: ELFFile) -> dict[int, int]:
    """`.stack_sizes`: rows of a function's address and the ULEB128 of its frame's bytes."""
    section = elf.get_section_by_name(".stack_sizes")
    data, width, at, found = section.data() if section else b"", elf.elfclass // 8, 0, {}
    while at < len(data):
        address = int.from_bytes(data[at:at + width], "little")
        at, size, shift = at + width, 0, 0
        while True:
            byte = data[at]
            size, shift, at = size | (byte & 0x7f) << shift, shift + 7, at + 1
            if byte < 0x80:
                break
        # Of functions that --gc-sections dropped a row stays, at 0.
        found[address] = max(size, found.get(address, 0))
    return found


def readable(names: list[str]) -> list[Name]:
    """Short names; the parts that a coroutine is compiled into keep what says which part."""
    parts = [re.fullmatch(r"(.*?)(\.resume|\.destroy|\.cleanup)?", name) for name in names]
    return [short + (part[2] or "") for short, part in zip(demangle([p[1] for p in parts]), parts)]


def stack_of(image: Path, facts: dict[str, Any]) -> Stack:
    """The depths of a linked image, by the `stack` of its generated/image.json."""
    limits = {"frames": facts["frames"], "controllers": facts["controllers"]}
    return Stack(Calls(image, facts["branches"], facts["pushed"],
                       rules(limits, ROOT / facts["app"] / "indirect.yaml")))


def levels(stack: Stack, facts: dict[str, Any]) -> list[Depth]:
    """What can be on top of each other: an interrupt comes at the deepest place."""
    return [stack.from_symbol(facts["entries"][name]) for name in ("start", "interrupt")]


def fault_report(stack: Stack, facts: dict[str, Any]) -> Depth:
    """The report of a fault, on a stack of its own; one that fails begins at the top again."""
    return stack.from_symbol(facts["entries"]["exception"])


def prove(image: Path, facts: dict[str, Any]) -> Depth:
    """Refuses an image whose stack could outgrow what the app gives it."""
    stack = stack_of(image, facts)
    parts = levels(stack, facts)
    needed = sum(part.bytes for part in parts)
    if needed > facts["size"]:
        ways = "; on top ".join(part.way for part in parts)
        raise Refused(Problem(
            Place(*facts["place"].rsplit(":", 1)), "/app",
            f"the stack can need {needed} bytes, stack-size gives it {facts['size']}", ways,
            f"nearest: stack-size = <{-(-needed // 0x400) * 0x400:#x}>;"))
    report = fault_report(stack, facts)
    if report.bytes > facts["fault_size"]:
        raise Refused(Problem(
            Place("gen/emit.py"), "", f"the report of a fault can need {report.bytes} bytes, its "
            f"stack has {facts['fault_size']}", report.way, "a larger FAULT_STACK"))
    return Depth(needed, tuple(frame for part in parts for frame in part.path))


class Calls:
    """The call graph of an image."""

    def __init__(self, path: Path, branches: dict[str, str], pushed: int,
                 rows: list[Rule]) -> None:
        self.path, self.pushed, self.rules = path, pushed, rows
        self.branches = {kind: re.compile(words) for kind, words in branches.items()}
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            stack_sizes = sizes(elf)
            text = elf.get_section_by_name(".text")
            first, end = text["sh_addr"], text["sh_addr"] + text["sh_size"]
            symbols = [s for s in elf.get_section_by_name(".symtab").iter_symbols()
                       if first <= s["st_value"] < end and s.name[:1] not in ("", ".", "$")
                       and not s.name.startswith(CALL_TYPE)
                       and s["st_info"]["type"] in ("STT_FUNC", "STT_NOTYPE")]
        # Thumb is not used: an address is that of the code.
        by_address = {s["st_value"]: s.name for s in sorted(symbols, key=lambda s: s.name)
                      if s["st_info"]["type"] == "STT_FUNC" or s["st_value"] in stack_sizes
                      or s["st_info"]["bind"] == "STB_GLOBAL"}
        self.ends = {s["st_value"]: s["st_value"] + s["st_size"] for s in symbols if s["st_size"]}
        for address in stack_sizes:
            by_address.setdefault(address, hex(address))
        self.starts = sorted(a for a in by_address if first <= a < end)
        names = readable([by_address[a] for a in self.starts])
        self.functions = {a: Function(n, stack_sizes.get(a)) for a, n in zip(self.starts, names)}
        self.named = {}
        for address in self.starts:
            self.named.setdefault(by_address[address], address)
        self._read()
        self.reached = [self._targets(rule) for rule in self.rules]

    def _targets(self, rule: Rule) -> set[int]:
        return {a for a, f in self.functions.items() if rule.to.fullmatch(f.name)}

    def owner(self, address: int) -> int:
        return self.starts[bisect.bisect_right(self.starts, address) - 1]

    def _read(self) -> None:
        through_pointers: list[tuple[int, bool]] = []
        for address, mnemonic, operands in disassembly(self.path):
            here = self.owner(address)
            if address >= self.ends.get(here, address + 1):
                continue  # behind a function stands what fills up, or of which type the next one is
            target = re.search(r"(?:0x)?([0-9a-f]+) <", operands)
            if self.branches["return"].fullmatch(f"{mnemonic} {operands}".strip()):
                continue
            if self.branches["call"].fullmatch(mnemonic):
                if target:
                    self.functions[here].calls.add(self.owner(int(target[1], 16)))
                else:
                    through_pointers.append((address, False))
            elif self.branches["jump"].fullmatch(mnemonic):
                if not target:
                    through_pointers.append((address, True))
                elif self.owner(int(target[1], 16)) != here:
                    self.functions[here].jumps.add(self.owner(int(target[1], 16)))
        for (address, jump), chain in zip(through_pointers,
                                          inlined(self.path, [a for a, _ in through_pointers])):
            function = self.functions[self.owner(address)]
            numbers = self._rules_of([*(name for name, _ in chain), function.name], jump)
            if not numbers:
                place = chain[0][1] if chain else str(self.path)
                raise Refused(Problem(Place(place), "",
                                      f"{function.name} calls through a pointer",
                                      "what it reaches is not known, so the stack has no bound",
                                      "a direct call, or a row in indirect.yaml beside app.dtsi"))
            (function.indirect_jumps if jump else function.indirect_calls).update(numbers)

    def _rules_of(self, names: list[Name], jump: bool) -> set[int]:
        """The rules of the innermost function that has any."""
        for name in names:
            found = {i for i, rule in enumerate(self.rules)
                     if (jump or not rule.jump) and rule.within.fullmatch(name)}
            if found:
                return found
        return set()


def disassembly(path: Path) -> Iterator[tuple[int, str, str]]:
    said = subprocess.run(["llvm-objdump-19", "-d", "--no-show-raw-insn", "--section=.text",
                           str(path)], capture_output=True, text=True, check=True).stdout
    for row in re.finditer(r"^\s*([0-9a-f]+):\s+(\S+)[ \t]*(.*)$", said, re.MULTILINE):
        yield int(row[1], 16), row[2], row[3]


def inlined(path: Path, addresses: list[int]) -> list[list[tuple[Name, str]]]:
    """Of each instruction the functions that it is of, innermost first, with their places."""
    if not addresses:
        return []
    said = subprocess.run(["llvm-symbolizer-19", f"--obj={path}", "--output-style=JSON",
                           "--inlines", "--no-demangle", *map(hex, addresses)],
                          capture_output=True, text=True, check=True).stdout
    rows = [found["Symbol"] for found in json.loads(said)]
    flat = iter(readable([s["FunctionName"] for row in rows for s in row]))
    return [[(next(flat), f"{s['FileName']}:{s['Line']}") for s in row] for row in rows]


def size(depth: Depth) -> int:
    return depth.bytes


def deeper(one: Depth | None, other: Depth | None) -> Depth | None:
    return max((d for d in (one, other) if d), key=size, default=None)


class Stack:
    """Depths over a call graph."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.limits = tuple(rule.at_most for rule in calls.rules)
        self.active: list[tuple[int, Used]] = []
        self.reach = cache(self._reach)

    def from_symbol(self, name: str) -> Depth:
        """The deepest below a function.

        Coroutines may run on top of each other. A frame that runs is entered by nobody else, and
        only itself destroys it, at its end: so of N frames there are at most N + 1 entries on the
        stack, none deeper than the deepest.
        """
        start = self.calls.named.get(name)
        if start is None:
            raise Refused(Problem(Place(str(self.calls.path)), "", f"there is no function {name}",
                                  "the stack's depth is counted from it", "its name in arch.yaml"))
        unused = tuple(0 for _ in self.limits)
        own = self.reach(start, unused)
        if own.chain is None:
            return own.end
        entered = [self.reach(address, unused) for address in self.chained()]
        times = next(r.at_most for r in self.calls.rules if r.chained) + 1
        link = max((r.chain for r in entered if r.chain), key=size, default=Depth(0, ()))
        last = max((r.end for r in entered), key=size, default=Depth(0, ()))
        links = Frame(f"{times} times ({link.way})", times * link.bytes)
        path = (*own.chain.path, links, *last.path)
        return max(own.end, Depth(own.chain.bytes + links.bytes + last.bytes, path), key=size)

    def chained(self) -> list[int]:
        """The functions that chains are made of: the parts of coroutines that are resumed."""
        return sorted({a for rule, reached in zip(self.calls.rules, self.calls.reached)
                       if rule.chained for a in reached})

    def coroutines(self) -> dict[Name, Depth]:
        """The deepest below each coroutine that is resumed, by what it calls itself."""
        unused = tuple(0 for _ in self.limits)
        return {self.calls.functions[address].name: self._below(address, unused).end
                for address in self.chained()}

    def _reach(self, start: int, used: Used) -> Reach:
        if (start, used) in self.active:
            ring = [self.calls.functions[a].name for a, _ in
                    self.active[self.active.index((start, used)):]]
            raise Refused(Problem(Place(str(self.calls.path)), "",
                                  f"{' calls '.join([*ring, ring[0]])}",
                                  "the depth of a recursion is not known", "a loop"))
        self.active.append((start, used))
        end, chain = Depth(0, ()), None
        for address, spent in self._by_jumps(start, used):
            function, found = self.calls.functions[address], self._below(address, spent)
            end = max(end, found.end, key=size)
            chain = deeper(chain, found.chain)
            if any(self.calls.rules[i].chained for i in function.indirect_jumps):
                chain = deeper(chain, Depth(0, ()))
        self.active.pop()
        return Reach(end, chain)

    def _by_jumps(self, start: int, used: Used) -> set[tuple[int, Used]]:
        """The function and those that it ends in, which take its place on the stack."""
        found, left = {(start, used)}, [(start, used)]
        while left:
            address, spent = left.pop()
            function = self.calls.functions[address]
            reached = set(self._reached(function.jumps, function.indirect_jumps, spent))
            left += reached - found
            found |= reached
        return found

    def _below(self, address: int, used: Used) -> Reach:
        function, pushed = self.calls.functions[address], self.calls.pushed
        if function.frame is None:
            raise Refused(Problem(Place(str(self.calls.path)), "",
                                  f"the stack that {function.name} needs is not known",
                                  "assembly says it by stack_size, and C++ has no alloca",
                                  "stack_size in the file that defines it"))
        end, chain = Depth(0, ()).below(function, 0), None
        if any(self.calls.rules[i].chained for i in function.indirect_calls):
            chain = Depth(0, ()).below(function, pushed)
        for callee, spent in self._reached(function.calls, function.indirect_calls, used):
            found = self.reach(callee, spent)
            end = max(end, found.end.below(function, pushed), key=size)
            if found.chain:
                chain = deeper(chain, found.chain.below(function, pushed))
        return Reach(end, chain)

    def _reached(self, direct: set[int], through: set[int],
                 used: Used) -> Iterator[tuple[int, Used]]:
        """Whom calls or jumps reach, with what they have spent of the limits."""
        for address in direct:
            yield from self._spend(address, used, [
                i for i, rule in enumerate(self.calls.rules)
                if rule.direct and address in self.calls.reached[i]])
        for number in through:
            if not self.calls.rules[number].chained:
                for address in self.calls.reached[number]:
                    yield from self._spend(address, used, [number])

    def _spend(self, address: int, used: Used, numbers: list[int]) -> Iterator[tuple[int, Used]]:
        limited = [i for i in numbers if self.limits[i] is not None]
        if all(used[i] < self.limits[i] for i in limited):
            yield address, tuple(n + (i in limited) for i, n in enumerate(used))
