// SPDX-License-Identifier: Apache-2.0
// The registers of the Arm generic timer's virtual timer (Arm ARM, D11), which are the CPU's own.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

struct generic_timer {
  // CNTFRQ_EL0: the rate that firmware says the counter runs at.
  static u64 frequency() {
    u64 value;
    // SAFETY: reads a register that every EL may read.
    asm volatile("mrs %0, cntfrq_el0" : "=r"(value));
    return value & 0xffff'ffff;
  }

  // CNTVCT_EL0. The ISB keeps the read from being taken early.
  static u64 count() {
    u64 value;
    // SAFETY: reads a counter.
    asm volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
  }

  // The same, as it comes: the read may be taken early.
  static u64 stamp() {
    u64 value;
    // SAFETY: reads a counter.
    asm volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
  }

  // CNTV_CVAL_EL0: the count at which the timer's condition is met.
  static void set_compare(u64 value) {
    // SAFETY: only the virtual timer's compare value changes.
    asm volatile("msr cntv_cval_el0, %0" ::"r"(value));
  }

  // CNTV_CTL_EL0: bit 0 enables the timer, bit 1 masks its interrupt.
  static void set_control(u64 value) {
    // SAFETY: only the virtual timer's control changes; the ISB makes it take effect now.
    asm volatile("msr cntv_ctl_el0, %0\n\tisb" ::"r"(value));
  }
};

}  // namespace osier::arch
