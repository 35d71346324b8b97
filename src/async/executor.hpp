// SPDX-License-Identifier: Apache-2.0
// The executor: which suspended coroutine runs next, and when the CPU halts.
//
// One executor, cooperative: a task runs until it waits. Interrupt handlers run between any two of
// its instructions and reach it by events only (async/event.hpp).
#pragma once

#include "async/task.hpp"
#include "async/waiter.hpp"
#include "core/list.hpp"

namespace osier::async {

// Work to be done once, when no task is ready, before the CPU halts: to gather many requests behind
// one doorbell. Derive from it, and defer() it as often as convenient.
class deferred : public list_node {
 public:
  using function = void (*)(deferred& self);
  constexpr explicit deferred(function run) : run_{run} {}
  void run() { run_(*this); }

 private:
  function run_;
};

namespace detail {
inline constinit wait_list ready;
inline constinit list<deferred> at_drain;
}  // namespace detail

// Queues a suspended coroutine to be resumed, first come, first served. It must be in no list.
// Task context.
inline void make_ready(waiter& which) { detail::ready.push_back(which); }

// Has the work done when all ready tasks have run. Task context.
inline void defer(deferred& work) {
  if (!work.linked()) detail::at_drain.push_back(work);
}

// Starts a task of its own; it runs when the executor does, and its frame is freed when it ends.
// False where no frame was left for it: nothing was started. Task context or boot.
[[nodiscard]] bool spawn(task<> work);

// Waits until the tasks that are ready now have run.
class [[nodiscard]] yield {
 public:
  static constexpr bool await_ready() { return false; }
  void await_suspend(std::coroutine_handle<> coroutine) {
    waiter_.suspend(coroutine);
    make_ready(waiter_);
  }
  static constexpr void await_resume() {}

 private:
  waiter waiter_;
};

}  // namespace osier::async
