// SPDX-License-Identifier: Apache-2.0
// What tests on the host send to themselves: it goes to the stack, as the generator would have it.
#include "host/net_config.hpp"
#include "net/link.hpp"

namespace osier::net {

void loop_back(packet<packet_state::building> frame) {
  host::interface::loop_back(std::move(frame).loop_back());
}

}  // namespace osier::net
