// EXPECT: tasks wait for interrupts, and interrupts are still off: call enable_interrupts() first
// SPDX-License-Identifier: Apache-2.0
// Tasks run only when something can wake them.

#include "board.hpp"

void boot_tasks(boot::phase<boot::entry> entry) {
#ifndef TWIN
  std::move(entry).run();
#else
  std::move(entry).enable_interrupts().run();
#endif
}
