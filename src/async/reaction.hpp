// SPDX-License-Identifier: Apache-2.0
// A reaction: what the executor does, in task context, after an interrupt handler has signaled.
#pragma once

#include "irq/line.hpp"

namespace osier::async {

class reaction;

namespace detail {

// Those that were signaled since the executor looked last, the latest first.
// SAFETY: volatile because an interrupt handler may set it between any two instructions of a task;
// a task touches it only with interrupts masked, but for the glance of signals_waiting().
inline constinit reaction* volatile signaled = nullptr;

}  // namespace detail

// A function that is called once for one signal or more, before the next task runs; in the order of
// the signals. It must not wait. Static storage only: the executor keeps a pointer while it is
// signaled. Derive from it.
class reaction {
 public:
  using function = void (*)(reaction& self);
  constexpr explicit reaction(function react) : react_{react} {}
  reaction(const reaction&) = delete;
  reaction& operator=(const reaction&) = delete;

  // Called by an interrupt handler. O(1).
  void signal(irq::context);

 private:
  friend void deliver_signals();
  [[gnu::always_inline]] void attend() {
    signaled_ = false;  // from here on it may be signaled, and so linked, again
    react_(*this);
  }

  function react_;
  // SAFETY: volatile, as a handler reads the mark and writes both. Where the mark is set handlers
  // leave both alone: the link is the list's, and then the executor's until it takes the mark off.
  reaction* volatile before_ = nullptr;
  volatile bool signaled_ = false;
};

// Has what was signaled done, which must be something. Called by the executor.
void deliver_signals();

// Whether deliver_signals() has something to do. Any context.
inline bool signals_waiting() { return detail::signaled != nullptr; }

}  // namespace osier::async
