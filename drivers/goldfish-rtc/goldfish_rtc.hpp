// SPDX-License-Identifier: Apache-2.0
// Goldfish real-time clock (Android's goldfish/docs/GOLDFISH-VIRTUAL-HARDWARE.TXT, VI): the date.
#pragma once

#include <chrono>

#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "mem/mmio.hpp"

namespace osier::goldfish_rtc {

// Register offsets, in bytes.
enum offset : std::size_t {
  time_low = 0x00,  // reading it latches the other half
  time_high = 0x04,
  block_end = 0x24,
};

// `Node`: reg. `Registers`: mmio::registers of the block, or a fake.
template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, block_end); }

  // The device has no register that says what it is; it counts always.
  static void start() {}

  // The date. The device counts nanoseconds. Task context: the latch is the device's only one.
  static std::chrono::sys_seconds now() {
    const u64 low = Registers::read(time_low);
    const u64 high = Registers::read(time_high);
    const std::chrono::nanoseconds since_1970{high << 32 | low};
    return std::chrono::sys_seconds{std::chrono::floor<std::chrono::seconds>(since_1970)};
  }
};

}  // namespace osier::goldfish_rtc
