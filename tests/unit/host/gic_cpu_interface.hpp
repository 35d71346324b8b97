// SPDX-License-Identifier: Apache-2.0
// A GICv3 CPU interface, for tests on the host.
#pragma once

#include <deque>
#include <vector>

#include "core/units.hpp"

namespace osier::arch {

struct gic_cpu_interface {
  static inline bool enabled = false;
  static inline std::deque<u32> pending;
  static inline std::vector<u32> ended;

  static void enable() { enabled = true; }
  static u32 acknowledge() {
    if (pending.empty()) return 1023;
    const u32 number = pending.front();
    pending.pop_front();
    return number;
  }
  static void end(u32 number) { ended.push_back(number); }
};

}  // namespace osier::arch
