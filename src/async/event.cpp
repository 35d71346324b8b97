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

void deliver_signals() {
  arch::disable_interrupts();
  event* first = event::signaled;
  event::signaled = nullptr;
  arch::enable_interrupts();
  // An event stays marked, and so out of the list that handlers fill, until its turn.
  while (first != nullptr) {
    event* next = first->next_signaled_;
    first->signaled_ = false;
    first->raise();
    first = next;
  }
}

}  // namespace osier::async
