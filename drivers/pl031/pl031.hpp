// SPDX-License-Identifier: Apache-2.0
// Arm PrimeCell real-time clock, PL031 (DDI 0224): the date.
#pragma once

#include <chrono>

#include "core/diagnostic.hpp"
#include "core/panic.hpp"
#include "core/units.hpp"
#include "mem/mmio.hpp"

namespace osier::pl031 {

// Register offsets, in bytes (DDI 0224, table 3-1).
enum offset : std::size_t {
  data = 0x000,
  control = 0x00c,
  peripheral_id0 = 0xfe0,
  peripheral_id1 = 0xfe4,
  block_end = 0x1000,
};

inline constexpr u32 control_start = 1 << 0;
inline constexpr u32 part_number = 0x031;

// `Node`: path, reg. `Registers`: mmio::registers of the block, or a fake.
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end); }

  // Checks that this is a PL031, and lets it count where it does not yet. Interrupts masked.
  static void start() {
    const u32 part = Registers::read(peripheral_id0) | (Registers::read(peripheral_id1) & 0xf) << 8;
    if (part != part_number) {
      panic_at(Node::path, "expected a PL031 (part {:#05x}), found part {:#05x}", part_number,
               part);
    }
    Registers::write(control, control_start);
  }

  // The date; the counter has 32 bits, which last until 2106. Any context.
  static std::chrono::sys_seconds now() {
    return std::chrono::sys_seconds{std::chrono::seconds{Registers::read(data)}};
  }
};

}  // namespace osier::pl031
