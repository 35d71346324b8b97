// SPDX-License-Identifier: Apache-2.0
// What the timer's driver signals.
#pragma once

#include "async/event.hpp"
#include "time/timer.hpp"

namespace osier::time {

// Expires timers at each signal.
class alarm : public async::event {
 public:
  constexpr alarm() : event{[](event& /*self*/) { expire_timers(); }} {}
};

}  // namespace osier::time
