// EXPECT: tell the device of its driver, by drive(), before negotiate()
// SPDX-License-Identifier: Apache-2.0
// No step of a device's initialisation can be skipped.

#include "board.hpp"

void boot_device() {
  auto device = board::reset_device::find(1).acknowledge();
#ifndef TWIN
  std::move(device).negotiate<virtio::version_1>();
#else
  (void)std::move(device).drive().negotiate<virtio::version_1>().start();
#endif
}
