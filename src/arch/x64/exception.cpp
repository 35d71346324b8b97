// SPDX-License-Identifier: Apache-2.0
// What becomes of an exception: a service trap may go on; of any other there is a report, which
// says what, where, and on which node (Intel SDM,
// volume 3, chapter 6).
#include <array>
#include <cstring>
#include <optional>
#include <string_view>

#include "arch.hpp"
#include "core/fault.hpp"
#include "core/panic.hpp"
#include "core/trap.hpp"

// From the linker script.
extern "C" const char __image_start[], __text_end[], __stack_bottom[], __stack_top[];

namespace osier::arch {
namespace {

constexpr std::array<std::string_view, 15> register_names = {"rax", "rbx", "rcx", "rdx", "rbp",
                                                             "rsi", "rdi", "r8",  "r9",  "r10",
                                                             "r11", "r12", "r13", "r14", "r15"};
constexpr unsigned frame_pointer = 4;

// As entry.S and the CPU store it.
struct exception_frame {
  u64 registers[register_names.size()];
  u64 vector;
  u64 error;
  u64 program_counter;
  u64 code_segment;
  u64 flags;
  u64 stack_pointer;
  u64 stack_segment;
};
static_assert(sizeof(exception_frame) == 176);

u64 read_fault_address() {
  u64 value;
  // SAFETY: reads CR2.
  asm volatile("mov %%cr2, %0" : "=r"(value));
  return value;
}

constexpr u64 undefined_instruction = 6;
constexpr u64 page_fault = 14;

// Table 6-1, but for that.
constexpr std::string_view vector_name(u64 vector) {
  switch (vector) {
    case 0: return "division error";
    case 1: return "debug exception";
    case 2: return "non-maskable interrupt";
    case 3: return "breakpoint instruction";
    case 4: return "overflow";
    case 5: return "bound range exceeded";
    case undefined_instruction: return "undefined instruction";
    case 7: return "floating point or vector instruction, which are off";
    case 8: return "double fault";
    case 10: return "invalid task state";
    case 11: return "segment not present";
    case 12: return "stack segment fault";
    case 13: return "general protection fault";
    case 16: return "floating point error";
    case 17: return "misaligned address";
    case 18: return "machine check";
    case 19: return "vector floating point error";
    case 21: return "control protection fault";
    default: return "another exception";
  }
}

// The error code of a page fault (figure 4-12).
constexpr bool is_write(u64 error) { return (error & 1 << 1) != 0; }
constexpr bool is_fetch(u64 error) { return (error & 1 << 4) != 0; }

constexpr std::string_view cause_name(u64 error) {
  if ((error & 1 << 3) != 0) return "a reserved bit is set in the page tables";
  return (error & 1 << 0) != 0 ? "permission fault" : "translation fault";
}

bool in(u64 address, const char* begin, const char* end) {
  // SAFETY: bounds from the linker script, of which only the addresses count.
  return address >= reinterpret_cast<u64>(begin) && address < reinterpret_cast<u64>(end);
}

// Where a call to where no code is would return to: the call has just pushed it. 0 where there is
// none.
u64 return_address(const exception_frame& frame) {
  if (in(frame.program_counter, __image_start, __text_end)) return 0;
  if (!in(frame.stack_pointer, __stack_bottom, __stack_top) || frame.stack_pointer % 8 != 0) {
    return 0;
  }
  // SAFETY: aligned, and within the stack.
  return *reinterpret_cast<const u64*>(frame.stack_pointer);
}

// As service_trap() in arch.hpp writes it: UD1, whose last byte is the code.
constexpr unsigned service_trap_size = 4;
constexpr u64 flags_take_interrupts = 1 << 9;

std::optional<u8> service_code(const exception_frame& frame) {
  if (frame.vector != undefined_instruction) return std::nullopt;
  u8 code[service_trap_size];
  // SAFETY: the CPU has just read the instruction there; the last of the image is longer.
  std::memcpy(code, reinterpret_cast<const void*>(frame.program_counter), sizeof(code));
  if (code[0] != 0x0f || code[1] != 0xb9 || code[2] != 0x40) return std::nullopt;
  return code[3];
}

}  // namespace
}  // namespace osier::arch

// Called by entry.S with the registers of the moment; returns with those to go on with.
extern "C" void osier_exception(osier::arch::exception_frame& frame) {
  using namespace osier;
  using namespace osier::arch;

  trap::answer answer = {};
  const std::optional<u8> service = service_code(frame);
  if (service) {
    answer = trap::decide(*service, frame.program_counter, service_trap_size,
                          (frame.flags & flags_take_interrupts) == 0);
    if (answer.refused.empty()) {
      frame.program_counter = answer.address;
      return;
    }
  }

  sink out = begin_panic({});
  if (service) {
    format_to(out, "service trap {}, {}", *service, answer.refused);
  } else if (frame.vector == page_fault) {
    const u64 address = read_fault_address();
    format_to(out, "{}, {}\n  {} {:#018x}",
              is_fetch(frame.error) ? "instruction fetch" : "data access", cause_name(frame.error),
              is_write(frame.error) ? "written" : "address", address);
    fault::print_node(out, address);
  } else {
    out.write(vector_name(frame.vector));
  }
  if (frame.vector == undefined_instruction && fault::ends_checked_call(frame.program_counter)) {
    format_to(out, ", {}", fault::wrong_call);
  }
  fault::print_place(out, "at     ", frame.program_counter);
  fault::print_callers(out, frame.program_counter, return_address(frame),
                       frame.registers[frame_pointer]);
  format_to(out, "\n  vector {}, error {:#x}, flags {:#010x}, rsp {:016x}", frame.vector,
            frame.error, frame.flags, frame.stack_pointer);
  for (unsigned i = 0; i < register_names.size(); ++i) {
    format_to(out, "{}{:<3} {:016x}", i % 4 == 0 ? "\n  " : "  ", register_names[i],
              frame.registers[i]);
  }
  end_panic();
}
