// SPDX-License-Identifier: Apache-2.0
// What the 64-bit division helpers of runtime.S call. Their own results lie in four registers,
// which C++ cannot say.
#include "libc/divide.hpp"

extern "C" void osier_divide(osier::libc::division* result, uint64_t dividend, uint64_t divisor) {
  *result = osier::libc::divide(dividend, divisor);
}

extern "C" void osier_divide_signed(osier::libc::division* result, int64_t dividend,
                                    int64_t divisor) {
  *result = osier::libc::divide_signed(dividend, divisor);
}
