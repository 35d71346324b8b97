// SPDX-License-Identifier: Apache-2.0
// What an architecture tells the rest of Osier, for tests on the host: it records and obeys.
#pragma once

#include <unistd.h>

#include <functional>
#include <utility>

#include "core/units.hpp"
#include "core/word_sum.hpp"

namespace osier::arch {

using phys_addr = u64;
using word_sum = end_around_sum;

// What the tests see and set.
inline bool interrupts_enabled = false;
inline std::function<void()> on_wait;     // stands for the time that the CPU is halted
inline std::function<void()> on_barrier;  // stands for what a device does meanwhile

// The status that a halt for good ends the process with.
inline constexpr int halted_status = 71;

inline void enable_interrupts() { interrupts_enabled = true; }
inline void disable_interrupts() { interrupts_enabled = false; }

class [[nodiscard]] interrupts_masked {
 public:
  interrupts_masked() : before_{std::exchange(interrupts_enabled, false)} {}
  ~interrupts_masked() { interrupts_enabled = before_; }
  interrupts_masked(const interrupts_masked&) = delete;
  interrupts_masked& operator=(const interrupts_masked&) = delete;

 private:
  bool before_;
};

[[noreturn]] inline void halt() { _exit(halted_status); }

// Without a hook nothing would ever end the wait.
inline void wait_for_interrupt() {
  if (!on_wait) halt();
  on_wait();
}

inline void order_stores() {}
inline void order_loads() {}
inline void order_all() {
  if (on_barrier) on_barrier();
}

// Tests ask what would become of one.
template <u8 Code>
void service_trap();

// As on a CPU that keeps the record where the frame pointer leads, and signs nothing.
inline constexpr int frame_record_offset = 0;
constexpr u64 without_signature(u64 return_address) { return return_address; }

}  // namespace osier::arch
