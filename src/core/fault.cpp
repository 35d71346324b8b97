// SPDX-License-Identifier: Apache-2.0
// Nodes and functions by address, for the report of a fatal exception.
#include "core/fault.hpp"

#include <algorithm>

#include "arch.hpp"
#include "core/platform.hpp"
#include "core/symbols.hpp"

namespace osier::fault {
namespace {

// With as many digits as addresses of this architecture have.
void print_address(sink& out, u64 address) {
  if constexpr (sizeof(arch::phys_addr) == sizeof(u32)) {
    format_to(out, "{:#010x}", address);
  } else {
    format_to(out, "{:#018x}", address);
  }
}

// The function is that of the address so many bytes before.
void print_place(sink& out, std::string_view name, u64 address, u64 before) {
  const code_place place = find_code(address - before);
  format_to(out, "\n  {} ", name);
  print_address(out, address);
  format_to(out, " {} + {:#x}", place.function, place.offset + before);
}

}  // namespace

void print_node(sink& out, u64 address) {
  const auto print_if_in = [&](const platform::claimed_block& block) {
    if (address - block.base >= block.size) return false;
    format_to(out, " in {}, offset {:#x}", block.path, address - block.base);
    return true;
  };
  if (std::ranges::any_of(platform::registers(), print_if_in) || print_if_in(platform::ram()))
    return;
  out.write(" in no node of this image");
}

void print_place(sink& out, std::string_view name, u64 address) {
  print_place(out, name, address, 0);
}

void print_caller(sink& out, u64 return_address) { print_place(out, "called ", return_address, 1); }

}  // namespace osier::fault
