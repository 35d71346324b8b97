// EXPECT: format_hash_zero_and_type_letter_are_for_integers_only
// SPDX-License-Identifier: Apache-2.0
// A spec for integers does not compile with a string.

#include "console/format.hpp"

void report(osier::sink& out, const char* name) {
#ifndef TWIN
  format_to(out, "driver {:x}\n", name);
#else
  format_to(out, "driver {:>12}\n", name);
#endif
}
