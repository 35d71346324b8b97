// EXPECT: invalid invocation of method '~device' on object 'device' while it is in the 'unconsumed' state
// SPDX-License-Identifier: Apache-2.0
// A device whose features are settled is started: a half state is no state to stay in.

#include "board.hpp"

void boot_device(board::driven_device driven, board::received_packets& queue) {
  auto device = std::move(driven).negotiate<virtio::version_1 | virtio::event_index>();
  device.set_queue(0, queue);
#ifndef TWIN
  queue.clear();
#else
  (void)std::move(device).start();
#endif
}
