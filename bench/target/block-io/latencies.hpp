// SPDX-License-Identifier: Apache-2.0
// How long requests took, as a histogram whose steps are a sixteenth of what they measure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>

#include "core/units.hpp"

namespace osier::bench {

inline constexpr u32 steps_each = 16;  // for each power of two
inline constexpr u32 longest = (1U << 31) - 1;

// The step that a number of ticks belongs to, and the largest that belongs to a step.
constexpr u32 step_of(u32 ticks) {
  const int shift = std::max(static_cast<int>(std::bit_width(ticks)) - 5, 0);
  return static_cast<u32>(shift) * steps_each + (ticks >> shift);
}
constexpr u32 end_of(u32 step) {
  const u32 shift = step < 2 * steps_each ? 0 : step / steps_each - 1;
  return ((step - shift * steps_each + 1) << shift) - 1;
}
static_assert(end_of(step_of(0)) == 0 && end_of(step_of(31)) == 31);
static_assert(end_of(step_of(32)) == 33 && end_of(step_of(1000)) == 1023);
static_assert(end_of(step_of(longest)) == longest);

class latencies {
 public:
  void clear() {
    counts_ = {};
    total_ = 0;
  }

  // In ticks; what is longer than the last step counts there.
  void add(u64 ticks) {
    ++counts_[step_of(static_cast<u32>(std::min<u64>(ticks, longest)))];
    ++total_;
  }

  // What so many of a thousand did not exceed: the end of their step, in ticks.
  u64 permille(u32 part) const {
    u32 left = (total_ * part + 999) / 1000;
    for (u32 step = 0; step < counts_.size(); ++step) {
      if (counts_[step] >= left) return end_of(step);
      left -= counts_[step];
    }
    return longest;
  }

 private:
  std::array<u32, step_of(longest) + 1> counts_ = {};
  u32 total_ = 0;
};

}  // namespace osier::bench
