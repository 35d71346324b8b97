// SPDX-License-Identifier: Apache-2.0
// What the stack protector calls by name: a function whose arrays lie on the stack puts the guard
// behind them and compares it before it returns.
#include "core/stack_guard.hpp"

#include <cstdint>

#include "core/panic.hpp"
#include "core/symbols.hpp"

// NOLINTBEGIN(bugprone-reserved-identifier)
// Text that overruns an array ends at the first of these bytes: 0, a newline and 0xff.
extern "C" constinit std::uintptr_t __stack_chk_guard =
    static_cast<std::uintptr_t>(0x51e7'0a3d'ff0a'0d00);

extern "C" [[noreturn]] void __stack_chk_fail() {
  // SAFETY: of this very function, which has been called.
  const auto caller = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  osier::panic("the stack was overrun in {}", osier::find_code(caller - 1).function);
}
// NOLINTEND(bugprone-reserved-identifier)

void osier::seed_stack_guard(u64 moment) {
  constexpr std::uintptr_t kept = 0xff0a'0d00;  // what ends a text stays
  __stack_chk_guard ^= static_cast<std::uintptr_t>(moment * 0x9e37'79b9'7f4a'7c15) & ~kept;
}
