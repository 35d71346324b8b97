// SPDX-License-Identifier: Apache-2.0
// The interrupts of a hart: one bit for each cause, those of supervisor mode.
#pragma once

#include "csr.hpp"

namespace osier::arch {

struct local_interrupts {
  // The number of the hart that runs the image, as entry.S was told it.
  static word hart() {
    word value;
    // SAFETY: reads a register that stays as it is from the first instructions on.
    asm volatile("mv %0, tp" : "=r"(value));
    return value;
  }
  // Those that are raised and not masked.
  static word pending() { return read_csr<sip>() & read_csr<sie>(); }
  static word enabled() { return read_csr<sie>(); }
  static void disable_all() { write_csr<sie>(0); }
  static void enable(word causes) { set_csr_bits<sie>(causes); }
};

}  // namespace osier::arch
