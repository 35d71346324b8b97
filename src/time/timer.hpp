// SPDX-License-Identifier: Apache-2.0
// Timers: coroutines that wait for a moment, alone or as the bound of another wait.
#pragma once

#include <coroutine>

#include "async/waiter.hpp"
#include "core/platform.hpp"
#include "time/clock.hpp"

namespace osier::time {

// The moment `length` from now. Task context.
inline instant after(duration length) {
  return {platform::now().ticks + ticks_in(length, platform::timer_rate())};
}

// An armed timer makes its waiter ready at its moment, unless it is disarmed before. Lies in the
// frame of the coroutine that waits, and is its own place in the queue: a coroutine may have any
// number of them.
class timer {
 public:
  timer() {}
  timer(timer&& /*idle*/) noexcept {}  // only before it is armed
  ~timer() { disarm(); }

  // O(log n) in the number of armed timers, at worst. Must not be armed already. Task context.
  void arm(instant when, async::waiter& who);
  void disarm() {
    if (armed()) take_out();
  }
  bool armed() const { return rank_ != 0; }
  bool expired() const { return expired_; }

 private:
  friend class timer_queue;
  void take_out();

  // Of no value before it is armed.
  instant when_;
  async::waiter* who_;
  timer* parent_;
  timer* left_;
  timer* right_;
  u32 rank_ = 0;  // timers on the way down on the right, this one included; 0: not armed
  bool expired_ = false;
};

// How many timers are armed. Task context.
std::size_t armed_timers();

// How many alarms were served since boot; interrupts that came before they were attended to count
// once. Task context.
u64 alarm_count();

// Makes the waiters of timers whose moment has come ready. Called after each interrupt of the
// timer. Task context.
void expire_timers();

// Waits for a moment. Task context, as all that waits.
class [[nodiscard]] sleep_until {
 public:
  explicit sleep_until(instant when) : when_{when} {}
  static constexpr bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    waiter_.suspend(coroutine);
    timer_.arm(when_, waiter_);
  }
  static constexpr void await_resume() {}

 private:
  instant when_;
  async::waiter waiter_;
  timer timer_;
};

// Waits for at least `length`.
inline sleep_until sleep(duration length) { return sleep_until{after(length)}; }

// Waits in a list until woken or until a moment. False where the moment has come, be it between the
// wake-up and the turn of the coroutine: a wake-up hands nothing over, so look again either way.
class [[nodiscard]] wait_until {
 public:
  wait_until(async::wait_list& where, instant when) : where_{where}, when_{when} {}
  static constexpr bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    waiter_.suspend(coroutine);
    where_.push_back(waiter_);
    timer_.arm(when_, waiter_);
  }
  bool await_resume() {
    timer_.disarm();
    return !timer_.expired();
  }

 private:
  async::wait_list& where_;
  instant when_;
  async::waiter waiter_;
  timer timer_;
};

}  // namespace osier::time
