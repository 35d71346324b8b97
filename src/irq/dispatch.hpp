// SPDX-License-Identifier: Apache-2.0
// From the CPU's interrupt exception to the handler of the line's owner.
#pragma once

#include <optional>

#include "core/panic.hpp"
#include "irq/line.hpp"

namespace osier::irq {

// Runs the handlers of all pending lines. Interrupt context, which it hands on to them.
// `Controller` takes one pending interrupt by acknowledge() and finishes it by end().
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers, context proof) {
  while (const std::optional<u32> number = Controller::acknowledge()) {
    if (*number >= Lines || handlers[*number] == nullptr) {
      panic("interrupt {} has no owner; the controller should mask it", *number);
    }
    handlers[*number](proof);
    Controller::end(*number);
  }
}

}  // namespace osier::irq
