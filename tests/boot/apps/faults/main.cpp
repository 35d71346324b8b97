// SPDX-License-Identifier: Apache-2.0
// A datagram names the fault: a letter, then a number in hexadecimal where the fault needs one.
#include <cstdint>
#include <span>
#include <string_view>

#include "arch.hpp"
#include "console/log.hpp"
#include "core/panic.hpp"
#include "core/trap.hpp"
#include "machine.hpp"

namespace {

// Functions of their own, so that a report has a name to tell.
[[gnu::noinline]] u32 read_address(u64 address) {
  // SAFETY: unsafe on purpose; the report of the exception is what is tested.
  return *reinterpret_cast<const volatile u32*>(address);
}

constinit u32 written = 0;

[[gnu::noinline]] void write_address(u64 address) {
  // SAFETY: unsafe on purpose, as above.
  *reinterpret_cast<volatile u32*>(address) = written;
}

[[gnu::noinline]] void execute_nothing() {}

[[gnu::noinline]] void execute_nonsense() { __builtin_trap(); }

[[gnu::noinline, clang::no_sanitize("kcfi")]] void jump_to(u64 address) {
  // SAFETY: unsafe on purpose, as above.
  reinterpret_cast<void (*)()>(address)();
}

// Writes behind an array, as far as the caller's frame.
[[gnu::noinline]] void overrun_array(u64 count) {
  char buffer[16];
  // SAFETY: unsafe on purpose, as above; volatile, so that the compiler does not see how far.
  volatile char* byte = buffer;
  for (u64 i = 0; i < count; ++i) byte[i] = 'x';
}

// Returns to where nobody called it from.
[[gnu::noinline]] void forge_return(u64 address) {
  // SAFETY: unsafe on purpose, as above: the record of the caller, where it is on arm64.
  static_cast<volatile u64*>(__builtin_frame_address(0))[1] = address;
  jump_to(reinterpret_cast<std::uintptr_t>(&execute_nothing));
}

// SAFETY: unsafe on purpose: an address in the middle of a function, where no branch should lead.
u64 middle_of_a_function() { return reinterpret_cast<std::uintptr_t>(&read_address) + 4; }

[[gnu::noinline]] int index_array(std::span<const int> values, u64 index) { return values[index]; }

[[gnu::noinline]] void call_as_another_type() {
  // SAFETY: unsafe on purpose, as above; volatile, so that the compiler does not see which.
  void (*volatile function)() = reinterpret_cast<void (*)()>(&read_address);
  function();
}

// Never mended, so that a bound must end it.
constexpr u8 restarted_always = 1;

[[gnu::noinline]] void raise_service_trap() { trap::raise<restarted_always>(); }

[[gnu::noinline]] void leave_a_breakpoint() { __builtin_debugtrap(); }

u64 parse_hexadecimal(std::string_view digits) {
  u64 number = 0;
  for (const char c : digits)
    number = number << 4 | static_cast<u64>(c <= '9' ? c - '0' : c - 'a' + 10);
  return number;
}

void commit(char fault, u64 number) {
  static constexpr int values[] = {1, 2, 3};
  switch (fault) {
    case 'r': read_address(number); return;
    case 'v': written = static_cast<u32>(number); return;
    case 'w': write_address(number); return;
    case 'u': execute_nonsense(); return;
    case 'j': jump_to(number); return;
    case 'o': overrun_array(number); return;
    case 'f': forge_return(number); return;
    case 'b': jump_to(middle_of_a_function()); return;
    case 's': raise_service_trap(); return;
    case 'm': {
      const arch::interrupts_masked masked;
      raise_service_trap();
      return;
    }
    case 'k': leave_a_breakpoint(); return;
    case 'c': call_as_another_type(); return;
    case 'i': index_array(values, number); return;
    case 'l': log::warning("asked to log {:#x}", number); return;
    case 'd': log::debug("which the app's level leaves out"); return;
    case 'p': panic("asked to, with {:#x}", number);
    case 'e': platform::end(static_cast<int>(number));
    default: return;
  }
}

}  // namespace

trap::action osier::trap::serve(u8 code) {
  return code == restarted_always ? action::restart : action::panic;
}

task<> app_main(machine::console console, machine::rtc /*rtc*/, machine::request_socket request) {
  for (;;) {
    const auto datagram = co_await request.receive();
    // SAFETY: text is read as the bytes that it is.
    const std::string_view text{reinterpret_cast<const char*>(datagram.payload().data()),
                                datagram.payload().size()};
    if (text.empty()) continue;
    commit(text[0], parse_hexadecimal(text.substr(1)));
    console.print("survived {}\n", text);
  }
}
