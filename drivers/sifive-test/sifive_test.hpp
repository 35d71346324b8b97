// SPDX-License-Identifier: Apache-2.0
// The way out of an emulator: SiFive's test finisher, which ends the machine with a status.
#pragma once

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "mem/mmio.hpp"

namespace osier::sifive_test {

// What the only register takes; the status of a failure stands in the upper half.
inline constexpr u32 pass = 0x5555;
inline constexpr u32 fail = 0x3333;

template <class Node, class Registers = mmio::registers<Node::reg>>
class driver {
 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, sizeof(u32)); }

  // Ends the machine; the emulator exits with this status. Any context.
  [[noreturn]] static void power_off(int status) {
    Registers::write(0, status == 0 ? pass : static_cast<u32>(status) << 16 | fail);
    arch::halt();
  }
};

}  // namespace osier::sifive_test
