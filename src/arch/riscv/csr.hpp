// SPDX-License-Identifier: Apache-2.0
// Access to control and status registers (RISC-V unprivileged architecture, Zicsr).
#pragma once

#include <cstdint>

#include "mode.h"

namespace osier::arch {

// What a register holds: 32 or 64 bits.
using word = std::uintptr_t;

template <unsigned Register>
word read_csr() {
  word value;
  // SAFETY: the registers of mode.h are readable and reading them changes nothing.
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(Register) : "memory");
  return value;
}

template <unsigned Register>
void write_csr(word value) {
  // SAFETY: only this register changes; what it means is the caller's matter.
  asm volatile("csrw %0, %1" ::"i"(Register), "r"(value) : "memory");
}

template <unsigned Register>
void set_csr_bits(word bits) {
  // SAFETY: as above.
  asm volatile("csrs %0, %1" ::"i"(Register), "r"(bits) : "memory");
}

}  // namespace osier::arch
