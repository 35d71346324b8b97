// SPDX-License-Identifier: Apache-2.0
// The parts of a fatal exception's report that are the same on every architecture. Interrupts
// masked.
#pragma once

#include <string_view>

#include "console/format.hpp"
#include "core/units.hpp"

namespace osier::fault {

// Names the claimed node whose registers, or the RAM, an address lies in, or says that there is
// none.
void print_node(sink& out, u64 address);

// A line with a code address and the function that it lies in. `name` says what it is.
void print_place(sink& out, std::string_view name, u64 address);

// The same for whoever called, by the address that the call returns to. That may be the first of
// the next function, where the called one never returns.
void print_caller(sink& out, u64 return_address);

}  // namespace osier::fault
