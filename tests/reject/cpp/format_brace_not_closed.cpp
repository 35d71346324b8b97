// EXPECT: format_has_an_opening_brace_that_is_never_closed
// SPDX-License-Identifier: Apache-2.0
// A brace that is opened and not closed does not compile.

#include "console/format.hpp"

void report(osier::sink& out, unsigned line) {
#ifndef TWIN
  format_to(out, "irq {:4", line);
#else
  format_to(out, "irq {:4}", line);
#endif
}
