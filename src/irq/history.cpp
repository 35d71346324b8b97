// SPDX-License-Identifier: Apache-2.0
// How the last interrupts are printed.
#include "irq/history.hpp"

namespace osier::irq {
namespace {

constexpr u64 microseconds(u64 ticks, hertz rate) {
  return ticks / rate.value * 1'000'000 + ticks % rate.value * 1'000'000 / rate.value;
}

}  // namespace

void print_history(sink& out) {
  // An image without a timer has no time to tell. Asked first: here x64's timer learns how fast the
  // stamps run.
  const bool timed = platform::now().ticks != 0;
  for (u32 i = 0; i < history.entries.size(); ++i) {
    const past::entry& each = history.entries[(history.count + i) % history.entries.size()];
    if (each.from == nullptr) continue;
    format_to(out, "\n  interrupt {} of {}", each.from->line, each.from->node);
    if (!timed) continue;
    format_to(out, ", {} us before",
              microseconds(platform::ticks_since(each.stamp), platform::timer_rate()));
  }
}

}  // namespace osier::irq
