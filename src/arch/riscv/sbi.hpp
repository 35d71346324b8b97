// SPDX-License-Identifier: Apache-2.0
// Calls of the firmware in machine mode (RISC-V SBI specification 1.0).
#pragma once

#include "core/units.hpp"
#include "csr.hpp"

namespace osier::arch {

// Calls a function of an extension with up to two arguments; `value` means something where `error`
// is 0. Any context; only where firmware has started the image.
struct sbi_result {
  std::intptr_t error;
  word value;
};
inline sbi_result sbi_call(u32 extension, u32 function, word first, word second = 0) {
  register word a0 asm("a0") = first;
  register word a1 asm("a1") = second;
  register word a6 asm("a6") = function;
  register word a7 asm("a7") = extension;
  // SAFETY: the firmware keeps all registers but a0 and a1, and the image's memory (chapter 3).
  asm volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
  return {static_cast<std::intptr_t>(a0), a1};
}

}  // namespace osier::arch
