// SPDX-License-Identifier: Apache-2.0
// The list of signaled events: filled by interrupt handlers, emptied by the executor.
#include "async/event.hpp"

#include "arch.hpp"

namespace osier::async {

void event::signal(irq::context) {
  if (signaled_) return;
  signaled_ = true;
  next_signaled_ = signaled;
  signaled = this;
}

void event::raise() {
  if (waiter_ == nullptr) {
    pending_ = true;
    return;
  }
  waiter* woken = waiter_;
  waiter_ = nullptr;
  make_ready(*woken);
}

void deliver_signals() {
  arch::disable_interrupts();
  event* first = event::signaled;
  event::signaled = nullptr;
  // With its mark cleared an event may be signaled, and so linked, again: walk while masked.
  while (first != nullptr) {
    event* next = first->next_signaled_;
    first->signaled_ = false;
    first->raise();
    first = next;
  }
  arch::enable_interrupts();
}

}  // namespace osier::async
