// SPDX-License-Identifier: Apache-2.0
// The service that turns the timer's interrupts into tasks that go on.
#pragma once

#include "async/event.hpp"
#include "async/task.hpp"
#include "time/timer.hpp"

namespace osier::time {

// Expires timers at each signal of the timer's alarm, for ever. In every image that uses time.
inline task<> serve_alarms(async::event& alarm) {
  for (;;) {
    co_await alarm.wait();
    expire_timers();
  }
}

}  // namespace osier::time
