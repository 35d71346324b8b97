// SPDX-License-Identifier: Apache-2.0
// The vector of the interrupt that the CPU has taken: entry.S stores it, the driver of the
// interrupt controller fetches it.
#pragma once

#include <utility>

#include "core/units.hpp"

namespace osier::arch {

// The end of the vectors that the interrupt descriptor table has (entry.S).
inline constexpr u32 vector_count = 80;

// The vector of an interrupt line. Those below are the CPU's own exceptions (Intel SDM, volume 3,
// 6.3.1).
constexpr u32 vector_of(u32 line) { return 32 + line; }

// Written by entry.S, with interrupts masked; 0 when it was fetched.
extern "C" u32 osier_interrupt_vector;

// Fetches the vector; 0 at the second call in one interrupt. Interrupts masked.
inline u32 take_vector() { return std::exchange(osier_interrupt_vector, 0); }

}  // namespace osier::arch
