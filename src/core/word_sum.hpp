// SPDX-License-Identifier: Apache-2.0
// Sums of words that lose no carry, for the Internet checksum: an architecture chooses one.
#pragma once

#include "core/units.hpp"

namespace osier {

// For a CPU that adds with the carry of the addition before: what a sum carries out at its top
// comes back in at its bottom (RFC 1071, §2).
class end_around_sum {
 public:
  using word = unsigned long;
  static constexpr std::size_t words = 8;  // that add() takes: registers hold them side by side

  [[gnu::always_inline]] void add(const word* from) {
    unsigned long carry = 0;
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < words; ++i) sum_ = __builtin_addcl(sum_, from[i], carry, &carry);
    sum_ += carry;  // what has carried is not all ones
  }
  // A number that is their sum, modulo 0xffff, and is 0 only where all of them are.
  u64 value() const { return (u64{sum_} >> 32) + static_cast<u32>(sum_); }

 private:
  word sum_ = 0;
};

// For a CPU without a carry: what is carried out is counted, and comes back in at last.
class counted_carry_sum {
 public:
  using word = unsigned long;
  static constexpr std::size_t words = 64 / sizeof(word);  // that add() takes

  [[gnu::always_inline]] void add(const word* from) {
#pragma clang loop unroll(full)
    for (std::size_t i = 0; i < words; ++i) {
      unsigned long carry = 0;
      sum_ = __builtin_addcl(sum_, from[i], 0, &carry);
      carries_ += carry;
    }
  }
  // A number that is their sum, modulo 0xffff, and is 0 only where all of them are.
  u64 value() const { return (u64{sum_} >> 32) + static_cast<u32>(sum_) + carries_; }

 private:
  word sum_ = 0;
  word carries_ = 0;
};

}  // namespace osier
