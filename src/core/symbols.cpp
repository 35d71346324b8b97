// SPDX-License-Identifier: Apache-2.0
// The names in section .symbols: two counts; for each function its address and name, sorted, of
// which the last is the end of the code; for each unclaimed interrupt its number and the names of
// controller and node; the names.
#include "core/symbols.hpp"

#include <algorithm>
#include <span>

// Set by the linker script.
extern "C" const osier::u32 __symbols_start[];
extern "C" const osier::u32 __symbols_end[];
extern "C" const std::byte __image_start[];

namespace osier {
namespace {

struct entry {
  u32 offset;  // of the function, from the start of the image
  u32 name;    // of its name, from the start of the names
};

struct unclaimed_line {
  u32 number;
  u32 controller;  // names, as above
  u32 node;
};

struct table {
  std::span<const entry> functions;
  std::span<const unclaimed_line> lines;
  const char* names;
};

// Empty in an image before its second link.
table names_of_image() {
  // SAFETY: the linker script's symbols bound the table, which the generator wrote in this layout.
  if (reinterpret_cast<std::uintptr_t>(__symbols_start) ==
      reinterpret_cast<std::uintptr_t>(__symbols_end)) {
    return {};
  }
  // SAFETY: as above.
  const std::span functions{reinterpret_cast<const entry*>(__symbols_start + 2),
                            __symbols_start[0]};
  const std::span lines{
      reinterpret_cast<const unclaimed_line*>(functions.data() + functions.size()),
      __symbols_start[1]};
  // SAFETY: text, as above.
  return {functions, lines, reinterpret_cast<const char*>(lines.data() + lines.size())};
}

}  // namespace

code_place find_code(u64 address) {
  // SAFETY: only the address of a linker symbol.
  const u64 base = reinterpret_cast<std::uintptr_t>(__image_start);
  const auto [functions, lines, names] = names_of_image();
  const auto after = std::ranges::upper_bound(functions, address - base, {}, &entry::offset);
  if (address < base || after == functions.begin() || after == functions.end()) return {"?", 0};
  const entry& found = *(after - 1);
  return {names + found.name, address - base - found.offset};
}

std::string_view find_node(std::string_view controller, u32 line) {
  const auto [functions, lines, names] = names_of_image();
  for (const unclaimed_line& each : lines) {
    if (each.number == line && names + each.controller == controller) return names + each.node;
  }
  return {};
}

}  // namespace osier
