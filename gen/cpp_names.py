# SPDX-License-Identifier: Apache-2.0
"""Names and numbers as C++ writes them."""

from __future__ import annotations

import re

KEYWORDS = set("""alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t
char16_t char32_t class co_await co_return co_yield compl concept const const_cast consteval constexpr
constinit continue decltype default delete do double dynamic_cast else enum explicit export extern
false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr
operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try
typedef typeid typename union unsigned using virtual void volatile wchar_t while xor
xor_eq""".split())

# What the generated code says of Osier's own.
OWN = set("""app_main async boot claimed config frames handlers hertz irq machine mem mmio net osier panic
pci platform room run_app sockets start_task std storage task time u8 u16 u32 u64 virtio""".split())


def identifier(path: str) -> str:
    """The C++ name of a node: its path, with `_` for what C++ does not take."""
    name = re.sub(r"[^A-Za-z0-9]+", "_", path.strip("/")) or "root"
    name = f"node_{name}" if name[0].isdigit() else name
    return f"{name}_" if name in KEYWORDS | OWN else name


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
