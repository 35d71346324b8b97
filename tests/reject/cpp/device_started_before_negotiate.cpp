// EXPECT: negotiate features before the device is started
// SPDX-License-Identifier: Apache-2.0
// A device is live only after its features are settled.

#include "board.hpp"

void boot_device(board::driven_device device) {
#ifndef TWIN
  [[maybe_unused]] auto live = std::move(device).start();
#else
  [[maybe_unused]] auto live = std::move(device).negotiate<virtio::version_1>().start();
#endif
}
