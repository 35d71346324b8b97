// EXPECT: invalid invocation of method 'drive' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A state that was left is gone.

#include "board.hpp"

void boot_device() {
  auto device = board::reset_device::find(1).acknowledge();
  auto ready = std::move(device).drive().negotiate<virtio::version_1>();
  (void)std::move(ready).start();
#ifndef TWIN
  (void)std::move(device).drive().negotiate<virtio::version_1>().start();
#else
  arch::enable_interrupts();
#endif
}
