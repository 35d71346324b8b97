// SPDX-License-Identifier: Apache-2.0
// Control and status registers of supervisor mode, and access to them (RISC-V privileged
// architecture 20211203, chapter 2.2; Sstc 1.0; unprivileged architecture, Zicsr).
#pragma once

#include <cstdint>

namespace osier::arch {

// What a register holds: 32 or 64 bits.
using word = std::uintptr_t;

enum csr : unsigned {
  sstatus = 0x100,
  sie = 0x104,
  scause = 0x142,
  stval = 0x143,
  sip = 0x144,
  stimecmp = 0x14d,
  stimecmph = 0x15d,  // the high half, of 32 bits only
  satp = 0x180,
  counter_time = 0xc01,
  counter_timeh = 0xc81,  // the high half, of 32 bits only
};

// sstatus: whether interrupts are let in.
constexpr word sstatus_sie = 1 << 1;
constexpr word sstatus_spie = 1 << 5;  // and whether they were before the trap

template <csr Register>
word read_csr() {
  word value;
  // SAFETY: the registers above are readable and reading them changes nothing.
  asm volatile("csrr %0, %1" : "=r"(value) : "i"(Register) : "memory");
  return value;
}

template <csr Register>
void write_csr(word value) {
  // SAFETY: only this register changes; what it means is the caller's matter.
  asm volatile("csrw %0, %1" ::"i"(Register), "r"(value) : "memory");
}

template <csr Register>
void set_csr_bits(word bits) {
  // SAFETY: as above.
  asm volatile("csrs %0, %1" ::"i"(Register), "r"(bits) : "memory");
}

}  // namespace osier::arch
