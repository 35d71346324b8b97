// SPDX-License-Identifier: Apache-2.0
// What becomes of an exception: a service trap may go on; of any other there is a report, which
// says what, where, and on which node (RISC-V
// privileged architecture 20211203, 4.1.8, 4.1.9 and 4.3.2).
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>

#include "arch.hpp"
#include "core/fault.hpp"
#include "core/panic.hpp"
#include "core/trap.hpp"

namespace osier::arch {
namespace {

// As entry.S stores it: x0 is always zero, so its place holds the program counter.
struct exception_frame {
  word program_counter;
  word x[31];  // x1 to x31
};
static_assert(sizeof(exception_frame) == 32 * sizeof(word));

// The names of the calling convention.
constexpr std::string_view register_names[] = {"ra", "sp",  "gp",  "tp", "t0", "t1", "t2", "s0",
                                               "s1", "a0",  "a1",  "a2", "a3", "a4", "a5", "a6",
                                               "a7", "s2",  "s3",  "s4", "s5", "s6", "s7", "s8",
                                               "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
static_assert(std::size(register_names) == 31);

void print_register(sink& out, std::string_view name, word value) {
  if constexpr (sizeof(word) == 8) {
    format_to(out, "{:<3} {:016x}", name, value);
  } else {
    format_to(out, "{:<3} {:08x}", name, value);
  }
}

constexpr word breakpoint = 3;  // scause

constexpr std::string_view cause_name(word cause) {
  switch (cause) {
    case 0: return "misaligned program counter";
    case 1: return "instruction fetch, nothing answers at this address";
    case 2: return "undefined instruction";
    case breakpoint: return "breakpoint instruction";
    case 4:
    case 6: return "data access, misaligned address";
    case 5:
    case 7: return "data access, nothing answers at this address";
    case 8:
    case 9:
    case 11: return "system call";
    case 12: return "instruction fetch";
    case 13:
    case 15: return "data access";
    default: return "another cause";
  }
}

// A page fault, of which the cause does not say whether the page is there.
constexpr bool is_page_fault(word cause) { return cause == 12 || cause == 13 || cause == 15; }

// Whether the page tables have an address, with whatever rights.
bool is_mapped(u64 address) {
  constexpr unsigned levels = sizeof(word) == 8 ? 3 : 2;  // Sv39, Sv32
  constexpr unsigned index_bits = sizeof(word) == 8 ? 9 : 10;
  constexpr word valid = 1;
  constexpr word leaf = 0xe;  // readable, writable, executable
  if (address >> (12 + levels * index_bits) != 0) return false;
  word table = read_csr<satp>() << 12;
  for (unsigned level = levels; level-- > 0;) {
    const auto index =
        static_cast<word>(address >> (12 + level * index_bits)) & ((word{1} << index_bits) - 1);
    // SAFETY: the sealed tables lie in the image, mapped where they are.
    const word entry = reinterpret_cast<const word*>(table)[index];
    if ((entry & valid) == 0) return false;
    if ((entry & leaf) != 0) return true;
    table = entry >> 10 << 12;
  }
  return false;
}

constexpr bool writes(word cause) { return cause == 6 || cause == 7 || cause == 15; }

// Whether the trap value is an address; 0 may also say that the hart tells none.
constexpr bool has_fault_address(word cause) {
  return cause == 0 || cause == 1 || (cause >= 4 && cause <= 7) || is_page_fault(cause);
}

// As service_trap() in arch.hpp writes it: EBREAK, then LUI to x0, whose immediate is the code.
constexpr unsigned service_trap_size = 8;

std::optional<u8> service_code(word cause, word program_counter) {
  if (cause != breakpoint) return std::nullopt;
  u16 code[4];
  // SAFETY: the hart has just run this breakpoint, which is not the last that the image has.
  std::memcpy(code, reinterpret_cast<const void*>(program_counter), sizeof(code));
  const u32 first = code[0] | u32{code[1]} << 16, second = code[2] | u32{code[3]} << 16;
  if (first != 0x0010'0073 || (second & 0xfff) != 0x037) return std::nullopt;
  return static_cast<u8>(second >> 12);
}

}  // namespace
}  // namespace osier::arch

// Called by entry.S with the registers of the moment; returns with those to go on with.
extern "C" void osier_exception(osier::arch::exception_frame& frame) {
  using namespace osier;
  using namespace osier::arch;
  const word cause = read_csr<scause>();
  const word value = read_csr<stval>();

  trap::answer answer = {};
  const std::optional<u8> service = service_code(cause, frame.program_counter);
  if (service) {
    answer = trap::decide(*service, frame.program_counter, service_trap_size,
                          (read_csr<sstatus>() & sstatus_spie) == 0);
    if (answer.refused.empty()) {
      frame.program_counter = static_cast<word>(answer.address);
      return;
    }
  }

  sink out = begin_panic({});
  if (service) {
    format_to(out, "synchronous exception: service trap {}, {}", *service, answer.refused);
  } else {
    format_to(out, "synchronous exception: {}", cause_name(cause));
  }
  if (cause == breakpoint && fault::ends_checked_call(frame.program_counter)) {
    format_to(out, ", {}", fault::wrong_call);
  }
  if (is_page_fault(cause)) {
    out.write(is_mapped(value) ? ", permission fault" : ", translation fault");
  }
  if (has_fault_address(cause)) {
    format_to(out, "\n  {} {:#018x}", writes(cause) ? "written" : "address", value);
    fault::print_node(out, value);
  }
  fault::print_place(out, "at     ", frame.program_counter);
  fault::print_callers(out, frame.program_counter, frame.x[0], frame.x[7]);  // ra, s0
  format_to(out, "\n  cause {}, value {:#x}, status {:#x}", cause, value, read_csr<sstatus>());
  for (unsigned i = 0; i < std::size(register_names); ++i) {
    out.write(i % 4 == 0 ? "\n  " : "  ");
    print_register(out, register_names[i], frame.x[i]);
  }
  end_panic();
}
