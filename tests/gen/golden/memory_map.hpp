// SPDX-License-Identifier: Apache-2.0
// Generated from tests/gen/board.dts and tests/gen/pair/app.dtsi. Edit those instead.
// RAM and what is reserved of it, for an app that includes this file.
#pragma once

#include "mem/buddy.hpp"

#error "RAM is not mapped: whoever takes pages of it says `free-memory;` in tests/gen/pair/app.dtsi"

// Set by the linker script.
extern "C" const std::byte __image_start[];
extern "C" const std::byte __image_end[];

namespace osier::machine {

// In ascending order.
inline constexpr mem::range ram[] = {
    // tests/gen/board.dts:32
    {"/memory@40000000", 0x40000000, 0x400000},
    // tests/gen/board.dts:32
    {"/memory@40000000", 0x60000000, 0x800000},
};

// By the tree, and at the end by the image, whose size the linker knows.
inline auto reserved() {
  // SAFETY: the addresses of symbols, which are never read through.
  const u64 start = reinterpret_cast<std::uintptr_t>(__image_start);
  const u64 end = reinterpret_cast<std::uintptr_t>(__image_end);
  return std::array{
      // tests/gen/board.dts:6
      mem::range{"/memreserve/", 0x40000000, 0x100000},
      mem::range{"the image", start, end - start},
  };
}

}  // namespace osier::machine
