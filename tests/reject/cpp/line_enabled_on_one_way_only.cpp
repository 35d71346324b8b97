// EXPECT: invalid invocation of method '~bound_line' on object 'line' while it is in the 'unknown' state
// SPDX-License-Identifier: Apache-2.0
// An interrupt line is enabled whatever way the boot takes.

#include "board.hpp"

void boot_line(const boot::phase<boot::entry>& entry, bool fast) {
  auto line = irq::masked_line<board::uart::irq>{entry}.bind<board::handlers>();
#ifndef TWIN
  if (fast) std::move(line).enable<board::controller>();
#else
  std::move(line).enable<board::controller>(), (void)fast;
#endif
}
