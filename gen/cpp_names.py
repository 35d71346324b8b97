# SPDX-License-Identifier: Apache-2.0
"""Names and numbers as C++ writes them."""

from __future__ import annotations

import re

KEYWORDS = set("""alignas alignof and asm auto bool break case catch char class concept const
constexpr constinit continue decltype default delete do double else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not nullptr operator
or private protected public register requires return short signed sizeof static struct switch
template this thread_local throw true try typedef typeid typename union unsigned using virtual void
volatile wchar_t while xor machine net osier std task app_main irq mmio storage time u8 u16 u32 u64
hertz""".split())


def identifier(path: str) -> str:
    """The C++ name of a node: its path, with `_` for what C++ does not take."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", path.strip("/")) or "root"
    name = f"node_{name}" if name[0].isdigit() else name
    return f"{name}_" if name in KEYWORDS else name


def digits(value: int) -> str:
    """A decimal literal, with separators from five digits on: 24'000'000."""
    return f"{value:,}".replace(",", "'") if value > 9999 else str(value)


def hexadecimal(value: int, width: int = 8) -> str:
    """An address literal with separators: 0x0900'0000."""
    text = f"{value:0{width}x}"
    first = len(text) % 4 or 4
    return "0x" + "'".join([text[:first], *(text[i:i + 4] for i in range(first, len(text), 4))])


def size_literal(value: int) -> str:
    return hexadecimal(value, 1)


class Names:
    """Hands out C++ names, each once."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def fresh(self, wanted: str, suffix: str) -> str:
        name, count = wanted, 2
        while name in self.taken:
            name = f"{wanted}_{suffix}" if count == 2 else f"{wanted}_{suffix}{count}"
            count += 1
        self.taken.add(name)
        return name
