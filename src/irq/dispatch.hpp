// SPDX-License-Identifier: Apache-2.0
// From the CPU's interrupt exception to the handler of the line's owner.
#pragma once

#include <optional>

#include "core/panic.hpp"
#include "irq/line.hpp"

namespace osier::irq {

// Runs the handlers of all pending lines. Called from the interrupt exception, interrupts masked.
// `Controller` takes one pending interrupt by acknowledge() and finishes it by end().
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers) {
  while (const std::optional<u32> number = Controller::acknowledge()) {
    if (*number >= Lines || handlers[*number] == nullptr) {
      panic("interrupt {} has no owner; the controller should mask it", *number);
    }
    handlers[*number](context{});
    Controller::end(*number);
  }
}

}  // namespace osier::irq
