// SPDX-License-Identifier: Apache-2.0
// An event: how an interrupt handler wakes a task.
#pragma once

#include "async/executor.hpp"
#include "async/reaction.hpp"

namespace osier::async {

// Remembers one signal; further ones before the task waits again are the same one. At most one task
// waits. Static storage only.
class event : public reaction {
 public:
  constexpr event()
      : reaction{[](reaction& self) {
          // SAFETY: only an event is constructed with this function.
          static_cast<event&>(self).raise();
        }} {}

  // A signal from a task: who waits is ready at once.
  void raise() {
    if (waiter_ == nullptr) {
      pending_ = true;
      return;
    }
    waiter* woken = waiter_;
    waiter_ = nullptr;
    make_ready(*woken);
  }

  // Whether a task waits. Task context.
  bool waited_for() const { return waiter_ != nullptr; }

  // Forgets a signal that came while nobody waited. Task context.
  void forget() { pending_ = false; }

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
  // Ends a wait, whose signal may have come but was not seen: then it is the next wait's.
  void abandon(const waiter& who) {
    if (waiter_ == &who) {
      waiter_ = nullptr;
    } else if (who.linked()) {
      raise();
    }
  }

  bool pending_ = false;
  waiter* waiter_ = nullptr;
};

}  // namespace osier::async
