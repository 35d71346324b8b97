// EXPECT: invalid invocation of method 'enable' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// An interrupt line is enabled once.

#include "board.hpp"

void boot_line(const boot::phase<boot::entry>& entry) {
  auto line = irq::masked_line<board::uart::irq>{entry}.bind<board::handlers>();
  std::move(line).enable<board::controller>();
#ifndef TWIN
  std::move(line).enable<board::controller>();
#else
  arch::enable_interrupts();
#endif
}
