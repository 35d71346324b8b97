// SPDX-License-Identifier: Apache-2.0
// The app's handle on the real-time clock.
#pragma once

#include <chrono>

#include "boot/phase.hpp"
#include "core/platform.hpp"

namespace osier::rtc {

// Move-only; given to app_main.
class handle {
 public:
  handle() = delete("app_main is given the clock: take it as a parameter");
  explicit handle(const boot::phase<boot::entry>& /*only a boot gives it*/) {}
  handle(handle&&) = default;

  // Seconds since 1970-01-01 00:00:00 UTC, as the clock has them: it is not set by us. Task
  // context.
  static std::chrono::sys_seconds now() { return platform::wall_clock(); }
};

}  // namespace osier::rtc
