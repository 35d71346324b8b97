// SPDX-License-Identifier: Apache-2.0
// From an interrupt to the handler of the line's owner.
#pragma once

#include <optional>
#include <string_view>

#include "irq/line.hpp"

namespace osier::irq {

// Ends the image, and names the node that has the line. Interrupt context.
[[noreturn, gnu::cold]] void end_by_unclaimed(std::string_view controller, u32 number);

// Runs the handler of one pending line; where another is pending, the CPU is interrupted again.
// Interrupt context, which it hands on. `Controller` takes the interrupt by acknowledge() and
// finishes it by end(); `path` is its node's.
template <class Controller, std::size_t Lines>
void dispatch(const handler_table<Lines>& handlers, std::string_view path, context proof) {
  const std::optional<u32> acknowledged = Controller::acknowledge();
  if (!acknowledged) [[unlikely]]
    return;
  const u32 number = *acknowledged;
  const handler owner = number < Lines ? handlers[number] : nullptr;
  if (owner == nullptr) [[unlikely]]
    end_by_unclaimed(path, number);
  owner(proof);
  Controller::end(number);
}

}  // namespace osier::irq
