// SPDX-License-Identifier: Apache-2.0
// What every architecture tells the rest of Osier, for arm32 in supervisor mode (ARMv7-A Arm ARM,
// DDI 0406).
#pragma once

#include "core/units.hpp"
#include "irq/entry.hpp"
#include "word_sum.hpp"

namespace osier::arch {

using phys_addr = u32;

// Lets this CPU take interrupts. Clears CPSR.I; the memory clobber keeps what an interrupt handler
// shares with tasks on its own side of the line.
inline void enable_interrupts() {
  // SAFETY: only CPSR.I changes.
  asm volatile("cpsie i" ::: "memory");
}

// Keeps this CPU from taking interrupts.
inline void disable_interrupts() {
  // SAFETY: only CPSR.I changes.
  asm volatile("cpsid i" ::: "memory");
}

// Keeps interrupts masked in a scope and restores what was before: for what tasks share with
// handlers, in code that both may run.
class [[nodiscard]] interrupts_masked {
 public:
  interrupts_masked() {
    // SAFETY: reads CPSR, then sets CPSR.I only.
    asm volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(before_)::"memory");
  }
  ~interrupts_masked() {
    // SAFETY: restores the mode and mask bits read above.
    asm volatile("msr cpsr_c, %0" ::"r"(before_) : "memory");
  }
  interrupts_masked(const interrupts_masked&) = delete;
  interrupts_masked& operator=(const interrupts_masked&) = delete;

 private:
  u32 before_;
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

// Orders loads from memory that a device writes, before later loads. ARMv7 has no DMB for loads
// alone.
inline void order_loads() {
  // SAFETY: a barrier.
  asm volatile("dmb osh" ::: "memory");
}

// Orders everything before, loads and stores, with everything after (DMB OSH).
inline void order_all() {
  // SAFETY: a barrier.
  asm volatile("dmb osh" ::: "memory");
}

// Bytes from a function's frame pointer to the record of its caller: that one's frame pointer and
// the return address.
inline constexpr int frame_record_offset = 0;

// The address that a return address leads to. It has no signature.
constexpr u64 without_signature(u64 return_address) { return return_address; }

// Raises the service trap of a code (core/trap.hpp). Task context; all registers but lr keep their
// values.
template <u8 Code>
inline void service_trap() {
  // SAFETY: the CPU puts its return address into lr; whoever serves it may change memory.
  asm volatile("svc %0" ::"i"(Code) : "lr", "memory");
}

// Stops this CPU for good.
[[noreturn]] inline void halt() {
  disable_interrupts();
  for (;;) sleep();
}

}  // namespace osier::arch
