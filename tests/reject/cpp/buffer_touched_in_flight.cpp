// EXPECT: invalid invocation of method 'length' on object 'frame' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// What a virtqueue holds is the device's until it is completed.

#include "board.hpp"

u32 post(board::sent_packets& queue, net::packet<net::packet_state::complete> written) {
  auto frame = std::move(written).hand_over();
  [[maybe_unused]] const u32 length = frame.length();
  queue.post(std::move(frame));
#ifndef TWIN
  return frame.length();
#else
  return length;
#endif
}
