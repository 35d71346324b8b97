// SPDX-License-Identifier: Apache-2.0
// The CPU's time-stamp counter (Intel SDM, volume 3, 18.17). Its rate is not known.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// Counts up at a constant rate. Any context.
inline u64 time_stamp() {
  u32 low;
  u32 high;
  // SAFETY: reads a counter; the fence keeps the read behind the loads before it.
  asm volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
  return u64{high} << 32 | low;
}

}  // namespace osier::arch
