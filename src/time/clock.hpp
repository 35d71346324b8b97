// SPDX-License-Identifier: Apache-2.0
// Time since boot, in ticks of the machine's timer.
#pragma once

#include <chrono>
#include <compare>

#include "core/units.hpp"

namespace osier {

using namespace std::chrono_literals;  // 10ms is vocabulary

}  // namespace osier

namespace osier::time {

using duration = std::chrono::nanoseconds;

// A moment, in ticks of the timer that the devicetree names.
struct instant {
  u64 ticks;
  friend constexpr auto operator<=>(instant, instant) = default;
};

// Ticks in a duration, rounded up, so that a wait is never too short. Whole seconds and the rest
// are converted apart: neither product overflows at rates below 18 GHz. A negative duration is
// none.
constexpr u64 ticks_in(duration length, hertz rate) {
  constexpr u64 per_second = 1'000'000'000;
  const u64 nanoseconds = length.count() > 0 ? static_cast<u64>(length.count()) : 0;
  return nanoseconds / per_second * rate.value +
         (nanoseconds % per_second * rate.value + per_second - 1) / per_second;
}

}  // namespace osier::time
