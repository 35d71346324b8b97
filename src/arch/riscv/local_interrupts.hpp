// SPDX-License-Identifier: Apache-2.0
// The interrupts of a hart: one bit for each cause, of the mode that the image runs in.
#pragma once

#include "csr.hpp"

namespace osier::arch {

struct local_interrupts {
  static word pending() { return read_csr<TRAP_PENDING>(); }
  static word enabled() { return read_csr<TRAP_ENABLED>(); }
  static void disable_all() { write_csr<TRAP_ENABLED>(0); }
  static void enable(word causes) { set_csr_bits<TRAP_ENABLED>(causes); }
};

}  // namespace osier::arch
