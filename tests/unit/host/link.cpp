// SPDX-License-Identifier: Apache-2.0
// The wire and the packet buffers of tests on the host.
#include "host/link.hpp"

#include <sanitizer/asan_interface.h>

#include <cstring>

#include "host/net_config.hpp"
#include "host/platform.hpp"
#include "net/link.hpp"

namespace osier::host {
namespace {

std::vector<net::packet_buffer> buffers;
async::deferred count_shortage{[](async::deferred&) { ++shortages; }};

}  // namespace

void restore_buffers() {
  ASAN_UNPOISON_MEMORY_REGION(buffers.data(), buffers.size() * sizeof buffers[0]);
}

void fill_pool(std::size_t count) {
  restore_buffers();
  count_shortage.unlink();
  renew(net::packets);
  buffers = std::vector<net::packet_buffer>(count);
  net::packets.start(buffers, count_shortage);
  shortages = 0;
}

net::packet<net::packet_state::received> arrived(const bytes& frame) {
  using receiving = net::packet<net::packet_state::receiving>;
  net::packet_buffer* buffer = net::packets.take_to_receive().release();
  // What an earlier frame left is not zero.
  std::memset(buffer->frame, 0xa5, sizeof buffer->frame);
  if (!frame.empty()) std::memcpy(buffer->frame, frame.data(), frame.size());
  ASAN_POISON_MEMORY_REGION(buffer->frame + frame.size(), sizeof buffer->frame - frame.size());
  return receiving::adopt(buffer, static_cast<u32>(net::driver_headroom + frame.size()));
}

}  // namespace osier::host

namespace osier::net {

void transmit_buffer(packet_buffer& complete) {
  packet_buffer* buffer = packet<packet_state::complete>::resume(complete).hand_over().release();
  // SAFETY: bytes are looked at as bytes.
  const auto* begin = reinterpret_cast<const u8*>(buffer->frame);
  host::sent.emplace_back(begin, begin + buffer->length);
  packets.give_back(*buffer);
}

void loop_back(packet<packet_state::complete> frame) {
  host::interface::loop_back(std::move(frame).loop_back());
}

}  // namespace osier::net
