// EXPECT: invalid invocation of method 'drive' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A state that was left is gone.

#include "board.hpp"

void boot_device() {
  auto device = board::reset_device::find(1).acknowledge();
  [[maybe_unused]] auto driven = std::move(device).drive();
#ifndef TWIN
  [[maybe_unused]] auto ready = std::move(device).drive().negotiate<virtio::version_1>();
#else
  [[maybe_unused]] auto ready = std::move(driven).negotiate<virtio::version_1>();
#endif
}
