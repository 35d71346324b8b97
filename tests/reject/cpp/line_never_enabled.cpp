// EXPECT: invalid invocation of method '~bound_line' on object 'line' while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// An interrupt line that was bound and never enabled would leave its device unheard.

#include "board.hpp"

void boot_line(const boot::phase<boot::entry>& entry) {
  auto line = irq::masked_line<board::uart::irq>{entry}.bind<board::handlers>();
#ifndef TWIN
  arch::enable_interrupts();
#else
  std::move(line).enable<board::controller>();
#endif
}
