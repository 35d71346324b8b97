// SPDX-License-Identifier: Apache-2.0
// The list of what was signaled: filled by interrupt handlers, emptied by the executor.
#include "async/reaction.hpp"

#include "arch.hpp"

namespace osier::async {

void reaction::signal(irq::context) {
  if (signaled_) return;
  signaled_ = true;
  before_ = detail::signaled;
  detail::signaled = this;
}

void deliver_signals() {
  arch::disable_interrupts();
  reaction* next = detail::signaled;
  detail::signaled = nullptr;
  arch::enable_interrupts();
  if (next->before_ == nullptr) [[likely]]
    return next->attend();

  reaction* first = nullptr;
  while (next != nullptr) {
    reaction* const before = next->before_;
    next->before_ = first;
    first = next;
    next = before;
  }
  while (first != nullptr) {
    reaction& due = *first;
    first = due.before_;
    due.attend();
  }
}

}  // namespace osier::async
