// EXPECT: state of variable 'frame' must match at the entry and exit of loop
// SPDX-License-Identifier: Apache-2.0
// A packet can be handed over once, not once a round.

#include "board.hpp"

bool again();

void send(net::packet<net::packet_state::complete> frame) {
#ifndef TWIN
  while (again()) net::transmit(std::move(frame));
#else
  if (again()) net::transmit(std::move(frame));
#endif
}
