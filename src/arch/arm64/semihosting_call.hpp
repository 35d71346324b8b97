// SPDX-License-Identifier: Apache-2.0
// The instruction by which a program calls the debugger or emulator around it (Arm
// semihosting, 2.0).
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// Asks for a service: the operation and the address of its parameter block; returns its result.
inline u64 semihosting_call(u64 operation, const void* parameters) {
  register u64 w0 asm("x0") = operation;
  register const void* x1 asm("x1") = parameters;
  // SAFETY: HLT 0xF000 is the A64 semihosting trap; it changes x0 only.
  asm volatile("hlt #0xf000" : "+r"(w0) : "r"(x1) : "memory");
  return w0;
}

}  // namespace osier::arch
