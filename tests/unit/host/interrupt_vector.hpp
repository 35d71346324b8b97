// SPDX-License-Identifier: Apache-2.0
// The vector of the interrupt that the CPU has taken, for tests on the host.
#pragma once

#include <utility>

#include "core/units.hpp"

namespace osier::arch {

inline constexpr u32 vector_count = 80;
inline u32 taken_vector = 0;

constexpr u32 vector_of(u32 line) { return 32 + line; }
inline u32 take_vector() { return std::exchange(taken_vector, 0); }

}  // namespace osier::arch
