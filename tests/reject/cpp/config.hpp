// SPDX-License-Identifier: Apache-2.0
// The sizes that the cases are compiled with: those of the defaults.
#pragma once

#include <cstddef>

namespace osier::config {

inline constexpr std::size_t frame_size = 512;
inline constexpr std::size_t frame_count = 8;
inline constexpr int log_level = 3;

}  // namespace osier::config

namespace osier::async {

template <class Promise>
struct frame_slot {
  static constexpr std::size_t size = config::frame_size;
};

}  // namespace osier::async
