// EXPECT: format_has_more_placeholders_than_arguments
// SPDX-License-Identifier: Apache-2.0
// A placeholder without an argument does not compile.

#include "console/format.hpp"

void report(osier::sink& out, unsigned line) {
#ifndef TWIN
  format_to(out, "irq {} at {:#x}\n", line);
#else
  format_to(out, "irq {} at {:#x}\n", line, 0x1000);
#endif
}
