// SPDX-License-Identifier: Apache-2.0
// The sizes that src/ is compiled with, for tests on the host.
#pragma once

#include <cstddef>

namespace osier::config {

// Sanitizers make frames several times as large as they are in an image.
inline constexpr std::size_t frame_size = 4096;
inline constexpr std::size_t frame_count = 128;

inline constexpr int log_level = 4;  // debug: every line is compiled

}  // namespace osier::config

namespace osier::async {

template <class Promise>
struct frame_slot {
  static constexpr std::size_t size = config::frame_size;
};

}  // namespace osier::async
