// SPDX-License-Identifier: Apache-2.0
// What every architecture tells the rest of Osier, for x64 in long mode (Intel SDM, volume 3).
#pragma once

#include "core/units.hpp"
#include "word_sum.hpp"

namespace osier::arch {

using phys_addr = u64;

// How words are summed up.
using word_sum = counted_carry_sum;

// Lets this CPU take interrupts. Sets RFLAGS.IF; the memory clobber keeps what an interrupt
// handler shares with tasks on its own side of the line.
inline void enable_interrupts() {
  // SAFETY: only RFLAGS.IF changes.
  asm volatile("sti" ::: "memory");
}

// Keeps this CPU from taking interrupts.
inline void disable_interrupts() {
  // SAFETY: only RFLAGS.IF changes.
  asm volatile("cli" ::: "memory");
}

// Keeps interrupts masked in a scope and restores what was before: for what tasks share with
// handlers, in code that both may run.
class [[nodiscard]] interrupts_masked {
 public:
  interrupts_masked() {
    // SAFETY: reads RFLAGS by way of the stack, which has no red zone, then clears RFLAGS.IF only.
    asm volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(before_)::"memory");
  }
  ~interrupts_masked() {
    if ((before_ & interrupt_flag) != 0) enable_interrupts();
  }
  interrupts_masked(const interrupts_masked&) = delete;
  interrupts_masked& operator=(const interrupts_masked&) = delete;

 private:
  static constexpr u64 interrupt_flag = 1 << 9;
  u64 before_;
};

// Halts until an interrupt is pending. Called, and returns, with interrupts masked; its handler has
// run meanwhile, since a masked interrupt does not end a HLT. STI takes effect after the
// instruction that follows it, so no interrupt slips in between the two (SDM, volume 2, STI).
inline void wait_for_interrupt() {
  // SAFETY: only RFLAGS.IF changes, and is put back; handlers may change memory.
  asm volatile("sti\n\thlt\n\tcli" ::: "memory");
}

// Orders this CPU's stores to memory that a device reads, before later stores. The CPU keeps that
// order by itself (SDM, volume 3, 9.2.2); the compiler has to.
inline void order_stores() {
  // SAFETY: no instruction.
  asm volatile("" ::: "memory");
}

// Orders loads from memory that a device writes, before later loads; as above.
inline void order_loads() {
  // SAFETY: no instruction.
  asm volatile("" ::: "memory");
}

// Orders everything before, loads and stores, with everything after.
inline void order_all() {
  // SAFETY: a barrier.
  asm volatile("mfence" ::: "memory");
}

// Bytes from a function's frame pointer to the record of its caller: that one's frame pointer and
// the return address.
inline constexpr int frame_record_offset = 0;

// The address that a return address leads to. It has no signature.
constexpr u64 without_signature(u64 return_address) { return return_address; }

// Raises the service trap of a code (core/trap.hpp). Task context; it changes no register.
// The code is the displacement of an instruction that is undefined for good (UD1).
template <u8 Code>
inline void service_trap() {
  // SAFETY: whoever serves it may change memory.
  asm volatile(".byte 0x0f, 0xb9, 0x40, %c0" ::"i"(Code) : "memory");
}

// Stops this CPU for good.
[[noreturn]] inline void halt() {
  disable_interrupts();
  // SAFETY: sleeps; a non-maskable interrupt would end one sleep.
  for (;;) asm volatile("hlt" ::: "memory");
}

}  // namespace osier::arch
