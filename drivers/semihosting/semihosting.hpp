// SPDX-License-Identifier: Apache-2.0
// The way out of an emulator or debugger: Arm semihosting, operation SYS_EXIT_EXTENDED (2.0, §7.7).
#pragma once

#include "arch.hpp"
#include "core/diagnostic.hpp"
#include "semihosting_call.hpp"

namespace osier::semihosting {

template <class Node>
class driver {
 public:
  static consteval diagnostic check() { return {}; }

  // Ends the machine; the emulator exits with this status. Any context.
  [[noreturn]] static void power_off(int status) {
    constexpr std::uintptr_t exit_extended = 0x20;
    constexpr std::uintptr_t application_exit = 0x20026;
    // The parameters are words of the machine.
    const std::uintptr_t parameters[] = {application_exit, static_cast<std::uintptr_t>(status)};
    arch::semihosting_call(exit_extended, parameters);
    arch::halt();
  }
};

}  // namespace osier::semihosting
