// SPDX-License-Identifier: Apache-2.0
// An interrupt that no driver of the image has claimed.
#include "irq/dispatch.hpp"

#include "core/panic.hpp"
#include "core/symbols.hpp"

namespace osier::irq {

void end_by_unclaimed(std::string_view controller, u32 number) {
  const std::string_view node = find_node(controller, number);
  const std::string_view owner = node.empty() ? controller : node;
  panic_at(owner, "interrupt {} has no owner{}; the controller should mask it", number,
           node.empty() ? ", nor does the tree know it" : " in this image");
}

}  // namespace osier::irq
