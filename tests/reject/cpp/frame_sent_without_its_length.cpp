// EXPECT: its length is not set: complete() it first
// SPDX-License-Identifier: Apache-2.0
// A frame is sent when its length is set.

#include "board.hpp"

void send(net::packet<net::packet_state::building> frame) {
  frame.room()[0] = std::byte{0xff};
#ifndef TWIN
  net::transmit(std::move(frame));
#else
  net::transmit(std::move(frame).complete(60));
#endif
}
