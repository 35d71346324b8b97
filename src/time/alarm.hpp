// SPDX-License-Identifier: Apache-2.0
// What the timer's driver signals.
#pragma once

#include "async/reaction.hpp"
#include "time/timer.hpp"

namespace osier::time {

// Expires timers.
class alarm : public async::reaction {
 public:
  constexpr alarm() : reaction{[](reaction& /*self*/) { expire_timers(); }} {}
};

}  // namespace osier::time
