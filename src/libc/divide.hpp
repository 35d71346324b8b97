// SPDX-License-Identifier: Apache-2.0
// Division of 64-bit integers, for CPUs that divide 32 bits at most.
#pragma once

#include <stdint.h>

namespace osier::libc {

struct division {
  uint64_t quotient;
  uint64_t remainder;
};

// Long division, a bit at a time, from the first bit that the quotient can have. Traps at divisor
// 0.
constexpr division divide(uint64_t dividend, uint64_t divisor) {
  if ((dividend | divisor) >> 32 == 0 && divisor != 0) {
    const auto low = static_cast<uint32_t>(dividend);
    const auto by = static_cast<uint32_t>(divisor);
    return {low / by, low % by};
  }
  if (divisor == 0) __builtin_trap();
  if (dividend < divisor) return {0, dividend};

  int shift = __builtin_clzll(divisor) - __builtin_clzll(dividend);
  uint64_t subtracted = divisor << shift;
  uint64_t quotient = 0;
  for (; shift >= 0; --shift, subtracted >>= 1) {
    quotient <<= 1;
    if (dividend >= subtracted) {
      dividend -= subtracted;
      quotient |= 1;
    }
  }
  return {quotient, dividend};
}

// The same for signed integers: the quotient is cut off towards zero, the remainder has the
// dividend's sign.
constexpr division divide_signed(int64_t dividend, int64_t divisor) {
  // Negated as unsigned, for the lowest value has no positive counterpart.
  const auto magnitude = [](int64_t value) {
    return value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  };
  division result = divide(magnitude(dividend), magnitude(divisor));
  if ((dividend < 0) != (divisor < 0)) result.quotient = 0 - result.quotient;
  if (dividend < 0) result.remainder = 0 - result.remainder;
  return result;
}

}  // namespace osier::libc
