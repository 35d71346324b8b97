// SPDX-License-Identifier: Apache-2.0
// From the CPU's interrupt exception to the handler of the line's owner.
#pragma once

#include <optional>

#include "core/panic.hpp"
#include "irq/line.hpp"

namespace osier::irq {

// Apart, so that what it prints is nothing to an interrupt that has an owner.
[[noreturn, gnu::cold, gnu::noinline]] inline void panic_without_owner(u32 number) {
  panic("interrupt {} has no owner; the controller should mask it", number);
}

// Runs the handler of one pending line; where another is pending, the CPU is interrupted again.
// Interrupt context, which it hands on. `Controller` takes the interrupt by acknowledge() and
// finishes it by end().
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers, context proof) {
  const std::optional<u32> number = Controller::acknowledge();
  if (!number) return;
  if (*number >= Lines || handlers[*number] == nullptr) panic_without_owner(*number);
  handlers[*number](proof);
  Controller::end(*number);
}

}  // namespace osier::irq
