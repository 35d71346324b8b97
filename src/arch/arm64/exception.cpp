// SPDX-License-Identifier: Apache-2.0
// What becomes of an exception: a service trap may go on; of any other there is a report, which
// says what, where, and on which node (Arm ARM, D17.2).
#include <string_view>

#include "arch.hpp"
#include "core/fault.hpp"
#include "core/panic.hpp"
#include "core/trap.hpp"

namespace osier::arch {
namespace {

// As entry.S stores it.
struct exception_frame {
  u64 x[31];
  u64 program_counter;
  u64 saved_state;
  u64 slot;
  u64 stack_pointer;
};
static_assert(sizeof(exception_frame) == 280);

u64 read_syndrome() {
  u64 value;
  // SAFETY: reads ESR_EL1.
  asm volatile("mrs %0, esr_el1" : "=r"(value));
  return value;
}

u64 read_fault_address() {
  u64 value;
  // SAFETY: reads FAR_EL1.
  asm volatile("mrs %0, far_el1" : "=r"(value));
  return value;
}

constexpr std::string_view slot_name(u64 slot) {
  switch (slot % 4) {
    case 0: return "synchronous exception";
    case 1: return "interrupt from an unexpected level";
    case 2: return "fast interrupt, which nothing here uses";
    default: return "system error";
  }
}

constexpr u64 system_call = 0x15;     // ESR_ELx.EC of SVC
constexpr u64 breakpoint = 0x3c;      // and of BRK
constexpr u64 checked_call = 0x8000;  // BRK's immediate where clang checks a call; below, registers
constexpr u64 instruction_size = 4;
constexpr u64 state_masks_interrupts = 1 << 7;

// ESR_ELx.EC.
constexpr std::string_view class_name(u64 exception_class) {
  switch (exception_class) {
    case 0x00: return "undefined instruction";
    case 0x07: return "floating point or vector instruction, which are off";
    case 0x0d: return "branch to where none may lead";
    case 0x0e: return "illegal execution state";
    case system_call: return "service trap";
    case 0x18: return "access to a system register";
    case 0x1c: return "address with a wrong signature";
    case 0x20:
    case 0x21: return "instruction fetch";
    case 0x22: return "misaligned program counter";
    case 0x24:
    case 0x25: return "data access";
    case 0x26: return "misaligned stack pointer";
    case breakpoint: return "breakpoint instruction";
    default: return "another class";
  }
}

constexpr bool has_fault_address(u64 exception_class) {
  return exception_class == 0x20 || exception_class == 0x21 || exception_class == 0x22 ||
         exception_class == 0x24 || exception_class == 0x25;
}

// The fault status code of an abort.
constexpr std::string_view fault_name(u64 status) {
  switch (status & 0x3c) {
    case 0x00: return "address size fault";
    case 0x04: return "translation fault";
    case 0x08: return "access flag fault";
    case 0x0c: return "permission fault";
    case 0x10: return "nothing answers at this address";
    case 0x20: return "misaligned address";
    default: return "another fault";
  }
}

}  // namespace
}  // namespace osier::arch

// Called by entry.S with the registers of the moment; returns with those to go on with.
extern "C" void osier_exception(osier::arch::exception_frame& frame) {
  using namespace osier;
  using namespace osier::arch;
  const u64 syndrome = read_syndrome();
  const u64 exception_class = syndrome >> 26 & 0x3f;

  trap::answer answer = {};
  if (exception_class == system_call) {
    frame.program_counter -= instruction_size;  // the CPU's points behind it
    answer = trap::decide(static_cast<u8>(syndrome), frame.program_counter, instruction_size,
                          (frame.saved_state & state_masks_interrupts) != 0);
    if (answer.refused.empty()) {
      frame.program_counter = answer.address;
      return;
    }
  }

  sink out = begin_panic({});
  format_to(out, "{}: {}", slot_name(frame.slot), class_name(exception_class));
  if (exception_class == breakpoint && (syndrome & 0xfc00) == checked_call) {
    format_to(out, ", {}", fault::wrong_call);
  }
  if (exception_class == system_call) {
    format_to(out, " {}, {}", syndrome & 0xff, answer.refused);
  }
  if (has_fault_address(exception_class)) {
    const u64 address = read_fault_address();
    const bool writes = (exception_class & 0x3e) == 0x24 && (syndrome & 1 << 6) != 0;
    format_to(out, ", {}\n  {} {:#018x}", fault_name(syndrome), writes ? "written" : "address",
              address);
    fault::print_node(out, address);
  }
  fault::print_place(out, "at     ", frame.program_counter);
  fault::print_callers(out, frame.program_counter, frame.x[30], frame.x[29]);
  format_to(out, "\n  syndrome {:#010x}, state {:#010x}, sp {:016x}", syndrome, frame.saved_state,
            frame.stack_pointer);
  for (unsigned i = 0; i < 31; ++i) {
    format_to(out, "{}x{:<2} {:016x}", i % 4 == 0 ? "\n  " : "  ", i, frame.x[i]);
  }
  end_panic();
}
