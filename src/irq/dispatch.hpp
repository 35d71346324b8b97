// SPDX-License-Identifier: Apache-2.0
// From an interrupt to the handler of the line's owner.
#pragma once

#include <string_view>

#include "irq/line.hpp"

namespace osier::irq {

// Ends the image, and names the node that has the line. Interrupt context.
[[noreturn, gnu::cold]] void end_by_unclaimed(std::string_view controller, u32 number);

// Runs the handler of one pending line; where another is pending, the CPU is interrupted again.
// Interrupt context, which it hands on. `Controller` takes an interrupt by acknowledge(), which
// names it as its registers do, and finishes it by end(); line_of() is the line, of which none has
// a handler where is_none() says that nothing was pending. `path` is its node's.
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers, std::string_view path, context proof) {
  const u32 taken = Controller::acknowledge();
  const u32 number = Controller::line_of(taken);
  const handler owner = number < Lines ? handlers[number] : nullptr;
  if (owner == nullptr) [[unlikely]] {
    if (Controller::is_none(taken)) return;
    end_by_unclaimed(path, number);
  }
  owner(proof);
  Controller::end(taken);
}

}  // namespace osier::irq
