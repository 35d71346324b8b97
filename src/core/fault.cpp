// SPDX-License-Identifier: Apache-2.0
// What an address is, and who called whom, for the report of a fatal exception.
#include "core/fault.hpp"

#include <algorithm>
#include <cstdint>

#include "arch.hpp"
#include "core/platform.hpp"
#include "core/symbols.hpp"

// From the linker script.
extern "C" const char __image_start[], __text_end[], __rodata_end[], __image_end[];
extern "C" const std::int32_t __checked_calls_start[], __checked_calls_end[];
extern "C" const char __stack_guard[], __stack_bottom[], __stack_top[];
extern "C" const char __fault_stack_guard[], __fault_stack_bottom[], __fault_stack_top[];

namespace osier::fault {
namespace {

// Bytes that nothing maps, from address 0 on and below each stack.
constexpr u64 guard_size = 4096;
// Callers that are told: a chain that leads in a circle ends too.
constexpr unsigned most_callers = 16;

[[gnu::noinline]] bool in(u64 address, const char* begin, const char* end) {
  // SAFETY: bounds from the linker script, of which only the addresses count.
  return address >= reinterpret_cast<std::uintptr_t>(begin) &&
         address < reinterpret_cast<std::uintptr_t>(end);
}

// The part of the image that an address lies in; empty where it lies in none.
std::string_view part_of_image(u64 address) {
  if (in(address, __stack_guard, __stack_bottom)) return "the guard page below the stack";
  if (in(address, __fault_stack_guard, __fault_stack_bottom))
    return "the guard page below the stack of faults";
  if (in(address, __stack_bottom, __stack_top)) return "the stack";
  if (in(address, __fault_stack_bottom, __fault_stack_top)) return "the stack of faults";
  if (in(address, __image_start, __text_end)) return "the code of the image";
  if (in(address, __text_end, __rodata_end) || in(address, __fault_stack_top, __image_end))
    return "the read-only data of the image";
  if (in(address, __rodata_end, __stack_guard)) return "the data of the image";
  return {};
}

// With as many digits as addresses of this architecture have.
void print_address(sink& out, u64 address) {
  if constexpr (sizeof(arch::phys_addr) == sizeof(u32)) {
    format_to(out, "{:#010x}", address);
  } else {
    format_to(out, "{:#018x}", address);
  }
}

// The function is that of the address so many bytes before.
void print_place(sink& out, std::string_view name, u64 address, u64 before) {
  const code_place place = find_code(address - before);
  format_to(out, "\n  {} ", name);
  print_address(out, address);
  format_to(out, " {} + {:#x}", place.function, place.offset + before);
}

// A call that never returns may be the last instruction of its function, so that what it would
// return to is the next one's first.
[[gnu::noinline]] void print_caller(sink& out, u64 return_address) {
  print_place(out, "called ", return_address, 1);
}

bool in_code(u64 return_address) { return in(return_address - 1, __image_start, __text_end); }

// The caller's frame pointer and the address that its call returns to.
struct frame_record {
  std::uintptr_t frame;
  std::uintptr_t return_address;
};

// The record of the function with a frame pointer; one of zeros where that leads to none.
[[gnu::noinline]] frame_record record_of(u64 frame) {
  const u64 at = frame + static_cast<u64>(arch::frame_record_offset);
  const u64 end = at + sizeof(frame_record) - 1;
  const bool on_stack =
      (in(at, __stack_bottom, __stack_top) && in(end, __stack_bottom, __stack_top)) ||
      (in(at, __fault_stack_bottom, __fault_stack_top) &&
       in(end, __fault_stack_bottom, __fault_stack_top));
  if (!on_stack || at % alignof(frame_record) != 0) return {};
  // SAFETY: aligned, and within a stack; whatever is there is only compared and printed.
  const auto [caller, address] =
      *reinterpret_cast<const frame_record*>(static_cast<std::uintptr_t>(at));
  return {caller, static_cast<std::uintptr_t>(arch::without_signature(address))};
}

}  // namespace

void print_node(sink& out, u64 address) {
  const auto print_if_in = [&](const platform::claimed_block& block) {
    if (address - block.base >= block.size) return false;
    format_to(out, " in {}, offset {:#x}", block.path, address - block.base);
    return true;
  };
  if (address < guard_size) {
    out.write(" in the page at zero: a null pointer");
  } else if (const std::string_view part = part_of_image(address); !part.empty()) {
    format_to(out, " in {}", part);
  } else if (!std::ranges::any_of(platform::registers(), print_if_in) &&
             !print_if_in(platform::ram())) {
    out.write(" in no node of this image");
  }
}

void print_place(sink& out, std::string_view name, u64 address) {
  print_place(out, name, address, 0);
}

void print_callers(sink& out, u64 program_counter, u64 link, u64 frame) {
  frame_record record = record_of(frame);
  link = arch::without_signature(link);
  // Once a function has called others, the register holds where the last of them returned to.
  const bool stale = in_code(program_counter) && in_code(link) &&
                     find_code(link - 1).function == find_code(program_counter).function;
  if (in_code(link) && !stale && link != record.return_address) print_caller(out, link);
  for (unsigned i = 0; i < most_callers && in_code(record.return_address); ++i) {
    print_caller(out, record.return_address);
    if (record.frame <= frame) return;  // callers lie above
    frame = record.frame;
    record = record_of(frame);
  }
}

bool ends_checked_call(u64 address) {
  for (const std::int32_t* each = __checked_calls_start; each != __checked_calls_end; ++each) {
    // SAFETY: only an address; each entry is how far from itself the instruction is.
    if (reinterpret_cast<std::uintptr_t>(each) + static_cast<std::intptr_t>(*each) == address) {
      return true;
    }
  }
  return false;
}

}  // namespace osier::fault
