// SPDX-License-Identifier: Apache-2.0
// Function names by address, and nodes by interrupt, from the table that the generator links in
// behind the image.
#pragma once

#include <string_view>

#include "core/units.hpp"

namespace osier {

// A place in the code: the function it lies in, and how far.
struct code_place {
  std::string_view function;  // "?" where no function is known
  u64 offset;                 // in bytes from its start
};

// Looks an address up. O(log n). Any context.
code_place find_code(u64 address);

// The node of the tree that has a line of a controller which no driver of the image has claimed;
// where there are more, all of them. Empty where there is none. O(n). Any context.
std::string_view find_node(std::string_view controller, u32 line);

}  // namespace osier
