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
    constexpr u64 exit_extended = 0x20;
    constexpr u64 application_exit = 0x20026;
    const u64 parameters[] = {application_exit, static_cast<u64>(status)};
    arch::semihosting_call(exit_extended, parameters);
    arch::halt();
  }
};

}  // namespace osier::semihosting
