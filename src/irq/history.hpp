// SPDX-License-Identifier: Apache-2.0
// The last interrupts that were handled, for the report of a panic.
#pragma once

#include <array>
#include <string_view>

#include "console/format.hpp"
#include "core/platform.hpp"
#include "core/units.hpp"

namespace osier::irq {

// Whose interrupt it was.
struct source {
  std::string_view node;
  u32 line;  // the number at the node's own interrupt controller
};

// The last of them, in a ring; written with interrupts masked.
struct past {
  struct entry {
    const source* from;
    u64 stamp;
  };
  std::array<entry, 8> entries = {};
  u32 count = 0;  // since boot; wraps
};
inline constinit past history;

// Notes an interrupt of the node, in a few instructions. Interrupt context.
template <class Node>
[[gnu::always_inline]] inline void note() {
  static constexpr source from = {Node::path, Node::irq.number};
  history.entries[history.count++ % history.entries.size()] = {&from, platform::stamp()};
}

// Prints the last interrupts, a line each, the oldest first; nothing where there was none.
// Interrupts masked.
void print_history(sink& out);

}  // namespace osier::irq
