// EXPECT: this virtqueue relies on a feature that was not negotiated
// SPDX-License-Identifier: Apache-2.0
// A virtqueue that uses event indices needs the feature.

#include "board.hpp"

void boot_device(board::driven_device device, board::received_packets& queue) {
#ifndef TWIN
  auto ready = std::move(device).negotiate<virtio::version_1>();
#else
  auto ready = std::move(device).negotiate<virtio::version_1 | virtio::event_index>();
#endif
  ready.set_queue(0, queue);
  (void)std::move(ready).start();
}
