// SPDX-License-Identifier: Apache-2.0
// The registers of the Arm generic timer's virtual timer (DDI 0406, B8), in coprocessor 15.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

struct generic_timer {
  // CNTFRQ: the rate that firmware says the counter runs at.
  static u64 frequency() {
    u32 value;
    // SAFETY: reads a register that every mode may read.
    asm volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(value));
    return value;
  }

  // CNTVCT. The ISB keeps the read from being taken early.
  static u64 count() {
    u64 value;
    // SAFETY: reads a counter, both halves at once.
    asm volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r"(value)::"memory");
    return value;
  }

  // The same, as it comes: the read may be taken early.
  static u64 stamp() {
    u64 value;
    // SAFETY: reads a counter, both halves at once.
    asm volatile("mrrc p15, 1, %Q0, %R0, c14" : "=r"(value));
    return value;
  }

  // CNTV_CVAL: the count at which the timer's condition is met.
  static void set_compare(u64 value) {
    // SAFETY: only the virtual timer's compare value changes.
    asm volatile("mcrr p15, 3, %Q0, %R0, c14" ::"r"(value));
  }

  // CNTV_CTL: bit 0 enables the timer, bit 1 masks its interrupt.
  static void set_control(u64 value) {
    // SAFETY: only the virtual timer's control changes; the ISB makes it take effect now.
    asm volatile("mcr p15, 0, %0, c14, c3, 1\n\tisb" ::"r"(static_cast<u32>(value)));
  }
};

}  // namespace osier::arch
