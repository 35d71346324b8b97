// EXPECT: invalid invocation of method '~masked_line' on a temporary object while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// An interrupt line is claimed to be used.

#include "board.hpp"

void boot_line(const boot::phase<boot::entry>& entry) {
#ifndef TWIN
  irq::masked_line<board::uart::irq>{entry};
#else
  irq::masked_line<board::uart::irq>{entry}.bind<board::handlers>().enable<board::controller>();
#endif
}
