// SPDX-License-Identifier: Apache-2.0
// What becomes of a service trap.
#include "core/trap.hpp"

namespace osier::trap {
namespace {

// The instruction that was restarted last, and how often in succession.
constinit u64 restarted = 0;
constinit u32 restarts = 0;

}  // namespace

// Gives way to the app's own.
[[gnu::weak]] action serve(u8 /*code*/) { return action::panic; }

answer decide(u8 code, u64 address, u64 length, bool masked) {
  if (masked) return {0, "raised with interrupts masked"};
  switch (serve(code)) {
    case action::resume:
      if (restarted == address) restarts = 0;
      return {address + length, {}};
    case action::restart:
      if (restarted != address) restarts = 0;
      restarted = address;
      if (++restarts > most_restarts) return {0, "restarted too often"};
      return {address, {}};
    case action::panic: break;
  }
  return {0, "which nothing serves"};
}

}  // namespace osier::trap
