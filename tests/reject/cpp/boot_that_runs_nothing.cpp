// EXPECT: invalid invocation of method '~phase' on object 'running' while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// A boot ends in run(), nowhere else.

#include "board.hpp"

void boot_tasks(boot::phase<boot::entry> entry) {
  auto running = std::move(entry).enable_interrupts();
#ifndef TWIN
  arch::disable_interrupts();
#else
  std::move(running).run();
#endif
}
