// SPDX-License-Identifier: Apache-2.0
// A message-signalled interrupt: a device raises it by a write to memory.
#pragma once

#include "arch.hpp"
#include "core/units.hpp"

namespace osier::irq {

// What a device writes to raise an interrupt, and to which physical address. It comes from the
// controller that takes messages, by its connect().
struct message {
  arch::phys_addr address;
  u32 data;
};

}  // namespace osier::irq
