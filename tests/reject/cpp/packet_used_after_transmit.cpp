// EXPECT: invalid invocation of method 'set_length' on object 'frame' while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A packet that was handed over is the device's.

#include "board.hpp"

void send(net::packet<net::packet_state::building> frame) {
#ifndef TWIN
  net::transmit(std::move(frame)), frame.set_length(60);
#else
  frame.set_length(60), net::transmit(std::move(frame));
#endif
}
