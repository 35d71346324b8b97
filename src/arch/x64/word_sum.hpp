// SPDX-License-Identifier: Apache-2.0
// Sums of words for the Internet checksum, whose carries are counted: an emulator calls a function
// for an addition with the carry of another such, and the compiler adds up carries two by two.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// As core/word_sum.hpp has it.
class counted_carry_sum {
 public:
  using word = u64;
  static constexpr std::size_t words = 8;  // that add() takes

  [[gnu::always_inline]] void add(const word* from) {
    // SAFETY: reads memory, the words that `from` points to; all that it changes is said.
    asm(".irp at, 0, 8, 16, 24, 32, 40, 48, 56\n\t"
        "addq \\at(%[from]), %[sum]\n\t"
        "adcq $0, %[carries]\n\t"
        ".endr"
        : [sum] "+&r"(sum_), [carries] "+&r"(carries_)
        : [from] "r"(from)
        : "cc", "memory");
  }
  // A number that is their sum, modulo 0xffff, and is 0 only where all of them are.
  u64 value() const { return (sum_ >> 32) + static_cast<u32>(sum_) + carries_; }

 private:
  word sum_ = 0;
  word carries_ = 0;
};

}  // namespace osier::arch
