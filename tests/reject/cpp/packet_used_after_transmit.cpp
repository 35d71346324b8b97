// EXPECT: invalid invocation of method 'frame' on object 'frame' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A packet that was handed over is the device's.

#include "board.hpp"

void send(net::packet<net::packet_state::complete> frame) {
#ifndef TWIN
  net::transmit(std::move(frame)), frame.frame()[0] = std::byte{1};
#else
  frame.frame()[0] = std::byte{1}, net::transmit(std::move(frame));
#endif
}
