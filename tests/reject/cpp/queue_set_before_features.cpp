// EXPECT: negotiate features before queues are set up
// SPDX-License-Identifier: Apache-2.0
// A queue's layout depends on the features, so they come first.

#include "board.hpp"

void start(auto device);

void boot_device(board::driven_device device, board::received_packets& queue) {
#ifndef TWIN
  auto ready = std::move(device);
#else
  auto ready = std::move(device).negotiate<virtio::version_1 | virtio::event_index>();
#endif
  ready.set_queue(0, queue);
  start(std::move(ready));
}
