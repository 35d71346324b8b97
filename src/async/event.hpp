// SPDX-License-Identifier: Apache-2.0
// An event: how an interrupt handler wakes a task.
#pragma once

#include "async/executor.hpp"
#include "irq/line.hpp"

namespace osier::async {

// Remembers one signal; further ones before the task waits again are the same one. At most one task
// waits. Static storage only: the executor keeps a pointer while it is signaled.
class event {
 public:
  using reaction = void (*)(event& self);

  constexpr event() = default;
  // Calls a function at each signal, where no task waits: for what a driver does without waiting.
  // Task context, before the next task runs.
  constexpr explicit event(reaction react) : react_{react} {}
  event(const event&) = delete;
  event& operator=(const event&) = delete;

  // Called by an interrupt handler. O(1).
  void signal(irq::context);

  // The same from a task: who waits is ready at once.
  void raise();

  // Whether a task waits. Task context.
  bool waited_for() const { return waiter_ != nullptr; }

  // Waits for the next signal, or takes one that has come already.
  [[nodiscard("a wait has not begun until it is awaited: co_await it")]] auto wait() {
    struct awaiter {
      event& what;
      waiter self = {};
      explicit awaiter(event& from) : what{from} {}
      awaiter(awaiter&&) = default;
      ~awaiter() { what.abandon(self); }
      bool await_ready() const {
        const bool ready = what.pending_;
        what.pending_ = false;
        return ready;
      }
      void await_suspend(std::coroutine_handle<> coroutine) {
        self.suspend(coroutine);
        what.waiter_ = &self;
      }
      void await_resume() const {}
    };
    return awaiter{*this};
  }

  void wait(irq::context) = delete("an interrupt handler must not wait; signal() an event instead");

 private:
  friend void deliver_signals();
  friend bool signals_waiting();

  // The events that were signaled since the executor looked last.
  // SAFETY: volatile because an interrupt handler may set it between any two instructions of a
  // task; a task touches it only with interrupts masked, but for the glance of signals_waiting().
  static inline constinit event* volatile signaled = nullptr;

  // Ends a wait, whose signal may have come but was not seen: then it is there for the next wait.
  void abandon(const waiter& who) {
    if (waiter_ == &who) {
      waiter_ = nullptr;
    } else if (who.linked()) {
      pending_ = true;
    }
  }

  event* next_signaled_ = nullptr;  // shared with interrupt handlers
  bool signaled_ = false;           // shared with interrupt handlers
  bool pending_ = false;
  waiter* waiter_ = nullptr;
  reaction react_ = nullptr;
};

inline void event::raise() {
  if (react_ != nullptr) return react_(*this);
  if (waiter_ == nullptr) {
    pending_ = true;
    return;
  }
  waiter* woken = waiter_;
  waiter_ = nullptr;
  make_ready(*woken);
}

// Moves what interrupt handlers signaled to the tasks that wait. Called by the executor.
void deliver_signals();

// Whether deliver_signals() has something to do. Any context.
inline bool signals_waiting() { return event::signaled != nullptr; }

}  // namespace osier::async
