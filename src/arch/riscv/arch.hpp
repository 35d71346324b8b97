// SPDX-License-Identifier: Apache-2.0
// What every architecture tells the rest of Osier, for RISC-V of 32 and 64 bits (unprivileged
// architecture 20191213; privileged 20211203).
#pragma once

#include "core/units.hpp"
#include "core/word_sum.hpp"
#include "csr.hpp"
#include "irq/entry.hpp"

namespace osier::arch {

// As wide as a register: what lies beyond is out of reach without translation.
using phys_addr = word;

// How words are summed up.
using word_sum = counted_carry_sum;

// Lets this hart take interrupts. The memory clobber keeps what an interrupt handler shares with
// tasks on its own side of the line.
inline void enable_interrupts() {
  // SAFETY: only the interrupt enable changes.
  asm volatile("csrsi %0, %1" ::"i"(sstatus), "i"(sstatus_sie) : "memory");
}

// Keeps this hart from taking interrupts.
inline void disable_interrupts() {
  // SAFETY: only the interrupt enable changes.
  asm volatile("csrci %0, %1" ::"i"(sstatus), "i"(sstatus_sie) : "memory");
}

// Keeps interrupts masked in a scope and restores what was before: for what tasks share with
// handlers, in code that both may run.
class [[nodiscard]] interrupts_masked {
 public:
  interrupts_masked() {
    // SAFETY: reads the status and clears the interrupt enable, in one instruction.
    asm volatile("csrrci %0, %1, %2" : "=r"(before_) : "i"(sstatus), "i"(sstatus_sie) : "memory");
  }
  ~interrupts_masked() { set_csr_bits<sstatus>(before_ & sstatus_sie); }
  interrupts_masked(const interrupts_masked&) = delete;
  interrupts_masked& operator=(const interrupts_masked&) = delete;

 private:
  word before_;
};

// Sleeps until an interrupt is pending, be it masked or not.
inline void sleep() {
  // SAFETY: the barrier lets earlier stores reach devices before the hart sleeps.
  asm volatile("fence\n\twfi" ::: "memory");
}

// Sleeps until an interrupt is pending, and handles it here, which spares the exception. Called,
// and returns, with interrupts masked.
inline void wait_for_interrupt() {
  sleep();
  osier_interrupt();
}

// Orders this hart's stores to memory that a device reads, before later stores, to it or to the
// device.
inline void order_stores() {
  // SAFETY: a barrier.
  asm volatile("fence w, ow" ::: "memory");
}

// Orders loads from memory that a device writes, before later loads.
inline void order_loads() {
  // SAFETY: a barrier.
  asm volatile("fence ir, ir" ::: "memory");
}

// Orders everything before, loads and stores, with everything after.
inline void order_all() {
  // SAFETY: a barrier.
  asm volatile("fence" ::: "memory");
}

// Bytes from a function's frame pointer to the record of its caller: that one's frame pointer and
// the return address (RISC-V ELF psABI, frame pointer convention).
inline constexpr int frame_record_offset = -2 * static_cast<int>(sizeof(word));

// The address that a return address leads to: itself.
constexpr u64 without_signature(u64 return_address) { return return_address; }

// Raises the service trap of a code (core/trap.hpp). Task context; it changes no register.
// A breakpoint tells nothing: the code stands behind it, in an instruction that does nothing.
template <u8 Code>
inline void service_trap() {
  // SAFETY: whoever serves it may change memory.
  asm volatile(".option push\n\t.option norvc\n\tebreak\n\tlui zero, %0\n\t.option pop" ::"i"(Code)
               : "memory");
}

// Stops this hart for good.
[[noreturn]] inline void halt() {
  disable_interrupts();
  for (;;) sleep();
}

}  // namespace osier::arch
