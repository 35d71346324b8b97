// SPDX-License-Identifier: Apache-2.0
// The seam between the network stack and the network driver of this image.
#pragma once

#include "net/packet.hpp"

namespace osier::net {

// Hands a frame to the driver, which sends it, in order, and then frees its buffer. Never waits:
// what the device cannot take yet queues at the driver, and the pool bounds how much that can be.
// Defined by the generated code. Task context.
void transmit([[clang::param_typestate(unconsumed)]] packet<packet_state::building> frame);

}  // namespace osier::net
