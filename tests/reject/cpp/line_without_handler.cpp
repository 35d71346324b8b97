// EXPECT: this interrupt line has no handler in the table
// SPDX-License-Identifier: Apache-2.0
// A line cannot be bound to a table that has no handler for it.

#include "board.hpp"

#ifndef TWIN
constexpr irq::line claimed = {.number = 3, .trigger = irq::level_high};
#else
constexpr irq::line claimed = {.number = 2, .trigger = irq::level_high};
#endif

void boot_line(const boot::phase<boot::entry>& entry) {
  irq::masked_line<claimed>{entry}.bind<board::handlers>().enable<board::controller>();
}
