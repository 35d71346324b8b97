// SPDX-License-Identifier: Apache-2.0
// Fixed-width integers and quantities that carry their unit.
#pragma once

#include <cstddef>
#include <cstdint>

namespace osier {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// A frequency, in hertz.
struct hertz {
  u64 value;
  friend constexpr bool operator==(hertz, hertz) = default;
};

consteval hertz operator""_Hz(unsigned long long value) { return {value}; }

}  // namespace osier
