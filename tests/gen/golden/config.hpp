// SPDX-License-Identifier: Apache-2.0
// Generated from tests/gen/board.dts and tests/gen/pair/app.dtsi. Edit those instead.
// The sizes that this image's code is compiled with.
#pragma once

#include <cstddef>

namespace osier::config {

// tests/gen/pair/app.dtsi:10 (frame-count of the app, and one for each service: net0)
inline constexpr std::size_t frame_size = 256;
inline constexpr std::size_t frame_count = 3 + 1;

// 0 none, 1 error, 2 warning, 3 info, 4 debug
inline constexpr int log_level = 1;

}  // namespace osier::config

namespace osier::async {

// See async/frames.hpp.
template <class Promise>
struct frame_slot {
  static constexpr std::size_t size = config::frame_size;
};

}  // namespace osier::async
