// SPDX-License-Identifier: Apache-2.0
// The end of an image that cannot go on: one block on the console, then status 70.
#pragma once

#include <string_view>

#include "console/format.hpp"

namespace osier {

// The status that a panic ends the machine with.
inline constexpr int panic_status = 70;

namespace detail {
extern std::string_view fault_subject;
}

// Masks interrupts and begins the block: `panic: `, and the node where there is one, or the one
// that is being verified. The sink writes past all queues, straight to the console.
sink begin_panic(std::string_view node);

// At boot: which node a fault is about from here on, until another call; an empty name ends it.
inline void faults_are_about(std::string_view node) { detail::fault_subject = node; }

// Ends the block with the last interrupts and log lines, drains the console and ends the machine.
[[noreturn]] void end_panic();

// Prints a block that begins with `panic:` and ends the machine. Any context.
template <class... Arguments>
[[noreturn, gnu::cold, gnu::noinline]] void panic(format_string<Arguments...> text,
                                                  const Arguments&... arguments) {
  sink out = begin_panic({});
  format_to(out, text, arguments...);
  end_panic();
}

// The same for hardware that is not what the devicetree says; names the node.
template <class... Arguments>
[[noreturn, gnu::cold, gnu::noinline]] void panic_at(std::string_view node,
                                                     format_string<Arguments...> text,
                                                     const Arguments&... arguments) {
  sink out = begin_panic(node);
  format_to(out, text, arguments...);
  end_panic();
}

}  // namespace osier
