// EXPECT: argument not in expected state; expected 'unconsumed', observed 'consumed'
// SPDX-License-Identifier: Apache-2.0
// A packet is handed over once.

#include "board.hpp"

void send(net::packet<net::packet_state::complete> frame) {
  net::transmit(std::move(frame));
#ifndef TWIN
  net::transmit(std::move(frame));
#else
  net::packets.want(true);
#endif
}
