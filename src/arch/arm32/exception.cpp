// SPDX-License-Identifier: Apache-2.0
// What becomes of an exception: a service trap may go on; of any other there is a report, which
// says what, where, and on which node (DDI 0406,
// B3.13).
#include <string_view>

#include "arch.hpp"
#include "core/fault.hpp"
#include "core/panic.hpp"
#include "core/trap.hpp"

namespace osier::arch {
namespace {

// As entry.S numbers them.
enum class exception_kind : u32 {
  unused,
  undefined_instruction,
  supervisor_call,
  prefetch_abort,
  data_abort,
  fast_interrupt,
};

// As entry.S stores it; stack_pointer and link are those of supervisor mode.
struct exception_frame {
  u32 r[13];
  u32 stack_pointer;
  u32 link;
  exception_kind kind;
  u32 program_counter;
  u32 saved_state;
};
static_assert(sizeof(exception_frame) == 72);

// What the CPU says of an abort: fault status and fault address.
struct abort_registers {
  u32 status;
  u32 address;
};

abort_registers read_data_fault() {
  abort_registers found;
  // SAFETY: reads DFSR and DFAR.
  asm volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(found.status));
  asm volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(found.address));
  return found;
}

abort_registers read_instruction_fault() {
  abort_registers found;
  // SAFETY: reads IFSR and IFAR.
  asm volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(found.status));
  asm volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(found.address));
  return found;
}

constexpr std::string_view kind_name(exception_kind kind) {
  switch (kind) {
    case exception_kind::undefined_instruction: return "undefined instruction";
    case exception_kind::supervisor_call: return "service trap";
    case exception_kind::prefetch_abort: return "instruction fetch";
    case exception_kind::data_abort: return "data access";
    case exception_kind::fast_interrupt: return "fast interrupt, which nothing here uses";
    case exception_kind::unused: break;
  }
  return "exception through a vector that is not used";
}

// Fault status in the format of the long descriptors (DDI 0406, table B3-24).
constexpr u32 fault_status(u32 status) { return status & 0x3f; }

constexpr u32 asynchronous_abort = 0b010001;

constexpr std::string_view fault_name(u32 fault) {
  constexpr u32 misaligned = 0b100001;
  constexpr u32 debug_event = 0b100010;
  if (fault == asynchronous_abort) return "nothing answers at an address that was accessed earlier";
  if (fault == misaligned) return "misaligned address";
  // Which of them is not told: clang's check of a call ends in the same BKPT as a breakpoint.
  if (fault == debug_event) {
    return "breakpoint instruction, or in hardened an indirect call to a function of another type";
  }
  switch (fault & 0b111100) {  // the others have the level of the table in the lowest bits
    case 0b000100: return "translation fault";
    case 0b001000: return "access flag fault";
    case 0b001100: return "permission fault";
    case 0b010000: return "nothing answers at this address";
    default: return "another fault";
  }
}

// The mode field of CPSR (DDI 0406, table B1-1).
constexpr std::string_view mode_name(u32 state) {
  switch (state & 0x1f) {
    case 0x10: return "user";
    case 0x11: return "fast interrupt";
    case 0x12: return "interrupt";
    case 0x13: return "supervisor";
    case 0x16: return "monitor";
    case 0x17: return "abort";
    case 0x1a: return "hypervisor";
    case 0x1b: return "undefined";
    case 0x1f: return "system";
    default: return "unknown";
  }
}

constexpr u32 instruction_size = 4;
constexpr u32 state_masks_interrupts = 1 << 7;

u8 service_code(const exception_frame& frame) {
  // SAFETY: the CPU has just run this SVC, whose lower bits are the code.
  return static_cast<u8>(*reinterpret_cast<const u32*>(frame.program_counter));
}

constexpr bool is_abort(exception_kind kind) {
  return kind == exception_kind::data_abort || kind == exception_kind::prefetch_abort;
}

abort_registers read_abort(exception_kind kind) {
  return kind == exception_kind::data_abort ? read_data_fault() : read_instruction_fault();
}

void print_abort(sink& out, const exception_frame& frame) {
  const bool data = frame.kind == exception_kind::data_abort;
  const abort_registers found = read_abort(frame.kind);
  const u32 fault = fault_status(found.status);
  format_to(out, ", {}", fault_name(fault));
  if (fault != asynchronous_abort) {
    const bool writes = data && (found.status & 1 << 11) != 0;
    format_to(out, "\n  {} {:#010x}", writes ? "written" : "address", found.address);
    fault::print_node(out, found.address);
  }
}

}  // namespace
}  // namespace osier::arch

// Called by entry.S with the registers of the moment; returns with those to go on with.
extern "C" void osier_exception(osier::arch::exception_frame& frame) {
  using namespace osier;
  using namespace osier::arch;

  trap::answer answer = {};
  const bool service = frame.kind == exception_kind::supervisor_call;
  if (service) {
    answer = trap::decide(service_code(frame), frame.program_counter, instruction_size,
                          (frame.saved_state & state_masks_interrupts) != 0);
    if (answer.refused.empty()) {
      frame.program_counter = static_cast<u32>(answer.address);
      return;
    }
  }

  sink out = begin_panic({});
  format_to(out, "{}", kind_name(frame.kind));
  if (service) format_to(out, " {}, {}", service_code(frame), answer.refused);
  if (is_abort(frame.kind)) print_abort(out, frame);
  fault::print_place(out, "at     ", frame.program_counter);
  fault::print_callers(out, frame.program_counter, frame.link, frame.r[11]);
  format_to(out, "\n  state {:#010x}, {} mode", frame.saved_state, mode_name(frame.saved_state));
  if (is_abort(frame.kind)) format_to(out, ", status {:#06x}", read_abort(frame.kind).status);
  for (unsigned i = 0; i < 13; ++i) {
    format_to(out, "{}r{:<2} {:08x}", i % 4 == 0 ? "\n  " : "  ", i, frame.r[i]);
  }
  format_to(out, "  sp  {:08x}  lr  {:08x}", frame.stack_pointer, frame.link);
  end_panic();
}
