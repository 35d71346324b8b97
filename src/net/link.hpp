// SPDX-License-Identifier: Apache-2.0
// The seams between the network stack of this image and its network driver.
#pragma once

#include "net/packet.hpp"

namespace osier::net {

// What transmit() calls, with the buffer of a complete frame: a handle would go through memory.
// Defined by the generated code.
void transmit_buffer(packet_buffer& complete);

// Hands a frame to the driver, which sends it, in order, and then frees its buffer. Never waits:
// what the device cannot take yet queues at the driver, and the pool bounds how much that can be.
// Task context.
inline void transmit([[clang::param_typestate(unconsumed)]] packet<packet_state::complete> frame) {
  transmit_buffer(*std::move(frame).release());
}
void transmit(packet<packet_state::building>) =
    delete("its length is not set: complete() it first");

// Hands a frame to our own stack, as if it had come from the wire. Defined by the generated code
// where there is a stack. Task context.
void loop_back(packet<packet_state::complete> frame);

}  // namespace osier::net
