// EXPECT: a frame has at most frame_limit bytes, which is 1514
// SPDX-License-Identifier: Apache-2.0
// STAGE: code
// A length that is known when compiled fits, or does not compile. Others are cut off.

#include "board.hpp"

void send(net::packet<net::packet_state::building> frame) {
#ifndef TWIN
  net::transmit(std::move(frame).complete(1515));
#else
  net::transmit(std::move(frame).complete(1514));
#endif
}
