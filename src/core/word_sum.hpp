// SPDX-License-Identifier: Apache-2.0
// Sums of words that lose no carry, for the Internet checksum: an architecture chooses one.
#pragma once

#include "core/units.hpp"

namespace osier {

// In the CPU's words, for one that adds with the carry of the addition before: what a sum carries
// out at its top comes back in at its bottom (RFC 1071, §2).
struct end_around_sum {
  using word = unsigned long;
  using total = unsigned long;
  static constexpr std::size_t words = 8;  // that add() takes: registers hold them side by side

  [[gnu::always_inline]] static total add(total sum, const word* from) {
    unsigned long carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < words; ++i) sum = __builtin_addcl(sum, from[i], carry, &carry);
    return sum + carry;  // what has carried is not all ones
  }
};

// 32 bits at a time into 64, for a CPU without a carry.
struct widening_sum {
  using word = u32;
  using total = u64;
  static constexpr std::size_t words = 16;

  [[gnu::always_inline]] static total add(total sum, const word* from) {
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < words; ++i) sum += from[i];
    return sum;
  }
};

}  // namespace osier
