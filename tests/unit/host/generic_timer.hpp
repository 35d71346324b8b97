// SPDX-License-Identifier: Apache-2.0
// The registers of a generic timer, for tests on the host.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

struct generic_timer {
  static inline u64 rate = 0;
  static inline u64 counter = 0;
  static inline u64 compare = 0;
  static inline u64 control = ~u64{0};

  static u64 frequency() { return rate; }
  static u64 count() { return counter; }
  static u64 stamp() { return counter; }
  static void set_compare(u64 value) { compare = value; }
  static void set_control(u64 value) { control = value; }
};

}  // namespace osier::arch
