// SPDX-License-Identifier: Apache-2.0
// The symbol table of section .symbols: a count, pairs of offsets sorted by address, of which the
// last is the end of the code, then the names.
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

}  // namespace

code_place find_code(u64 address) {
  // SAFETY: the linker script's symbols bound the table, which the generator wrote in this layout.
  const u64 base = reinterpret_cast<std::uintptr_t>(__image_start);
  if (reinterpret_cast<std::uintptr_t>(__symbols_start) ==
      reinterpret_cast<std::uintptr_t>(__symbols_end)) {
    return {"?", 0};  // an image before its second link
  }
  const std::span table{reinterpret_cast<const entry*>(__symbols_start + 1), *__symbols_start};
  const char* names = reinterpret_cast<const char*>(table.data() + table.size());
  const auto after = std::ranges::upper_bound(table, address - base, {}, &entry::offset);
  if (address < base || after == table.begin() || after == table.end()) return {"?", 0};
  const entry& found = *(after - 1);
  return {names + found.name, address - base - found.offset};
}

}  // namespace osier
