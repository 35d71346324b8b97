// SPDX-License-Identifier: Apache-2.0
// The parts of a fatal exception's report that are the same on every architecture. Interrupts
// masked.
#pragma once

#include <string_view>

#include "console/format.hpp"
#include "core/units.hpp"

namespace osier::fault {

// Says what an address is: the part of the image, the guard page, the claimed node's registers or
// the RAM that it lies in, or that there is nothing.
void print_node(sink& out, u64 address);

// A line with a code address and the function that it lies in. `name` says what it is.
void print_place(sink& out, std::string_view name, u64 address);

// A line for each function that called, innermost first: by the records that functions leave on the
// stack (arch.hpp), from the one at `frame` on. `link` is where the function at the program counter
// returns to, which a leaf has in a register alone; 0 where the architecture has no such register.
void print_callers(sink& out, u64 program_counter, u64 link, u64 frame);

// What a report calls the end of a call that the profile `hardened` checks (clang's
// -fsanitize=kcfi).
inline constexpr std::string_view wrong_call = "indirect call to a function of another type";

// Whether the instruction at an address is one that ends such a call, by the table of them; arm64
// and arm32 have none.
bool ends_checked_call(u64 address);

}  // namespace osier::fault
