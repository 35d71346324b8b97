// EXPECT: argument not in expected state; expected 'unconsumed', observed 'unknown'
// SPDX-License-Identifier: Apache-2.0
// A packet that one branch has handed over is nobody's behind it.

#include "board.hpp"

void send(net::packet<net::packet_state::complete> frame, bool urgent) {
#ifndef TWIN
  if (urgent) net::transmit(std::move(frame));
#else
  if (urgent) frame.frame()[0] = std::byte{1};
#endif
  net::transmit(std::move(frame));
}
