// SPDX-License-Identifier: Apache-2.0
// The way out of QEMU on a PC: what is written to its debug exit device makes its exit status.
#pragma once

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "core/units.hpp"
#include "mem/mmio.hpp"

namespace osier::isa_debug_exit {

// `Node`: reg. `Registers`: the bus of it, or a fake.
template <class Node, class Registers>
class driver {
 public:
  static consteval diagnostic check() { return mmio::check_block<Node>(Node::reg, 1, 1); }

  // Ends the machine; QEMU exits with 2 × value + 1. Its own failure is status 1, so status 0 is
  // sent as value 1, and so on; up to 126 fit. Any context.
  [[noreturn]] static void power_off(int status) {
    Registers::template write<u8>(0, static_cast<u8>(status + 1));
    arch::halt();
  }
};

}  // namespace osier::isa_debug_exit
