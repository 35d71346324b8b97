// SPDX-License-Identifier: Apache-2.0
// What compiled code calls to divide 64-bit integers where registers hold 32 bits, by the names of
// libgcc. The linker leaves out what nothing calls: all of it where registers hold 64 bits.
#include <stdint.h>

#include "libc/divide.hpp"

using osier::libc::divide;
using osier::libc::divide_signed;

extern "C" {

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
  return divide(dividend, divisor).quotient;
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) {
  return divide(dividend, divisor).remainder;
}

int64_t __divdi3(int64_t dividend, int64_t divisor) {
  return static_cast<int64_t>(divide_signed(dividend, divisor).quotient);
}

int64_t __moddi3(int64_t dividend, int64_t divisor) {
  return static_cast<int64_t>(divide_signed(dividend, divisor).remainder);
}

}  // extern "C"
