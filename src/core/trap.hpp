// SPDX-License-Identifier: Apache-2.0
// Service traps: exceptions that the code raises on purpose, by trap::raise<code>(). The app
// decides by the code what becomes of each; every other exception is a panic.
#pragma once

#include <string_view>

#include "arch.hpp"
#include "core/units.hpp"

namespace osier::trap {

// Raises the service trap of a code. Task context, interrupts let in; registers stay as they are.
template <u8 Code>
[[gnu::always_inline]] inline void raise() {
  arch::service_trap<Code>();
}

enum class action : u8 {
  panic,    // ends the image by a report that names the code
  resume,   // goes on behind the instruction
  restart,  // the cause is mended: the instruction runs again, `most_restarts` times in succession
            // at most
};

// How often the same instruction may be restarted before it must resume.
inline constexpr u32 most_restarts = 8;

// For the app to define, where it has service traps; without that each is a panic. Interrupts
// masked, on the stack of faults: it may not wait, nor raise another.
action serve(u8 code);

// Where the image goes on; or why it does not, which is not empty then.
struct answer {
  u64 address;
  std::string_view refused;
};

// What becomes of a service trap by the instruction at `address`, of so many bytes. `masked` says
// whether interrupts were where it was raised: an interrupt handler cannot be returned to.
answer decide(u8 code, u64 address, u64 length, bool masked);

}  // namespace osier::trap
