// SPDX-License-Identifier: Apache-2.0
// The ring of log lines.
#include "console/history.hpp"

#include <array>

#include "arch.hpp"
#include "core/units.hpp"

namespace osier::log {
namespace {

constinit std::array<char, 512> kept = {};
constinit u32 count = 0;  // characters since boot; wraps

}  // namespace

void keep(std::string_view text) {
  const arch::interrupts_masked guard;
  for (const char c : text) kept[count++ % kept.size()] = c;
}

void print_kept(sink& out) {
  // The oldest line may have lost its begin: what follows its end is whole.
  bool whole = kept.back() == 0;
  bool begins = true;
  for (u32 i = 0; i < kept.size(); ++i) {
    const char c = kept[(count + i) % kept.size()];
    if (c == 0) continue;
    if (whole && c != '\n') {
      out.write(begins ? "\n    " : "");
      out.write({&c, 1});
    }
    begins = c == '\n';
    whole = whole || begins;
  }
}

}  // namespace osier::log
