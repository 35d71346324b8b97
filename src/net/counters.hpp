// SPDX-License-Identifier: Apache-2.0
// What became of received frames: why one was dropped, and how many.
#pragma once

#include <array>
#include <string_view>

#include "core/units.hpp"

namespace osier::net {

enum class drop : u8 {
  too_short,   // a header is not whole
  bad_header,  // a version or format that we do not speak
  bad_length,  // a length field that the frame belies
  bad_checksum,
  fragment,
  ip_options,
  bad_source,  // from an address that no other host can have
  other_host,  // not addressed to us
  other_protocol,
  no_socket,   // nobody has this port
  queue_full,  // the app is too slow
  count,
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(drop::count)> drop_names = {
    "too short",  "bad header", "bad length",     "bad checksum", "fragment",   "IP options",
    "bad source", "other host", "other protocol", "no socket",    "queue full",
};

// Counts since boot; they wrap at 2^64.
class counters {
 public:
  void count_received() { ++received_; }
  void count_drop(drop why) { ++dropped_[static_cast<std::size_t>(why)]; }

  u64 received() const { return received_; }
  u64 dropped(drop why) const { return dropped_[static_cast<std::size_t>(why)]; }

 private:
  u64 received_ = 0;
  std::array<u64, static_cast<std::size_t>(drop::count)> dropped_ = {};
};

// The image's counters. Task context.
inline constinit counters statistics;

}  // namespace osier::net
