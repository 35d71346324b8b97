// SPDX-License-Identifier: Apache-2.0
// The timer of a RISC-V hart, for tests on the host: its own, or that of its firmware.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

template <bool Firmware>
struct supervisor_timer {
  static inline bool exists = true;
  static inline u64 counter = 0;
  static inline u64 compare = 0;

  static bool has_alarm(u64 never) {
    compare = never;
    return exists;
  }
  static u64 count() { return counter; }
  static void set_compare(u64 value) { compare = value; }
};

}  // namespace osier::arch
