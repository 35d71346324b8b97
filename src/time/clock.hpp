// SPDX-License-Identifier: Apache-2.0
// Time since boot, in ticks of the machine's timer.
#pragma once

#include <chrono>
#include <compare>

#include "core/units.hpp"

namespace osier::time {

using namespace std::chrono_literals;
using duration = std::chrono::nanoseconds;

// A moment, in ticks of the timer that the devicetree names.
struct instant {
  u64 ticks;
  friend constexpr auto operator<=>(instant, instant) = default;
};

// Ticks in a duration, rounded up, so that a wait is never too short. Good for 18 seconds at 1 GHz
// per factor: the whole seconds and the rest are converted apart.
constexpr u64 ticks_in(duration length, hertz rate) {
  constexpr u64 per_second = 1'000'000'000;
  const u64 nanoseconds = length.count() > 0 ? static_cast<u64>(length.count()) : 0;
  return nanoseconds / per_second * rate.value +
         (nanoseconds % per_second * rate.value + per_second - 1) / per_second;
}

}  // namespace osier::time
