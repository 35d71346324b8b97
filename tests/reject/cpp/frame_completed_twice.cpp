// EXPECT: invalid invocation of method 'complete' on a temporary object while it is in the 'consumed' state
// SPDX-License-Identifier: Apache-2.0
// A frame whose length is set is another value.

#include "board.hpp"

void send(net::packet<net::packet_state::building> frame) {
  auto whole = std::move(frame).complete(60);
#ifndef TWIN
  net::transmit(std::move(frame).complete(61));
#else
  net::transmit(std::move(whole));
#endif
}
