// SPDX-License-Identifier: Apache-2.0
// The wire of tests on the host: what the stack sent, and how a frame gets to it.
#pragma once

#include <span>
#include <vector>

#include "async/executor.hpp"
#include "host/frames.hpp"
#include "net/packet.hpp"
#include "net/pool.hpp"

namespace osier::host {

// Frames that net::transmit() was given, whole. Their buffers are back in the pool.
using frames = std::vector<bytes>;
inline frames sent;

// Takes what was sent so far.
inline frames take_sent() { return std::exchange(sent, {}); }

// Gives net::packets `count` fresh buffers. What was in it before is forgotten.
void fill_pool(std::size_t count);

// How often the pool asked the driver to settle its queues.
inline int shortages = 0;

// A frame of the pool as a driver hands it over. Until restore_buffers() an access behind the
// frame's end is an error (AddressSanitizer).
net::packet<net::packet_state::received> arrived(const bytes& frame);
void restore_buffers();

}  // namespace osier::host
