// SPDX-License-Identifier: Apache-2.0
// From the CPU's interrupt exception to the handler of the line's owner.
#pragma once

#include <optional>
#include <string_view>

#include "irq/line.hpp"

namespace osier::irq {

// Ends the image, and names the node that has the line. Interrupt context.
[[noreturn, gnu::cold]] void end_by_unclaimed(std::string_view controller, u32 number);

// Runs the handlers of all pending lines. Interrupt context, which it hands on to them.
// `Controller` takes one pending interrupt by acknowledge() and finishes it by end(); `path`
// is its node's.
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers, std::string_view path, context proof) {
  while (const std::optional<u32> number = Controller::acknowledge()) {
    if (*number >= Lines || handlers[*number] == nullptr) {
      end_by_unclaimed(path, *number);
    }
    handlers[*number](proof);
    Controller::end(*number);
  }
}

}  // namespace osier::irq
