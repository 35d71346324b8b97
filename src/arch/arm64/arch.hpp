// SPDX-License-Identifier: Apache-2.0
// What every architecture tells the rest of Osier, for arm64 at EL1 (Arm ARM, DDI 0487).
#pragma once

#include "core/units.hpp"
#include "core/word_sum.hpp"
#include "irq/entry.hpp"

namespace osier::arch {

using phys_addr = u64;

// How words are summed up.
using word_sum = end_around_sum;

// Lets this CPU take interrupts. Clears PSTATE.I; the memory clobber keeps what an interrupt
// handler shares with tasks on its own side of the line.
inline void enable_interrupts() {
  // SAFETY: only PSTATE.I changes.
  asm volatile("msr daifclr, #2" ::: "memory");
}

// Keeps this CPU from taking interrupts.
inline void disable_interrupts() {
  // SAFETY: only PSTATE.I changes.
  asm volatile("msr daifset, #2" ::: "memory");
}

// Keeps interrupts masked in a scope and restores what was before: for what tasks share with
// handlers, in code that both may run.
class [[nodiscard]] interrupts_masked {
 public:
  interrupts_masked() {
    // SAFETY: reads DAIF, then sets PSTATE.I only.
    asm volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(before_)::"memory");
  }
  ~interrupts_masked() {
    // SAFETY: restores the bits read above.
    asm volatile("msr daif, %0" ::"r"(before_) : "memory");
  }
  interrupts_masked(const interrupts_masked&) = delete;
  interrupts_masked& operator=(const interrupts_masked&) = delete;

 private:
  u64 before_;
};

// Sleeps until an interrupt is pending, be it masked or not.
inline void sleep() {
  // SAFETY: the barrier lets earlier stores reach devices before the CPU sleeps.
  asm volatile("dsb sy\n\twfi" ::: "memory");
}

// Sleeps until an interrupt is pending, and handles it here, which spares the exception. Called,
// and returns, with interrupts masked.
inline void wait_for_interrupt() {
  sleep();
  osier_interrupt();
}

// Orders this CPU's stores to memory that a device reads, before later stores (DMB OSHST).
inline void order_stores() {
  // SAFETY: a barrier.
  asm volatile("dmb oshst" ::: "memory");
}

// Orders loads from memory that a device writes, before later loads (DMB OSHLD).
inline void order_loads() {
  // SAFETY: a barrier.
  asm volatile("dmb oshld" ::: "memory");
}

// Orders everything before, loads and stores, with everything after (DMB OSH).
inline void order_all() {
  // SAFETY: a barrier.
  asm volatile("dmb osh" ::: "memory");
}

// Bytes from a function's frame pointer to the record of its caller: that one's frame pointer and
// the return address.
inline constexpr int frame_record_offset = 0;

// The address that a return address leads to. Its signature, if it has one, stands above it.
constexpr u64 without_signature(u64 return_address) { return return_address << 16 >> 16; }

// Raises the service trap of a code (core/trap.hpp). Task context; it changes no register.
template <u8 Code>
inline void service_trap() {
  // SAFETY: whoever serves it may change memory.
  asm volatile("svc %0" ::"i"(Code) : "memory");
}

// Stops this CPU for good.
[[noreturn]] inline void halt() {
  disable_interrupts();
  for (;;) sleep();
}

}  // namespace osier::arch
