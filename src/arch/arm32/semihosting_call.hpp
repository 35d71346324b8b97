// SPDX-License-Identifier: Apache-2.0
// The instruction by which a program calls the debugger or emulator around it (Arm
// semihosting, 2.0).
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// Asks for a service: the operation and the address of its parameter block, which consists of
// machine words; returns its result.
inline std::uintptr_t semihosting_call(std::uintptr_t operation, const void* parameters) {
  register std::uintptr_t r0 asm("r0") = operation;
  register const void* r1 asm("r1") = parameters;
  // SAFETY: SVC 0x123456 is the A32 semihosting trap; it changes r0, and lr because it is taken to
  // the mode that we run in.
  asm volatile("svc #0x123456" : "+r"(r0) : "r"(r1) : "memory", "lr");
  return r0;
}

}  // namespace osier::arch
