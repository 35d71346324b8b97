// SPDX-License-Identifier: Apache-2.0
// The interrupts of a RISC-V hart, for tests on the host.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

struct local_interrupts {
  static inline u64 number = 0;
  static inline u64 raised = 0;
  static inline u64 unmasked = ~u64{0};
  static inline u64 existing = 0x222;  // software, timer, external

  static u64 hart() { return number; }
  static u64 pending() { return raised & unmasked; }
  static u64 enabled() { return unmasked; }
  static void disable_all() { unmasked = 0; }
  static void enable(u64 causes) { unmasked |= causes & existing; }
};

}  // namespace osier::arch
