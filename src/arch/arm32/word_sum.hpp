// SPDX-License-Identifier: Apache-2.0
// Sums of words for the Internet checksum, with loads of eight registers at once: the compiler
// loads words one by one.
#pragma once

#include "core/units.hpp"

namespace osier::arch {

// As core/word_sum.hpp has them; carries come back in at the bottom.
class word_sum {
 public:
  using word = u32;
  static constexpr std::size_t words = 16;  // that add() takes

  [[gnu::always_inline]] void add(const word* from) {
    // SAFETY: reads memory, the words that `from` points to; all that it changes is said. LDM
    // leaves the carry alone.
    asm("ldm %[from]!, {r3-r10}\n\t"
        "adds %[sum], %[sum], r3\n\t"
        ".irp each, r4, r5, r6, r7, r8, r9, r10\n\t"
        "adcs %[sum], %[sum], \\each\n\t"
        ".endr\n\t"
        "ldm %[from]!, {r3-r10}\n\t"
        ".irp each, r3, r4, r5, r6, r7, r8, r9, r10\n\t"
        "adcs %[sum], %[sum], \\each\n\t"
        ".endr\n\t"
        "adc %[sum], %[sum], #0"
        : [sum] "+r"(sum_), [from] "+r"(from)::"r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10",
          "cc", "memory");
  }
  // A number that is their sum, modulo 0xffff, and is 0 only where all of them are.
  u64 value() const { return sum_; }

 private:
  word sum_ = 0;
};

}  // namespace osier::arch
